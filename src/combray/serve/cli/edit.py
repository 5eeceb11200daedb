"""update delete supersede undo erase approve reject consolidate: change what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.serve.cli import show
from combray.serve.cli.app import CHANGE, verb
from combray.serve.cli.options import (
    Filters,
    Id,
    Ids,
    Metadata,
    Model,
    Out,
    Owner,
    Place,
    mapping,
)

if TYPE_CHECKING:
    from rich.table import Table


@verb(CHANGE)
def update(
    at: Place,
    owner: Owner,
    out: Out,
    id: Id,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help="The new text; - reads standard input."),
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


@verb(CHANGE)
def supersede(
    at: Place,
    owner: Owner,
    out: Out,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The id of what no longer holds.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The id of what took its place.")],
) -> None:
    """End one memory where another begins; both stay, the old one as past."""
    with at.memory("Changing") as memory:
        both = memory.supersede(old, new, user_id=owner.user)
    rows = [(i.id, i.as_dict()["valid_from"], i.as_dict()["valid_to"], i.text) for i in both]
    out.give(
        [item.as_dict() for item in both],
        lambda: show.table(("Memory", "Holds from", "To", "What"), rows),
    )


@verb(CHANGE)
def undo(
    at: Place,
    owner: Owner,
    out: Out,
    change: Annotated[
        str | None, typer.Argument(metavar="CHANGE", help="The id of a change; see `history`.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Undo all changes of a user since."),
    ] = None,
) -> None:
    """Undo one change, or all since a moment; the history keeps both."""
    if (change is None) == (since is None):
        raise typer.BadParameter("give either the id of a change or --since.")
    with at.memory("Undoing") as memory:
        made = memory.undo(change, since=since, user_id=owner.user)
    out.give({"undone_by": made}, lambda: show.line(f"Undone by {', '.join(made)}."))


@verb(CHANGE)
def erase(
    at: Place,
    owner: Owner,
    out: Out,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids of memories of one user.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="ID", help="All that an agent keeps.")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="A whole session.")
    ] = None,
    filters: Filters = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Remove memories for good, with everything derived from them, and print the receipt."""
    wanted = mapping(filters, "--filters")
    if not (ids or owner.user or agent or session or wanted):
        raise typer.BadParameter("give ids, --user, --agent, --session or --filters.")
    if not yes and not typer.confirm("What is erased cannot be brought back. Erase?", err=True):
        raise typer.Exit(1)
    with at.memory("Erasing") as memory:
        receipt = memory.erase(
            ids or None, user_id=owner.user, agent_id=agent, session_id=session, filters=wanted
        ).as_dict()
    out.give(receipt, lambda: show.pairs(receipt))


@verb(CHANGE)
def approve(at: Place, owner: Owner, out: Out, id: Id) -> None:
    """Let a quarantined memory into answers; `review` lists them."""
    with at.memory("Approving") as memory:
        item = memory.approve(id, user_id=owner.user)
    out.give(item.as_dict(), lambda: show.line(f"Approved {item.id}: {item.text}"))


@verb(CHANGE)
def reject(at: Place, owner: Owner, out: Out, id: Id) -> None:
    """Keep a quarantined memory out of answers for good; its history stays."""
    with at.memory("Rejecting") as memory:
        item = memory.reject(id, user_id=owner.user)
    out.give(item.as_dict(), lambda: show.line(f"Rejected {item.id}."))


@verb(CHANGE)
def consolidate(
    at: Place,
    owner: Owner,
    model: Model,
    out: Out,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", metavar="N", help="Run at most N jobs.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try failed jobs again too.")] = False,
) -> None:
    """Run the jobs that are due (of all users without --user); exit with 1 if one fails."""
    with at.memory("Consolidating", model=model) as memory:
        outcomes = memory.consolidate(user_id=owner.user, limit=limit, dry_run=dry_run, retry=retry)
    out.give(
        [outcome.as_dict() for outcome in outcomes],
        lambda: _outcomes(outcomes) if outcomes else show.line("Nothing is due."),
    )
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def _outcomes(outcomes: Sequence[Any]) -> Table:
    rows = [
        (
            o.job.seq,
            o.job.kind,
            0 if o.preview is None else len(o.preview.change.puts),
            0 if o.preview is None else len(o.preview.change.patches),
            o.error,
        )
        for o in outcomes
    ]
    return show.table(("Job>", "Kind", "Added>", "Changed>", "Error"), rows)
