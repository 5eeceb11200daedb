"""The table of changes: every row reads what it says, and is called by its own words."""

from __future__ import annotations

from itertools import product

import pytest

from combray.write.patterns.changes import CHANGES, Change
from combray.write.patterns.fact_patterns import find_facts
from combray.write.patterns.phrases import _PLACES, _phrase, phrases_in
from tests.write.patterns.sentences import AFTER, BEFORE, sentences

PLACES = [n for n, place in enumerate(_PLACES) if place.triggers and not place.foreign]
SAID_AT = 1_700_000_000_000_000


def test_each_row_has_its_place() -> None:
    """The places of the rows are those of the phrases with triggers of their own."""
    assert [_PLACES[n].text for n in PLACES] == [row.pattern for row in CHANGES]


@pytest.mark.parametrize(("number", "row"), [*zip(PLACES, CHANGES, strict=True)])
def test_a_row_reads_a_sentence_of_its_own(number: int, row: Change) -> None:
    """One that is made from its pattern has a word that calls it, and is read as what it says."""
    phrase = _phrase(number)
    told = [
        before + made + after
        for made, before, after in product(sentences(row.pattern), BEFORE, AFTER)
        if phrase.pattern.search(before + made + after)
    ]
    assert told, "no sentence was made that the pattern matches"
    called = [words for words in told if phrase in phrases_in(words)]
    assert called, told[:5]
    assert any(_is_read(words, row) for words in called), called[:5]


def _is_read(words: str, row: Change) -> bool:
    return any(
        found.says == row.says and found.relation.startswith(row.relation)
        for found in find_facts(words, SAID_AT)
    )


@pytest.mark.parametrize(
    ("words", "relation"),
    [
        ("I switched bosses last week.", "has boss"),
        ("I switched dentists last week.", "has dentist"),
        ("I earn my living at Globex now.", "works at"),
        ("I remarried Maria.", "is married to"),
    ],
)
def test_a_word_that_calls_a_row_is_a_word(words: str, relation: str) -> None:
    """The plural of boss is bosses."""
    assert [found.relation for found in find_facts(words, SAID_AT)] == [relation]
