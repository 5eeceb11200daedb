"""Who speaks in an item, and whether what is said there is believed."""

from __future__ import annotations

from combray.core.items import Item, Status

MUTE_ROLES = ("tool", "function", "system", "developer")
"""Roles whose text states nothing of its own."""


def speaker_of(item: Item) -> str | None:
    """Who "I" is in an item: its name, else its user.

    None when the item is not to be believed: it is not live, or a tool, a prompt or an unnamed
    assistant speaks.
    """
    if item.status != Status.LIVE or item.role in MUTE_ROLES:
        return None
    if item.role == "assistant" and item.name is None:
        return None
    return item.name or item.scope.user_id or "user"


def name_of(item: Item) -> str | None:
    """The name of who says an item: its own, or that of its user for the user's own messages."""
    return item.name or (item.scope.user_id if item.role == "user" else None)
