"""kv compare, bench needles, bench scbench: what a cut cache still answers, and text memories."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.errors import InputError, UnknownName
from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, app, verb
from combray.serve.cli.bench.measure import bench
from combray.serve.cli.options import Out

if TYPE_CHECKING:
    from rich.console import RenderableType

    from combray.bench.context.cases import Reply, Row
    from combray.bench.context.kv import Reach, Trial

kv = typer.Typer(no_args_is_help=True)
app.add_typer(kv, name="kv", rich_help_panel=COMPARE, help="Memory inside a model: its cache.")


@dataclass(frozen=True)
class AnswerOptions:
    """Which model and memories are asked, how, and where the figures go."""

    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="PATH", help="A folder with a model of transformers."),
    ] = None
    budget: Annotated[
        str,
        typer.Option("--budget", metavar="SHARES", help="Shares of the cache, or tokens: 1024."),
    ] = "0.5,0.35,0.2"
    policies: Annotated[
        str, typer.Option("--policies", metavar="NAMES", help="Cache policies, comma-separated.")
    ] = "window,h2o,snapkv,sirllm,kvmerger"
    memories: Annotated[
        str, typer.Option("--memories", metavar="NAMES", help="Text memories beside them.")
    ] = "evidence"
    length: Annotated[
        str, typer.Option("--length", metavar="N", help="Characters of a context: 1000,4000.")
    ] = "6000"
    cases: Annotated[int, typer.Option("--cases", metavar="N", help="Contexts of each task.")] = 3
    questions: Annotated[
        int, typer.Option("--questions", metavar="N", help="Questions to a context.")
    ] = 5
    mode: Annotated[
        str,
        typer.Option("--mode", metavar="MODE", help="requests, each on a fresh copy, or turns."),
    ] = "requests"
    embedder: Annotated[
        str, typer.Option("--embedder", metavar="NAME", help="auto, minilm, hashed or a folder.")
    ] = "auto"
    figures: Annotated[
        Path | None,
        typer.Option("--figures", metavar="FOLDER", help="Draw depth.png and quality.png there."),
    ] = None
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over; do not resume a run.")] = False


@verb(COMPARE, "compare", group=kv)
def compare(
    answering: AnswerOptions,
    out: Out,
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="NAMES", help="Needle and SCBench tasks.")
    ] = "kv,mf,single,thread",
) -> None:
    """Accuracy, bytes and time of cache policies and text memories on the same questions."""
    _ask(answering, out, _names(tasks))


@verb(COMPARE, "needles", group=bench)
def needles(
    answering: AnswerOptions,
    out: Out,
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="NAMES", help="Needle tasks; all by default.")
    ] = "",
) -> None:
    """Needle threading: single needles to branched threads, by a cut cache or a text memory."""
    from combray.bench.context import needles

    _ask(answering, out, _known("needle task", tasks, needles.TASKS))


@verb(COMPARE, "scbench", group=bench)
def scbench(
    answering: AnswerOptions,
    out: Out,
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="NAMES", help="SCBench tasks; all by default.")
    ] = "",
) -> None:
    """SCBench: twelve tasks on a shared context, by a cut cache or a text memory."""
    from combray.bench import scbench

    _ask(answering, out, _known("SCBench task", tasks, scbench.TASKS))


def _known(what: str, tasks: str, known: Collection[str]) -> list[str]:
    """The tasks named, or all; a task of the other bench is a mistake."""
    for name in (named := _names(tasks)):
        if name not in known:
            raise UnknownName(what, name, known)
    return named or list(known)


def _ask(answering: AnswerOptions, out: Out, tasks: Sequence[str]) -> None:
    """Ask the questions, print one table, and draw the figures."""
    from combray.bench.context import cases
    from combray.bench.context.kv import Contestants, Trial, compare, reach_of

    trial = Trial(
        tasks=tasks,
        lengths=_lengths(answering.length),
        cases=answering.cases,
        questions=answering.questions,
        mode=answering.mode,
    )
    model, words = _load(answering.model)
    who = Contestants(
        model=model,
        words=words,
        policies=_names(answering.policies),
        budgets=_budgets(answering.budget),
        memories=_names(answering.memories),
        embedder=answering.embedder,
        source=answering.model,
    )
    replies: list[cases.Reply] = []
    with show.ProgressBar("Asking") as progress:
        for more in compare(trial, who, resume=not answering.fresh, progress=progress):
            replies += more
    if not replies:
        raise InputError("There is nobody to ask: give --model PATH, --memories NAMES, or both.")
    several = len(trial.lengths) > 1
    rows = cases.table(replies, lambda r: f"{r.task} {trial.length_of(r):,}" if several else r.task)
    reach = reach_of(trial, replies) if several else []
    if answering.figures is not None:
        _draw(answering.figures, trial, replies)
    found = {
        "rows": [asdict(row) for row in rows],
        "effective_length": [asdict(each) for each in reach],
    }
    out.give(found, lambda: _table(rows, reach))


def _draw(folder: Path, trial: Trial, replies: Sequence[Reply]) -> None:
    from combray.bench.compare import plots
    from combray.bench.context.cases import table
    from combray.bench.context.kv import byte_points, depth_cells

    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; --figures needs one.")
    cells = depth_cells(trial, replies)
    if cells:
        plots.depth_by_length(cells, folder / "depth.png")
    plots.quality_against_bytes(byte_points(table(replies)), folder / "quality.png")


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _lengths(text: str) -> list[int]:
    try:
        return [int(x) for x in _names(text)]
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a comma-separated list of whole numbers."
        ) from error


def _budgets(text: str) -> list[int | float]:
    try:
        return [float(x) if "." in x else int(x) for x in _names(text)]
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a comma-separated list of shares or numbers."
        ) from error


def _load(path: Path | None) -> tuple[Any, Any]:
    if path is None:
        return None, None
    from combray.tensor import load

    loaded: tuple[Any, Any] = load(path)
    return loaded


def _table(rows: Sequence[Row], reach: Sequence[Reach]) -> RenderableType:
    from rich.console import Group

    lines = [
        (
            row.answerer,
            row.of,
            row.n,
            f"{row.score:.3f}",
            f"{row.low:.2f}–{row.high:.2f}",
            f"{row.nbytes:,.0f}",
            f"{row.read_ms:,.0f}",
            f"{row.ms:,.1f}",
        )
        for row in rows
    ]
    head = ("Who", "Task", "n>", "Score>", "95 %>", "Bytes kept>", "ms to read>", "ms an answer>")
    made = [show.table(head, lines)]
    if reach:
        title = "Effective context: the longest at which 75 % are answered, by the lower bound"
        told = [(each.answerer, each.of, f"{each.length:,}") for each in reach]
        made.append(show.table(("Who", "Task", "Characters>"), told, title=title))
    return Group(*made)
