"""A cache whose budget does not bind is the full cache, to the bit."""

from __future__ import annotations

import functools
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from transformers import DynamicCache

from combray.tensor import attach
from tests.tensor.small import ATTENTIONS, FAMILIES, POLICIES, greedy, model_of, padded, run, words

pytestmark = pytest.mark.torch
shapes = pytest.mark.parametrize("family", FAMILIES)
HOOKS = ("_forward_pre_hooks", "_forward_hooks")
attentions = pytest.mark.parametrize("attention", ATTENTIONS)
policies = pytest.mark.parametrize("policy", POLICIES)


@functools.cache
def said_in_full(family: str, attention: str, left: int, beams: int) -> list[torch.Tensor]:
    """The prompt, its mask, and two turns as said with a `DynamicCache`, the second plain."""
    model = model_of(family, attention)
    first, mask = padded(words(2, 20), [left, 0])
    cache = DynamicCache(config=model.config)
    said = greedy(model, cache, first, mask, num_beams=beams)
    if beams > 1:
        return [first, mask, said]
    again = torch.cat([first, said, words(2, 6, seed=1)], dim=1)
    whole = torch.cat([mask, torch.ones_like(again[:, mask.shape[1] :])], dim=1)
    return [first, mask, said, again, whole, greedy(model, cache, again, whole)]


@shapes
@attentions
@policies
@pytest.mark.parametrize(("left", "beams"), [(0, 1), (5, 1), (5, 3)])
def test_a_budget_that_does_not_bind_changes_no_token(
    family: str, attention: str, policy: str, left: int, beams: int
) -> None:
    """Two turns, left padding and beam search say what a `DynamicCache` says, token for token."""
    first, mask, wanted, *second = said_in_full(family, attention, left, beams)
    model = model_of(family, attention)
    with attach(model, policy, budget=200, **POLICIES[policy]) as cache:
        assert torch.equal(greedy(model, cache, first, mask, num_beams=beams), wanted)
        if second:
            again, whole, wanted = second
            assert torch.equal(greedy(model, cache, again, whole), wanted)


@shapes
@attentions
def test_logits_are_equal_to_the_bit(family: str, attention: str) -> None:
    """The full policy returns the same bits as no policy, for a prompt and for a token after it."""
    model, tokens = model_of(family, attention), words(2, 24)
    plain = DynamicCache(config=model.config)
    wanted = [run(model, x, plain) for x in tokens.split([23, 1], dim=1)]
    with attach(model, "full") as cache:
        got = [run(model, x, cache) for x in tokens.split([23, 1], dim=1)]
    assert all(map(torch.equal, got, wanted))


@shapes
@policies
def test_chunks_change_nothing_while_the_budget_does_not_bind(family: str, policy: str) -> None:
    """Reading in chunks leaves the same entries and the same next token as reading at once."""
    model, tokens = model_of(family), words(2, 24)
    left: list[torch.Tensor] = []
    for chunk in (None, 7):
        with attach(model, policy, budget=200, **POLICIES[policy]) as cache:
            said = greedy(model, cache, tokens, prefill_chunk_size=chunk)
        entries = cache.layers[1].entries
        signals = [x for x in (entries.surprisal, entries.attention) if x is not None]
        left.append(torch.cat([said.float().flatten(), *(x.flatten() for x in signals)]))
    assert torch.allclose(left[0], left[1], atol=1e-4)


def hooks_of(model: Any) -> list[int]:
    """What is called around the modules of a model; transformers leaves some of its own."""
    return [id(h) for m in model.modules() for of in HOOKS for h in getattr(m, of).values()]


@attentions
def test_leaving_the_block_gives_the_model_back(attention: str) -> None:
    """After the block the model runs the attention and has the hooks that it had before."""
    model = model_of("llama", attention)
    before = hooks_of(model)
    with attach(model, "sirllm", budget=16):
        assert model.config._attn_implementation.startswith("combray")
    assert model.config._attn_implementation == attention
    assert hooks_of(model) == before
