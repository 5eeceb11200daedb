"""A bilinear scorer that learns from what was cited: it starts as the retriever and bends it.

    d width, K candidates, M served, q (d,), m_i (d,), W_q and W_m (d d) from 0

    q' = q + W_q q        m_i' = m_i + W_m m_i        s_i = β q' · m_i'
    P(order) = Π_j exp(s_oj / τ) / Σ_{i not served before j} exp(s_i / τ)        Plackett and Luce
    ΔW = η Σ_j (r_j - b) ∇ log P(o_j | served before j) - decay · W             REINFORCE

Sampling without replacement by adding Gumbel noise to s / τ and sorting has exactly this P
(Tan et al., 2025, Reflective Memory Management; Kool et al., 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRule:
    """β scales cosines, τ the temperature, η the step; b starts at `baseline` and follows r."""

    scale: float = 10.0
    temperature: float = 0.5
    rate: float = 3e-3
    baseline: float = -0.6
    momentum: float = 0.02
    decay: float = 0.0


@dataclass(slots=True)
class Bilinear:
    """W_q and W_m with the running baseline; at W = 0 it orders as the cosine does."""

    width: int
    learning: LearningRule = field(default_factory=LearningRule)
    w_q: Weights = field(init=False)
    w_m: Weights = field(init=False)
    baseline: float = field(init=False)

    def __post_init__(self) -> None:
        self.w_q = np.zeros((self.width, self.width))
        self.w_m = np.zeros((self.width, self.width))
        self.baseline = self.learning.baseline

    def scores(self, q: NDArray[np.floating], m: NDArray[np.floating]) -> Weights:
        """s of each candidate; q (d,), m (K d) -> (K,)."""
        # q' · (m + W m) = m · (q' + Wᵀ q'): two products with a vector, and none of matrices.
        told = self._query(q)
        s: Weights = self.learning.scale * m @ (told + told @ self.w_m)
        return s

    def log_probability(
        self, q: NDArray[np.floating], m: NDArray[np.floating], order: Sequence[int]
    ) -> float:
        """log P of serving candidates in this order."""
        logits = self.scores(q, m) / self.learning.temperature
        left = np.ones(len(logits), np.bool_)
        total = 0.0
        for o in order:
            total += logits[o] - _log_sum_exp(logits[left])
            left[o] = False
        return float(total)

    def sample(
        self, q: NDArray[np.floating], m: NDArray[np.floating], k: int, rng: np.random.Generator
    ) -> list[int]:
        """k candidates in an order drawn from P: the greatest of s / τ with Gumbel noise."""
        logits = self.scores(q, m) / self.learning.temperature
        noisy = logits + rng.gumbel(size=len(logits))
        return [int(i) for i in np.argsort(-noisy, kind="stable")[:k]]

    def gradient(
        self,
        q: NDArray[np.floating],
        m: NDArray[np.floating],
        order: Sequence[int],
        weights: Sequence[float],
    ) -> tuple[Weights, Weights]:
        """∇ of Σ_j weight_j log P(o_j | served before j), in W_q and in W_m, each (d d)."""
        logits = self.scores(q, m) / self.learning.temperature
        pull = np.zeros(len(logits))
        left = np.ones(len(logits), np.bool_)
        for o, weight in zip(order, weights, strict=True):
            share = np.where(left, np.exp(logits - _log_sum_exp(logits[left])), 0)
            share[o] -= 1
            pull -= weight * share
            left[o] = False
        return self._chain(q, m, pull / self.learning.temperature)

    def reinforce(
        self,
        q: NDArray[np.floating],
        m: NDArray[np.floating],
        order: Sequence[int],
        rewards: Sequence[float],
    ) -> None:
        """One step towards what was rewarded, each served candidate for itself.

        The baseline is the running mean of rewards, so that one citation in five is no punishment.
        """
        advantages = [reward - self.baseline for reward in rewards]
        for reward in rewards:
            self.baseline += self.learning.momentum * (reward - self.baseline)
        self._step(self.gradient(q, m, order, advantages))

    def logistic(
        self, q: NDArray[np.floating], m: NDArray[np.floating], labels: NDArray[np.floating]
    ) -> None:
        """One step of Σ label log σ(s) + (1 - label) log σ(-s), with s less its mean; labels (K,).

        For feedback on all candidates rather than on the few that were served.
        """
        s = self.scores(q, m)
        pull = labels - 1 / (1 + np.exp(-(s - s.mean())))
        self._step(self._chain(q, m, pull - pull.mean()))

    def _query(self, q: NDArray[np.floating]) -> Weights:
        return np.asarray(q + self.w_q @ q, np.float64)

    def _chain(
        self, q: NDArray[np.floating], m: NDArray[np.floating], pull: Weights
    ) -> tuple[Weights, Weights]:
        """The gradient of Σ pull_i s_i: outer products of what meets in s."""
        scale = self.learning.scale
        pulled = m.T @ pull
        return (
            np.outer(scale * (pulled + self.w_m @ pulled), q),
            np.outer(scale * self._query(q), pulled),
        )

    def _step(self, gradient: tuple[Weights, Weights]) -> None:
        for weights, slope in zip((self.w_q, self.w_m), gradient, strict=True):
            if self.learning.decay:
                weights *= 1 - self.learning.decay
            weights += self.learning.rate * slope


def _log_sum_exp(values: Weights) -> float:
    high = values.max()
    return float(high + np.log(np.exp(values - high).sum()))
