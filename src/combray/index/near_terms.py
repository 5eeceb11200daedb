"""The terms of an index that differ from a misspelt one by a letter.

One letter too many, too few or other, or two that changed places, leave the first two letters of a
word as they are or its last two. So only terms that share either are compared.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import islice

EDGE, SHORTEST = 2, 5
"""Letters that two terms share at one of their ends, and of the shortest term that is corrected."""


class NearTerms:
    """The terms of a growing vocabulary by their beginnings and ends."""

    def __init__(self) -> None:
        self._known = 0
        self._by_edge: dict[tuple[bool, str], list[str]] = {}
        self._lock = threading.Lock()

    def of(self, term: str, vocabulary: Mapping[str, int]) -> list[str]:
        """Return the terms of a vocabulary one slip away from a term, in its order.

        The vocabulary is always the same one: terms are only ever added to it.
        """
        with self._lock:
            self._follow(vocabulary)
        edges = (False, term[:EDGE]), (True, term[-EDGE:])
        beside = dict.fromkeys(t for edge in edges for t in self._by_edge.get(edge, ()))
        return [other for other in beside if other != term and one_slip(term, other)]

    def _follow(self, vocabulary: Mapping[str, int]) -> None:
        """Take in the terms that were added since."""
        fresh = list(islice(vocabulary, self._known, None))
        self._known += len(fresh)
        for term in fresh:
            if len(term) >= SHORTEST and term.isalpha():
                self._by_edge.setdefault((False, term[:EDGE]), []).append(term)
                self._by_edge.setdefault((True, term[-EDGE:]), []).append(term)


def one_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter, or by two neighbours that changed places."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or one == other:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1]
    return short[start + 1 :] == long[start + 1 :] or (
        swapped and short[start + 2 :] == long[start + 2 :]
    )
