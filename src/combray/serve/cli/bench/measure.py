"""bench, tune: measure memories on public sets, and fit the rule of the default one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.errors import InputError
from combray.core.text import counted
from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, app, verb
from combray.serve.cli.options import Out

if TYPE_CHECKING:
    from rich.console import RenderableType

    from combray.bench.compare.compare import TextTable

bench = typer.Typer(no_args_is_help=True)
app.add_typer(bench, name="bench", rich_help_panel=COMPARE, help="Measure memories on public sets.")

SETS = {
    "locomo": "LoCoMo: long dialogues of two people, turns as evidence.",
    "longmemeval": "LongMemEval S: chats with an assistant, both sides remembered.",
    "longmemeval-user": "LongMemEval S: the user's turns only, as in the paper.",
    "lihua": "LiHua-World: a year of one person's chats.",
    "multihop": "MuSiQue, HotpotQA and 2Wiki: passages with their distractors.",
    "memdaily": "MemDaily: Chinese messages of daily life.",
    "scm": "SCM: long dialogues with an assistant.",
}


Embedder = Annotated[
    str, typer.Option("--embedder", metavar="NAME", help="auto, minilm, hashed or a folder.")
]


@dataclass(frozen=True)
class Measured:
    """Which memories are measured, on which questions, and where the figures go."""

    systems: Annotated[
        str, typer.Option("--systems", metavar="NAMES", help="Text memories, comma-separated.")
    ] = "evidence,bm25,dense,hybrid,convex"
    split: Annotated[str, typer.Option("--split", metavar="NAME", help="test, dev or all.")] = (
        "test"
    )
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", metavar="N", help="At most N questions, each kind in proportion."
        ),
    ] = None
    embedder: Embedder = "auto"
    context: Annotated[
        str,
        typer.Option("--context", metavar="TOKENS", help="Also measure contexts: 500,1000,2000."),
    ] = ""
    unanswerable: Annotated[
        bool, typer.Option("--unanswerable", help="Also ask the unanswerable questions.")
    ] = False
    plain: Annotated[
        str | None,
        typer.Option("--plain", metavar="FORM", help="Titles as a first line or heading of turns."),
    ] = None
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the figures there as JSON.")
    ] = None
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over; do not resume a run.")] = False

    def command(self, name: str) -> str:
        """The command that measures this again."""
        parts = [f"combray bench {name} --systems {self.systems} --split {self.split}"]
        if self.limit is not None:
            parts.append(f"--limit {self.limit}")
        if self.embedder != "auto":
            parts.append(f"--embedder {self.embedder}")
        if self.context:
            parts.append(f"--context {self.context}")
        if self.plain:
            parts.append(f"--plain {self.plain}")
        return " ".join([*parts, *["--unanswerable"] * self.unanswerable])


def _register(name: str, told: str) -> None:
    def measure(measured: Measured, out: Out) -> None:
        _measure(name, measured, out)

    measure.__doc__ = told
    verb(COMPARE, name, group=bench)(measure)


for _name, _told in SETS.items():
    _register(_name, _told)


def listed(text: str) -> list[str]:
    """The names in an option that takes several, with commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]


def readable(found: dict[str, Any]) -> RenderableType:
    """The tables of a result as people read them, whatever their columns are."""
    from rich.console import Group

    return Group(*map(_table, found["tables"]))


def _table(table: dict[str, Any]) -> RenderableType:
    columns = list(table["rows"][0])
    rows = [
        [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()]
        for row in table["rows"]
    ]
    heads = [f"{name}>" if n > 1 else name for n, name in enumerate(columns)]
    return show.fitting(heads, rows, title=table["title"])


def _measure(name: str, measured: Measured, out: Out) -> None:
    from combray.bench.compare import compare

    with show.ProgressBar(f"Measuring on {name}") as progress:
        found, tables = compare.measure(
            name,
            systems=listed(measured.systems),
            split=measured.split,
            limit=measured.limit,
            embedder=measured.embedder,
            budgets=_numbers(measured.context),
            unanswerable=measured.unanswerable,
            plain=measured.plain,
            resume=not measured.fresh,
            command=measured.command(name),
            progress=progress,
        )
    write_json(found, measured.out)
    out.give(found, lambda: _tables(found, tables))


@verb(COMPARE, "sort", group=bench)
def sort_(
    out: Out,
    systems: Annotated[
        str, typer.Option("--systems", metavar="NAMES", help="Text memories, comma-separated.")
    ] = "evidence,bm25,dense,hybrid,positions shuffled",
    shape: Annotated[
        str, typer.Option("--segment", metavar="WORDS", help="Words of a segment: 50,20.")
    ] = "50,20",
    keep: Annotated[
        str, typer.Option("--keep", metavar="PERCENT", help="Words kept of it: 100,50.")
    ] = "100,50",
    chunk: Annotated[
        int, typer.Option("--chunk", metavar="WORDS", help="Words told to the memory at a time.")
    ] = 100,
    pairs: Annotated[
        int, typer.Option("--pairs", "-n", metavar="N", help="Pairs of each book.")
    ] = 40,
    embedder: Embedder = "auto",
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the figures there as JSON.")
    ] = None,
) -> None:
    """SORT: which of two segments of a book came first."""
    from combray.bench.common.embedding import cached_embedder
    from combray.bench.order import sort

    named = listed(systems)
    command = (
        f'combray bench sort --systems "{systems}" --segment {shape} --keep {keep} '
        f"--chunk {chunk} --pairs {pairs}"
    )
    model, tables = cached_embedder(embedder), []
    with show.ProgressBar("Putting segments in order") as progress:
        for words in _numbers(shape):
            for share in _numbers(keep):
                drawn = sort.PairShape(segment=words, keep=share / 100, pairs=pairs, chunk=chunk)
                tables.append(sort.measure(named, model, drawn, command=command, progress=progress))
    found = {"set": "sort", "tables": tables}
    write_json(found, file)
    out.give(found, lambda: show.fitting(*_accuracy(tables)))


def _accuracy(tables: list[dict[str, Any]]) -> TextTable:
    heads = ["", *(f"{table['title'].removeprefix('SORT, ')}>" for table in tables)]
    names = [row["system"] for row in tables[0]["rows"]]
    return heads, [
        [name, *(f"{table['rows'][i]['accuracy']:.3f}" for table in tables)]
        for i, name in enumerate(names)
    ]


@verb(COMPARE, "tune", group=bench)
def tune_(
    out: Out,
    rule: Annotated[
        Path | None, typer.Option("--rule", metavar="FILE", help="Write the rule there.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the figures there.")
    ] = None,
    embedder: Embedder = "auto",
) -> None:
    """Fit the rule of the default memory on the dev splits; test it on the sets left out."""
    from dataclasses import asdict

    from combray.bench.common.embedding import cached_embedder
    from combray.bench.tuning import tune

    with show.ProgressBar("Fitting the rule") as progress:
        samples = tune.gathered(cached_embedder(embedder), progress)
        judged = tune.left_out(samples)
        if rule is not None:
            tune.write(tune.rules_of(samples), rule)
    found = [asdict(each) for each in judged]
    write_json(tune.report(judged, f"combray bench tune --embedder {embedder}"), file)
    headings = ("Domain", "Left out", "n>", "fusion R@5>", "left out>", "in folds>")
    rows = [
        (j.domain, j.set, j.n, f"{j.fusion:.3f}", f"{j.left_out:.3f}", f"{j.folds:.3f}")
        for j in judged
    ]
    out.give(found, lambda: show.fitting(headings, rows))


@verb(COMPARE)
def tune(
    out: Out,
    data: Annotated[Path, typer.Argument(metavar="FILE", help="Marked questions, JSON lines.")],
    rule: Annotated[
        Path, typer.Option("--rule", metavar="FILE", help="Where the new rule is written.")
    ] = Path("rule.json"),
    embedder: Embedder = "auto",
) -> None:
    """Fit the rule to your own marked questions; write it only if it is better on half of them."""
    from combray.bench.common.embedding import cached_embedder
    from combray.bench.tuning.custom import refit
    from combray.bench.tuning.tune import write

    with show.ProgressBar("Fitting the rule") as progress:
        made = refit(data, cached_embedder(embedder), progress)
    if made.better:
        write(made.rules, rule)
    found = {
        "domain": ", ".join(made.domains),
        "fitted on": made.fitted,
        "held out": made.held_out,
        **({"unchecked drafts among them": made.drafts} if made.drafts else {}),
        "R@5 before": round(made.before, 4),
        "R@5 after": round(made.after, 4),
        "gain": f"{made.after - made.before:+.3f}, 95 % from {made.low:+.3f} to {made.high:+.3f}",
        "rule": str(rule) if made.better else "not written: it is no better there",
    }
    out.give(found, lambda: show.pairs(found))


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a comma-separated list of whole numbers."
        ) from error


def write_json(found: Any, path: Path | None) -> None:
    """Write figures to a file, if one is named."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}.") from error


def _tables(found: dict[str, Any], tables: list[TextTable]) -> RenderableType:
    from rich.console import Group

    questions = counted(found["questions"], "question")
    title = f"{found['set']}: {questions} of {counted(found['histories'], 'memory')}"
    made = [show.fitting(*tables[0], title=title), *(show.fitting(*each) for each in tables[1:])]
    return Group(*made)
