"""How a reply is judged, against worked examples and independent counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.bench.scbench import scores


@pytest.mark.parametrize(
    ("scorer", "reply", "answer", "wanted"),
    [
        (scores.contains, "It is Lisbon, surely.", "lisbon", 1),
        (scores.contains, "It is Oslo.", "lisbon", 0),
        (scores.contains, "", "lisbon", 0),
        (scores.contains, "STRASSE", "straße", 1),
        (scores.share, "ABCDE and XYZZY", "ABCDE, FGHIJ, XYZZY", 0.67),
        (scores.share, "ABCDEF", "ABCDE", 0),
        (scores.share, "XYZZY ABCDE", "ABCDE, XYZZY", 1),
        (scores.number, "about -12.0 or 13", "-12", 1),
        (scores.number, "13 or 12", "12", 0),
        (scores.number, "none", "12", 0),
        (scores.number, "007", "7", 1),
        (scores.letter, "Answer: B) Oslo", "B", 1),
        (scores.letter, "Because of that, C", "C", 1),
        (scores.letter, "C, not B", "B", 0),
        (scores.letter, "b", "B", 0),
        (scores.first_word, "jade, I think", "jade", 0),
        (scores.first_word, "jade I think", "jade", 1),
        (scores.first_word, " \n jade", "jade", 1),
        (scores.first_word, "", "jade", 0),
        (scores.characters, "北京", "北京", 1),
        (scores.characters, "北方", "北京", 0.5),
        (scores.characters, "北京市", "北京", 0.8),
        (scores.characters, "上海", "北京", 0),
        (scores.code, "def f(x): return x + 2", "def f(x):\n    return x + 2", 1),
        (scores.code, "Sure:\n\ndef f(x):\n  return x + 2\n", "def f(x):\n    return x + 2", 1),
        (scores.code, "def f(x):\n    return x + 1", "def f(x):\n    return x + 2", 0),
        (scores.rouge_lsum, "the cat sat. a dog ran.", "the cat sat. a dog ran.", 1),
        (scores.rouge_lsum, "a dog ran. the cat sat.", "the cat sat. a dog ran.", 1),
        (scores.rouge_lsum, "the cat", "the cat sat down", 2 / 3),
        (scores.rouge_lsum, "", "the cat", 0),
        (scores.rouge_lsum, "", "", 0),
        (scores.rouge_lsum, "sat cat", "cat sat", 0.5),
    ],
)
def test_scorers_on_cases_by_hand(
    scorer: Callable[[str, str], float], reply: str, answer: str, wanted: float
) -> None:
    """Each scorer gives what its rule says."""
    assert scorer(reply, answer) == pytest.approx(wanted)


def longest(a: list[str], b: list[str]) -> int:
    """The length of a longest common subsequence, by trying all of them."""
    for n in range(len(a), 0, -1):
        for picked in itertools.combinations(a, n):
            rest = iter(b)
            if all(word in rest for word in picked):
                return n
    return 0


WORDS = st.lists(st.sampled_from(["cat", "dog", "owl"]), max_size=6)


@given(WORDS, WORDS)
@settings(max_examples=80, deadline=None)
def test_a_common_subsequence_is_a_longest_one(a: list[str], b: list[str]) -> None:
    """Its places ascend, its words stand in both in that order, and none is longer."""
    places = scores._common(a, b)
    assert places == sorted(set(places))
    rest = iter(b)
    assert all(a[i] in rest for i in places)
    assert len(places) == longest(a, b)


@given(WORDS, WORDS)
@settings(max_examples=60, deadline=None)
def test_rouge_of_one_sentence_is_f1_of_the_subsequence(a: list[str], b: list[str]) -> None:
    """2 · LCS / (|reply| + |answer|)."""
    if a or b:
        wanted = 2 * longest(a, b) / (len(a) + len(b))
        assert scores.rouge_lsum(" ".join(a), " ".join(b)) == pytest.approx(wanted)


def test_words_count_once_for_each_time_they_were_said() -> None:
    """Two sentences of the answer cannot both be covered by one word of the reply."""
    assert scores.rouge_lsum("cat", "cat. cat.") == pytest.approx(2 * 1 / 3)
    assert scores.rouge_lsum("cat. cat.", "cat. cat.") == 1


def test_all_sentences_of_the_reply_cover_one_of_the_answer() -> None:
    """The union of what each covers counts."""
    assert scores.rouge_lsum("the cat. sat down.", "the cat sat down.") == 1
    assert scores.rouge_lsum("the cat\nsat down", "The CAT sat down!") == 1
