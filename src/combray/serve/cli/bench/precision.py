"""bench precision: whether a memory finds what a question needs and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, verb
from combray.serve.cli.bench.measure import Embedder, bench, listed, readable, write_json
from combray.serve.cli.options import Out


@verb(COMPARE, "precision", group=bench)
def precision(
    out: Out,
    systems: Annotated[
        str, typer.Option("--systems", metavar="NAMES", help="Text memories, with commas between.")
    ] = "evidence,bm25,dense,hybrid",
    min_score: Annotated[
        float | None,
        typer.Option(
            "--min-score", metavar="SHARE", help="The least score of evidence; else chosen on dev."
        ),
    ] = None,
    embedder: Embedder = "auto",
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the figures there as JSON.")
    ] = None,
) -> None:
    """PrecisionMemBench: what is found beside what should be, uncut and cut by a score."""
    from combray.bench.compare.precision import measure

    command = f"combray bench precision --systems {systems}"
    command += "" if min_score is None else f" --min-score {min_score:g}"
    command += f" --embedder {embedder}" * (embedder != "auto")
    with show.ProgressBar("Asking"):
        found = measure(
            systems=listed(systems),
            least=min_score,
            embedder=embedder,
            command=command,
        )
    write_json(found, file)
    out.give(found, lambda: readable(found))
