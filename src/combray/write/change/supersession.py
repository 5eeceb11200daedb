"""Chains of supersession, in which no item may supersede itself."""

from __future__ import annotations

from collections.abc import Collection

from combray.core.items import SUPERSEDES, Item
from combray.store.engine import Run
from combray.store.tables.fact_keys import links_from, links_to

Pair = tuple[str, str]
"""The ids of a later item and of the earlier one that it supersedes."""


def begins(item: Item) -> int:
    """Return the moment from which an item holds: its `valid_from`, else when it was said."""
    return item.first_at_us if item.valid_from_us is None else item.valid_from_us


def supersedes(
    run: Run, tenant: str, later: str, earlier: str, proposed: Collection[Pair] = ()
) -> bool:
    """Return whether an item supersedes another, directly or through others.

    Proposed pairs count as if they were stored. An item supersedes itself when a chain leads back
    to it. The chains are followed from both ends in turn: what is new has a short one.
    """
    down, up = {later}, {earlier}
    below, above = set[str](), {earlier}
    while down and up:
        found = {link.dst for link in links_from(run, tenant, SUPERSEDES, down)}
        down = (found | {e for x, e in proposed if x in down}) - below
        below |= down
        if below & above:
            return True
        found = {link.src for link in links_to(run, tenant, SUPERSEDES, up)}
        up = (found | {x for x, e in proposed if e in up}) - above
        above |= up
        if below & above:
            return True
    return False
