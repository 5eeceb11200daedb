"""Ranking parts: the best rows of a channel, reciprocal rank fusion, convex fusion, greedy MMR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Mask, Rows, RowScores


def top(scores: RowScores, k: int, allowed: Mask | None = None, *, positive: bool = False) -> Rows:
    """The rows of the k best scores, best first, equal scores in the order of rows.

    `positive` leaves out rows that score nothing.
    """
    inside = np.ones(len(scores), np.bool_) if allowed is None else allowed
    if positive:
        inside = inside & (scores > 0)
    rows = np.flatnonzero(inside)
    # Most often every row is allowed, and then nothing needs to be gathered.
    values = scores if len(rows) == len(scores) else scores[rows]
    if len(rows) > 4 * k > 0:
        least = np.partition(values, len(values) - k)[len(values) - k]
        first = np.flatnonzero(values >= least)
        rows, values = rows[first], values[first]
    best: Rows = rows[np.argsort(-values, kind="stable")[:k]]
    return best


def ranks(best: Rows, rows: Rows, *, missing: int) -> NDArray[np.int64]:
    """The place of each row in a ranking, from 0; `missing` for rows that are not in it."""
    if not len(best):
        return np.full(len(rows), missing, np.int64)
    order = np.argsort(best)
    place = order[np.minimum(np.searchsorted(best, rows, sorter=order), len(best) - 1)]
    return np.where(best[place] == rows, place, missing)


def rrf(rankings: Sequence[Rows], *, k: float = 60, size: int) -> RowScores:
    """Reciprocal rank fusion (Cormack et al., 2009): Σ 1 / (k + rank), ranks from 1; (size,)."""
    fused = np.zeros(size, np.float32)
    for ranking in rankings:
        fused[ranking] += 1 / (k + 1 + np.arange(len(ranking), dtype=np.float32))
    return fused


def convex(
    channels: Mapping[str, RowScores], weights: Mapping[str, float], allowed: Mask
) -> RowScores:
    """Σ w · min-max(score): each channel scaled to 0…1 over the allowed rows; (n,)."""
    total = np.zeros(len(allowed), np.float32)
    for name, weight in weights.items():
        values = channels[name][allowed]
        if len(values):
            low, high = float(values.min()), float(values.max())
            total += weight * (channels[name] - low) / max(high - low, 1e-9)
    return total


def mmr(relevance: RowScores, vectors: FloatArray, k: int, *, balance: float = 0.7) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998), chosen greedily one by one.

    relevance (c,), vectors (c d) of unit length → positions of the chosen, in order. Each choice
    maximises balance·relevance - (1 - balance)·(greatest cosine with what was chosen before).
    """
    chosen: list[int] = []
    nearest = np.full(len(relevance), -np.inf, np.float32)
    while len(chosen) < min(k, len(relevance)):
        penalty = np.where(np.isfinite(nearest), nearest, 0)
        gain = balance * relevance - (1 - balance) * penalty
        gain[chosen] = -np.inf
        pick = int(np.argmax(gain))
        chosen.append(pick)
        nearest = np.maximum(nearest, vectors @ vectors[pick])
    return chosen
