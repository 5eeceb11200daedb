"""systems, cite, compare: know the memories, where they come from, and which suits your data."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.catalogue import BASELINE, PLANNED, TIERS, WORKS, Row, registry, row
from combray.core.errors import InputError, UnknownName
from combray.core.text import counted
from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, verb
from combray.serve.cli.options import LLM, Out

if TYPE_CHECKING:
    from rich.table import Table


@verb(COMPARE)
def systems(
    out: Out,
    tier: Annotated[
        str | None,
        typer.Option("--tier", metavar="TIER", help=f"Only those of a tier: {', '.join(TIERS)}."),
    ] = None,
    working: Annotated[
        bool, typer.Option("--working", help="Only those that work in this version.")
    ] = False,
) -> None:
    """List the published systems and baselines: what each remembers in, and which work."""
    if tier is not None and tier not in TIERS:
        raise UnknownName("tier", tier, TIERS)
    rows = [
        r
        for r in registry().values()
        if tier in (None, r.tier) and not (working and r.status == PLANNED)
    ]
    out.give([r.as_dict() for r in rows], lambda: _table(rows))


@verb(COMPARE)
def cite(
    out: Out,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of systems.")],
) -> None:
    """Print the BibTeX of the papers behind systems."""
    rows = [row(name) for name in names]
    out.give(
        [{**r.as_dict(), "bibtex": r.bibtex()} for r in rows],
        lambda: show.verbatim("\n\n".join(r.bibtex() for r in rows)),
    )


@dataclass(frozen=True)
class Compared:
    """Which memories are compared, on what, with which models."""

    data: Annotated[
        str,
        typer.Option("--data", metavar="SET", help="A set of `bench`, or a file mine.jsonl."),
    ]
    systems: Annotated[
        str,
        typer.Option("--systems", metavar="NAMES", help="Text memories, comma-separated, or all."),
    ] = "all"
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="test, dev or all; by default all of your own file, else test.",
        ),
    ] = None
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", metavar="N", help="Ask at most N questions.")
    ] = None
    extractor: Annotated[
        str, typer.Option("--extractor", metavar="NAME", help="Who reads: rules or llm.")
    ] = "rules"
    llm: Annotated[
        str | None,
        typer.Option("--llm", metavar="MODEL", help=f"The model of the extractor llm [${LLM}]."),
    ] = None
    reader: Annotated[
        str | None,
        typer.Option("--reader", metavar="MODEL", help="A model that answers from each memory."),
    ] = None
    budget_usd: Annotated[
        float | None,
        typer.Option("--budget-usd", metavar="USD", help="A hard limit on the cost of all calls."),
    ] = None
    embedder: Annotated[
        str, typer.Option("--embedder", metavar="NAME", help="auto, minilm, hashed or a folder.")
    ] = "auto"

    def command(self) -> str:
        """The command that makes this table again."""
        parts = [f"combray compare --data {self.data} --systems {self.systems}"]
        parts += [f"--split {self.split}"] if self.split else []
        parts += [f"--limit {self.limit}"] if self.limit is not None else []
        parts += [f"--extractor {self.extractor}"] if self.extractor != "rules" else []
        parts += [f"--llm {self.llm}"] if self.llm else []
        parts += [f"--reader {self.reader}"] if self.reader else []
        return " ".join(parts + ([f"--embedder {self.embedder}"] * (self.embedder != "auto")))


@verb(COMPARE)
def compare(
    compared: Compared,
    out: Out,
    make_questions: Annotated[
        int | None,
        typer.Option(
            "--make-questions", metavar="N", help="Only draft N questions for you to check."
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Also write it: .json or .md; drafts: .jsonl."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            "--figure", metavar="FILE", help="Draw quality against cost: .png, .svg or .pdf."
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over; do not resume a run.")
    ] = False,
) -> None:
    """Compare memories on a public set or your own chats: what they find, cost and forget."""
    if make_questions is not None:
        _check_file(save, (".jsonl",), "--out")
        _draft(compared.data, make_questions, save)
        return
    _check_file(save, (".json", ".md"), "--out")
    _check_file(figure, (".png", ".svg", ".pdf"), "--figure")
    table = _measured(compared, resume=not fresh, drawn=figure is not None)
    if save is not None:
        from combray.bench.compare.report_card import markdown

        _write(save, markdown(table) if save.suffix == ".md" else _json({"tables": [table]}))
    if figure is not None:
        from combray.bench.compare.plots import quality_against_cost

        quality_against_cost(table, figure)
    out.give(table, lambda: _compared(table))


def _measured(compared: Compared, *, resume: bool, drawn: bool) -> dict[str, Any]:
    """The table; interrupted, it says how to go on."""
    from combray.bench.compare import report_card
    from combray.bench.compare.plots import check_drawing

    if drawn:
        check_drawing()
    try:
        with show.ProgressBar("Comparing") as progress:
            return report_card.compare(
                compared.data,
                systems=_names(compared.systems),
                split=compared.split,
                limit=compared.limit,
                extractor=compared.extractor,
                embedder=compared.embedder,
                llm=compared.llm or os.environ.get(LLM),
                reader=compared.reader,
                budget=compared.budget_usd,
                resume=resume,
                command=compared.command(),
                progress=progress,
                announce=lambda said: typer.echo(said, err=True),
            )
    except KeyboardInterrupt as error:
        typer.echo(
            "combray: interrupted. What was measured is kept; the same command resumes there.",
            err=True,
        )
        raise typer.Exit(130) from error


def _check_file(path: Path | None, suffixes: Sequence[str], option: str) -> None:
    """Refuse a file that could not be written, before anything is measured."""
    if path is None:
        return
    if path.suffix not in suffixes:
        raise InputError(f"{option} {path} has an unknown ending; use {' or '.join(suffixes)}.")
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: there is no folder {path.parent}. Make it first.")


def _names(systems: str) -> list[str]:
    from combray.systems import names

    if systems.strip() == "all":
        return names("text")
    return [name.strip() for name in systems.split(",") if name.strip()]


def _compared(table: dict[str, Any]) -> Any:
    """Two tables, so that each fits a narrow terminal: what is found, and what it costs."""
    from rich.console import Group

    from combray.bench.compare.report_card import FOUND

    columns = [column for column in table["rows"][0] if column != "system"]
    found = [column for column in columns if column in FOUND]
    costs = [column for column in columns if column not in FOUND]
    return Group(
        _part(table, found, f"{table['title']}: what is found"),
        _part(table, costs, "what it costs"),
        show.line(table["note"]),
    )


def _part(table: dict[str, Any], columns: list[str], title: str) -> Table:
    from combray.bench.compare.report_card import cell

    rows = [[row["system"], *(cell(row.get(c)) for c in columns)] for row in table["rows"]]
    return show.table(["system~", *(f"{column}>" for column in columns)], rows, title=title)


def _draft(data: str, count: int, save: Path | None) -> None:
    if count < 1:
        raise InputError(f"--make-questions must be at least 1, not {count}.")
    if save is not None and save.exists():
        raise InputError(f"{save} exists already, and drafts overwrite nothing. Name another.")
    from combray.bench.compare.drafts import drafts
    from combray.bench.datasets import load

    lines = [json.dumps(draft, ensure_ascii=False) for draft in drafts(load(data), count)]
    text = "".join(f"{line}\n" for line in lines)
    if save is None:
        typer.echo(text, nl=False)
    else:
        _write(save, text)
    typer.echo(
        f"Drafted {counted(len(lines), 'question')}. Check each, correct what is wrong, add an "
        '"answer" if you like, remove its "draft", and append them to your file.',
        err=True,
    )


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}.") from error


def _table(rows: list[Row]) -> Table:
    marks = {WORKS: "✓", PLANNED: "–", BASELINE: "="}
    cells = [(marks[r.status], r.name, r.tier, r.short or "no paper", r.holds) for r in rows]
    return show.table(("", "Name", "Tier", "Paper", "What it remembers in"), cells)
