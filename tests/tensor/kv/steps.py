"""A cache driven by hand: keys and values that tell which token they belong to, and no model."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from combray.tensor.kv.attach import make_policy
from combray.tensor.kv.budget import Budget
from combray.tensor.kv.cache import PolicyCache
from combray.tensor.kv.kv_store import DenseStore

HEADS, WIDTH = 2, 4


def cache_of(policy: str, *budgets: Budget, **options: Any) -> PolicyCache:
    """An empty cache of as many layers as there are budgets."""
    return PolicyCache(make_policy(policy, **options), budgets, DenseStore)


def states(tokens: Tensor) -> Tensor:
    """(b H q d) whose every number is the token itself."""
    b, q = tokens.shape
    return tokens[:, None, :, None].expand(b, HEADS, q, WIDTH).float().clone()


def feed(cache: PolicyCache, tokens: Tensor, mask: Tensor | None = None) -> None:
    """One forward pass over tokens (b q): every layer takes them, then the budget is obeyed."""
    cache.begin(tokens, (tokens.shape[0], tokens.shape[1]), mask, "cpu")
    for layer in cache.layers:
        layer.update(states(tokens), -states(tokens))
    cache.finish()


def held(cache: PolicyCache, layer: int = 0) -> list[list[int]]:
    """The tokens that a layer's keys belong to, row by row."""
    keys = cache.layers[layer].keys
    assert keys is not None
    return [[int(x) for x in row] for row in keys[:, 0, :, 0]]


def count(rows: int, start: int, end: int) -> Tensor:
    """(rows end-start) the tokens start … end-1; row r has 100 r added."""
    return torch.arange(start, end) + 100 * torch.arange(rows)[:, None]
