"""What an item supersedes, directly and through others; no item may come back to itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from combray.core.items import Item
from combray.store.engine import Run
from combray.store.tables.fact_keys import links_from
from combray.write.facts.update_timelines import SUPERSEDES

Pair = tuple[str, str]
"""The ids of a later item and of the earlier one that it supersedes."""


def begins(item: Item) -> int:
    """The moment from which an item holds: its `valid_from`, else when it was said."""
    return item.first_at_us if item.valid_from_us is None else item.valid_from_us


def superseded_by(
    run: Run, tenant: str, ids: Iterable[str], proposed: Collection[Pair] = ()
) -> set[str]:
    """Everything that some items supersede, by stored links and by pairs that are proposed.

    An item of `ids` is among them only when a chain leads back to it.
    """
    seen: set[str] = set()
    frontier = set(ids)
    while frontier:
        stored = {link.dst for link in links_from(run, tenant, SUPERSEDES, frontier)}
        stored |= {earlier for later, earlier in proposed if later in frontier}
        frontier = stored - seen
        seen |= frontier
    return seen
