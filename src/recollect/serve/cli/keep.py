"""export, import: move what is remembered, whole, with its history."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from recollect.serve.cli import show
from recollect.serve.cli.app import KEEP, verb
from recollect.serve.cli.options import Out, Owner, Place


@verb(KEEP)
def export(
    at: Place,
    owner: Owner,
    out: Out,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write; - is standard output.")
    ],
) -> None:
    """Write everything, or one user's part, as JSON lines."""
    with at.memory("Exporting") as memory:
        if str(path) == "-":
            with tempfile.TemporaryDirectory() as folder:
                whole = Path(folder) / "export.jsonl"
                memory.export(whole, user_id=owner.user)
                sys.stdout.write(whole.read_text(encoding="utf-8"))
            return
        count = memory.export(path, user_id=owner.user)
    out.give(
        {"items": count, "path": str(path)},
        lambda: show.line(f"Wrote {count} memories to {path}."),
    )


@verb(KEEP, "import")
def import_(
    at: Place,
    out: Out,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="An export; - reads it.")],
) -> None:
    """Read an export, whole or not at all."""
    with at.memory("Importing", creates=True) as memory:
        if str(path) == "-":
            with tempfile.TemporaryDirectory() as folder:
                whole = Path(folder) / "standard input"
                whole.write_text(show.read("-"), encoding="utf-8")
                count = memory.import_(whole)
        else:
            count = memory.import_(path)
    out.give(
        {"items": count, "path": str(path)},
        lambda: show.line(f"{count} memories are new, from {path}."),
    )
