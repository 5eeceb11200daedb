"""Who and what the derived rows of one system name, with spellings of one name joined.

    n rows, e entities: classes of names

A name joins another when both are long or varied enough to be told apart (the entropy gate) and
their three-letter pieces overlap by a Jaccard index of 0.9; candidates come from MinHash in bands,
so that only likely pairs are compared. Names that spelling leaves apart are joined where a row says
so: its `same` holds pairs, as a model judged them. The classes follow from the sets of names and
pairs alone, so the order in which they came does not matter.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy

import numpy as np

from combray.core.arrays import Rows
from combray.core.entities import normal_name
from combray.index.tenant_cache import LRUCache
from combray.index.view import View
from combray.store.store import Store

PERMUTATIONS, BAND, JACCARD = 32, 4, 0.9
"""Numbers of a signature, those of a band by which names meet, and the overlap that joins two."""
LETTERS, ENTROPY = 6, 1.5
"""A single word with fewer letters, or less entropy (bits a letter), is not matched by spelling."""
COMMON = 100
"""A name on more rows is not crossed by a walk."""
_PRIME = (1 << 31) - 1
_RANDOM = np.random.default_rng(0)
_A = _RANDOM.integers(1, _PRIME, PERMUTATIONS)
_B = _RANDOM.integers(0, _PRIME, PERMUTATIONS)


def tellable(name: str) -> bool:
    """Return whether a name is distinctive enough to match by spelling: the entropy gate."""
    if len(name) < LETTERS and " " not in name:
        return False
    counts = Counter(name.replace(" ", ""))
    total = sum(counts.values())
    return -sum(c / total * math.log2(c / total) for c in counts.values()) >= ENTROPY


def pieces(name: str) -> frozenset[str]:
    """Return the three-letter shingles of a name, with its ends marked."""
    marked = f" {name} "
    return frozenset(marked[i : i + 3] for i in range(len(marked) - 2))


def minhash(parts: frozenset[str]) -> Rows:
    """Return the MinHash signature of a set: one number for each permutation."""
    codes = np.array([zlib.crc32(part.encode()) % _PRIME for part in parts], np.int64)
    smallest: Rows = ((_A[:, None] * codes + _B[:, None]) % _PRIME).min(axis=1)
    return smallest


class EntityResolver:
    """Names joined into entities; an entity is called by the first of its names in the alphabet."""

    def __init__(self) -> None:
        self._entity: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        self._bands: dict[tuple[int, bytes], list[str]] = {}

    def add(self, name: str) -> str:
        """Take in a name; returns its entity."""
        if name not in self._entity:
            self._entity[name], self._names[name] = name, [name]
            if tellable(name):
                self._match(name)
        return self._entity[name]

    def join(self, one: str, other: str) -> None:
        """Two names of one entity."""
        first, second = sorted((self.add(one), self.add(other)))
        if first != second:
            gone = self._names.pop(second)
            self._names[first] += gone
            self._entity.update(dict.fromkeys(gone, first))

    def of(self, name: str) -> str:
        """The entity of a name; the name itself when it is new."""
        return self._entity.get(name, name)

    def names(self, entity: str) -> list[str]:
        """Every spelling of an entity."""
        return self._names.get(entity, [])

    def known(self, name: str) -> bool:
        """Whether a name, or one spelled nearly as it is, was taken in."""
        return name in self._entity or (tellable(name) and any(self._alike(name, _bands(name))))

    def sharing(self, name: str) -> list[str]:
        """The entities of which a spelling has a word in common with a name, in order."""
        words = set(name.split())
        return sorted({e for other, e in self._entity.items() if words & set(other.split())})

    def _match(self, name: str) -> None:
        bands = _bands(name)
        for other in list(self._alike(name, bands)):
            self.join(name, other)
        for band in bands:
            self._bands.setdefault(band, []).append(name)

    def _alike(self, name: str, bands: Sequence[tuple[int, bytes]]) -> Iterator[str]:
        """The names whose pieces overlap enough, of those that share a band."""
        mine = pieces(name)
        for other in dict.fromkeys(n for band in bands for n in self._bands.get(band, ())):
            theirs = pieces(other)
            if len(mine & theirs) >= JACCARD * len(mine | theirs):
                yield other


def _bands(name: str) -> list[tuple[int, bytes]]:
    signature = minhash(pieces(name)).reshape(-1, BAND)
    return [(number, band.tobytes()) for number, band in enumerate(signature)]


class EntityIndex:
    """The names of some rows of one view, following it and its forks as they grow."""

    def __init__(self, store: Store, kinds: Sequence[str], created_by: str, view: View) -> None:
        self._store, self._kinds, self._created_by = store, kinds, created_by
        self._ids, self._rows = view.ids, 0
        self.classes = EntityResolver()
        self._of_row: dict[int, tuple[str, ...]] = {}
        self._holding: dict[str, list[int]] = {}

    def fits(self, view: View) -> bool:
        """Whether the rows of a view are those that are followed here."""
        return view.ids is self._ids

    def follow(self, view: View) -> EntityIndex:
        """Take in the rows that the view has gained; returns the names of just its rows."""
        if self._rows < len(view):
            self._take(view, range(self._rows, len(view)))
            self._rows = len(view)
        frame = copy(self)
        frame._rows = len(view)
        return frame

    def of(self, row: int) -> tuple[str, ...]:
        """The entities that a row names, in its order."""
        return tuple(dict.fromkeys(self.classes.of(name) for name in self._of_row.get(row, ())))

    def holders(self, entity: str) -> list[int]:
        """The rows that name an entity under any of its spellings, in order, live or not."""
        names = self.classes.names(entity)
        rows = {row for name in names for row in self._holding.get(name, ())}
        return sorted(row for row in rows if row < self._rows)

    def distances(self, seeds: Sequence[int], depth: int) -> dict[int, int]:
        """Row → hops from the seeds, up to a depth: a hop leads over an entity of two rows.

        An entity on more than COMMON rows connects everything with everything, and is not crossed.
        """
        far = dict.fromkeys(seeds, 0)
        frontier, crossed = list(far), set[str]()
        for hop in range(1, depth + 1):
            fresh = {name for row in frontier for name in self.of(row)} - crossed
            crossed |= fresh
            frontier = []
            for name in sorted(fresh):
                rows = self.holders(name)
                if len(rows) <= COMMON:
                    frontier += [row for row in rows if row not in far]
                    far.update((row, hop) for row in rows if row not in far)
        return far

    def _take(self, view: View, rows: range) -> None:
        kinds = {view.rows.kind.find(kind) for kind in self._kinds}
        mine = view.who.creator.find(self._created_by)
        wanted = [
            row
            for row in rows
            if view.rows.kind.values[row] in kinds and view.who.creator.values[row] == mine
        ]
        items = self._store.get(view.tenant, [view.ids[row] for row in wanted])
        for row in wanted:
            item = items.get(view.ids[row])
            names = [] if item is None else item.metadata.get("names", ())
            self._of_row[row] = tuple(normal_name(str(name)) for name in names)
            for name in self._of_row[row]:
                self.classes.add(name)
                self._holding.setdefault(name, []).append(row)
            for one, other in () if item is None else item.metadata.get("same", ()):
                self.classes.join(str(one), str(other))


class NamesOfViews:
    """The names of each tenant's view, kept as long as the tenant is in use."""

    def __init__(self, store: Store, kinds: Sequence[str], created_by: str) -> None:
        self._store, self._kinds, self._created_by = store, kinds, created_by
        self._cache: LRUCache[EntityIndex] = LRUCache()

    def of(self, view: View) -> EntityIndex:
        """The names of a view, no more and no less."""
        with self._cache.lock:
            named = self._cache.get(view.tenant)
            if named is None or not named.fits(view):
                named = EntityIndex(self._store, self._kinds, self._created_by, view)
                self._cache.put(view.tenant, named)
            return named.follow(view)
