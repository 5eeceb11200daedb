"""Which neurons of a feed-forward part will fire, told before their weights are read.

t tokens, m tokens to fit on, h width of the model, n neurons, r rank:

    s = W_2 W_1 x        fires where s_i > θ_i
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from combray.core.errors import InputError


class Predictor(Protocol):
    """Says before the weights are read which neurons will fire."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """x (t h) -> (t n) true where a neuron is expected to fire."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Every neuron: what offloading without prediction reads."""

    neurons: int

    def __call__(self, x: Tensor, /) -> Tensor:
        """All true."""
        return torch.ones(x.shape[0], self.neurons, dtype=torch.bool)


@dataclass(frozen=True, slots=True)
class Oracle:
    """Exactly the neurons that fire, found with the weights in memory; for tests and bounds."""

    weight: Tensor
    bias: Tensor | None = None

    def __call__(self, x: Tensor, /) -> Tensor:
        """True where the gate is above zero."""
        return nn.functional.linear(x, self.weight, self.bias) > 0


@dataclass(frozen=True, slots=True)
class LowRank:
    """W_2 W_1 x against a threshold for each neuron."""

    down: Tensor
    up: Tensor
    threshold: Tensor

    def __call__(self, x: Tensor, /) -> Tensor:
        """True where the score is above the threshold."""
        return (x @ self.down) @ self.up > self.threshold

    @property
    def nbytes(self) -> int:
        """Bytes that stay in memory."""
        return sum(x.numel() * x.element_size() for x in (self.down, self.up, self.threshold))


def fit(x: Tensor, gate: Tensor, *, rank: int, recall: float) -> LowRank:
    """The best rank-r guess of gate (m n) from x (m h), with thresholds that reach a recall.

    Least squares, then the leading directions of what it explains: reduced-rank regression. The
    threshold of a neuron leaves 1 - recall of its firing tokens below it.
    """
    if not 0 < recall <= 1 or rank < 1:
        raise InputError("recall must be in (0, 1] and rank at least 1.")
    square = x.T @ x
    square.diagonal().add_(1e-4 * square.trace() / x.shape[1])
    root = torch.linalg.cholesky(square)
    full = torch.cholesky_solve(x.T @ gate, root)
    # The directions in which x @ full varies most, found on the side that has h numbers and not m.
    moved = root.T @ full
    _, u = torch.linalg.eigh(moved @ moved.T)
    lead = nn.functional.normalize(u[:, -rank:].T @ moved, dim=1)
    down, up = full @ lead.T, lead
    lowest = torch.cat(
        [
            _lowest((x @ down) @ some, fires, recall)
            for some, fires in zip(
                torch.split(up, NEURONS, 1), torch.split(gate, NEURONS, 1), strict=True
            )
        ]
    )
    # Neurons that never fired are not read: their lowest firing score is infinite.
    return LowRank(down, up, lowest - 1e-6 * lowest.abs().nan_to_num(0, 0, 0))


NEURONS = 1024
"""Neurons whose thresholds are found at a time."""


def _lowest(score: Tensor, gate: Tensor, recall: float) -> Tensor:
    """(n,) the score above which a share `recall` of the firing tokens lies, for each neuron."""
    fires = (gate > 0).sum(0)
    skip = ((1 - recall) * fires).long().clamp(max=len(score) - 1)
    ranked = score.masked_fill(gate <= 0, torch.inf).T.contiguous().sort(1).values
    return ranked.gather(1, skip[:, None])[:, 0]
