"""How a question was read, and what of it each row matches."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from combray.core.items import Hit
from combray.core.time import to_micros
from combray.recall.answer.explain import explain, matches
from tests.recall.asking import asked, opened, said

PUT = "2024-03-15"


def at(day: str) -> int:
    """The beginning of a day."""
    return to_micros(day)


SAID = (
    said("The heron is in Oslo.", at("2024-03-14"), "Ann"),
    said("A boat and a heron.", at("2024-03-13"), "Bob"),
    said("Rain in Oslo.", at("2024-03-14") + 86_399_999_999, "Bob"),
    said("Bread.", at("2024-03-15"), "Cleo"),
)


def test_an_explanation_says_how_the_question_was_read() -> None:
    """Words with the memories that hold them, speakers, names, days, and the memories there are."""
    context = asked(opened(*SAID), "Did Ann see a heron or a yak in Oslo yesterday?", asked_at=PUT)
    hit = Hit(item=SAID[0], score=0.5, evidence=("x",))
    found = explain(context, [hit], 0.123456)
    assert found.question == "Did Ann see a heron or a yak in Oslo yesterday?"
    assert found.words == {
        "ann": 0, "see": 0, "heron": 2, "yak": 0, "oslo": 2, "yesterday": 0,
    }  # fmt: skip
    assert list(found.words)[:3] == ["ann", "see", "heron"]
    assert found.speakers == ("Ann",)
    assert found.entities == {"oslo": 2}
    assert found.dates == ((date(2024, 3, 14), date(2024, 3, 14)),)
    assert found.memories == 4
    assert found.confidence == 0.123456
    assert found.hits == [hit]


def test_an_explanation_is_plain_data() -> None:
    """Rounded, with lists in the place of tuples."""
    context = asked(opened(*SAID), "Bob and Ann in May 2023", asked_at=PUT)
    assert explain(context, [], 0.123456).as_dict() == {
        "question": "Bob and Ann in May 2023",
        "words": {"bob": 0, "ann": 0, "may": 0, "2023": 0},
        "speakers": ["Ann", "Bob"],
        "entities": {},
        "dates": [["2023-05-01", "2023-05-31"]],
        "memories": 4,
        "confidence": 0.1235,
        "hits": [],
    }
    hit = Hit(item=SAID[0], score=0.5, evidence=("x",))
    assert explain(context, [hit], 1.0).as_dict()["hits"] == [hit.as_dict()]


def test_memories_are_those_of_the_kinds_asked_for() -> None:
    """The number is that of the collection."""
    items = [*SAID, replace(SAID[0], id="other", kind="text"), said("gone", status="deleted")]
    memory = opened(*items)
    assert explain(asked(memory), [], 0).memories == 5
    assert explain(asked(memory, kinds=["text"]), [], 0).memories == 1


def test_a_row_matches_words_names_speakers_and_days() -> None:
    """Each row of those asked for, in any order, and nothing that it does not have."""
    question = "Did Ann or Cleo see a heron in Oslo yesterday?"
    context = asked(opened(*SAID), question, asked_at=PUT)
    yesterday = ["2024-03-14", "2024-03-14"]
    assert matches(context, [3, 0, 2, 1]) == {
        3: {"words": [], "entities": [], "speakers": ["Cleo"], "dates": []},
        0: {
            "words": ["heron", "oslo"], "entities": ["oslo"], "speakers": ["Ann"],
            "dates": [yesterday],
        },
        2: {"words": ["oslo"], "entities": ["oslo"], "speakers": [], "dates": [yesterday]},
        1: {"words": ["heron"], "entities": [], "speakers": [], "dates": []},
    }  # fmt: skip
    assert matches(context, []) == {}


def test_a_word_that_is_repeated_is_told_once() -> None:
    """In the order of the question."""
    context = asked(opened(*SAID), "boat heron boat", asked_at=PUT)
    assert matches(context, [1])[1]["words"] == ["boat", "heron"]
    assert list(explain(context, [], 0).words) == ["boat", "heron"]


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2023-04-30", False), ("2023-05-01", True), ("2023-05-31", True), ("2023-06-01", False)],
)
def test_a_range_is_from_its_first_day_to_its_last(day: str, inside: bool) -> None:
    """The last day is the one before the range ends."""
    context = asked(opened(said("x", at(day))), "in May 2023?", asked_at=PUT)
    span = ["2023-05-01", "2023-05-31"]
    assert matches(context, [0])[0]["dates"] == ([span] if inside else [])


def test_a_question_without_names_matches_none() -> None:
    """Whatever names the row has."""
    context = asked(opened(*SAID), "heron", asked_at=PUT)
    assert matches(context, [0])[0]["entities"] == []
    assert explain(context, [], 0).entities == {}


def test_before_1970_days_are_days() -> None:
    """A question put in 1969 is about its own days."""
    context = asked(opened(said("x", -1)), "yesterday?", asked_at="1970-01-01")
    assert matches(context, [0])[0]["dates"] == [["1969-12-31", "1969-12-31"]]
