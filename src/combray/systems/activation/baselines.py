"""The policies that stand beside every other: all, newest, random, most attended, query's own.

Each is a score on entries (b h t); what is done with the score is `keep`, the same for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import max_pool1d

from combray.tensor.kv.policy import LayerView, Plan, Requirements, attended, keep, protected


@dataclass(frozen=True, slots=True)
class Full:
    """Keep everything: the answer that the others are measured against."""

    @property
    def needs(self) -> Requirements:
        """Nothing, and no budget."""
        return Requirements(bounded=False)

    def plan(self, view: LayerView, /) -> Plan:
        """Never asked: there is no budget to be over."""
        return keep(view, view.entries.mass)


@dataclass(frozen=True, slots=True)
class Window:
    """The first few tokens and the newest ones.

    **Paper** Xiao et al., 2024, Efficient Streaming Language Models with Attention Sinks.
    **Kept** 1. keep {x_1 … x_s} ∪ {x_{T-n+s+1} … x_T}.
    **Left** Positions counted inside the cache: here they go on counting.
    **Law** The kept set is the first s and the last n - s real tokens of every row.
    """

    sinks: int = 4

    @property
    def needs(self) -> Requirements:
        """Nothing beyond its sinks."""
        return Requirements(floor=self.sinks + 1)

    def plan(self, view: LayerView, /) -> Plan:
        """The newer, the better."""
        return keep(view, view.entries.position, protected(view, sinks=self.sinks))


@dataclass(frozen=True, slots=True)
class Random:
    """A random set: what a score is worth is what it adds to this.

    **Kept** 1. A hash of (seed, position) as the score, so a token's luck never changes.
    **Law** The same seed keeps the same tokens, in a batch or alone, in chunks or at once.
    """

    sinks: int = 4
    seed: int = 0

    @property
    def needs(self) -> Requirements:
        """Nothing beyond its sinks."""
        return Requirements(floor=self.sinks + 1)

    def plan(self, view: LayerView, /) -> Plan:
        """Drawn once for each position."""
        score = _luck(view.entries.position, self.seed)
        return keep(view, score, protected(view, sinks=self.sinks))


def _luck(position: Tensor, seed: int) -> Tensor:
    """A number in [0, 1) for each position, the same on every machine."""
    x = (position + 1) * 2654435761 + (seed + 1) * 40503
    for _ in range(3):
        x = ((x ^ (x >> 15)) * 2246822519) & 0xFFFFFFFF
    return (x & 0xFFFFFF).double() / 2**24


@dataclass(frozen=True, slots=True)
class H2O:
    """The tokens that have received the most attention, and the newest.

    **Paper** Zhang et al., 2023, H2O: Heavy-Hitter Oracle for Efficient Generative Inference.
    **Kept** 1. A_j = Σ_i softmax_j(q_i · k_j), the largest stay. 2. Half the budget goes to the
    newest.
    **Left** Nothing of the policy; each key-value head chooses, with A averaged over its queries.
    **Law** The kept set of each head is its newest half and the largest A among the others.
    """

    sinks: int = 0
    recent: float = 0.5

    @property
    def needs(self) -> Requirements:
        """The attention of all queries so far."""
        return Requirements(attention=math.inf, per_head=True, floor=self.sinks + 2)

    def plan(self, view: LayerView, /) -> Plan:
        """By attention received."""
        newest = (view.quota * self.recent).long().clamp(max=view.quota - self.sinks)
        position = view.entries.position
        safe = protected(view, sinks=self.sinks)
        safe = safe | (position >= (view.seen - newest)[:, None, None])
        return keep(view, attended(view.entries), safe & view.entries.live)


@dataclass(frozen=True, slots=True)
class SnapKV:
    """The tokens that the newest queries look at: compression that knows the question.

    **Paper** Li et al., 2024, SnapKV: LLM Knows What You are Looking for Before Generation.
    **Kept** 1. C_j = Σ_{i in the last w queries} softmax_j(q_i · k_j). 2. Max-pooled over `pool`
    neighbours, 1 by default.
    **Left** Compressing only once after the prompt: here every step obeys the budget.
    **Law** Of two equal caches asked two questions, each keeps what its own question looked at.
    """

    window: int = 16
    pool: int = 1
    sinks: int = 0

    @property
    def needs(self) -> Requirements:
        """The attention of the newest queries."""
        floor = self.sinks + self.window + 1
        return Requirements(attention=self.window, per_head=True, floor=floor)

    def plan(self, view: LayerView, /) -> Plan:
        """By attention received from the newest queries."""
        score = attended(view.entries)
        if self.pool > 1:
            score = max_pool1d(score, self.pool, stride=1, padding=self.pool // 2)
        return keep(view, score, protected(view, sinks=self.sinks, recent=self.window))
