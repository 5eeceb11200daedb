"""bench precision: whether a memory finds what a question needs and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, verb
from combray.serve.cli.bench.measure import Embedder, bench, write_json
from combray.serve.cli.options import Out


@verb(COMPARE, "precision", group=bench)
def precision(
    out: Out,
    systems: Annotated[
        str, typer.Option("--systems", metavar="NAMES", help="Text memories, with commas between.")
    ] = "evidence,bm25,dense,hybrid",
    min_score: Annotated[
        float, typer.Option("--min-score", metavar="SHARE", help="The least score of evidence.")
    ] = 0.03,
    embedder: Embedder = "auto",
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the figures there as JSON.")
    ] = None,
) -> None:
    """PrecisionMemBench: what is found beside what should be, uncut and cut by a score."""
    from combray.bench.compare.precision import measure

    command = f"combray bench precision --systems {systems}"
    command += f" --min-score {min_score:g}" * (min_score != 0.03)
    command += f" --embedder {embedder}" * (embedder != "auto")
    with show.ProgressBar("Asking"):
        found = measure(
            systems=[part.strip() for part in systems.split(",") if part.strip()],
            least=min_score,
            embedder=embedder,
            command=command,
        )
    write_json(found, file)
    out.give(found, lambda: _shown(found["tables"][0]))


def _shown(table: dict[str, Any]) -> Any:
    columns = list(table["rows"][0])
    rows = [
        [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()]
        for row in table["rows"]
    ]
    heads = [f"{name}>" if n > 1 else name for n, name in enumerate(columns)]
    return show.fitting(heads, rows, title=table["title"])
