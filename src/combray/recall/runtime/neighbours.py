"""The nearest of what a system derived before: neighbours by cosine, within one tenant.

m texts, k neighbours of each, n rows of the view
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.items import Item
from combray.index.corpus import members
from combray.recall.query import scores
from combray.recall.rank.fusion import top
from combray.recall.runtime.runtime import Runtime

FEW = 8


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour and its cosine."""

    item: Item
    cosine: float


def nearest(
    runtime: Runtime,
    tenant: str,
    vectors: FloatArray,
    *,
    kinds: tuple[str, ...],
    created_by: str | None,
    k: int,
) -> list[list[Neighbour]]:
    """For each vector, shape (m d), the k nearest live items of some kinds, the nearest first."""
    view = runtime.view(tenant)
    rows = np.flatnonzero(members(view, kinds, created_by))
    if view.embeddings.vectors is None or not len(rows) or not len(vectors):
        return [[] for _ in vectors]
    if len(vectors) <= FEW:
        # The scan reads codes of eight bits, and the vectors of the best rows only.
        cosines = np.stack([scores.dense(view, vector)[rows] for vector in vectors])
    else:
        cosines = vectors @ view.embeddings.vectors.values[rows].T
    best = [top(line, k).tolist() for line in cosines]
    ids = {place: view.ids[rows[place]] for places in best for place in places}
    found = runtime.store.get(tenant, sorted(ids.values()))
    return [
        [
            Neighbour(found[ids[place]], float(line[place]))
            for place in places
            if ids[place] in found
        ]
        for line, places in zip(cosines, best, strict=True)
    ]
