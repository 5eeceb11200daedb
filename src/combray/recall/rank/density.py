"""Density: how like a candidate is to the best of the others, and to all of them.

    c candidates, d width, b best candidates

What is right is often like what already stands at the top.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Rows
from combray.recall.query.query_context import QueryContext

BEST = 10
"""How many of the best candidates the others are compared with."""
DENSITY = ("near_max", "density")
Columns = list[NDArray[np.float32]]


def density_signals(context: QueryContext, rows: Rows, best: Rows) -> Columns:
    """Likeness to the nearest other of the ten best, and to all candidates."""
    vectors = _vectors(context, rows)
    place = {row: i for i, row in enumerate(rows.tolist())}
    tops = [place[row] for row in best[:BEST].tolist() if row in place]
    if not tops:
        return [np.zeros(len(rows), np.float32) for _ in DENSITY]
    # One row at a time: a product of so few numbers costs more when it is shared by threads.
    near = np.stack([np.vecdot(vectors, vectors[top]) for top in tops], axis=1)
    near[tops, range(len(tops))] = 0
    density = (np.vecdot(vectors, vectors.sum(axis=0)) - 1) / max(len(rows) - 1, 1)
    return [near.max(axis=1), density]


def _vectors(context: QueryContext, rows: Rows) -> FloatArray:
    if context.view.embeddings.vectors is None or not len(context.view.embeddings.vectors):
        return np.zeros((len(rows), len(context.first_person.vector)), np.float32)
    vectors: FloatArray = context.view.embeddings.vectors.values[rows]
    return vectors
