"""Clusters of a stream of vectors: each row is in exactly one of them, or an outlier.

    n rows, d width, c clusters, C (c d) centres, each the unit mean of its members

    a new row joins the nearest centre when their cosine is at least `join`, else it is an outlier
    outliers that are near to each other become a cluster when they are at least `least`
    centres whose cosine is at least `merge` become one

The result depends on the rows and their order alone: following them one by one gives the same
clusters as following them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Mask
from combray.index.tenant_cache import LRUCache
from combray.index.view import View

OUTLIER = -1
LOOKED = 500
"""A new outlier is compared with so many before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """When rows belong together, as cosines, and how many make a cluster."""

    join: float = 0.5
    merge: float = 0.85
    least: int = 4


@dataclass(slots=True)
class Clusters:
    """Members by cluster number; the numbers of merged clusters are not reused."""

    nearness: Nearness = field(default_factory=Nearness)
    members: dict[int, list[int]] = field(default_factory=dict)
    outliers: list[int] = field(default_factory=list)
    of: dict[int, int] = field(default_factory=dict)
    _sums: dict[int, FloatArray] = field(default_factory=dict)
    _next: int = 0

    def follow(self, vectors: FloatArray, rows: Sequence[int]) -> None:
        """Add rows, by their numbers in vectors (n d), in this order."""
        for row in rows:
            self._place(vectors, row)

    def centres(self) -> tuple[list[int], FloatArray]:
        """The numbers of the clusters and their centres (c d)."""
        numbers = list(self.members)
        if not numbers:
            return [], np.zeros((0, 0), np.float32)
        sums = np.stack([self._sums[n] for n in numbers])
        unit: FloatArray = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return numbers, unit

    def central(self, vectors: FloatArray, number: int, k: int) -> list[int]:
        """The k members of a cluster nearest to its centre, the nearest first."""
        rows = np.array(self.members[number])
        near = vectors[rows] @ self._sums[number]
        chosen: list[int] = rows[np.argsort(-near, kind="stable")[:k]].tolist()
        return chosen

    def labels(self, size: int) -> NDArray[np.int64]:
        """The cluster of each of so many rows; OUTLIER for those in none; (n,)."""
        labels = np.full(size, OUTLIER, np.int64)
        for row, number in self.of.items():
            if row < size:
                labels[row] = number
        return labels

    def _place(self, vectors: FloatArray, row: int) -> None:
        numbers, centres = self.centres()
        if numbers:
            near = centres @ vectors[row]
            best = int(np.argmax(near))
            if near[best] >= self.nearness.join:
                self._join(vectors, row, numbers[best])
                self._merge(numbers[best])
                return
        beside = np.array(self.outliers[-LOOKED:], np.int64)
        near = vectors[beside] @ vectors[row] if len(beside) else np.zeros(0)
        close = beside[near >= self.nearness.join].tolist()
        if len(close) + 1 < self.nearness.least:
            self.outliers.append(row)
            return
        number, self._next = self._next, self._next + 1
        self.members[number] = []
        self._sums[number] = np.zeros(vectors.shape[1], np.float32)
        for each in (*close, row):
            self._join(vectors, each, number)
        self.outliers = [each for each in self.outliers if each not in self.of]
        self._merge(number)

    def _join(self, vectors: FloatArray, row: int, number: int) -> None:
        self.members[number].append(row)
        self.of[row] = number
        self._sums[number] = self._sums[number] + vectors[row]

    def _merge(self, number: int) -> None:
        """Merge clusters whose centres are too near, each into the older one."""
        numbers, centres = self.centres()
        near = centres @ centres[numbers.index(number)]
        for other, cosine in zip(numbers, near.tolist(), strict=True):
            if other == number or cosine < self.nearness.merge:
                continue
            elder, younger = sorted((number, other))
            for row in self.members[younger]:
                self.of[row] = elder
            self.members[elder] += self.members.pop(younger)
            self._sums[elder] = self._sums[elder] + self._sums.pop(younger)
            self._merge(elder)
            return


@dataclass(frozen=True, slots=True)
class _Followed:
    """The clusters of a tenant's raw rows, and which of its rows they know."""

    ids: list[str]
    clusters: Clusters
    rows: Mask


class ClustersOfViews:
    """The clusters of the live raw rows of each tenant used lately."""

    def __init__(self, nearness: Nearness) -> None:
        self._nearness = nearness
        self._cache: LRUCache[_Followed] = LRUCache()

    def of(self, view: View) -> Clusters:
        """The clusters of a view's live raw rows, each placed once, in order of arrival."""
        raw = view.rows.raw.values & view.rows.alive.values
        if view.embeddings.vectors is None:
            return Clusters(self._nearness)
        vectors = view.embeddings.vectors.values
        with self._cache.lock:
            kept = self._cache.get(view.tenant)
            known = np.zeros(len(view), np.bool_)
            if kept is not None and kept.ids is view.ids and len(kept.rows) <= len(view):
                known[: len(kept.rows)] = kept.rows
            clusters = None if kept is None else kept.clusters
            if clusters is None or not known.any() or (known & ~raw).any():
                # What is gone takes its part in the centres with it.
                clusters, known = Clusters(self._nearness), known & False
            fresh = np.flatnonzero(raw & ~known)
            fresh = fresh[vectors[fresh].any(axis=1)]
            clusters.follow(vectors, fresh.tolist())
            known[fresh] = True
            self._cache.put(view.tenant, _Followed(view.ids, clusters, known))
        return clusters
