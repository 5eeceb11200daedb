"""Surprisal and attention mass, against the same computed without a cache."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch")

import torch
from torch.nn.functional import cross_entropy
from transformers import OPTConfig, OPTForCausalLM

from combray.core.errors import InputError
from combray.tensor import CACHE_ARGUMENT, attach
from tests.tensor.small import ATTENTIONS, FAMILIES, TASK, greedy, model_of, padded, run, words

pytestmark = pytest.mark.torch


def expected(model: object, tokens: torch.Tensor) -> torch.Tensor:
    """(q,) the surprisal of one row by cross entropy; log V for the first token."""
    logits = run(model, tokens[None], None)[0]
    first = torch.tensor([math.log(TASK.words)])
    return torch.cat([first, cross_entropy(logits[:-1], tokens[1:], reduction="none")])


@pytest.mark.parametrize("family", FAMILIES)
def test_surprisal_is_the_cross_entropy_of_the_token_itself(family: str) -> None:
    """However tokens arrive, each one's surprisal is read from the hidden state before it."""
    model, tokens = model_of(family), words(2, 21)
    with attach(model, "sirllm", budget=200) as cache:
        for chunk in tokens.split([9, 1, 1, 7, 3], dim=1):
            run(model, chunk, cache)
        got = cache.layers[0].entries.surprisal[:, 0]
    for row in range(2):
        assert torch.allclose(got[row], expected(model, tokens[row]), atol=1e-4)


def test_surprisal_where_the_decoder_lies_deeper() -> None:
    """OPT's head reads its decoder and not its base model; its tokens are told all the same."""
    with torch.random.fork_rng(devices=[]):
        model = OPTForCausalLM(
            OPTConfig(
                vocab_size=TASK.words,
                hidden_size=32,
                word_embed_proj_dim=32,
                ffn_dim=32,
                num_hidden_layers=1,
                num_attention_heads=2,
            )
        ).eval()
    tokens = words(1, 12)
    with attach(model, "sirllm", budget=200) as cache:
        run(model, tokens, cache)
        got = cache.layers[0].entries.surprisal[0, 0]
    assert torch.allclose(got, expected(model, tokens[0]), atol=1e-4)


def test_surprisal_skips_padding() -> None:
    """The token after padding is told from the real token before the padding."""
    model = model_of("llama")
    tokens, mask = padded(words(2, 12), [4, 0])
    with attach(model, "sirllm", budget=200) as cache:
        place = (mask.cumsum(-1) - 1).clamp(min=0)
        run(model, tokens, cache, attention_mask=mask, position_ids=place)
        got = cache.layers[0].entries.surprisal[:, 0]
    assert torch.allclose(got[0, 4:], expected(model, tokens[0, 4:]), atol=1e-4)
    assert torch.allclose(got[1], expected(model, tokens[1]), atol=1e-4)


def test_generated_tokens_are_told_too() -> None:
    """Tokens the model itself says have the surprisal of their own logits."""
    model, tokens = model_of("llama"), words(1, 10)
    with attach(model, "sirllm", budget=200) as cache:
        said = greedy(model, cache, tokens)
        got = cache.layers[1].entries.surprisal[0, 0]
    whole = torch.cat([tokens[0], said[0, :-1]])
    assert torch.allclose(got, expected(model, whole), atol=1e-4)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_attention_received_is_the_sum_over_queries(attention: str) -> None:
    """The mass of an entry is what eager attention weights say it received, a mean over groups."""
    model, tokens = model_of("llama", attention), words(2, 15)
    with attach(model, "h2o", budget=200) as cache:
        for chunk in tokens.split([8, 1, 6], dim=1):
            run(model, chunk, cache)
        got = [layer.entries.attention for layer in cache.layers]
    model.set_attn_implementation("eager")
    with torch.no_grad():
        weights = model(tokens, output_attentions=True).attentions
    for layer, w in enumerate(weights):
        b, a, q, t = w.shape
        mass = w.reshape(b, 2, a // 2, q, t).mean(2).sum(2)
        assert torch.allclose(got[layer], mass, atol=1e-5)


def test_a_window_of_queries_forgets_the_older() -> None:
    """With a window, a prompt read at once counts only its newest queries."""
    model, tokens = model_of("llama", "sdpa"), words(1, 15)
    with attach(model, "snapkv", budget=200, window=4) as cache:
        run(model, tokens, cache)
        got = cache.layers[0].entries.attention
    model.set_attn_implementation("eager")
    with torch.no_grad():
        w = model(tokens, output_attentions=True).attentions[0]
    mass = w.reshape(1, 2, 2, 15, 15).mean(2)[:, :, -4:].sum(2)
    assert torch.allclose(got, mass, atol=1e-5)


def test_turns_are_counted_from_the_stream() -> None:
    """A prompt after a generated token opens a turn; so does `end_turn`."""
    model = model_of("llama")
    with attach(model, "sirllm", budget=200) as cache:
        for chunk in words(1, 12).split([5, 1, 1, 5], dim=1):
            run(model, chunk, cache)
        assert cache.layers[0].entries.turn[0, 0].tolist() == [0] * 7 + [1] * 5
        cache.end_turn()
        run(model, words(1, 1), cache)
        assert int(cache.layers[0].entries.turn[0, 0, -1]) == 2


def test_a_policy_that_reads_tokens_refuses_embeddings() -> None:
    """Surprisal needs `input_ids`; giving embeddings is an error that leaves the cache empty."""
    model = model_of("llama")
    embeds = model.get_input_embeddings()(words(1, 5))
    with attach(model, "sirllm", budget=20) as cache:
        with pytest.raises(InputError, match="input_ids"):
            model(inputs_embeds=embeds, **{CACHE_ARGUMENT: cache})
        assert cache.get_seq_length() == 0
    with attach(model, "window", budget=20) as cache, torch.no_grad():
        model(inputs_embeds=embeds, **{CACHE_ARGUMENT: cache})
        assert cache.get_seq_length() == 5
