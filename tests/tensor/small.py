"""Untrained models of three families, and oracles to hold a cache against."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache
from transformers.masking_utils import sdpa_mask

from combray.tensor import CACHE_ARGUMENT
from combray.tensor.learn import tiny

FAMILIES = ("llama", "qwen3", "gpt2")
ATTENTIONS = ("sdpa", "eager")
TASK = tiny.Needles(keys=4, values=4, filler=16)
POLICIES: dict[str, dict[str, Any]] = {
    "window": {"sinks": 2},
    "random": {"sinks": 2},
    "sirllm": {"sinks": 2, "decay": 0.9},
    "h2o": {},
    "snapkv": {"window": 3},
    "kvmerger": {"sinks": 2, "recent": 2},
}
"""Every policy that has a budget, with options that fit short sequences."""


@functools.cache
def _made(family: str, precise: bool) -> Any:
    recipe = tiny.Recipe(task=TASK, family=family, width=32, layers=2, length=256)
    model = tiny.blank(recipe)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        for weight in model.parameters():
            if weight.ndim == 2:
                weight.add_(0.3 * torch.randn_like(weight))
    return model.double() if precise else model


def model_of(family: str, attention: str = "sdpa", precise: bool = False) -> Any:
    """A model with strong random weights, so that its choices differ from token to token."""
    model = _made(family, precise)
    model.set_attn_implementation(attention)
    return model


def words(rows: int, length: int, seed: int = 0) -> Tensor:
    """(rows length) random tokens, none of them padding."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(1, TASK.words, (rows, length), generator=rng)


def padded(tokens: Tensor, left: list[int]) -> tuple[Tensor, Tensor]:
    """The tokens with the first `left[i]` of row i made padding, and the mask that says so."""
    mask = torch.ones_like(tokens)
    for row, count in enumerate(left):
        mask[row, :count] = 0
    return tokens * mask, mask


def greedy(model: Any, cache: Any, tokens: Tensor, mask: Tensor | None = None, **kw: Any) -> Tensor:
    """What the model goes on to say after the tokens, by plain or beam search."""
    mask = torch.ones_like(tokens) if mask is None else mask
    options = {"max_new_tokens": 8, "do_sample": False, **kw}
    options[CACHE_ARGUMENT] = cache
    said = model.generate(tokens, attention_mask=mask, **options)
    return said[:, tokens.shape[1] :]


def run(model: Any, tokens: Tensor, cache: Any, **kw: Any) -> Tensor:
    """(b q V) the logits of one forward pass with a cache."""
    with torch.no_grad():
        logits: Tensor = model(tokens, **{CACHE_ARGUMENT: cache}, **kw).logits
    return logits


class MaskedRun:
    """A full cache whose entries are hidden by hand, layer by layer and head by head."""

    visible: dict[int, Tensor]

    def __init__(self, model: Any) -> None:
        self.model, self.cache = model, DynamicCache(config=model.config)
        AttentionInterface.register("oracle", self._attend)
        AttentionMaskInterface.register("oracle", sdpa_mask)

    def _attend(
        self, module: Any, q: Tensor, k: Tensor, v: Tensor, mask: Any, **kw: Any
    ) -> tuple[Tensor, None]:
        groups = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        scale = kw.get("scaling") or q.shape[-1] ** -0.5
        score = torch.einsum("bhqd,bhtd->bhqt", q, k) * scale
        seen = self.visible[module.layer_idx]
        seen = seen.repeat_interleave(q.shape[1] // seen.shape[1], 1)
        weight = score.masked_fill(~seen, -torch.inf).softmax(-1)
        return torch.einsum("bhqt,bhtd->bqhd", weight, v), None

    def step(self, tokens: Tensor, kept: list[Tensor]) -> Tensor:
        """(b q V) logits of new tokens that see the kept positions (b h n) and one another."""
        b, q = tokens.shape
        past = self.cache.get_seq_length()
        own = torch.ones(q, q, dtype=torch.bool).tril()
        self.visible = {}
        for layer, position in enumerate(kept):
            heads = position.shape[1] if position.numel() else 1
            old = torch.zeros(b, heads, past + 1, dtype=torch.bool)
            if position.numel():
                old.scatter_(2, position.masked_fill(position < 0, past), True)
            old = old[:, :, None, :past].expand(b, heads, q, past)
            self.visible[layer] = torch.cat([old, own.expand(b, heads, q, q)], dim=-1)
        before = self.model.config._attn_implementation
        self.model.set_attn_implementation("oracle")
        logits = run(self.model, tokens, self.cache)
        self.model.set_attn_implementation(before)
        return logits
