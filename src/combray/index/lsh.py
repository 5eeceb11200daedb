"""Cross-polytope hashing (Andoni et al., 2015): near vectors fall into the same buckets.

    d width, b buckets of a table (even), L tables, p probes in each, m agreements needed

    F(x) = argmax [xR ; -xR]        R (d, b/2) normal, one for each table

One table loses what lies just over the edge of a bucket. So a query looks into its p best buckets
of each of L tables, and a row is a candidate when at least m tables agree on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Mask, Rows
from combray.index.tenant_cache import LRUCache
from combray.index.view import View

Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class HashFamily:
    """The constants of the tables; the seed gives every R, so that a saved memory finds its own."""

    buckets: int = 64
    tables: int = 24
    probes: int = 4
    agreements: int = 4
    seed: int = 0

    def directions(self, width: int) -> FloatArray:
        """R of every table, side by side; shape (d, L · b/2)."""
        rng = np.random.default_rng((self.seed, width))
        shape = (width, self.tables * self.buckets // 2)
        directions: FloatArray = rng.standard_normal(shape, np.float32)
        return directions


@dataclass(slots=True)
class Tables:
    """L hash tables that rows are filed in; they hold row numbers, not vectors."""

    hashing: HashFamily
    width: int
    size: int = 0
    _directions: FloatArray = field(init=False)
    _buckets: list[list[list[int]]] = field(init=False)

    def __post_init__(self) -> None:
        self._directions = self.hashing.directions(self.width)
        each = range(self.hashing.buckets)
        self._buckets = [[[] for _ in each] for _ in range(self.hashing.tables)]

    def codes(self, vectors: FloatArray) -> Codes:
        """The bucket of each vector in every table; (n d) -> (n L)."""
        codes: Codes = self._signed(vectors).argmax(axis=2).astype(np.int16)
        return codes

    def file(self, vectors: FloatArray, rows: Sequence[int]) -> Codes:
        """Put vectors (n d) under their row numbers into the tables; returns their codes (n L)."""
        codes = self.codes(vectors)
        for table, column in zip(self._buckets, codes.T.tolist(), strict=True):
            for row, code in zip(rows, column, strict=True):
                table[code].append(row)
        self.size += len(rows)
        return codes

    def candidates(self, query: FloatArray, least: int = 0) -> Rows:
        """The rows that enough tables agree on for a query (d), in order of row.

        When they are fewer than `least`, those with the next most agreements come too.
        """
        best = np.argsort(-self._signed(query[None])[0], axis=1)[:, : self.hashing.probes]
        found = [
            row
            for table, probed in zip(self._buckets, best.tolist(), strict=True)
            for code in probed
            for row in table[code]
        ]
        if not found:
            return np.zeros(0, np.int64)
        agreed = np.bincount(found)
        needed = self.hashing.agreements
        while needed > 1 and int((agreed >= needed).sum()) < least:
            needed -= 1
        return np.flatnonzero(agreed >= needed)

    def _signed(self, vectors: FloatArray) -> FloatArray:
        """[xR ; -xR] for each vector and table; (n d) -> (n L b)."""
        products = (vectors @ self._directions).reshape(len(vectors), self.hashing.tables, -1)
        signed: FloatArray = np.concatenate([products, -products], axis=2)
        return signed


@dataclass(slots=True)
class _Filed:
    """The tables of one tenant, and which rows of its view stand in them."""

    ids: list[str]
    generation: int | None
    tables: Tables
    rows: NDArray[np.bool_]


class Index:
    """Tables that follow the views they are asked about: each row is hashed once."""

    def __init__(self, hashing: HashFamily) -> None:
        self._hashing = hashing
        self._filed: LRUCache[_Filed] = LRUCache()

    def candidates(self, view: View, rows: Mask, query: FloatArray, least: int = 0) -> Rows:
        """Those of some rows (n,) of a view that enough tables agree on for a query (d)."""
        if view.embeddings.vectors is None:
            return np.zeros(0, np.int64)
        with self._filed.lock:
            found = self._of(view, rows, view.embeddings.vectors.values).candidates(query, least)
        found = found[found < len(view)]
        return found[rows[found]]

    def _of(self, view: View, rows: Mask, vectors: FloatArray) -> Tables:
        """The tables of a view's tenant, with these of its rows (n,) filed."""
        filed = self._filed.get(view.tenant)
        # A view that started anew numbers its rows anew, in another list of ids.
        if (
            filed is None
            or filed.ids is not view.ids
            or filed.generation != view.embeddings.generation
        ):
            tables = Tables(self._hashing, vectors.shape[1])
            new = _Filed(view.ids, view.embeddings.generation, tables, np.zeros(0, np.bool_))
            filed = self._filed.put(view.tenant, new)
        known = np.zeros(max(len(view), len(filed.rows)), np.bool_)
        known[: len(filed.rows)] = filed.rows
        fresh = np.flatnonzero(rows & ~known[: len(view)])
        fresh = fresh[vectors[fresh].any(axis=1)]
        if len(fresh):
            filed.tables.file(vectors[fresh], fresh.tolist())
            known[fresh] = True
            filed.rows = known
        return filed.tables
