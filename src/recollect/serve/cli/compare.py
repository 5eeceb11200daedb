"""systems, cite: know the memories and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recollect.core.catalogue import TIERS, Row, catalogue, row
from recollect.core.errors import UnknownName
from recollect.serve.cli import show
from recollect.serve.cli.app import COMPARE, verb
from recollect.serve.cli.options import Out

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
    """List the published systems, what holds their memory, and which work."""
    if tier is not None and tier not in TIERS:
        raise UnknownName("tier", tier, TIERS)
    rows = [r for r in catalogue().values() if tier in (None, r.tier) and (r.works or not working)]
    out.give([r.as_dict() for r in rows], lambda: _table(rows))


@verb(COMPARE)
def cite(
    out: Out,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of systems.")],
) -> None:
    """Print the BibTeX of systems, for the papers you used."""
    rows = [row(name) for name in names]
    out.give(
        [{**r.as_dict(), "bibtex": r.bibtex()} for r in rows],
        lambda: show.verbatim("\n\n".join(r.bibtex() for r in rows)),
    )


def _table(rows: list[Row]) -> Table:
    marks = {True: "✓", False: "–"}
    cells = [(marks[r.works], r.name, r.tier, r.short, r.holds) for r in rows]
    return show.table(("", "Name", "Tier", "Paper", "What it remembers in"), cells)
