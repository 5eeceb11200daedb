"""update, delete: change what is remembered; every change keeps its history."""

from __future__ import annotations

from typing import Annotated

import typer

from recollect.serve.cli import show
from recollect.serve.cli.app import CHANGE, verb
from recollect.serve.cli.options import Id, Ids, Metadata, Out, Owner, Place, mapping


@verb(CHANGE)
def update(
    at: Place,
    owner: Owner,
    out: Out,
    id: Id,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="The new words; - reads them.")
    ] = None,
    metadata: Metadata = None,
) -> None:
    """Change the text or metadata of a memory; its history keeps what it was."""
    data = mapping(metadata, "--metadata")
    if text is None and data is None:
        raise typer.BadParameter("give --text or --metadata.")
    with at.memory("Changing") as memory:
        words = None if text is None else show.read(text).rstrip("\n")
        item = memory.update(id, text=words, metadata=data, user_id=owner.user)
    out.give(item.as_dict(), lambda: show.line(f"Changed {item.id}: {item.text}"))


@verb(CHANGE)
def delete(at: Place, owner: Owner, out: Out, ids: Ids) -> None:
    """Take memories out of every answer; their history stays."""
    with at.memory("Deleting") as memory:
        # Looked up first, so that one wrong id deletes nothing.
        for id_ in ids:
            memory.get(id_, user_id=owner.user)
        gone = [memory.delete(id_, user_id=owner.user) for id_ in ids]
    out.give(
        [item.as_dict() for item in gone],
        lambda: show.table(("Deleted", "Was"), [(item.id, item.text) for item in gone]),
    )
