"""SirLLM: the kept set as a sort by faded surprisal, over turns, rows and a stream."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.systems.activation.sirllm import SirLLM
from combray.tensor import Entries, LayerView, attach
from tests.tensor.small import greedy, model_of, run, words

pytestmark = pytest.mark.torch


@given(
    st.lists(st.tuples(st.floats(0, 9), st.integers(0, 3)), min_size=8, max_size=20),
    st.sampled_from([1.0, 0.9, 0.5]),
    st.integers(4, 8),
)
@settings(max_examples=100, deadline=None)
def test_the_kept_set_is_a_sort_by_faded_surprisal(
    tokens: list[tuple[float, int]], decay: float, quota: int
) -> None:
    """Sinks and newest first, then the highest ρ^age · e, the newer on a tie."""
    e = torch.tensor([[[x for x, _ in tokens]]])
    turn = torch.tensor([[sorted(age for _, age in tokens)]])
    position = torch.arange(len(tokens))[None, None]
    view = LayerView(
        layer=0,
        keys=torch.zeros(1, 1, len(tokens), 2),
        values=torch.zeros(1, 1, len(tokens), 2),
        entries=Entries(position=position, turn=turn, mass=torch.ones_like(e), surprisal=e),
        quota=torch.tensor([quota]),
        seen=torch.tensor([len(tokens)]),
        turn=3,
    )
    plan = SirLLM(decay=decay, sinks=2, recent=1).plan(view)
    score = (e * decay ** (3 - turn).float())[0, 0].tolist()
    middle = range(2, len(tokens) - 1)
    best = sorted(middle, key=lambda i: (-score[i], -i))[: quota - 3]
    assert plan.index[0, 0].tolist() == sorted([0, 1, len(tokens) - 1, *best])


def test_the_most_surprising_tokens_stay() -> None:
    """Sinks, and the tokens to which the model, asked by itself, gave the least probability."""
    model, tokens = model_of("llama"), words(1, 30)
    with torch.no_grad():
        told = model(tokens).logits[0].log_softmax(-1)
    e = -told[:-1].gather(-1, tokens[0, 1:, None])[:, 0]
    with attach(model, "sirllm", budget=10, sinks=2) as cache:
        run(model, tokens, cache)
        kept = cache.positions()[0, 0].tolist()
    best = e[1:].topk(8).indices + 2
    assert kept == [0, 1, *sorted(best.tolist())]


def test_without_decay_turns_do_not_matter() -> None:
    """With ρ = 1 a stream cut into turns keeps what the same stream keeps in one turn."""
    model, kept = model_of("llama"), []
    for turns in (False, True):
        with attach(model, "sirllm", budget=10, sinks=2) as cache:
            for chunk in words(1, 30).split(10, dim=1):
                run(model, chunk, cache)
                if turns:
                    cache.end_turn()
            kept.append(cache.positions().tolist())
    assert kept[0] == kept[1]


def test_decay_lets_old_turns_go() -> None:
    """With strong decay the kept tokens are of the newest turns, without it of all."""
    model, oldest = model_of("llama"), {}
    for decay in (1.0, 0.1):
        with attach(model, "sirllm", budget=12, sinks=2, decay=decay) as cache:
            for chunk in words(1, 40).split(10, dim=1):
                run(model, chunk, cache)
                cache.end_turn()
            oldest[decay] = cache.positions()[0, 0, 2:].float().mean()
    assert oldest[0.1] > oldest[1.0]
    assert oldest[0.1] >= 30


def test_a_long_stream_stays_within_its_budget() -> None:
    """Twelve turns of prompt and answer for two rows end with the budget, and one turn each."""
    model = model_of("llama")
    said = torch.zeros(2, 0, dtype=torch.long)
    with attach(model, "sirllm", budget=24, sinks=4, decay=0.9) as cache:
        for turn in range(12):
            said = torch.cat([said, words(2, 5, seed=turn)], dim=1)
            said = torch.cat([said, greedy(model, cache, said, max_new_tokens=3)], dim=1)
            assert cache.layers[0].held <= 24
        assert cache.get_seq_length() == said.shape[1] - 1
        assert cache.turn == 11
        assert cache.positions()[:, 0, :4].tolist() == [[0, 1, 2, 3]] * 2


def test_the_newest_tokens_can_be_kept_whatever_they_say() -> None:
    """`recent` tokens stay although they surprised nobody."""
    model = model_of("llama")
    with attach(model, "sirllm", budget=12, sinks=2, recent=5) as cache:
        run(model, words(1, 30), cache)
        assert cache.positions()[0, 0, -5:].tolist() == [25, 26, 27, 28, 29]
