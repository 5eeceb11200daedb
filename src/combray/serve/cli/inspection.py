"""get list history stats users review jobs: look without changing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.items import Event, Item
from combray.core.time import iso_of
from combray.serve.cli import show
from combray.serve.cli.app import LOOK, verb
from combray.serve.cli.options import (
    Filters,
    Id,
    Kinds,
    Limit,
    Out,
    Owner,
    Place,
    Whose,
    mapping,
)

if TYPE_CHECKING:
    from rich.table import Table

LETTERS, NOBODY = 1000, "(no user)"


@verb(LOOK)
def get(at: Place, owner: Owner, out: Out, id: Id) -> None:
    """Show one memory by its id."""
    with at.memory("Reading") as memory:
        item = memory.get(id, user_id=owner.user)
    given = {name: value for name, value in item.as_dict().items() if value not in (None, [], {})}
    out.give(item.as_dict(), lambda: show.pairs(given))


@verb(LOOK, "list")
def list_(
    at: Place,
    whose: Whose,
    out: Out,
    limit: Limit = 100,
    filters: Filters = None,
    kind: Kinds = None,
    before: Annotated[
        str | None, typer.Option(metavar="ID", help="Only memories stored before this one.")
    ] = None,
) -> None:
    """List the memories of a user, the newest first."""
    wanted = mapping(filters, "--filters")
    with at.memory("Reading") as memory:
        items = memory.list(limit=limit, filters=wanted, kinds=kind, before=before, **whose.ids)
    out.give(
        [item.as_dict() for item in items],
        lambda: _items(items) if items else show.line("Nothing is remembered here."),
    )


@verb(LOOK)
def history(at: Place, owner: Owner, out: Out, id: Id) -> None:
    """Show every change of one memory, the oldest first."""
    with at.memory("Reading") as memory:
        events = memory.history(id, user_id=owner.user)
    out.give([event.as_dict() for event in events], lambda: _events(events))


@verb(LOOK)
def stats(at: Place, owner: Owner, out: Out) -> None:
    """Count what a user's memory holds."""
    with at.memory("Counting") as memory:
        figures = memory.stats(user_id=owner.user)
    out.give(figures, lambda: show.pairs(figures))


@verb(LOOK)
def users(at: Place, out: Out) -> None:
    """List the users of this database, and how many memories each has."""
    with at.memory("Counting") as memory:
        found = memory.users()
    rows = [(user or NOBODY, count) for user, count in found.items()]
    out.give(
        [{"user_id": user, "items": count} for user, count in found.items()],
        lambda: (
            show.table(("User", "Memories>"), rows)
            if rows
            else show.line("Nothing is remembered here.")
        ),
    )


@verb(LOOK)
def review(at: Place, owner: Owner, out: Out) -> None:
    """List what waits for `approve` or `reject` (of all users without --user)."""
    with at.memory("Reading") as memory:
        items = memory.review(user_id=owner.user)
    out.give(
        [item.as_dict() for item in items],
        lambda: _items(items) if items else show.line("Nothing waits for review."),
    )


@verb(LOOK)
def jobs(at: Place, owner: Owner, out: Out) -> None:
    """List the jobs that wait, run or have failed, with errors (of all users without --user)."""
    with at.memory("Reading") as memory:
        listed = memory.jobs(user_id=owner.user)
    rows = [(j.seq, j.tenant or NOBODY, j.kind, j.state, j.attempts, j.error) for j in listed]
    heads = ("Job>", "User", "Kind", "State", "Tries>", "Error")
    out.give(
        [job.as_dict() for job in listed],
        lambda: show.table(heads, rows) if rows else show.line("No jobs wait."),
    )


def _items(items: list[Item]) -> Table:
    rows = [
        (_when(i), i.name or i.role, i.kind, f"{show.cut(i.text, LETTERS)}\n{i.id}") for i in items
    ]
    return show.table(("When", "Who", "Kind", "What, and its id"), rows)


def _when(item: Item) -> str:
    """When it was said, and when it ceased to hold."""
    until = item.valid[1]
    return f"{item.timestamp:%Y-%m-%d %H:%M}" + (f"\nuntil {until:%Y-%m-%d}" if until else "")


def _events(events: list[Event]) -> Table:
    rows = [
        (f"{event.at:%Y-%m-%d %H:%M:%S}", event.op, event.actor, _change(event)) for event in events
    ]
    return show.table(("When", "What", "Who", "Why, change, and its id"), rows)


def _change(event: Event) -> str:
    """Why, each field that differs as `name: before → after`, and the id, which is never cut."""
    before, after = event.before or {}, event.after or {}
    why = [event.why] if event.why not in ("", event.op) else []
    if not before:
        return "\n".join((*why, str(after.get("text", "")), event.change_id))
    names = [
        name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)
    ]
    lines = (f"{n}: {_value(before.get(n))} → {_value(after.get(n))}" for n in names)
    return "\n".join((*why, *lines, event.change_id))


def _value(value: Any) -> Any:
    """A field of an event for people."""
    return iso_of(value) if isinstance(value, datetime) else value
