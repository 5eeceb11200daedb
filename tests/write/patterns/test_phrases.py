"""Phrases of the table of relations, and the names under which a relation goes."""

from __future__ import annotations

import pytest

from combray.core.facts import ENDED, IS, WAS
from combray.write.patterns.phrases import TABLE, canonical, phrases_in, sentence_of
from combray.write.patterns.relations import ROLES


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("lives in", "lives in"),
        ("Lives  In", "lives in"),
        ("lives_in", "lives in"),
        ("resides in", "lives in"),
        ("favorite colour", "favourite colour"),
        ("favourite colour", "favourite colour"),
        ("has favorite dish", "favourite dish"),
        ("taste jazz", "taste jazz"),
        ("Allergy Peanuts", "allergy Peanuts"),
        ("boss", "has boss"),
        ("has boss", "has boss"),
    ],
)
def test_a_relation_of_the_table_is_found_under_all_its_names(given: str, name: str) -> None:
    """Case, blanks, underscores, spelling and aliases do not matter; it has one value at a time."""
    assert canonical(given) == (name, True)


@pytest.mark.parametrize("given", ["likes", " knows ", "has", "favourite", "has child", "Likes"])
def test_another_relation_is_kept_as_given(given: str) -> None:
    """Only its outer blanks go, and it may have many values."""
    assert canonical(given) == (given.strip(), False)


@pytest.mark.parametrize("role", ROLES)
def test_there_is_one_of_each_role(role: str) -> None:
    """A boss, a dentist, a landlord: the new one takes the place of the old."""
    assert canonical(role) == canonical(f"has {role}") == (f"has {role}", True)


def test_every_alias_names_its_row() -> None:
    """No alias is shadowed by another row."""
    for relation in TABLE:
        if relation.keyed:
            continue
        for alias in filter(None, (relation.name, *relation.aliases.split(","))):
            assert canonical(alias) == (relation.name, True), alias


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (("Ann", "lives in", "Rome"), "Ann lives in Rome"),
        (("Ann", "favourite colour", "blue"), "Ann's favourite colour is blue"),
        (("Ann", "has boss", "Ben"), "Ann's boss is Ben"),
        (("Ann", "likes", "tea"), "Ann likes tea"),
        (("Ann", "taste tea", "dislikes"), "Ann dislikes tea"),
        (("Ann", "allergy nuts", ""), "Ann has an allergy to nuts"),
        (("Ann", "pet Rex", "dog"), "Ann's dog is called Rex"),
        (("Ann", "has child", "Ben"), "Ann has child Ben"),
    ],
)
def test_a_fact_reads_as_a_sentence(fact: tuple[str, str, str], sentence: str) -> None:
    """As its row says, or as its three parts."""
    assert sentence_of(*fact) == sentence


def test_only_phrases_whose_words_occur_are_tried() -> None:
    """A text without a trigger costs nothing; with one it costs the phrases of that trigger."""
    assert phrases_in("The heron stands by the mill.") == ()
    assert phrases_in("") == ()
    found = phrases_in("I live here.")
    assert {phrase.relation.name for phrase in found} >= {"lives in"}
    everything = sum(len(r.says) + len(r.ended) + len(r.was) for r in TABLE)
    assert len(found) < everything / 2


def test_without_a_word_of_the_speaker_the_first_person_is_not_tried() -> None:
    """ "Ann lives" can be about Ann alone, "I live" about the speaker as well."""
    assert not [phrase for phrase in phrases_in("Ann lives here.") if phrase.first_person]
    assert [phrase for phrase in phrases_in("I live here.") if phrase.first_person]


def test_the_same_phrases_are_found_in_the_same_order() -> None:
    """What is read does not depend on the order of words, nor on what was read before."""
    one, other = phrases_in("I live and work here."), phrases_in("Here I work and live.")
    assert one == other
    assert len({id(phrase) for phrase in one}) == len(one)


@pytest.mark.parametrize(
    ("text", "says", "first", "value"),
    [
        ("I live in Rome", IS, True, "Rome"),
        ("Ann lives in Rome", IS, False, "Rome"),
        ("I used to live in Rome", WAS, True, "Rome"),
        ("I no longer live in Rome", ENDED, True, "Rome"),
    ],
)
def test_a_phrase_knows_what_it_says_and_of_whom(
    text: str, says: str, first: bool, value: str
) -> None:
    """That a value holds, is over or has stopped; of the speaker or of a person that it names."""
    found = [
        (phrase, match)
        for phrase in phrases_in(text)
        if phrase.says == says and (match := phrase.pattern.search(text)) is not None
    ]
    assert found
    phrase, match = found[0]
    assert (phrase.first_person, match["value"]) == (first, value)
    assert first or match["who"] == "Ann"
