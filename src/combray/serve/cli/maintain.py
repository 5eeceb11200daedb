"""export import backup copy verify repair reindex: keep what is remembered whole, and move it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from combray.core.text import counted
from combray.serve.cli import show
from combray.serve.cli.app import KEEP, verb
from combray.serve.cli.options import EMBEDDER, Out, Owner, Place, System, locate


@verb(KEEP)
def export(
    at: Place,
    owner: Owner,
    out: Out,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write; - is standard output.")
    ],
) -> None:
    """Write everything, or the memories of one user, as JSON lines."""
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
        lambda: show.line(f"Wrote {counted(count, 'memory')} to {path}."),
    )


@verb(KEEP, "import")
def import_(
    at: Place,
    owner: Owner,
    out: Out,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="An export; - reads standard input.")
    ],
) -> None:
    """Read an export, whole or not at all; --user puts all of it into one user's memory."""
    with at.memory("Importing", creates=True) as memory:
        if str(path) == "-":
            with tempfile.TemporaryDirectory() as folder:
                whole = Path(folder) / "standard input"
                whole.write_text(show.read("-"), encoding="utf-8")
                count = memory.import_(whole, user_id=owner.user)
        else:
            count = memory.import_(path, user_id=owner.user)
    out.give(
        {"items": count, "path": str(path)},
        lambda: show.line(f"New from {path}: {counted(count, 'memory')}."),
    )


@verb(KEEP)
def backup(
    at: Place,
    out: Out,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the copy.")],
) -> None:
    """Write a consistent copy while others write; `erase` reaches it too."""
    with at.memory("Copying") as memory:
        made = str(memory.backup(path))
    out.give({"path": made}, lambda: show.line(f"Wrote {made}."))


@verb(KEEP)
def copy(
    at: Place,
    out: Out,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="An empty file or database URL.")],
) -> None:
    """Copy everything into another, empty database, such as a server."""
    with at.memory("Copying") as memory:
        counts = memory.copy_to(target)
    out.give(counts, lambda: show.line(f"Copied {counted(counts['items'], 'memory')}."))


@verb(KEEP)
def verify(at: Place, out: Out) -> None:
    """Check that the database is intact and agrees with its history; exit with 1 if not."""
    with at.memory("Checking") as memory:
        report = memory.verify()
    words = "\n".join(report.problems) or "Everything is intact."
    out.give(report.as_dict(), lambda: show.line(words))
    if not report.ok:
        raise typer.Exit(1)


@verb(KEEP)
def repair(at: Place, out: Out, system: System = "evidence") -> None:
    """Rebuild everything derived from the words that were given."""
    with at.memory("Repairing", system=system) as memory:
        mended = memory.repair()
    out.give(mended, lambda: show.pairs(mended))


@verb(KEEP)
def reindex(at: Place, out: Out) -> None:
    """Embed everything again with the embedder that --embedder names, while searches go on."""
    # Imported here: the command line must answer --help at once.
    from combray.memory import reindex as change_over

    location = locate(at.db)
    location.prepare(creates=False)
    with show.ProgressBar("Embedding") as progress:
        chosen = at.embedder or os.environ.get(EMBEDDER) or "auto"
        done = change_over(location.text, chosen, progress=progress)
    out.give(done, lambda: show.pairs(done))
