"""kv: what a cut cache still answers, beside text memories; and what a long context needs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recollect.core.errors import InputError
from recollect.serve.cli import show
from recollect.serve.cli.app import COMPARE, app, verb
from recollect.serve.cli.options import Out

if TYPE_CHECKING:
    from rich.console import RenderableType

kv = typer.Typer(no_args_is_help=True)
app.add_typer(kv, name="kv", rich_help_panel=COMPARE, help="Memory inside a model: its cache.")


@dataclass(frozen=True)
class Asked:
    """What is asked, of whom."""

    model: Annotated[
        str | None,
        typer.Option("--model", metavar="PATH", help="A folder with a model of transformers."),
    ] = None
    budget: Annotated[
        str,
        typer.Option("--budget", metavar="SHARES", help="Shares of the cache, or tokens: 1024."),
    ] = "0.5,0.35,0.2"
    policies: Annotated[
        str, typer.Option("--policies", metavar="NAMES", help="Cache policies, with commas.")
    ] = "window,h2o,snapkv,sirllm,kvmerger"
    memories: Annotated[
        str, typer.Option("--memories", metavar="NAMES", help="Text memories beside them.")
    ] = "evidence"
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="NAMES", help="Needle and SCBench tasks.")
    ] = "kv,mf,single,thread"
    length: Annotated[
        int, typer.Option("--length", metavar="N", help="Characters of a context.")
    ] = 4000
    cases: Annotated[int, typer.Option("--cases", metavar="N", help="Contexts of each task.")] = 3
    questions: Annotated[
        int, typer.Option("--questions", metavar="N", help="Questions to a context.")
    ] = 5
    mode: Annotated[
        str,
        typer.Option("--mode", metavar="MODE", help="requests: each to a fresh copy; or turns."),
    ] = "requests"
    embedder: Annotated[
        str, typer.Option("--embedder", metavar="NAME", help="auto, minilm, hashed or a folder.")
    ] = "auto"


@verb(COMPARE, "compare", group=kv)
def compare(asked: Asked, out: Out) -> None:
    """Accuracy, bytes and time of cache policies and text memories on the same questions."""
    from recollect.bench import caches, shared

    trial = caches.Trial(
        tasks=_names(asked.tasks),
        length=asked.length,
        cases=asked.cases,
        questions=asked.questions,
        mode=asked.mode,
    )
    model, words = _load(asked.model)
    replies: list[shared.Reply] = []
    with show.Patience("Asking"):
        for more in caches.compare(
            trial,
            model=model,
            words=words,
            policies=_names(asked.policies),
            budgets=_budgets(asked.budget),
            memories=_names(asked.memories),
            embedder=asked.embedder,
        ):
            replies += more
    if not replies:
        raise InputError("Nobody was asked: give --model PATH, --memories NAMES, or both.")
    rows = shared.table(replies)
    out.give([asdict(row) for row in rows], lambda: _table(rows))


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _budgets(text: str) -> list[int | float]:
    try:
        return [float(x) if "." in x else int(x) for x in _names(text)]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not shares or numbers with commas.") from error


def _load(path: str | None) -> tuple[Any, Any]:
    if path is None:
        return None, None
    from recollect.tensor import load

    loaded: tuple[Any, Any] = load(path)
    return loaded


def _table(rows: list[Any]) -> RenderableType:
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
    return show.table(head, lines)
