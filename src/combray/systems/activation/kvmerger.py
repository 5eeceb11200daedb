"""KVMerger: neighbours with similar keys become one entry that stands for all of them.

b rows, h heads that choose (every key-value head), t entries, n the budget, d width of a head.

    sets   = runs of neighbours joined by the t - n largest cos(k_i, k_{i+1})
    p      = argmax_{i in S} A_i                  the pivot: the most attended entry of a set
    g_i    = exp(-|k_p - k_i|² / 2σ²)             σ² = mean_{i in S, i ≠ p} |k_p - k_i|²
    k_S    = Σ w_i k_i,  v_S = Σ w_i v_i          w_i = m_i g_i / Σ m_j g_j
    m_S    = Σ m_i                                added to the logit of the entry as log m_S
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from combray.core.errors import InputError
from combray.tensor.kv.policy import LayerView, Plan, Requirements, attended, protected, take

SAME = 1e-8
"""|k_p - k_i|² / |k_p|² below which the spread of a set is rounding and its keys are one key."""

APART = 4.0
"""Subtracted from the similarity of a pair that should not merge: such pairs come last."""


@dataclass(frozen=True, slots=True)
class KVMerger:
    """Merge runs of similar neighbours around their most attended entry.

    **Paper** Wang, Jin, Meng and Zhang, 2024, Model Tells You Where to Merge (KVMerger).
    **Kept** 1. Sets of consecutive tokens with similar keys; the threshold is found from the
    budget: joining the t - n most similar pairs is exact. 2. The pivot is the most attended.
    3. Gaussian weights around it. 4. Sinks, the newest and heavy hitters apart.
    5. Values multiplied by |S| become a mass in the logit, log m, which is exact for equal keys.
    **Left** σ as printed, which is defined by itself: here it is the spread of the set.
    **Law** Sets are consecutive and hold every token once, Σ m = t, a merged key lies among its
    keys, and attention to merged identical keys is attention to all of them.
    """

    sinks: int = 4
    recent: int = 8
    heavy: float = 0.25

    def __post_init__(self) -> None:
        if self.sinks < 0 or self.recent < 0:
            raise InputError("sinks and recent count tokens and cannot be negative.")
        if not 0 <= self.heavy < 1:
            raise InputError(f"heavy is a share of the budget in [0, 1), not {self.heavy}.")

    @property
    def needs(self) -> Requirements:
        """The attention of all queries so far."""
        floor = self.sinks + self.recent + 2
        return Requirements(attention=math.inf, per_head=True, floor=floor)

    def plan(self, view: LayerView, /) -> Plan:
        """Join the most similar neighbours until the budget holds."""
        live = view.entries.live
        order = (~live).to(torch.int8).argsort(dim=-1, stable=True)
        keys = take(view.keys, order).float()
        attention = attended(view.entries).gather(-1, order)
        mass = view.entries.mass.gather(-1, order)
        real = live.gather(-1, order)
        safe = self._safe(view).gather(-1, order)
        start = real & ~_joined(keys, real, safe, real.sum(-1) - view.quota[:, None])
        segment = (start.cumsum(-1) - 1).masked_fill(~real, view.room)
        pivot = _pivot(segment, attention, view.room)
        weight = _weight(keys, mass, segment, pivot)
        slot = torch.arange(view.room, device=pivot.device)
        return Plan(
            index=order.gather(-1, pivot),
            live=slot < start.sum(-1, keepdim=True),
            segment=torch.empty_like(segment).scatter_(-1, order, segment),
            weight=torch.empty_like(weight).scatter_(-1, order, weight),
        )

    def _safe(self, view: LayerView) -> Tensor:
        """(b h t) entries that stay as they are: sinks, the newest, and heavy hitters."""
        safe = protected(view, sinks=self.sinks, recent=self.recent)
        score = attended(view.entries).masked_fill(safe | ~view.entries.live, -1)
        best = score.argsort(dim=-1, descending=True, stable=True)
        count = (self.heavy * view.quota).long()[:, None, None]
        among = torch.arange(best.shape[-1], device=best.device) < count
        heavy = torch.zeros_like(safe).scatter(-1, best, among.expand_as(best))
        return (safe | heavy) & view.entries.live


def _joined(keys: Tensor, real: Tensor, safe: Tensor, excess: Tensor) -> Tensor:
    """(b h t) true where an entry joins the one before it: the `excess` (b h) best pairs."""
    similar = cosine_similarity(keys[..., 1:, :], keys[..., :-1, :], dim=-1)
    rank = similar - APART * (safe[..., 1:] | safe[..., :-1])
    rank = rank.masked_fill(~real[..., 1:], -torch.inf)
    best = rank.argsort(dim=-1, descending=True, stable=True)
    among = torch.arange(rank.shape[-1], device=rank.device) < excess[..., None]
    join = torch.zeros_like(among).scatter(-1, best, among)
    return torch.cat([torch.zeros_like(join[..., :1]), join], dim=-1)


def _pivot(segment: Tensor, attention: Tensor, slots: int) -> Tensor:
    """(b h n) the most attended entry of each set, the older on a tie; 0 for an empty slot."""
    shape = (*segment.shape[:-1], slots + 1)
    top = attention.new_full(shape, -1).scatter_reduce(-1, segment, attention, "amax")
    t = segment.shape[-1]
    place = torch.arange(t, device=segment.device).expand_as(segment)
    place = place.masked_fill(attention < top.gather(-1, segment), t)
    first = segment.new_full(shape, t).scatter_reduce(-1, segment, place, "amin")
    return first[..., :slots].masked_fill(first[..., :slots] == t, 0)


def _weight(keys: Tensor, mass: Tensor, segment: Tensor, pivot: Tensor) -> Tensor:
    """(b h t) the share of each entry in its set."""
    slots = pivot.shape[-1]
    own = pivot.gather(-1, segment.clamp(max=slots - 1))
    center = take(keys, own)
    far = (keys - center).square().sum(-1)
    least = SAME * center.square().sum(-1) + torch.finfo(far.dtype).tiny
    others = _sums(torch.ones_like(far), segment, slots) - 1
    spread = _sums(far, segment, slots) / others.clamp(min=1)
    g = mass * torch.exp(-far / (2 * spread.maximum(least)))
    return g / _sums(g, segment, slots)


def _sums(x: Tensor, segment: Tensor, slots: int) -> Tensor:
    """(b h t) for each entry, the sum of x over its set."""
    total = x.new_zeros(*x.shape[:-1], slots + 1).scatter_add_(-1, segment, x)
    return total.gather(-1, segment)
