"""The table of functional relations: every row can be read, and reads well."""

from __future__ import annotations

import re

import pytest

from combray.write.patterns.phrases import _PLACES, _by_trigger, _phrase
from combray.write.patterns.relations import RELATIONS, Relation
from combray.write.patterns.vocabulary import CARS, OCCUPATIONS

every_row = pytest.mark.parametrize("row", RELATIONS, ids=lambda row: row.name)


@every_row
def test_a_row_says_how_its_fact_reads(row: Relation) -> None:
    """The sentence has a subject and a value, and a key where the relation has one."""
    sentence = row.reads.format(s="Ann", o="Rome", k="key")
    assert sentence.startswith("Ann")
    assert "Rome" in sentence
    assert ("{k}" in row.reads) == (row.name in ("favourite", "has"))


@every_row
def test_a_row_has_phrases_and_the_words_that_call_them(row: Relation) -> None:
    """Without triggers none of its phrases would ever be tried."""
    assert row.says
    assert row.triggers.split()
    assert all(word == word.lower() for word in row.triggers.split())


def test_names_of_rows_are_distinct() -> None:
    """Two rows of one name would share their timelines."""
    names = [row.name for row in RELATIONS]
    assert len(set(names)) == len(names)


def test_every_phrase_compiles_and_is_called_by_some_word() -> None:
    """No phrase of the table is dead, and every part that it names is known."""
    called = {number for numbers in _by_trigger().values() for number in numbers}
    assert called == set(range(len(_PLACES)))
    for number in range(len(_PLACES)):
        phrase = _phrase(number)
        assert not re.search(r"\{[A-Za-z]+\}", phrase.pattern.pattern), phrase.pattern.pattern
        assert ("who" in phrase.pattern.groupindex) == (not phrase.first_person)


def test_words_of_the_vocabulary_are_distinct() -> None:
    """An occupation or a make is listed once."""
    assert len(set(OCCUPATIONS)) == len(OCCUPATIONS)
    assert len(set(CARS)) == len(CARS)
    assert all(word.islower() for word in OCCUPATIONS)
