"""Who somebody is: the facts that hold, each a line with its evidence, as of any moment."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from combray import Memory
from combray.core.items import Item, Scope
from combray.core.ports import Query
from combray.core.time import to_datetime
from combray.models.structured import Asker
from combray.recall.answer.profile import (
    LEVELS,
    Line,
    ProfileSource,
    confidence,
    fact_lines,
    llm_fill,
    rules_fill,
)
from combray.testing.base import put
from tests.recall.asking import DAY, USER, asked, fact, opened, patch, said
from tests.words import Words

ONE, TWO, THREE = said("one", DAY), said("two", 3 * DAY), said("three", 90 * DAY)
HOME = ("Ann", "lives in", "Rome")


def lines(*facts: Item, **when: Any) -> list[Line]:
    """The lines of a profile of facts on three turns."""
    moment = {"asked_at": to_datetime(100 * DAY), **when}
    return fact_lines(asked(opened(ONE, TWO, THREE, *facts), **moment))


# ── a line ───────────────────────────────────────────────────────────────────────────────────────


def test_a_line_says_about_whom_what_since_when_and_on_what_it_rests() -> None:
    """The words are those of the fact."""
    (line,) = lines(fact(HOME, ONE, valid_from_us=DAY))
    assert line == Line(
        about="Ann", aspect="lives in", text="Ann lives in Rome.", value="Rome",
        evidence=(ONE.id,), confidence="very low", since_us=DAY,
    )  # fmt: skip
    assert line.since == to_datetime(DAY)
    assert line.as_dict() == {
        "about": "Ann", "aspect": "lives in", "text": "Ann lives in Rome.", "value": "Rome",
        "evidence": [ONE.id], "confidence": "very low", "since": "1970-01-02T00:00:00Z",
    }  # fmt: skip
    open_ = replace(line, since_us=None)
    assert (open_.since, open_.as_dict()["since"]) == (None, None)


def test_the_same_fact_again_is_one_line_that_cites_all() -> None:
    """In any case of letters: the newest words, the earliest beginning, all the evidence once."""
    early = fact(HOME, ONE, valid_from_us=5, last_at_us=1)
    late = fact(
        ("ann", "lives in", "ROME"), TWO, valid_from_us=9, last_at_us=2, sources=(TWO.id, ONE.id)
    )
    unknown = fact(HOME, THREE, last_at_us=0)
    (line,) = lines(early, late, unknown)
    assert (line.about, line.value) == ("ann", "ROME")
    assert line.evidence == (TWO.id, ONE.id, THREE.id)
    assert line.since_us == 5
    assert line.confidence == confidence([DAY, 3 * DAY, 90 * DAY])


def test_of_two_of_the_same_time_the_later_told_gives_the_words() -> None:
    """By the order in which they came."""
    first, second = fact(HOME, ONE), fact(("ann", "lives in", "rome"), ONE)
    assert [line.value for line in lines(first, second)] == ["rome"]
    assert [line.value for line in lines(second, first)] == ["Rome"]


def test_lines_come_by_person_and_aspect_and_the_newest_first() -> None:
    """Whatever the case of a name; a beginning that is not known comes last, 1970 is known."""
    about = ("bob", "likes")
    starts = {"a": 5, "b": 0, "c": -5, "d": None}
    facts = [fact((*about, v), ONE, valid_from_us=at) for v, at in reversed(starts.items())]
    facts += [fact(("Cleo", "likes", "x"), ONE), fact(("Ann", "owns", "x"), ONE)]
    facts.append(fact(("Ann", "likes", "x"), ONE))
    assert [(line.about, line.aspect, line.value) for line in lines(*facts)] == [
        ("Ann", "likes", "x"),
        ("Ann", "owns", "x"),
        *[(*about, value) for value in "abcd"],
        ("Cleo", "likes", "x"),
    ]


# ── what holds ───────────────────────────────────────────────────────────────────────────────────

MOVES = (
    fact(HOME, ONE, valid_from_us=-5, valid_to_us=0),
    fact(("Ann", "lives in", "Oslo"), TWO, valid_from_us=0, valid_to_us=5),
    fact(("Ann", "lives in", "Lima"), THREE, valid_from_us=5),
)


@pytest.mark.parametrize(
    ("moment", "homes"),
    [(-6, []), (-5, ["Rome"]), (-1, ["Rome"]), (0, ["Oslo"]), (4, ["Oslo"]), (5, ["Lima"])],
)
def test_only_what_holds_at_the_moment_is_told(moment: int, homes: list[str]) -> None:
    """By `as_of`, and by `asked_at` without it; 0 is a moment."""
    for name in ("as_of", "asked_at"):
        assert [line.value for line in lines(*MOVES, **{name: to_datetime(moment)})] == homes


def test_as_of_comes_before_asked_at() -> None:
    """The profile is of the moment asked about, whenever it is asked."""
    when = {"as_of": to_datetime(0), "asked_at": to_datetime(9)}
    assert [line.value for line in lines(*MOVES, **when)] == ["Oslo"]


def test_a_profile_is_of_what_was_known() -> None:
    """A change since is not told by what was known before."""
    memory = opened(ONE, fact(HOME, ONE))
    at = patch(memory, memory._store.items(USER)[1], text="Ann lives there.", valid_to=5)
    now = {"asked_at": to_datetime(9)}
    assert fact_lines(asked(memory, **now)) == []
    (then,) = fact_lines(asked(memory, known_at=to_datetime(at - 1), **now))
    assert then.text == "Ann lives in Rome."


def test_what_says_that_something_ended_and_what_has_no_value_is_no_line() -> None:
    """Neither tells what somebody is."""
    about = dict(MOVES[0].metadata)
    ended = fact(HOME, ONE, metadata={**about, "says": "ended"})
    empty = fact(HOME, ONE, metadata={**about, "object": ""})
    begun = fact(("Ann", "lives in", "Rom"), ONE, metadata={**about, "says": "began"})
    assert [line.text for line in lines(ended, empty, begun)] == ["Ann lives in Rom."]


def test_a_line_goes_with_its_evidence_and_its_scope() -> None:
    """Of facts whose sources may be answered only, whoever made them."""
    home = replace(fact(HOME, ONE), sources=(ONE.id, TWO.id))
    memory = opened(ONE, TWO, home, fact(("Bob", "likes", "tea"), TWO, created_by="x"))
    assert [line.about for line in fact_lines(asked(memory))] == ["Ann", "Bob"]
    assert fact_lines(asked(memory, session_id="other")) == []
    patch(memory, ONE, status="deleted")
    assert [line.about for line in fact_lines(asked(memory))] == ["Bob"]


# ── how sure ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("days", "level"),
    [
        ([], 0),
        ([0], 0),
        ([0, 0], 1),
        ([0, 6.9], 1),
        ([0, 7], 2),
        ([7, 0], 2),
        ([0, 60], 3),
        ([0] * 4, 1),
        ([0] * 5, 2),
        ([0, 1, 2, 3, 7], 3),
        ([-30, 0, 1, 2, 30], 4),
    ],
)
def test_confidence_grows_with_times_said_and_days_between(days: list[float], level: int) -> None:
    """Said twice, five times; over a week, over two months: a step each."""
    assert confidence([int(day * DAY) for day in days]) == LEVELS[level]


# ── forms ────────────────────────────────────────────────────────────────────────────────────────


def line(aspect: str, value: str) -> Line:
    """A line about somebody."""
    return Line(
        about="Ann", aspect=aspect, text=value, value=value, evidence=("x",), confidence="low"
    )


def test_a_field_is_filled_by_the_first_line_of_its_relation() -> None:
    """A field that no line answers is left out."""
    known = [line("lives in", "Rome"), line("lives in", "Oslo"), line("owns", "a boat")]
    fields = {"city": "lives in", "pet": "has", "home": "lives in"}
    assert rules_fill(known, fields) == {"city": known[0], "home": known[0]}
    assert rules_fill([], fields) == {}


class Says:
    """A model that fills in what it was given to say."""

    name = "says"

    def __init__(self, *values: tuple[str, str, list[int]]) -> None:
        self.values = [{"field": f, "value": v, "sources": s} for f, v, s in values]
        self.told: dict[str, Any] = {}

    def complete(self, request: Any, /) -> str:
        """Its values."""
        self.told = json.loads(str(request.messages[1]["content"]))
        return json.dumps({"values": self.values})


CITY = said("The city is Rome.", DAY, "Ann")
PET = said("My pet is a cat.", 2 * DAY, "Ann")
BIKE = said("pet bike city red", 3 * DAY)


def filled(
    *values: tuple[str, str, list[int]], **asked_: Any
) -> tuple[dict[str, Line], dict[str, Any]]:
    """What a model fills in of three memories, and what it was told."""
    memory = opened(CITY, PET, BIKE)
    memory._heal(USER)
    chat, query = Says(*values), Query(text="x", scope=Scope(USER), **asked_)
    asker = Asker(chat=chat, system="fill")
    return llm_fill(memory._runtime, asker, query, ["city", "pet"]), chat.told


def test_a_model_fills_in_with_what_it_cites() -> None:
    """Who, when and what is taken of the memories cited."""
    found, told = filled(("city", " Rome ", [1]), ("pet", "cat", [2]))
    by_text = {memory["text"]: memory for memory in told["memories"]}
    assert told["fields"] == ["city", "pet"]
    assert by_text[CITY.text] == {
        "n": by_text[CITY.text]["n"], "who": "Ann", "when": "1970-01-02T00:00:00Z",
        "text": CITY.text,
    }  # fmt: skip
    assert by_text[BIKE.text]["who"] == "user"
    assert [memory["n"] for memory in told["memories"]] == list(range(1, len(by_text) + 1))
    n = by_text[CITY.text]["n"]
    found, _ = filled(("city", " Rome ", [n]))
    assert found == {
        "city": Line(
            about="Ann", aspect="city", text="city: Rome", value="Rome", evidence=(CITY.id,),
            confidence="very low", since_us=DAY,
        )
    }  # fmt: skip


def test_a_line_of_a_model_rests_on_all_it_cites() -> None:
    """Since the earliest of them, as sure as they are many and far apart."""
    _, told = filled()
    n = {memory["text"]: memory["n"] for memory in told["memories"]}
    found, _ = filled(("pet", "cat bike", [n[BIKE.text], n[PET.text]]))
    line_ = found["pet"]
    assert line_.evidence == (BIKE.id, PET.id)
    assert (line_.about, line_.since_us) == ("", 2 * DAY)
    assert line_.confidence == confidence([2 * DAY, 3 * DAY])


@pytest.mark.parametrize(
    "value",
    [
        ("city", "Paris", [1, 2, 3]),
        ("city", "Rome Paris", [1, 2, 3]),
        ("city", "Rome", []),
        ("city", "Rome", [0, 4, -1]),
        ("city", "   ", [1]),
        ("owner", "Rome", [1, 2, 3]),
    ],
)
def test_what_a_model_makes_up_is_not_taken(value: tuple[str, str, list[int]]) -> None:
    """Values whose words stand in no memory that it cites, and fields nobody asked for."""
    assert filled(value)[0] == {}


def test_case_is_no_difference_to_a_value() -> None:
    """Its words stand there in other letters."""
    assert filled(("city", "ROME", [1, 2, 3]))[0]["city"].value == "ROME"


def test_only_the_nearest_that_may_be_answered_are_shown() -> None:
    """As many for each field as the question's limit, and nothing of another scope."""
    memory = opened(CITY, PET, BIKE)
    memory._heal(USER)
    nearest = {int(np.argmax(asked(memory, field).scores.dense)) for field in ("city", "pet")}
    _, told = filled(limit=1)
    assert {shown["text"] for shown in told["memories"]} == {
        (CITY, PET, BIKE)[row].text for row in nearest
    }
    _, told = filled(kinds=("fact",))
    assert told["memories"] == []
    _, told = filled(matches=lambda item: item.name == "Ann")
    assert {memory["who"] for memory in told["memories"]} == {"Ann"}


# ── through the memory ───────────────────────────────────────────────────────────────────────────


def test_a_system_with_a_profile_says_so() -> None:
    """It is asked in the place of the facts."""
    assert isinstance(Memory(system="second_me", embedder=Words())._system, ProfileSource)
    assert not isinstance(Memory(embedder=Words())._system, ProfileSource)


def test_a_profile_before_1970_has_shades_of_its_time_alone() -> None:
    """`second_me` tells no interest of later turns as of an earlier moment, 0 included."""
    memory = Memory(system="second_me", embedder=Words())
    put(memory._store, [said("x", 5)])
    turn = memory._store.items(USER)[0]
    shade = fact(("x", "y", "z"), turn, created_by="second_me/1", metadata={"label": "x"})
    put(memory._store, [replace(shade, kind="shade", text="x: x", first_at_us=5)])
    for moment, there in ((-5, 0), (0, 0), (4, 0), (5, 1), (9, 1)):
        for name in ("as_of", "asked_at"):
            question = memory._question("x", {"user_id": USER, name: to_datetime(moment)})
            assert len(memory._system.profile(question)) == there  # type: ignore[attr-defined]
