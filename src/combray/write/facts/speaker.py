"""Who speaks in an item, and whether the rules believe it."""

from __future__ import annotations

from combray.core.items import Item, Status

MUTE_ROLES = ("tool", "function", "system", "developer")
"""Roles whose text states nothing of its own."""


def speaker_of(item: Item) -> str | None:
    """Return who "I" is in an item: its name, else its user.

    Returns None for an item that the rules do not believe: one that is not live, or in which a
    tool, a prompt or an unnamed assistant speaks.
    """
    if item.status != Status.LIVE or item.role in MUTE_ROLES:
        return None
    if item.role == "assistant" and item.name is None:
        return None
    return item.name or item.scope.user_id or "user"


def name_of(item: Item) -> str | None:
    """Return the name of the speaker of an item: the given one, or the user of a user's message."""
    return item.name or (item.scope.user_id if item.role == "user" else None)
