"""SirLLM: a cache that keeps what surprised the model.

b rows, h heads that choose (1: all agree), t entries, n the budget.

    e_t = -log P(x_t | x_<t)
    score_t = ρ^(turns since x_t) · e_t
    keep = sinks ∪ newest r ∪ the n - s - r best scores
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from combray.core.errors import InputError
from combray.tensor.kv.policy import LayerView, Plan, Requirements, keep, protected


@dataclass(frozen=True, slots=True)
class SirLLM:
    """Keep the tokens the model found most surprising, and let old turns fade.

    **Paper** Yao, Li and Zhao, 2024, SirLLM: Streaming Infinite Retentive LLM.
    **Kept** 1. e_t = -log P(x_t | x_<t). 2. score = ρ^age · e, age in turns. 3. Sinks always stay,
    and the newest when asked for.
    **Left** The published code's score, which reads the probability of repeating the token before;
    here it is that of the token itself, for the first token of a turn too.
    **Law** What is dropped is what a full cache would hide, and the kept set is the sort by score.
    """

    decay: float = 1.0
    sinks: int = 4
    recent: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise InputError(f"decay is a factor per turn in (0, 1], not {self.decay}.")
        if self.sinks < 0 or self.recent < 0:
            raise InputError("sinks and recent count tokens and cannot be negative.")

    @property
    def needs(self) -> Requirements:
        """The surprisal of every token."""
        return Requirements(surprisal=True, floor=self.sinks + self.recent + 1)

    def plan(self, view: LayerView, /) -> Plan:
        """By surprisal, weaker with every turn since."""
        entries = view.entries
        e = entries.surprisal if entries.surprisal is not None else torch.zeros_like(entries.mass)
        score = e * self.decay ** (view.turn - entries.turn).to(e.dtype)
        return keep(view, score, protected(view, sinks=self.sinks, recent=self.recent))
