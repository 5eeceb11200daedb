"""An inverted index in memory: which rows hold a term, how often. Grows without rebuilding.

n rows. Bulk-loaded rows are one sorted block; rows added later go to small per-term tails, so that
adding one row costs the number of its terms, and incremental equals batch.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Rows
from combray.index.near_terms import NearTerms

BULK = 64
"""From so many documents on they are indexed together."""


class _Numbers(dict[str, int]):
    """Terms by number: a new one gets the next when it is asked for."""

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self)
        return number


class Postings:
    """Term → (rows, counts), for one tenant."""

    def __init__(self) -> None:
        self._ids = _Numbers()
        self._near = NearTerms()
        self._starts: Rows = np.zeros(1, np.int64)
        self._rows: NDArray[np.int32] = np.zeros(0, np.int32)
        self._counts: NDArray[np.float32] = np.zeros(0, np.float32)
        self._tails: dict[int, tuple[array[int], array[float]]] = {}
        self._tail_size = 0
        self._size = 0

    def fork(self) -> Postings:
        """The same index, to go on from; the original keeps to the rows it has."""
        return copy(self)

    def add(self, first_row: int, documents: Sequence[Sequence[str]]) -> None:
        """Index documents as consecutive rows from `first_row`."""
        self._size = first_row + len(documents)
        if len(documents) >= BULK:
            self._merge(*_bulk(self._ids, first_row, documents))
            return
        triples = _triples(self._ids, first_row, documents)
        for term, row, count in zip(*triples, strict=True):
            rows, counts = self._tails.setdefault(term, (array("i"), array("f")))
            rows.append(row)
            counts.append(count)
        self._tail_size += len(triples[0])
        # Tails are slower to read than the block; fold them in when they are no longer few.
        if self._tail_size > 50_000 + len(self._rows) // 2:
            self._merge(array("q"), array("i"), array("f"))

    def find(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The rows that hold a term, and how often each does; both shape (df,)."""
        number = self._ids.get(term)
        if number is None:
            return self._rows[:0], self._counts[:0]
        rows, counts = self._block(number)
        tail = self._tails.get(number)
        if tail is None:
            return rows, counts
        # A fork may be appending to the tail, so it is copied at once and cut to our own rows.
        tail_rows = np.frombuffer(tail[0].tobytes(), np.int32)
        mine = int(np.searchsorted(tail_rows, self._size))
        tail_counts = np.frombuffer(tail[1].tobytes(), np.float32)[:mine]
        return np.concatenate([rows, tail_rows[:mine]]), np.concatenate([counts, tail_counts])

    def near(self, term: str) -> list[str]:
        """The terms that were ever added and differ from a term by one letter."""
        return self._near.of(term, self._ids)

    def nbytes(self) -> int:
        """Bytes held, without the dictionary of terms."""
        return self._rows.nbytes + self._counts.nbytes + self._starts.nbytes + 8 * self._tail_size

    def _block(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if number + 1 >= len(self._starts):
            return self._rows[:0], self._counts[:0]
        start, end = self._starts[number], self._starts[number + 1]
        return self._rows[start:end], self._counts[start:end]

    def _merge(self, terms: Iterable[int], rows: Iterable[int], counts: Iterable[float]) -> None:
        """Rebuild the block from itself, the tails and new triples."""
        old_terms = np.repeat(np.arange(len(self._starts) - 1), np.diff(self._starts))
        all_terms = [old_terms, np.array(terms, np.int64)]
        all_rows = [self._rows, np.array(rows, np.int32)]
        all_counts = [self._counts, np.array(counts, np.float32)]
        for number, (tail_rows, tail_counts) in self._tails.items():
            all_terms.append(np.full(len(tail_rows), number))
            all_rows.append(np.array(tail_rows, np.int32))
            all_counts.append(np.array(tail_counts, np.float32))
        term, row = np.concatenate(all_terms), np.concatenate(all_rows)
        order = np.lexsort((row, term))
        self._rows, self._counts = row[order], np.concatenate(all_counts)[order]
        self._starts = np.searchsorted(term[order], np.arange(len(self._ids) + 1))
        self._tails, self._tail_size = {}, 0


def _triples(
    ids: _Numbers, first_row: int, documents: Sequence[Sequence[str]]
) -> tuple[array[int], array[int], array[float]]:
    """(term, row, count) of every distinct term of every document; new terms get numbers."""
    terms, rows, counts = array("q"), array("i"), array("f")
    for row, document in enumerate(documents, start=first_row):
        for term, count in Counter(document).items():
            terms.append(ids[term])
            rows.append(row)
            counts.append(count)
    return terms, rows, counts


def _bulk(
    ids: _Numbers, first_row: int, documents: Sequence[Sequence[str]]
) -> tuple[Rows, Rows, Rows]:
    """The same as `_triples`, sooner for many documents."""
    lengths = [len(document) for document in documents]
    numbers = map(ids.__getitem__, chain.from_iterable(documents))
    terms = np.fromiter(numbers, np.int64, sum(lengths))
    rows = np.repeat(np.arange(first_row, first_row + len(documents)), lengths)
    size = max(len(ids), 1)
    pairs, counts = np.unique(rows * size + terms, return_counts=True)
    return pairs % size, pairs // size, counts
