"""Tasks that small models learn: where needles stand, what runs count, which tokens weigh."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.tensor.learn.synthetic import Needles, Runs

pytestmark = pytest.mark.torch


def drawn(seed: int = 0) -> torch.Generator:
    """A source of chance."""
    return torch.Generator().manual_seed(seed)


def said(task: Any, tokens: torch.Tensor) -> list[str]:
    """The words of one row."""
    return [task.vocabulary[i] for i in tokens.tolist()]


def test_the_words_of_needles_follow_one_another() -> None:
    """Padding, filler, needles, questions, answers: 1 + 4 + 2·3 + 2 + 3 words, each in place."""
    task = Needles(keys=2, values=3, filler=4)
    assert task.words == len(task.vocabulary) == len(set(task.vocabulary)) == 16
    assert task.vocabulary[:6] == ("_", "w0", "w1", "w2", "w3", "k0:v0")
    for key in range(2):
        assert task.vocabulary[task.question(key)] == f"k{key}?"
        for value in range(3):
            assert task.vocabulary[task.needle(key, value)] == f"k{key}:v{value}"
    assert [task.vocabulary[task.answer(v)] for v in range(3)] == ["v0", "v1", "v2"]


@given(st.integers(0, 999), st.booleans())
@settings(max_examples=30, deadline=None)
def test_needles_stand_in_filler_that_repeats(seed: int, rebind: bool) -> None:
    """Each needle is in its spot, never in the first motif; all else repeats the motif."""
    task = Needles(keys=6, values=4, filler=9, motif=5, needles=4, rebind=rebind)
    c = task.context(3, drawn(seed), 31)
    assert c.tokens.shape == (3, 31)
    for row in range(3):
        words, spots = said(task, c.tokens[row]), c.spot[row].tolist()
        assert spots == sorted(set(spots))
        assert min(spots) >= 5
        told = [
            f"k{k}:v{v}" for k, v in zip(c.key[row].tolist(), c.value[row].tolist(), strict=True)
        ]
        assert [words[i] for i in spots] == told
        motif = words[:5]
        assert all(w == motif[i % 5] for i, w in enumerate(words) if i not in spots)
        latest = dict(zip(c.key[row].tolist(), c.value[row].tolist(), strict=True))
        assert all(int(c.latest[row, key]) == value for key, value in latest.items())
        assert rebind or len(set(c.key[row].tolist())) == 4


def test_a_sample_asks_about_its_own_needles() -> None:
    """After the context come pairs of question and answer, and the newest value is the answer."""
    task = Needles(keys=3, values=8, length=24, shortest=24, needles=6, questions=3, rebind=True)
    tokens = task.sample(40, drawn()).tokens
    assert tokens.shape == (40, 24 + 2 * 3)
    for row in tokens:
        words = said(task, row)
        held = dict(w.split(":") for w in words[:24] if ":" in w)
        for asked, answer in zip(words[24::2], words[25::2], strict=True):
            assert asked.endswith("?")
            assert held[asked[:-1]] == answer


def test_what_weighs_is_the_answer() -> None:
    """Answers weigh 1, the context a little, the first token and the questions nothing."""
    task = Needles(length=10, shortest=10, motif=4, needles=2, questions=2, context_weight=0.25)
    weight = task.sample(2, drawn()).weight
    assert weight[0].tolist() == [0.0] + [0.25] * 9 + [0.0, 1.0, 0.0, 1.0]
    assert torch.equal(weight[0], weight[1])
    runs = Runs(length=6, shortest=6, context_weight=0.5)
    assert runs.sample(1, drawn()).weight[0].tolist() == [0.0, *[0.5] * 5, 0.0, 1.0]


@pytest.mark.parametrize("task", [Needles(length=40, shortest=20), Runs(length=40, shortest=20)])
def test_lengths_vary_between_the_two_bounds(task: Any) -> None:
    """Every length from the shortest to the longest is drawn in time, and none beyond."""
    rng, tail = drawn(), 1 if isinstance(task, Runs) else 15
    found = {task.sample(1, rng).tokens.shape[1] - 1 - tail for _ in range(400)}
    assert found == set(range(20, 41))
    short = type(task)(length=20, shortest=32)
    assert short.sample(1, rng).tokens.shape[1] - 1 - tail == 20


@pytest.mark.parametrize("task", [Needles(), Runs(), Needles(rebind=True)])
def test_samples_are_drawn_from_the_generator_alone(task: Any) -> None:
    """The same seed gives the same rows; another seed others; global chance is left alone."""
    before = torch.random.get_rng_state()
    one, same, other = (task.sample(4, drawn(seed)) for seed in (5, 5, 6))
    assert torch.equal(one.tokens, same.tokens)
    assert one.tokens.shape != other.tokens.shape or not torch.equal(one.tokens, other.tokens)
    assert torch.equal(torch.random.get_rng_state(), before)


@given(st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_one_symbol_comes_most_and_is_the_answer(seed: int) -> None:
    """Counted by hand, no other symbol comes as often; the answer names it."""
    task = Runs(symbols=5)
    context = task.context(4, drawn(seed), 40)
    answers = task.answer(context)
    for row, answer in zip(context, answers.tolist(), strict=True):
        counts = Counter(said(task, row))
        first, most = counts.most_common(1)[0]
        assert all(count < most for symbol, count in counts.items() if symbol != first)
        assert task.vocabulary[answer] == f"a{first[1:]}"


def test_symbols_come_in_runs() -> None:
    """Neighbours agree far more often than chance, at least as long as the shortest run says."""
    context = Runs(symbols=8, shortest_run=4, longest_run=4).context(50, drawn(), 80)
    agree = (context[:, 1:] == context[:, :-1]).float().mean()
    assert agree > 0.74


def test_the_words_of_runs() -> None:
    """Padding, symbols, the question, answers; a sample ends in question and answer."""
    task = Runs(symbols=3)
    assert task.vocabulary == ("_", "s0", "s1", "s2", "most?", "a0", "a1", "a2")
    assert task.words == 8
    words = said(task, task.sample(1, drawn()).tokens[0])
    assert words[-2] == "most?"
    assert words[-1].startswith("a")
    assert all(word.startswith("s") for word in words[:-2])
