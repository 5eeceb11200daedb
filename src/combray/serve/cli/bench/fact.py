"""bench fact: whether the newest of contradicting facts stands first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, verb
from combray.serve.cli.bench.measure import Embedder, bench, write_json
from combray.serve.cli.options import Out


@verb(COMPARE, "fact", group=bench)
def fact(
    out: Out,
    systems: Annotated[
        str, typer.Option("--systems", metavar="NAMES", help="Text memories, with commas between.")
    ] = "evidence,bm25,dense,hybrid,convex",
    sizes: Annotated[
        str, typer.Option("--sizes", metavar="SIZES", help="Of 6k,32k,64k,262k tokens of facts.")
    ] = "6k,32k,64k,262k",
    dated: Annotated[
        bool, typer.Option("--dated", help="Give each fact a time later than that of the last.")
    ] = False,
    embedder: Embedder = "auto",
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the figures there as JSON.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure anew, not from where a run stopped.")
    ] = False,
) -> None:
    """FactConsolidation: later facts correct earlier ones, and the current one is asked for."""
    from combray.bench.compare.fact import measure

    command = f"combray bench fact --systems {systems} --sizes {sizes}"
    command += " --dated" * dated + f" --embedder {embedder}" * (embedder != "auto")
    with show.ProgressBar("Telling facts") as progress:
        found = measure(
            systems=[part.strip() for part in systems.split(",") if part.strip()],
            sizes=[part.strip() for part in sizes.split(",") if part.strip()],
            dated=dated,
            embedder=embedder,
            resume=not fresh,
            command=command,
            progress=progress,
        )
    write_json(found, file)
    out.give(found, lambda: _shown(found))


def _shown(found: dict[str, Any]) -> Any:
    from rich.console import Group

    return Group(*(_table(table) for table in found["tables"]))


def _table(table: dict[str, Any]) -> Any:
    columns = list(table["rows"][0])
    rows = [
        [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()]
        for row in table["rows"]
    ]
    heads = [f"{name}>" if n > 1 else name for n, name in enumerate(columns)]
    return show.fitting(heads, rows, title=table["title"])
