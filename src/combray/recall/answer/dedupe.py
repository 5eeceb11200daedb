"""Hits of the same words as one: what was said ten times takes one place of a result, not ten.

Two hits are one when they are of one kind and speaker, both past or both not, hold in one interval
and have exactly the same words. The best of them stands for all: it carries the others (`alike`)
with their days and ids, so that nothing said is hidden. What only looks alike has its own place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from combray.core.items import Hit, Item
from combray.core.ports import Query
from combray.store.tables.rows import digest_of

WIDEST = 10_000


def distinct(recall: Callable[[Query], Sequence[Hit]], query: Query) -> list[Hit]:
    """The answers without repetitions; when some fell together, more are asked for."""
    asked = query.limit
    while True:
        hits = recall(replace(query, limit=asked))
        grouped = group(hits)
        if len(grouped) >= query.limit or len(hits) < asked or asked >= WIDEST:
            return grouped[: query.limit]
        asked = min(4 * asked, WIDEST)


def group(hits: Sequence[Hit]) -> list[Hit]:
    """Hits in their order, those that are alike as one."""
    groups: dict[tuple[object, ...], list[Hit]] = {}
    for hit in hits:
        item = hit.item
        key = (digest_of(item), item.kind, item.name or item.role, hit.superseded, _held(item))
        groups.setdefault(key, []).append(hit)
    return [_one(same) for same in groups.values()]


def _one(same: Sequence[Hit]) -> Hit:
    if len(same) == 1:
        return same[0]
    best = same[0]
    evidence = tuple(dict.fromkeys(source for hit in same for source in hit.evidence))
    alike = tuple(hit.item for hit in same[1:])
    explain = {**best.explain, "alike": [item.id for item in alike]}
    return replace(best, evidence=evidence, explain=explain, alike=alike)


def _held(item: Item) -> tuple[int | None, int | None]:
    """The interval in which it was said to hold, when it is not simply from when it was said."""
    start = item.valid_from_us
    return (None if start == item.first_at_us else start), item.valid_to_us
