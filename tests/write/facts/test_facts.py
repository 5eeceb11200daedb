"""Facts as items: read from raw items, given by users, and as claims of a timeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from combray.core.facts import ENDED, IS, WAS, Fact
from combray.core.items import Status
from combray.core.time import DAY, iso, to_micros
from combray.write.facts.facts import (
    ACTOR,
    RULE_LENGTH,
    claim_key,
    claimed_fact,
    claims_of,
    end_fact,
    fact_item,
    facts_of,
    given_facts,
    roots_of,
)
from combray.write.facts.timeline import Claim
from tests.write.stored import fact, raw

NOW = to_micros("2024-06-01")


def test_a_fact_cites_what_it_was_read_from() -> None:
    """Its source, span, scope and author are those of the rule and the raw item."""
    said = raw("I live in Rome.", at=NOW)
    (read,) = facts_of(said)
    assert (read.kind, read.text, read.created_by) == ("fact", "u lives in Rome", ACTOR)
    assert read.sources == (said.id,)
    assert read.scope == said.scope
    assert (read.first_at_us, read.last_at_us, read.known_from_us) == (NOW, NOW, NOW)
    assert (read.valid_from_us, read.valid_to_us) == (NOW, None)
    assert Fact.of(read).at == (0, len("I live in Rome"))
    assert Fact.of(read).functional


def test_nothing_is_read_from_who_is_not_believed() -> None:
    """A tool that says "I live in Rome." states no fact."""
    assert facts_of(raw("I live in Rome.", role="tool")) == []
    assert facts_of(raw("I live in Rome.", status=Status.QUARANTINED)) == []


def test_a_document_states_nothing_of_a_speaker() -> None:
    """From texts over RULE_LENGTH characters no fact is read; at the length still."""
    said = "I live in Rome."
    fits = said + " " * (RULE_LENGTH - len(said))
    assert len(facts_of(raw(fits))) == 1
    assert facts_of(raw(fits + " ")) == []


def test_a_named_person_is_the_subject() -> None:
    """What is said of somebody by name is about them, not about the speaker."""
    subjects = [Fact.of(read).subject for read in facts_of(raw("Ben lives in Rome."))]
    assert subjects == ["Ben"]


def test_an_interval_that_was_given_stands_for_the_time_of_saying() -> None:
    """The item's own valid_from and valid_to are the stated ones of a fact without a date."""
    said = raw("I live in Rome.", at=NOW, valid_from_us=NOW - DAY, valid_to_us=NOW + DAY)
    (read,) = facts_of(said)
    assert (Fact.of(read).start, Fact.of(read).end) == (NOW - DAY, NOW + DAY)


def test_a_date_in_the_words_stands_before_the_interval_that_was_given() -> None:
    """ "since 2020" is more exact than the valid_from of the message."""
    said = raw("I have lived in Rome since 2020.", at=NOW, valid_from_us=NOW - DAY)
    (read,) = facts_of(said)
    assert Fact.of(read).start == to_micros("2020-01-01")
    assert Fact.of(read).held_to == NOW


def test_a_plain_statement_is_not_known_to_have_held_before() -> None:
    """Without "since" there is no `held_to`."""
    assert Fact.of(facts_of(raw("I live in Rome.", at=NOW))[0]).held_to is None


def test_the_end_of_a_fact_reads_as_one() -> None:
    """An end says "No longer", and without a value that nothing of the kind holds any more."""
    said = raw("x", at=NOW)
    about = Fact(subject="Ann", relation="works at", object="Acme", says=ENDED)
    assert fact_item(about, [said], actor="a").text == "No longer: Ann works at Acme"
    bare = fact_item(replace(about, object=""), [said], actor="a").text
    assert bare == "Ann works at no more"


def test_given_facts_hold_when_their_words_do() -> None:
    """A fact that a user gives has the interval of the message and the user as its author."""
    said = raw("Hello.", at=NOW, valid_from_us=NOW - DAY, valid_to_us=NOW + DAY)
    (given,) = given_facts([("Ann", "lives in", "Rome")], [said, raw("More.", at=NOW + 5)])
    assert given.created_by == "user"
    assert (given.valid_from_us, given.valid_to_us) == (NOW - DAY, NOW + DAY)
    assert (given.first_at_us, given.last_at_us) == (NOW, NOW + 5)
    assert given.known_from_us == NOW + 5
    assert len(given.sources) == 2


def test_a_claim_without_a_time_holds_from_its_first_source_on() -> None:
    """With an end alone its start is unknown; with neither it is when it was first said."""
    said = [raw("b", at=NOW + 5), raw("a", at=NOW)]
    triple = ("Ann", "lives in", "Rome")
    assert claimed_fact(triple, said, start=None, end=None).start == NOW
    ended = claimed_fact(triple, said, start=None, end=NOW + 9)
    assert (ended.start, ended.end) == (None, NOW + 9)
    assert claimed_fact(triple, said, start=3, end=None).start == 3


def test_a_relation_goes_by_its_name_in_the_table() -> None:
    """Another word for a functional relation is the same relation; others are kept as given."""
    said = [raw("x")]
    moved = claimed_fact(("Ann", "resides in", "Rome"), said, start=None, end=None)
    liked = claimed_fact(("Ann", "likes", "tea"), said, start=None, end=None)
    assert (moved.relation, moved.functional) == ("lives in", True)
    assert (liked.relation, liked.functional) == ("likes", False)


def test_roots_are_raw_and_each_is_named_once() -> None:
    """Of a derived item its sources count, of a raw one itself; in order."""
    one, two = raw("one"), raw("two")
    assert roots_of([fact("Rome", [two, one]), one]) == (two.id, one.id)


def test_a_fact_made_of_facts_cites_their_words() -> None:
    """Citing a fact means citing what it rests on, with its span."""
    said = raw("I live in Rome.", at=NOW)
    about = Fact(subject="Ann", relation="is", object="settled")
    made = fact_item(about, [fact("Rome", [said])], actor="a")
    assert made.sources == (said.id,)
    assert (made.first_at_us, made.last_at_us) == (NOW, NOW)


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


def test_a_fact_claims_its_value_over_its_interval() -> None:
    """Value without regard to case, the stated interval, when it was said, how long it held."""
    said = raw("x", at=NOW)
    item = fact("Rome", [said], start=1, end=9, held_to=5)
    expected = Claim(id=item.id, value="rome", start=1, end=9, said_at=NOW, held_to=5, kind=IS)
    assert claims_of(item) == [expected]


def test_an_end_claims_that_its_value_stopped() -> None:
    """An `ended` fact is one claim that ends at its start and holds nothing."""
    item = fact("Rome", [raw("x", at=NOW)], says=ENDED, start=4, end=9, held_to=5)
    expected = Claim(id=item.id, value="rome", start=4, said_at=NOW, kind=ENDED)
    assert claims_of(item) == [expected]


def test_what_was_claims_a_value_and_its_end() -> None:
    """ "I used to live in Rome": the value held, and it stopped at its end."""
    item = fact("Rome", [raw("x", at=NOW)], says=WAS, start=None, end=9)
    held, stop = claims_of(item)
    assert held == Claim(id=item.id, value="rome", start=None, end=9, said_at=NOW)
    assert stop == Claim(id=f"{item.id}#", value="rome", start=9, said_at=NOW, kind=ENDED)


def test_what_was_until_nobody_knows_when_claims_its_value_alone() -> None:
    """No end stands on a line without a moment."""
    item = fact("Rome", [raw("x", at=NOW)], says=WAS, start=3, end=None)
    assert claims_of(item) == [Claim(id=item.id, value="rome", start=3, said_at=NOW)]


def test_two_facts_say_the_same_whatever_their_time_and_place() -> None:
    """The key has subject, relation, object and what is said of it, nothing else."""
    one = fact("Rome", [raw("x", at=1)])
    assert claim_key(one) == claim_key(fact("Rome", [raw("y", at=9)], at=(4, 7)))
    assert claim_key(one) != claim_key(fact("Rome", [raw("x")], says=WAS))
    assert claim_key(one) == ("Ann", "lives in", "Rome", IS)


def test_ending_a_fact_keeps_all_else_that_was_stated() -> None:
    """The end is replaced; start, held_to and other metadata stay."""
    item = fact("Rome", [raw("x")], start=1, held_to=3)
    item = replace(item, metadata={**item.metadata, "model": "m"})
    new = end_fact(item, 7)
    assert new["stated"] == {"from": iso(1), "to": iso(7), "held_to": iso(3)}
    assert {**new, "stated": item.metadata["stated"]} == item.metadata


@pytest.mark.parametrize("start", [None, 5])
def test_ending_a_fact_without_a_stated_time_states_that_of_the_item(start: int | None) -> None:
    """What a system put on a timeline by its item's time alone keeps its start."""
    item = replace(fact("Rome", [raw("x")]), valid_from_us=start)
    item = replace(item, metadata={**item.metadata, "stated": None})
    assert end_fact(item, 7)["stated"] == {"from": iso(start), "to": iso(7)}
