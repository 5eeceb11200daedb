"""A summary that tells what ended is marked when it is read, and stays as it is in the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from combray import Memory
from combray.core.items import Item
from combray.core.time import to_datetime
from combray.recall.query.mark_ended import marked, said_to_have_ended
from combray.testing.base import item
from tests.recall.asking import DAY, USER, asked, fact, opened, patch, said

HOME = ("Ann", "lives in", "Paris")
TURN = said("I love Paris.")
OVER = fact(HOME, TURN, valid_to_us=10 * DAY)


def summary(text: str, *sources: Item) -> Item:
    """A summary of some turns."""
    ids = tuple(source.id for source in sources)
    return item(text, USER, kind="summary", sources=ids)


def read(memory: Memory, text: str, *sources: Item, **when: Any) -> str:
    """How a summary of some turns is read at a moment, the hundredth day of 1970 by default."""
    told = summary(text, *sources)
    context = asked(memory, **{"asked_at": to_datetime(100 * DAY), **when})
    return marked(context, {told.id: told})[told.id].text


def test_a_sentence_with_an_ended_value_says_until_when() -> None:
    """The fact and the day it ended stand in it, before its stop; other sentences are as before."""
    text = read(opened(TURN, OVER), "Ann loves Paris! She skis.", TURN)
    assert text == "Ann loves Paris (Ann lives in Paris, until 1970-01-11)! She skis."
    assert read(opened(TURN, OVER), "In Paris", TURN) == (
        "In Paris (Ann lives in Paris, until 1970-01-11)"
    )
    assert read(opened(TURN, OVER), "Paris?!", TURN) == (
        "Paris (Ann lives in Paris, until 1970-01-11)?!"
    )
    assert read(opened(TURN, OVER), "我爱 Paris。", TURN) == (
        "我爱 Paris (Ann lives in Paris, until 1970-01-11)。"
    )


def test_the_day_is_one_of_where_it_was_told() -> None:
    """In the evening of the tenth in UTC it is the eleventh in Tokyo."""
    over = replace(OVER, valid_to_us=10 * DAY - 1)
    there = replace(over, metadata={**over.metadata, "utc_offset": "+09:00"})
    assert "until 1970-01-10" in read(opened(TURN, over), "Paris", TURN)
    assert "until 1970-01-11" in read(opened(TURN, there), "Paris", TURN)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("ann loves PARIS.", True),
        ("Ann loves Parisian bread.", False),
        ("Ann loves Comparis.", False),
        ("Ann skis.", False),
        ("", False),
    ],
)
def test_only_the_words_of_the_value_mark_a_sentence(text: str, marks: bool) -> None:
    """Whole words, in any case."""
    assert ("until" in read(opened(TURN, OVER), text, TURN)) is marks


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("She flew to New York City.", True),
        ("New York City", True),
        ("New York City is large, she says.", True),
        ("In New York City it rains.", True),
        ("A city, new to York.", False),
        ("New York.", False),
        ("Old New York City.", True),
    ],
)
def test_the_words_of_a_value_stand_in_a_row(text: str, marks: bool) -> None:
    """All of them, in their order, anywhere in the sentence."""
    over = fact(("Ann", "lives in", "New York City"), TURN, valid_to_us=0)
    assert ("until" in read(opened(TURN, over), text, TURN)) is marks


def test_a_value_without_words_marks_nothing() -> None:
    """There is nothing to find of it."""
    over = fact(("Ann", "rates", "+++"), TURN, valid_to_us=0)
    assert read(opened(TURN, over), "Ann says +++.", TURN) == "Ann says +++."


@pytest.mark.parametrize(("moment", "marks"), [(9, False), (10, True), (11, True)])
def test_what_ended_depends_on_the_moment_asked_about(moment: int, marks: bool) -> None:
    """From the moment of its end on, by as_of or by asked_at."""
    for name in ("as_of", "asked_at"):
        text = read(
            opened(TURN, OVER), "Ann loves Paris.", TURN, **{name: to_datetime(moment * DAY)}
        )
        assert ("until" in text) is marks


def test_what_ended_depends_on_what_was_known() -> None:
    """An end that was set since is not told by what was known before."""
    memory = opened(TURN, fact(HOME, TURN))
    known = memory._store.items(USER)[1]
    at = patch(memory, known, valid_to=10 * DAY)
    now = {"as_of": to_datetime(20 * DAY)}
    assert "until" in read(memory, "Ann loves Paris.", TURN, **now)
    then = {**now, "known_at": to_datetime(at - 1)}
    assert read(memory, "Ann loves Paris.", TURN, **then) == "Ann loves Paris."


def test_an_end_before_1970_is_an_end() -> None:
    """Its day is told as any other."""
    for end, day in ((0, "1970-01-01"), (-DAY, "1969-12-31")):
        text = read(opened(TURN, fact(HOME, TURN, valid_to_us=end)), "Paris.", TURN)
        assert text == f"Paris (Ann lives in Paris, until {day})."


def test_several_ends_are_told_in_one_pair_of_brackets() -> None:
    """The same once, whichever of the sources it comes from."""
    other = said("Paris!")
    memory = opened(
        TURN, other, OVER, fact(HOME, other, valid_to_us=10 * DAY),
        fact(("Ann", "loves", "Paris"), TURN, valid_to_us=0),
    )  # fmt: skip
    text = read(memory, "Paris.", TURN, other)
    assert text in (
        "Paris (Ann lives in Paris, until 1970-01-11; Ann loves Paris, until 1970-01-01).",
        "Paris (Ann loves Paris, until 1970-01-01; Ann lives in Paris, until 1970-01-11).",
    )


def test_only_facts_of_its_own_sources_mark_a_summary() -> None:
    """What ended elsewhere is no concern of it."""
    other = said("Bob is well.")
    memory = opened(TURN, other, OVER)
    assert read(memory, "Bob met Paris.", other) == "Bob met Paris."
    assert "until" in read(memory, "Bob met Paris.", other, TURN)


def test_what_says_that_it_ended_and_what_is_no_topic_mark_nothing() -> None:
    """A claim of an end is no claim that ended, and a derived item without a topic ends nothing."""
    says = {"subject": "Ann", "relation": "lives in", "object": "Paris", "functional": True}
    ended = fact(HOME, TURN, valid_to_us=0, metadata={**says, "says": "ended"})
    assert read(opened(TURN, ended), "Paris.", TURN) == "Paris."
    plain = fact(HOME, TURN, valid_to_us=0, metadata={**says, "functional": False})
    assert read(opened(TURN, plain), "Paris.", TURN) == "Paris."
    open_ = fact(HOME, TURN, valid_from_us=200 * DAY)
    assert read(opened(TURN, open_), "Paris.", TURN) == "Paris."


def test_nothing_is_changed_but_the_text() -> None:
    """The items come back by their ids, and what nothing ended in is word for word the same."""
    context = asked(opened(TURN, OVER), asked_at=to_datetime(100 * DAY))
    one, other = summary("Paris.", TURN), summary("Two  spaces.\nA line.", said("x"))
    found = marked(context, {one.id: one, other.id: other})
    assert found[one.id].with_fields({"text": one.text}) == one
    assert found[other.id] == other
    assert marked(context, {}) == {}


# ── what is stale as a whole ─────────────────────────────────────────────────────────────────────


def stale(memory: Memory, *items: Item, **when: Any) -> set[str]:
    """The texts of the summaries that tell only what ended."""
    context = asked(memory, **{"asked_at": to_datetime(100 * DAY), **when})
    by_id = {each.id: each for each in items}
    return {by_id[id_].text for id_ in said_to_have_ended(context, by_id)}


def test_a_summary_of_what_is_over_has_ended() -> None:
    """When all that it rests on is past and it tells what ended; never a turn itself."""
    memory = opened(TURN, OVER)
    assert stale(memory, summary("Ann loves Paris.", TURN)) == {"Ann loves Paris."}
    assert stale(memory, summary("Ann skis.", TURN)) == set()
    assert stale(memory, TURN) == set()
    before = {"asked_at": to_datetime(9 * DAY)}
    assert stale(memory, summary("Ann loves Paris.", TURN), **before) == set()


def test_a_summary_with_a_source_that_stands_has_not_ended() -> None:
    """One is enough; a source that the view does not hold says nothing."""
    other = said("I ski.")
    memory = opened(TURN, other, OVER)
    both = summary("Paris and skis.", TURN, other)
    assert stale(memory, both) == set()
    assert stale(memory, summary("Paris.", TURN, said("erased")), both) == {"Paris."}
