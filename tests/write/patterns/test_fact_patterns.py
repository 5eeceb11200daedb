from __future__ import annotations

from collections.abc import Iterable

import pytest

from combray import Memory
from combray.write.patterns.fact_patterns import find_facts
from tests.words import Words
from tests.write.everyday import HELD_OUT, SEEN

SIGNS = {"is": "+", "ended": "-", "was": "~"}


def found(text: str) -> set[str]:
    """What the rules read in a text, written as in the sets of sentences."""
    return {
        f"{fact.who + ': ' if fact.who else ''}{fact.relation} {SIGNS[fact.says]}{fact.value}"
        for fact in find_facts(text, 1_700_000_000_000_000)
    }


def scores(sentences: Iterable[tuple[str, str]]) -> tuple[float, float]:
    """Precision and recall of the rules on sentences whose statements are known."""
    right = read = stated = 0
    for text, told in sentences:
        wanted, got = {part.strip() for part in told.split("|")} - {""}, found(text)
        right, read, stated = right + len(wanted & got), read + len(got), stated + len(wanted)
    return right / read, right / stated


@pytest.mark.parametrize(("text", "told"), SEEN, ids=[text for text, _ in SEEN])
def test_an_everyday_sentence_states_what_it_says(text: str, told: str) -> None:
    """Quitting, selling, moving and changing numbers are read from ordinary English."""
    assert found(text) == {part.strip() for part in told.split("|")} - {""}


def test_sentences_held_back_are_read_as_well() -> None:
    """On 60 sentences that no pattern was written for, nothing false and nearly all is read."""
    precision, recall = scores(HELD_OUT)
    assert precision == 1.0
    assert recall >= 0.95


def test_what_was_sold_or_quit_is_past() -> None:
    """The end of a job and of a car, told in passing, ends the facts that held."""
    with Memory(":memory:", embedder=Words()) as memory:
        memory.add("I work at Acme. I drive a Volvo.", user_id="u", timestamp="2024-01-01")
        memory.add("I quit Acme and joined Globex.", user_id="u", timestamp="2024-02-01")
        memory.add("I sold my car.", user_id="u", timestamp="2024-03-01")
        holds = {f.text: f.valid_to_us is None for f in memory.list(user_id="u", kinds=["fact"])}
    assert not holds["u works at Acme"]
    assert holds["u works at Globex"]
    assert not holds["u drives Volvo"]
