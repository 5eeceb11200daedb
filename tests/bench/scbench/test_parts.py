"""What contexts are made of: passages up to a length, places asked about, names never twice."""

from __future__ import annotations

import random
from itertools import count, cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.bench.scbench.parts import CaseShape, depth, fill, pick, unique, word
from combray.core.errors import InputError


@given(st.integers(0, 200), st.integers(1, 30), st.integers(0, 3))
def test_passages_fill_the_length_and_no_more(length: int, size: int, joint: int) -> None:
    """With what stands between them they fit, and one more would not."""
    made = fill(length, lambda: "x" * size, joint)
    joined = len(made) * size + max(0, len(made) - 1) * joint
    assert joined <= length
    assert joined + size + (joint if made else 0) > length


def test_a_passage_that_does_not_fit_ends_the_context() -> None:
    """Shorter ones that might still fit are not looked for."""
    sizes = cycle([5, 20, 1])
    assert [len(x) for x in fill(12, lambda: "x" * next(sizes))] == [5]


def test_places_are_drawn_without_repetition() -> None:
    """As many as asked, from all passages, the same for the same chance."""
    made = [str(i) for i in range(10)]
    picked = pick(made, 4, random.Random(1))
    assert len(set(picked)) == 4
    assert set(picked) <= set(range(10))
    assert picked == pick(made, 4, random.Random(1))
    assert {i for seed in range(60) for i in pick(made, 2, random.Random(seed))} == set(range(10))


def test_too_few_passages_say_so() -> None:
    """With the characters and the passages there are."""
    with pytest.raises(InputError, match="6 characters holds 2 passages, too few for 3"):
        pick(["abc", "def"], 3, random.Random(0))


def test_depth_runs_from_first_to_last() -> None:
    """0 for the first, 1 for the last; a context of one passage has its only one at 0."""
    made = ["a", "b", "c", "d", "e"]
    assert [depth(i, made) for i in range(5)] == [0, 0.25, 0.5, 0.75, 1]
    assert depth(0, ["a"]) == 0


def test_nothing_is_drawn_twice() -> None:
    """What was used is passed over; where nothing else can be drawn, the length is the reason."""
    used = {"a"}
    letters = iter("aab")
    assert unique(lambda: next(letters), used) == "b"
    assert used == {"a", "b"}
    tries = count()
    with pytest.raises(InputError, match="Make it shorter"):
        unique(lambda: "a" if next(tries) >= 0 else "", used)
    assert next(tries) == 10_000


def test_words_are_of_no_language() -> None:
    """Pairs of a consonant and a vowel, so many syllables."""
    made = word(random.Random(0), 4)
    assert len(made) == 8
    assert all(letter in "aeiou" for letter in made[1::2])
    assert not set(made[::2]) & set("aeiou")
    assert word(random.Random(0)) == word(random.Random(0))


@pytest.mark.parametrize(("length", "questions"), [(399, 5), (4000, 0), (4000, 11), (0, 1)])
def test_shapes_have_bounds(length: int, questions: int) -> None:
    """At least 400 characters and 1 to 10 questions."""
    with pytest.raises(InputError, match=f"not {length} and {questions}"):
        CaseShape(length=length, questions=questions)
    assert CaseShape(length=400, questions=10).length == 400
