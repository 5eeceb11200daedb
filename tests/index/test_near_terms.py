"""Terms that are one slip away from a misspelt one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.index.near_terms import NearTerms, one_slip


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("cardilogist", "cardiologist", True),
        ("resturant", "restaurant", True),
        ("psychaitrist", "psychiatrist", True),
        ("calendar", "calender", True),
        ("accommodate", "acommodate", True),
        ("occurrence", "ocurence", False),
        ("planet", "planet", False),
        ("planet", "plante", True),
        ("planet", "lpnaet", False),
        ("abcd", "abdc", True),
        ("abcd", "badc", False),
    ],
)
def test_a_slip_is_one_letter_or_two_that_changed_places(one: str, other: str, near: bool) -> None:
    """One too many, too few or other; the same word is no slip of itself."""
    assert one_slip(one, other) is near
    assert one_slip(other, one) is near


WORD = st.text("abcde", min_size=5, max_size=9)


@given(st.lists(WORD, max_size=30, unique=True), WORD)
def test_every_slip_is_found(words: list[str], term: str) -> None:
    """Those that a comparison with every word finds, in the order they came."""
    vocabulary = {word: number for number, word in enumerate(words)}
    assert sorted(NearTerms().of(term, vocabulary)) == sorted(
        word for word in words if one_slip(word, term)
    )


def test_a_vocabulary_grows() -> None:
    """kentcdodds/match-sorter#94: new terms are found, numbers and short ones not."""
    near, vocabulary = NearTerms(), {"harbour": 0}
    assert near.of("harbuor", vocabulary) == ["harbour"]
    vocabulary.update(dict.fromkeys(["harbor", "20231", "cats"], 1))
    assert near.of("harbou", vocabulary) == ["harbour", "harbor"]
    assert near.of("20232", vocabulary) == []
    assert near.of("catz", vocabulary) == []
