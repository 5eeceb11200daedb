"""Personalised PageRank on one sparse matrix, in NumPy alone.

    n nodes, e directed edges, r reset (n) that sums to 1, d damping

    P_ij = w_ij / Σ_i w_ij        x ← (1 - d) r + d (P x + r · mass of nodes without edges)

Page et al., 1999; weighted and undirected as in HippoRAG (Gutiérrez et al., 2024). The mass of a
node without edges goes back to the reset, so that x sums to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from combray.core.arrays import Mask, Numbers, Weights

STEPS, TOLERANCE = 200, 1e-10


@dataclass(frozen=True)
class Walk:
    """Where a step leads: from node `at` (e,) to node `to` (e,) with probability `share` (e,)."""

    size: int
    at: Numbers
    to: Numbers
    share: Weights
    stuck: Mask

    def pagerank(
        self,
        reset: Weights,
        *,
        damping: float = 0.5,
        steps: int = STEPS,
        tolerance: float = TOLERANCE,
    ) -> Weights:
        """The stationary mass of every node, (n,), for reset weights (n,) of any positive sum.

        Sums to 1; all zeros when the reset is.
        """
        total = float(reset.sum())
        if total <= 0:
            return np.zeros(self.size)
        r = reset / total
        x = r
        for _ in range(steps):
            moved = np.bincount(self.to, self.share * x[self.at], self.size)
            new = (1 - damping + damping * float(x[self.stuck].sum())) * r + damping * moved
            change = float(np.abs(new - x).sum())
            x = new
            if change < tolerance:
                break
        mass: Weights = x
        return mass


def walk_on(size: int, a: Numbers, b: Numbers, weight: Weights) -> Walk:
    """The walk on an undirected weighted graph; a, b, weight (e,); parallel edges add up."""
    at, to = np.concatenate([a, b]), np.concatenate([b, a])
    both = np.concatenate([weight, weight])
    degree = np.bincount(at, both, size)
    return Walk(size, at, to, both / np.maximum(degree[at], 1e-300), degree <= 0)
