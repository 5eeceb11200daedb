"""Dropping an entry is hiding it in a full cache."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from combray.core.errors import Unsupported
from combray.tensor import attach
from tests.tensor.small import (
    ATTENTIONS,
    FAMILIES,
    POLICIES,
    MaskedRun,
    greedy,
    model_of,
    padded,
    run,
    words,
)

pytestmark = pytest.mark.torch
every = pytest.mark.parametrize("policy", POLICIES)
dropping = pytest.mark.parametrize("policy", [p for p in POLICIES if p != "kvmerger"])
CLOSE = {"sdpa": 1e-6, "eager": 1e-5}
"""Eager attention rounds its weights to float32, whatever the model's precision."""
attentions = pytest.mark.parametrize("attention", ATTENTIONS)


@pytest.mark.parametrize("family", FAMILIES)
@attentions
@dropping
@pytest.mark.parametrize("budget", [9, 0.4], ids=["number", "share"])
def test_dropped_is_hidden(family: str, attention: str, policy: str, budget: float) -> None:
    """Logits are those of a full cache with the dropped entries masked, chunk after chunk."""
    model = model_of(family, attention, precise=True)
    chunks = words(2, 34).split([20, 1, 1, 6, 1, 5], dim=1)
    with attach(model, policy, budget=budget, **POLICIES[policy]) as cache:
        kept, got = [], []
        for chunk in chunks:
            kept.append([cache.positions(i) for i in range(2)])
            got.append(run(model, chunk, cache))
    oracle = MaskedRun(model)
    for chunk, positions, logits in zip(chunks, kept, got, strict=True):
        assert (oracle.step(chunk, positions) - logits).abs().max() <= CLOSE[attention]


@every
def test_a_budget_is_never_exceeded(policy: str) -> None:
    """After every forward pass each row holds at most its budget of real tokens."""
    model = model_of("llama")
    with attach(model, policy, budget=10, **POLICIES[policy]) as cache:
        for chunk in words(2, 30).split([13, 1, 9, 7], dim=1):
            run(model, chunk, cache)
            for layer in range(2):
                assert cache.positions(layer).shape[-1] <= 10


@every
@attentions
@pytest.mark.parametrize("budget", [9, 0.4], ids=["number", "share"])
def test_rows_do_not_touch_one_another(policy: str, attention: str, budget: float) -> None:
    """A row among others, padded on the left, keeps and says what it keeps and says alone."""
    model = model_of("llama", attention)
    tokens, mask = padded(words(3, 22), [0, 6, 3])
    with attach(model, policy, budget=budget, **POLICIES[policy]) as cache:
        together = greedy(model, cache, tokens, mask)
    for row, left in enumerate([0, 6, 3]):
        with attach(model, policy, budget=budget, **POLICIES[policy]) as alone:
            said = greedy(model, alone, tokens[row : row + 1, left:])
        assert torch.equal(said[0], together[row])
        for layer in range(2):
            for head, kept in enumerate(alone.positions(layer)[0]):
                among = cache.positions(layer)[row, head]
                assert among[among >= 0].tolist() == kept.tolist()


@every
@attentions
def test_padding_between_turns_is_never_seen(policy: str, attention: str) -> None:
    """A second turn padded on the left, after dropping, says what it says without the padding."""
    model = model_of("qwen3", attention, precise=True)
    first, second = words(2, 20), words(2, 9, seed=1)
    second, mask = padded(second, [4, 0])
    with attach(model, policy, budget=9, **POLICIES[policy]) as cache:
        run(model, first, cache)
        whole = torch.cat([torch.ones_like(first), mask], dim=1)
        place = whole.cumsum(-1)[:, 20:] - 1
        got = run(model, second, cache, attention_mask=whole, position_ids=place)[0, -1]
    with attach(model, policy, budget=9, **POLICIES[policy]) as alone:
        run(model, first[:1], alone)
        wanted = run(model, second[:1, 4:], alone)[0, -1]
    assert torch.isfinite(got).all()
    assert (got - wanted).abs().max() <= CLOSE[attention]


@every
def test_beams_carry_their_own_cache(policy: str) -> None:
    """Under a budget, beam search over two rows says what it says for each row alone."""
    model, tokens = model_of("llama"), words(2, 20)
    with attach(model, policy, budget=12, **POLICIES[policy]) as cache:
        together = greedy(model, cache, tokens, num_beams=3)
    for row in range(2):
        with attach(model, policy, budget=12, **POLICIES[policy]) as cache:
            said = greedy(model, cache, tokens[row : row + 1], num_beams=3)
        assert torch.equal(said[0], together[row])


def test_layers_of_different_lengths_work_together() -> None:
    """One mask is made for all layers from the first one's sizes; ours is made layer by layer."""
    chunks = words(2, 30).split([20, 5, 1, 4], dim=1)
    for attention in ATTENTIONS:
        model = model_of("llama", attention, precise=True)
        with attach(model, "window", budget=[6, 11], sinks=2) as cache:
            kept, got = [], []
            for chunk in chunks:
                kept.append([cache.positions(i) for i in range(2)])
                got.append(run(model, chunk, cache))
            assert [layer.held for layer in cache.layers] == [6, 11]
        oracle = MaskedRun(model)
        for chunk, positions, logits in zip(chunks, kept, got, strict=True):
            assert (oracle.step(chunk, positions) - logits).abs().max() <= CLOSE[attention]


def test_padding_does_not_become_a_sink() -> None:
    """Sinks are the first real tokens of a row, not the padding before them."""
    model = model_of("llama")
    tokens, mask = padded(words(2, 20), [7, 0])
    with attach(model, "window", budget=6, sinks=3) as cache:
        run(model, tokens, cache, attention_mask=mask)
        assert cache.positions()[0, 0].tolist() == [0, 1, 2, 10, 11, 12]
        assert cache.positions()[1, 0].tolist() == [0, 1, 2, 17, 18, 19]


def test_what_was_dropped_cannot_be_taken_back() -> None:
    """Cropping works while everything is held and is refused once a token was dropped."""
    model = model_of("llama")
    with attach(model, "window", budget=12, sinks=2) as cache:
        assert not cache.layers[0].is_croppable
        run(model, words(1, 10), cache)
        cache.crop(-3)
        assert cache.get_seq_length() == 7
        assert cache.positions()[0, 0].tolist() == list(range(7))
        run(model, words(1, 10), cache)
        with pytest.raises(Unsupported, match="cannot be taken back"):
            cache.crop(-1)
    with attach(model, "full") as whole:
        assert whole.layers[0].is_croppable


def test_a_fork_goes_its_own_way() -> None:
    """Two questions asked to forks of one cache answer as if each had been asked alone."""
    model, context = model_of("llama"), words(1, 20)
    questions = [words(1, 4, seed=s) for s in (1, 2)]
    answers = {}
    for order in ([0, 1], [1, 0]):
        with attach(model, "h2o", budget=10) as cache:
            run(model, context, cache)
            for i in order:
                fork = cache.fork()
                logits = run(model, questions[i], fork)
                assert torch.equal(answers.setdefault(i, logits), logits)
            assert cache.get_seq_length() == 20


def test_a_failed_pass_leaves_the_cache_as_it_was() -> None:
    """An error in the middle of the model takes back the tokens that some layers had taken."""
    model = model_of("llama")
    with attach(model, "window", budget=12, sinks=2) as cache:
        run(model, words(1, 8), cache)

        def fail(*_: object) -> None:
            raise RuntimeError("a layer failed")

        handle = model.model.layers[1].mlp.register_forward_pre_hook(fail)
        with pytest.raises(RuntimeError, match="a layer failed"):
            run(model, words(1, 4), cache)
        handle.remove()
        assert cache.get_seq_length() == 8
        assert [layer.held for layer in cache.layers] == [8, 8]
