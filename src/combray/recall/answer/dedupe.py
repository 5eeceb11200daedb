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
from combray.recall.query.query_context import QueryContext
from combray.store.tables.rows import digest_of

WIDEST = 10_000
"""The most hits that are asked for, as many as a search may have."""


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
        groups.setdefault(_key(hit.item, superseded=hit.superseded), []).append(hit)
    return [_one(same) for same in groups.values()]


def complete(hits: Sequence[Hit], context: QueryContext) -> list[Hit]:
    """Raw hits with every item of their words that the question may see, found by it or not."""
    said = {digest_of(hit.item) for hit in hits if hit.item.is_raw}
    same = context.store.repeated(context.view.tenant, said) if said else {}
    row_of, past = context.view.row_of, context.time.superseded.rows
    told: list[Hit] = []
    for hit in hits:
        key = _key(hit.item, superseded=hit.superseded)
        known = {hit.id, *(item.id for item in hit.alike)}
        more = [
            item
            for item in (same.get(digest_of(hit.item), ()) if hit.item.is_raw else ())
            if item.id not in known
            and (row := row_of.get(item.id)) is not None
            and context.allowed[row]
            and _key(item, superseded=bool(past[row])) == key
        ]
        told.append(_with(hit, more, [item.id for item in more]) if more else hit)
    return told


def _key(item: Item, *, superseded: bool) -> tuple[object, ...]:
    """What two hits have in common that are one."""
    return digest_of(item), item.kind, item.name or item.role, superseded, _held(item)


def _one(same: Sequence[Hit]) -> Hit:
    if len(same) == 1:
        return same[0]
    sources = [source for hit in same for source in hit.evidence]
    return _with(same[0], [hit.item for hit in same[1:]], sources)


def _with(hit: Hit, more: Sequence[Item], sources: Sequence[str]) -> Hit:
    """A hit that stands for further items of its words, with what they rest on."""
    alike = (*hit.alike, *more)
    return replace(
        hit,
        alike=alike,
        evidence=tuple(dict.fromkeys((*hit.evidence, *sources))),
        explain={**hit.explain, "alike": [item.id for item in alike]},
    )


def _held(item: Item) -> tuple[int | None, int | None]:
    """The interval in which it was said to hold, when it is not simply from when it was said."""
    start = item.valid_from_us
    return (None if start == item.first_at_us else start), item.valid_to_us
