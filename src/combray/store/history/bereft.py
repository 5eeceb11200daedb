"""Derived items that cite what is in no table and no history any more.

What still rests on something cites that alone; what rests on nothing is gone with what it rested
on, and is derived again from the words that are left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from combray.core.items import Item


def citing_lost(items: Collection[Item], known: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each source of these items that is not known."""
    for item in items:
        for source in item.sources:
            if source not in known:
                yield f"item {item.id} cites {source}, which is gone"


def without_lost(items: Collection[Item], known: Collection[str]) -> tuple[list[Item], set[str]]:
    """Return items that lost some sources, citing the others, and the ids of those that lost all.

    Each citation is followed once, however long a chain of them is.
    """
    derived = {item.id: item for item in items if item.sources}
    left = {id_: {s for s in item.sources if s in known} for id_, item in derived.items()}
    citing: dict[str, list[str]] = {}
    for id_, sources in left.items():
        for source in sources:
            citing.setdefault(source, []).append(id_)
    gone: set[str] = set()
    bereft = [id_ for id_, sources in left.items() if not sources]
    while bereft:
        gone.add(lost := bereft.pop())
        for id_ in citing.get(lost, ()):
            left[id_].discard(lost)
            if not left[id_] and id_ not in gone:
                bereft.append(id_)
    kept = [
        replace(item, sources=tuple(s for s in item.sources if s in left[id_]))
        for id_, item in derived.items()
        if id_ not in gone and left[id_] != set(item.sources)
    ]
    return kept, gone
