"""What a cache policy sees of a layer and what it answers: score -> keep -> gather.

b rows, h heads that choose for themselves (1 when all heads agree), t entries, n entries that
stay, q new tokens, d width of a head, H key-value heads. An entry is one token, or several merged
ones; its position is the token's place among the real tokens of its row, -1 for padding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a policy asks of the hooks.

    `attention` is how many of the newest queries the attention mass is summed over: 0 asks for
    none, `math.inf` for all. `floor` is the least number of entries it can work with. With
    `per_head` every key-value head chooses for itself; without, a layer's heads agree.
    """

    surprisal: bool = False
    attention: float = 0
    hidden: bool = False
    per_head: bool = False
    bounded: bool = True
    floor: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What is known of the entries of one layer beside keys and values; each field is (b h t).

    position: place among the real tokens of the row, -1 for padding. turn: in which turn it came.
    mass: how many tokens it stands for. surprisal: -log P(x_t | x_<t). attention: mass received.
    """

    position: Tensor
    turn: Tensor
    mass: Tensor
    surprisal: Tensor | None = None
    attention: Tensor | None = None

    def map(self, change: Callable[[Tensor], Tensor]) -> Entries:
        """Apply a function to every present field."""
        return self._zip(self, lambda a, _: change(a))

    def joined(self, new: Entries) -> Entries:
        """These entries followed by the new ones."""
        return self._zip(new, lambda a, b: torch.cat([a, b], dim=-1))

    def _zip(self, other: Entries, change: Callable[[Tensor, Tensor], Tensor]) -> Entries:
        made: dict[str, Any] = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            made[field.name] = None if mine is None else change(mine, theirs)
        return Entries(**made)

    @property
    def live(self) -> Tensor:
        """(b h t) true where an entry is a token and not padding."""
        return self.position >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerView:
    """One layer at the end of a forward pass, over its budget. Nothing in it may be written to.

    keys, values: (b H t d). quota: (b,) how many entries each row may keep. seen: (b,) how many
    real tokens each row has read. turn: the turn under way. hidden: (b q width) what entered the
    layer's attention in this pass, when asked for.
    """

    layer: int
    keys: Tensor
    values: Tensor
    entries: Entries
    quota: Tensor
    seen: Tensor
    turn: int
    hidden: Tensor | None = None

    @property
    def room(self) -> int:
        """n, the length of the layer afterwards: the largest quota."""
        return min(int(self.quota.max()), self.entries.position.shape[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan for a layer's entries: which stay, which merge.

    index: (b h n) the entries that stay, ascending. live: (b h n) false for a slot that holds
    nothing. When entries merge, segment (b h t) is the slot each goes to (n for none) and weight
    (b h t) its share of the slot's key and value: the shares of a slot sum to 1.
    """

    index: Tensor
    live: Tensor
    segment: Tensor | None = None
    weight: Tensor | None = None


class KVPolicy(Protocol):
    """Decides what a layer over its budget keeps. Holds no state: all it may use is in the view."""

    @property
    def needs(self) -> Requirements:
        """What it asks of the hooks."""

    def plan(self, view: LayerView, /) -> Plan:
        """What becomes of the entries; at most `view.quota` of each row may stay."""


def protected(view: LayerView, *, sinks: int = 0, recent: int = 0) -> Tensor:
    """(b h t) true for the first `sinks` and the last `recent` real tokens of each row."""
    position = view.entries.position
    old = view.seen[:, None, None] - recent
    return view.entries.live & ((position < sinks) | (position >= old))


def attended(entries: Entries) -> Tensor:
    """(b h t) the attention received; zero where it was not listened to."""
    return torch.zeros_like(entries.mass) if entries.attention is None else entries.attention


def keep(view: LayerView, score: Tensor, safe: Tensor | None = None) -> Plan:
    """Keep each row's best entries: the safe ones first, then by score, the newer on a tie.

    score: (b h t). safe: (b h t) bool or None. The kept stay in their order.
    """
    live, n = view.entries.live, view.room
    rank = score.to(torch.float32)
    if safe is not None:
        rank = rank.masked_fill(safe, torch.inf)
    rank = rank.masked_fill(~live, -torch.inf)
    newest_first = rank.flip(-1).argsort(dim=-1, descending=True, stable=True)
    best = (rank.shape[-1] - 1 - newest_first)[..., :n]
    within = torch.arange(n, device=best.device) < view.quota[:, None, None]
    index, order = best.sort(dim=-1)
    return Plan(index=index, live=(within & live.gather(-1, best)).gather(-1, order))


def take(x: Tensor, index: Tensor) -> Tensor:
    """Entries of (b H t d) at index (b h n), h being H or 1: -> (b H n d)."""
    b, heads, _, d = x.shape
    return x.gather(2, index[..., None].expand(b, heads, index.shape[-1], d))


def merge(x: Tensor, plan: Plan) -> Tensor:
    """x'_s = Σ_{i in s} w_i x_i over the slots s of a plan: (b H t d) -> (b H n d)."""
    if plan.segment is None or plan.weight is None:
        return take(x, plan.index)
    b, heads, t, d = x.shape
    n = plan.index.shape[-1]
    slot = plan.segment[..., None].expand(b, heads, t, d)
    share = plan.weight.to(x.dtype)[..., None]
    return x.new_zeros(b, heads, n + 1, d).scatter_add_(2, slot, x * share)[:, :, :n]


def carry(entries: Entries, plan: Plan) -> Entries:
    """What is known of the entries after a plan: masses and attention add up, the rest is kept."""
    kept = entries.map(lambda x: x.gather(-1, plan.index))
    mass, attention = kept.mass, kept.attention
    if plan.segment is not None:
        mass = _total(entries.mass, plan.segment, plan.index.shape[-1])
        if entries.attention is not None:
            attention = _total(entries.attention, plan.segment, plan.index.shape[-1])
    return Entries(
        position=kept.position.masked_fill(~plan.live, -1),
        turn=kept.turn,
        mass=mass,
        surprisal=kept.surprisal,
        attention=attention,
    )


def _total(x: Tensor, segment: Tensor, n: int) -> Tensor:
    """(b h t) summed over the slots: -> (b h n)."""
    return x.new_zeros(*x.shape[:-1], n + 1).scatter_add_(-1, segment, x)[..., :n]
