"""The table of functional relations: every row can be read, and reads well."""

from __future__ import annotations

import re

import pytest

from combray.write.patterns.phrases import _PLACES, TABLE, _phrase, _triggers
from combray.write.patterns.relations import Relation
from combray.write.patterns.vocabulary import (
    ALLERGENS,
    CARS,
    DIETS,
    OCCUPATIONS,
    PEOPLE,
    RELATIVES,
    SPECIES,
)

every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)


@every_row
def test_a_row_says_how_its_fact_reads(row: Relation) -> None:
    """The sentence has a subject and a value, and a key where the relation has one."""
    sentence = row.reads.format(s="Ann", o="Rome", k="key")
    assert sentence.startswith("Ann")
    assert "Rome" in sentence
    assert ("{k}" in row.reads) == row.keyed
    assert row.keyed == ("key" in "".join([*row.says, *row.also]).replace("monkey", ""))


@every_row
def test_a_row_has_phrases_and_the_words_that_call_them(row: Relation) -> None:
    """Without triggers none of its phrases would ever be tried."""
    assert row.says or row.also
    assert row.triggers.split()
    assert all(word == word.lower() for word in row.triggers.split())


def test_names_of_rows_are_distinct() -> None:
    """Two rows of one name would share their timelines."""
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)


def test_every_phrase_compiles_and_is_called_by_some_word() -> None:
    """No phrase of the table is dead, and every part that it names is known."""
    called = {number for numbers in _triggers().values() for number in numbers}
    assert called == set(range(len(_PLACES)))
    for number in range(len(_PLACES)):
        phrase = _phrase(number)
        assert not re.search(r"\{[A-Za-z]+\}", phrase.pattern.pattern), phrase.pattern.pattern
        assert ("who" in phrase.pattern.groupindex) == (not phrase.first_person)


def test_words_of_the_vocabulary_are_distinct() -> None:
    """An occupation, a make, a diet or an animal is listed once."""
    for words in (ALLERGENS, CARS, DIETS, OCCUPATIONS, PEOPLE, RELATIVES, SPECIES):
        assert len(set(words)) == len(words)
    assert all(word.islower() for word in OCCUPATIONS)


def test_a_verb_stands_for_a_value() -> None:
    """Loving is liking and not liking is disliking; without a verb the default goes unsaid."""
    taste = next(row for row in TABLE if row.name == "taste")
    words = ("love", "Enjoy", "fan of", "don't like", "do not really like", "can’t stand", "hates")
    told = [taste.value_of(each) for each in words]
    assert told == ["likes", "likes", "likes", *["dislikes"] * 4]
    assert next(row for row in TABLE if row.name == "allergy").value_of("") == "has"
