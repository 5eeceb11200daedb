"""Near neighbours above a threshold: the one builder of `similar` links.

    n vectors of unit length, d width

A link's weight is the cosine of two vectors and nothing else, so that building the links one by
one, in any order, gives what building them at once gives. A limit on the links of one node is a
selection from all of them (`strongest`), not a step of the building, for the same reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Numbers

BLOCK = 512
"""Rows compared with all others at a time."""


def similar_pairs(
    vectors: FloatArray, *, floor: float, since: int = 0
) -> tuple[Numbers, Numbers, FloatArray]:
    """Every pair (a < b, cosine) with a cosine from `floor` and b from `since`.

    vectors (n d) → a, b, cosine, each (pairs,). `since` is the number of vectors whose pairs among
    themselves are known.
    """
    parts: list[tuple[Numbers, Numbers, FloatArray]] = []
    for start in range(since, len(vectors), BLOCK):
        end = min(start + BLOCK, len(vectors))
        products = vectors[start:end] @ vectors[:end].T
        b, a = np.nonzero(products >= floor)
        earlier = a < b + start
        b, a = b[earlier], a[earlier]
        parts.append((a, b + start, products[b, a]))
    if not parts:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, np.zeros(0, np.float32)
    firsts, seconds, cosines = zip(*parts, strict=True)
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(cosines)


def strongest(a: Numbers, b: Numbers, weight: NDArray[np.floating], k: int) -> NDArray[np.bool_]:
    """Which pairs are among the k strongest of either of their ends; (pairs,)."""
    ends = np.concatenate([a, b])
    if not len(a) or int(np.bincount(ends).max()) <= k:
        return np.ones(len(a), np.bool_)
    pair = np.concatenate([np.arange(len(a))] * 2)
    order = np.lexsort((pair, -np.concatenate([weight, weight]), ends))
    starts = np.searchsorted(ends[order], ends[order])
    keep = np.zeros(len(a), np.bool_)
    keep[pair[order][np.arange(len(order)) - starts < k]] = True
    return keep
