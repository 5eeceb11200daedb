"""Questions in the words of small models: needles by key, runs to count."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.bench.scbench.symbols import LINE, symbol_kv, symbol_mf


@given(st.integers(0, 999), st.integers(64, 256))
@settings(max_examples=40, deadline=None)
def test_every_question_has_one_answer(seed: int, length: int) -> None:
    """The length is met in words, and the solver finds the answer and no other."""
    for case in (symbol_kv(seed, length), symbol_mf(seed, length)):
        assert len(case.context.split()) == length
        for question in case.questions:
            assert list(case.solve(case.context, question.text)) == [question.answer]


@pytest.mark.parametrize("needles", [1, 8, 16])
def test_needles_stand_among_a_motif(needles: int) -> None:
    """Each key once, never in the first eight words; all other words repeat these."""
    case = symbol_kv(3, 100, needles, questions=1)
    words = case.context.split()
    held = [w for w in words if ":" in w]
    assert len({w.split(":")[0] for w in held}) == len(held) == needles
    assert all(w.startswith("w") for w in words[:8])
    assert all(w == words[i % 8] for i, w in enumerate(words) if ":" not in w)


def test_questions_are_of_needles_that_stand_there() -> None:
    """Another key each, with its depth in the context."""
    case = symbol_kv(5)
    words = case.context.split()
    assert len({q.text for q in case.questions}) == 5
    for question in case.questions:
        needle = f"{question.text[:-1]}:{question.answer}"
        assert question.depth == words.index(needle) / len(words)
        assert question.score(question.answer, question.answer) == 1
        assert question.score("v99", question.answer) == 0


def test_keys_are_told_apart() -> None:
    """`k1` is not `k11`, and a key that is not there has no answer."""
    solve = symbol_kv().solve
    assert solve("k11:v3 k1:v4 k1", "k1?") == ["v4"]
    assert solve("k11:v3", "k1?") == []
    assert solve("k1:v3 k1:v4", "k1?") == ["v3", "v4"]


def test_one_symbol_came_most() -> None:
    """Counted by hand; ties would have two answers and are drawn again."""
    for seed in range(30):
        case = symbol_mf(seed, 48)
        (first, most), (_, second) = Counter(case.context.split()).most_common(2)
        assert most > second
        assert case.questions[0].answer == f"a{first[1:]}"
    assert case.solve("s1 s2", "most?") == ["a1", "a2"]
    assert case.solve("", "most?") == []


def test_cases_are_made_again_from_their_seed() -> None:
    """The same numbers give the same case, another seed another; ids say which."""
    for make in (symbol_kv, symbol_mf):
        assert make(1).context == make(1).context != make(2).context
        assert make(1).id != make(2).id
        assert make(1).questions == make(1).questions


def test_passages_are_lines_of_eight_words() -> None:
    """What a text memory takes as one item; the last may be shorter."""
    case = symbol_kv(length=100)
    lengths = [len(p.split()) for p in case.passages]
    assert lengths == [LINE] * 12 + [4]
    assert " ".join(case.passages) == case.context
