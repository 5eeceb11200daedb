"""Echoes: text that an agent was given by a search and stores again as if it were new.

A ring for each tenant remembers what this process recalled lately. A block of our own context is
recognised by the ids in its lines.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable

from combray.core.fold import same_words
from combray.core.items import Item
from combray.store.tables.rows import digest, digest_of

SIZE = 512
TENANTS = 1024
"""Texts remembered for each tenant, and tenants whose texts are."""
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
_CITED = re.compile(rf"^\s*[-*•]?\s*\[[^\]\n]*?({_UUID})\]")


class Echoes:
    """The last SIZE texts recalled for each tenant, by the digests of their exact words."""

    def __init__(self) -> None:
        self._rings: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._lock = threading.Lock()

    def heard(self, tenant: str, items: Iterable[Item]) -> None:
        """Remember items that a search has just returned."""
        with self._lock:
            ring = self._rings.setdefault(tenant, OrderedDict())
            self._rings.move_to_end(tenant)
            for item in items:
                key = digest_of(item)
                ring.pop(key, None)
                ring[key] = None
            while len(ring) > SIZE:
                ring.popitem(last=False)
            while len(self._rings) > TENANTS:
                self._rings.popitem(last=False)

    def recalled(self, tenant: str, text: str) -> bool:
        """Whether a memory with exactly these words was recalled for the tenant lately."""
        ring = self._rings.get(tenant)
        return ring is not None and digest(text) in ring

    def forget(self, tenant: str) -> None:
        """Forget everything recalled for a tenant."""
        with self._lock:
            self._rings.pop(tenant, None)


def cited(text: str) -> list[tuple[str, str]]:
    """Return (id, words) for each memory of a block of our own context.

    A memory of several lines goes on until the next id. The list is empty when the text does not
    begin with an id; whether the words are those of the memory is for `repeats` to say.
    """
    found: list[tuple[str, str]] = []
    for line in filter(str.strip, text.splitlines()):
        match = _CITED.match(line)
        if match is not None:
            found.append((match.group(1), line[match.end() :]))
        elif found:
            id_, words = found[-1]
            found[-1] = (id_, f"{words}\n{line}")
        else:
            return []
    return found


def repeats(words: str, item: Item) -> bool:
    """Return whether the words of a cited line are those of the item, whole or truncated.

    Words are compared whole, except where an ellipsis cuts one: "5 mg" is no part of ".5 mg".
    """
    plain, said = " ".join(words.split()), same_words(item.text)
    behind = plain.partition(": ")[2]
    return any(_stands(each, said) for each in (plain, behind))


def _stands(line: str, said: str) -> bool:
    """Whether the pieces of a truncated line stand in what was said, one behind the other."""
    pieces = [piece.strip() for piece in same_words(line).split("…")]
    place, found = 0, False
    for number, piece in enumerate(pieces):
        end = r"(?!\S)" if number == len(pieces) - 1 else ""
        match = (
            re.compile(rf"(?<!\S){re.escape(piece)}{end}").search(said, place) if piece else None
        )
        if piece and match is None:
            return False
        place, found = (match.end(), True) if match else (place, found)
    return found
