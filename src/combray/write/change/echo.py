"""Echoes: text that an agent was given by a search and stores again as if it were new.

A ring for each tenant remembers what this process recalled lately. A block of our own context is
recognised by the ids in its lines.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable

from combray.core.items import Item
from combray.store.tables.rows import digest, digest_of

SIZE = 512
TENANTS = 1024
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
_CITED = re.compile(rf"^\s*[-*•]?\s*\[[^\]\n]*?({_UUID})\]")


class Echoes:
    """The last SIZE texts recalled for each tenant, by their digests."""

    def __init__(self) -> None:
        self._rings: OrderedDict[str, OrderedDict[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def heard(self, tenant: str, items: Iterable[Item]) -> None:
        """Remember items that a search has just returned."""
        with self._lock:
            ring = self._rings.setdefault(tenant, OrderedDict())
            self._rings.move_to_end(tenant)
            for item in items:
                key = digest_of(item)
                ring.pop(key, None)
                ring[key] = item.id
            while len(ring) > SIZE:
                ring.popitem(last=False)
            while len(self._rings) > TENANTS:
                self._rings.popitem(last=False)

    def source(self, tenant: str, text: str) -> str | None:
        """Return the id of the recently recalled memory that has this text, or None."""
        ring = self._rings.get(tenant)
        return ring.get(digest(text)) if ring else None

    def forget(self, tenant: str) -> None:
        """Forget everything recalled for a tenant."""
        with self._lock:
            self._rings.pop(tenant, None)


def cited(text: str) -> list[tuple[str, str]]:
    """Return (id, words) for each line of a block of our own context.

    The list is empty when any line of the text is something else.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    found = [_CITED.match(line) for line in lines]
    if not all(found):
        return []
    return [(m.group(1), line[m.end() :]) for m, line in zip(found, lines, strict=True) if m]


def repeats(words: str, item: Item) -> bool:
    """Return whether the words of a cited line are those of the item, whole or truncated."""
    plain, said = " ".join(words.split()).rstrip(" …"), " ".join(item.text.split())
    behind = plain.partition(": ")[2]
    return bool(plain) and (plain in said or (bool(behind) and behind in said))
