"""The neighbours of every raw row in its conversation.

    p, n      the rows before and after a row, -1 at an end
    head      the first row of a row's conversation: its number in the session arrays
    turn      a row's place in its conversation, from 0
    norm      length of v[p] + v + v[n]: with the products s = V q of the single rows, the cosine
              of the whole window with q is (s[p] + s + s[n]) / norm, without another embedding

Talk without a session id is cut into conversations where nothing was said for six hours.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Rows
from combray.index.columns import Column

GAP = 6 * 3600 * 1_000_000
"""The silence, in microseconds, after which talk without a session is another conversation."""
UNNAMED = ""
PART = 512
"""Windows measured at a time."""
Place = tuple[str | None, int, int]


class Conversations:
    """The rows of each conversation in order."""

    def __init__(self) -> None:
        self.before, self.after = Column(np.int32), Column(np.int32)
        self.head, self.norm = Column(np.int32), Column(np.float32)
        self.turn = Column(np.int32)
        self._orders: dict[str, list[tuple[int, int, int]]] = {}
        self._place: dict[int, tuple[str, tuple[int, int, int]]] = {}
        self._stale: set[int] = set()

    def fork(self) -> Conversations:
        """The same order, to go on from; the original keeps its arrays as they are."""
        other = copy(self)
        other.before, other.after = self.before.fork(own=True), self.after.fork(own=True)
        other.head, other.norm = self.head.fork(own=True), self.norm.fork(own=True)
        other.turn = self.turn.fork(own=True)
        return other

    def extend(self, places: Sequence[Place | None]) -> None:
        """Append rows, each with its (conversation, time, seq); None stands alone."""
        first = len(self.head)
        rows = np.arange(first, first + len(places), dtype=np.int32)
        self.before.extend(np.full(len(places), -1, np.int32))
        self.after.extend(np.full(len(places), -1, np.int32))
        self.head.extend(rows)
        self.norm.extend(np.ones(len(places), np.float32))
        self.turn.extend(np.zeros(len(places), np.int32))
        touched: dict[str, list[tuple[int, int, int]]] = {}
        for row, place in enumerate(places, start=first):
            if place is not None and place[0] is not None:
                key = (place[1], place[2], row)
                touched.setdefault(place[0], []).append(key)
                self._place[row] = (place[0], key)
        for name, added in touched.items():
            self._insert(name, sorted(added))

    def remove(self, row: int) -> None:
        """Remove a row and join its neighbours."""
        name, key = self._place.pop(row, (None, (0, 0, 0)))
        if name is None:
            return
        order = self._orders[name]
        order.remove(key)
        for side in (self.before, self.after):
            self._stale.update(r for r in (int(side.values[row]),) if r >= 0)
            side.values[row] = -1
        self.head.values[row], self.turn.values[row] = row, 0
        self._relink(name, 0)

    def measure(self, vectors: FloatArray, filled: Sequence[int]) -> None:
        """Recompute the window norms around rows whose vectors (n, d) or neighbours changed."""
        known = (row for row in {*filled, *self._stale} if row < len(vectors))
        rows = np.array(sorted(known), np.int64)
        self._stale.clear()
        around = [rows, self.before.values[rows], self.after.values[rows]]
        todo = np.unique(np.concatenate(around))
        todo = todo[todo >= 0]
        for start in range(0, len(todo), PART):
            part = todo[start : start + PART]
            window = vectors[part]
            for side in (self.before, self.after):
                other = side.values[part]
                window[other >= 0] += vectors[other[other >= 0]]
            self.norm.values[part] = np.maximum(np.sqrt(np.vecdot(window, window)), 1e-6)

    def shifted(self, values: NDArray[np.float32], side: Column) -> NDArray[np.float32]:
        """The value of each row's neighbour on one side, 0 where there is none; shape (n,)."""
        other = side.values
        return np.where(other >= 0, values[other], np.float32(0))

    def _insert(self, name: str, added: list[tuple[int, int, int]]) -> None:
        order = self._orders.setdefault(name, [])
        if not order or added[0] > order[-1]:
            start = max(0, len(order) - 1)
            order.extend(added)
        else:
            start = 0
            for key in added:
                insort(order, key)
        self._relink(name, start)

    def _relink(self, name: str, start: int) -> None:
        """Write neighbours and heads of one conversation from a position on."""
        part = self._orders[name][max(start - 1, 0) :]
        if not part:
            return
        rows = np.array([row for _, _, row in part], np.int64)
        if start == 0:
            self._set(self.before, rows[:1], rows[:1] * 0 - 1)
            self.head.values[rows[0]], self.turn.values[rows[0]] = rows[0], 0
        apart = np.diff([moment for moment, _, _ in part]) > GAP if name == UNNAMED else False
        self._set(self.before, rows[1:], np.where(apart, -1, rows[:-1]))
        self._set(self.after, rows[:-1], np.where(apart, -1, rows[1:]))
        self._set(self.after, rows[-1:], rows[-1:] * 0 - 1)
        places = np.arange(1, len(rows))
        first = np.maximum.accumulate(np.where(apart, places, 0))
        self.head.values[rows[1:]] = np.where(first, rows[first], self.head.values[rows[0]])
        self.turn.values[rows[1:]] = places - first + np.where(first, 0, self.turn.values[rows[0]])

    def _set(self, side: Column, rows: Rows, others: Rows) -> None:
        """Write the neighbours of some rows on one side."""
        self._stale.update(rows[side.values[rows] != others].tolist())
        side.values[rows] = others
