"""Histories that are sent again: which turns of a call are stored already.

Callers of chat models send the whole history with every call, and some give it to `add` as it is.
A turn is stored already if one with its id and its words is, in the same scope; or if the call
begins with all turns of its session, two at least, and goes on after them. A call that says no more
than is stored is not a history but somebody who says it again, and is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.items import Item
from combray.store.engine import Run
from combray.store.tables.rows import ITEM_COLUMNS, digest, in_chunks, item_from_row

_TURNS = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? AND kind = 'turn' AND sources = '[]'"
LEAST = 2
"""Turns that a call repeats before it is a history: one "Hi" is said again by anybody."""


def find_resent(run: Run, items: Sequence[Item], *, timed: bool) -> dict[str, Item]:
    """Return the stored turn for each item of a call that is stored already, by the item's id.

    With `timed` the call gives the time of its turns, and only turns of that time are the same.
    """
    turns = [item for item in items if item.kind == "turn"]
    if not turns or len(turns) < len(items):
        return {}
    return _by_ids(run, turns) | _by_beginning(run, turns, timed=timed)


def _by_ids(run: Run, turns: Sequence[Item]) -> dict[str, Item]:
    named = [turn for turn in turns if isinstance(turn.metadata.get("id"), str | int)]
    if not named:
        return {}
    digests = [digest(turn.text) for turn in named]
    rows = in_chunks(run, _TURNS, named[0].scope.tenant, digests, column="digest")
    stored = {_key(item): item for item in map(item_from_row, rows)}
    return {turn.id: stored[_key(turn)] for turn in named if _key(turn) in stored}


def _key(item: Item) -> tuple[object, ...]:
    return (item.scope, repr(item.metadata.get("id")), item.role, item.text)


def _by_beginning(run: Run, turns: Sequence[Item], *, timed: bool) -> dict[str, Item]:
    scope = turns[0].scope
    rows = run(
        f"{_TURNS} AND coalesce(agent_id, '') = ? AND coalesce(session_id, '') = ? "
        "ORDER BY seq LIMIT ?",
        (scope.tenant, scope.agent_id or "", scope.session_id or "", len(turns)),
    )
    stored = [item_from_row(row) for row in rows]
    if not LEAST <= len(stored) < len(turns):
        return {}
    pairs = list(zip(turns, stored, strict=False))
    same = all(_says_the_same(turn, item, timed=timed) for turn, item in pairs)
    return {turn.id: item for turn, item in pairs} if same else {}


def _says_the_same(turn: Item, item: Item, *, timed: bool) -> bool:
    """Return whether a turn is a stored one: who speaks, what, and what else is given of it."""
    if (turn.role, turn.name, turn.text) != (item.role, item.name, item.text):
        return False
    own = timed or turn.first_at_us != turn.known_from_us
    return dict(turn.metadata) == dict(item.metadata) and (
        not own or turn.first_at_us == item.first_at_us
    )
