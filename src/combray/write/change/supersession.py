"""Chains of supersession, in which no item may supersede itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from combray.core.items import SUPERSEDES, Item
from combray.store.engine import Run
from combray.store.tables.fact_keys import links_from

Pair = tuple[str, str]
"""The ids of a later item and of the earlier one that it supersedes."""


def begins(item: Item) -> int:
    """Return the moment from which an item holds: its `valid_from`, else when it was said."""
    return item.first_at_us if item.valid_from_us is None else item.valid_from_us


def superseded_by(
    run: Run, tenant: str, ids: Iterable[str], proposed: Collection[Pair] = ()
) -> set[str]:
    """Return the ids of all items that some items supersede, directly or through others.

    Proposed pairs count as if they were stored. An item of `ids` is in the result only when a chain
    leads back to it.
    """
    seen: set[str] = set()
    frontier = set(ids)
    while frontier:
        stored = {link.dst for link in links_from(run, tenant, SUPERSEDES, frontier)}
        stored |= {earlier for later, earlier in proposed if later in frontier}
        frontier = stored - seen
        seen |= frontier
    return seen
