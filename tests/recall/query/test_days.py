"""Which memories are of the days that a question asks for: from outside, by what comes first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from combray import Memory
from tests.core.dates.expressions import ASKED, EXPRESSIONS

TOWNS = (
    "Oslo Lima Cairo Quito Hanoi Accra Turin Delhi Osaka Perth Miami Tunis Riga Minsk Dakar Lagos "
    "Milan Boston Dublin Prague Athens Lisbon Madrid Vienna Warsaw Zagreb Berlin Geneva"
).split()


def travelled(offset: str = "", hour: int = 12) -> Memory:
    """A town for each of the first 28 days of March 2024."""
    memory = Memory(embedder="hashed")
    for day, town in enumerate(TOWNS, 1):
        when = f"2024-03-{day:02}T{hour:02}:00:00{offset}"
        memory.add(f"I took the train to {town}.", user_id="u", timestamp=when)
    return memory


def found(memory: Memory, question: str, limit: int, **options: Any) -> set[int]:
    """The days of the first answers."""
    hits = memory.search(question, user_id="u", limit=limit, **options)
    return {TOWNS.index(hit.text[20:-1]) + 1 for hit in hits}


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("Where did I go on 5 March 2024?", {5}),  # CortexReach/memory-lancedb-pro#280
        ("Where did I go the day before yesterday?", {26}),  # buildingjoshbetter/TrueMemory#509
        ("Where did I go in the past 3 days?", {26, 27, 28}),  # moorcheh-ai/memanto#1585
        ("昨天我去了哪里？", {27}),  # astrbot_plugin_livingmemory#74
        ("Wo war ich vorgestern?", {26}),
        ("Où suis-je allé entre le 5 et le 8 mars ?", {5, 6, 7, 8}),
        ("¿Adónde fui la semana pasada?", {18, 19, 20, 21, 22, 23, 24}),
        ("Where did I go before March 4?", {1, 2, 3}),
        ("Where have I gone since March 26?", {26, 27, 28}),
        ("Where did I go two days before 10 March?", {8}),
    ],
)
def test_what_was_said_on_the_days_asked_for_comes_first(question: str, days: set[int]) -> None:
    """Put on the evening of the last day; all texts are alike but for the town."""
    assert found(travelled(), question, len(days), asked_at="2024-03-28T18:00") == days


@pytest.mark.parametrize("language", EXPRESSIONS)
def test_every_expression_finds_its_days(language: str) -> None:
    """Each of the table that means some of the days, and no other reading beside it."""
    memory, wrong = travelled(), {}
    for text, first, after in EXPRESSIONS[language]:
        start = date.min if first == "…" else date.fromisoformat(first)
        end = date.max if after == "…" else date.fromisoformat(after)
        days = {day for day in range(1, 29) if start <= date(2024, 3, day) < end}
        if 0 < len(days) < 28 and text != "this weekend":
            got = found(memory, text, len(days), asked_at=ASKED)
            if got != days:
                wrong[text] = sorted(got)
    assert not wrong


def test_yesterday_is_a_day_of_whoever_asks() -> None:
    """By the offset of `asked_at`, or by `timezone` (vectorize-io/hindsight#4356)."""
    memory = travelled("+09:00", hour=20)
    asks = "Where did I go yesterday?"
    assert found(memory, asks, 1, asked_at="2024-03-28T08:00:00+09:00") == {27}
    assert found(memory, asks, 1, asked_at="2024-03-27T23:00:00Z", timezone="Asia/Tokyo") == {27}
    assert found(memory, asks, 1, asked_at="2024-03-27T23:00:00Z") == {26}


def test_a_day_of_the_calendar_is_one_of_whoever_spoke() -> None:
    """What was said at one in the morning in Tokyo was said on that day there."""
    memory = travelled("+09:00", hour=1)
    assert found(memory, "Where did I go on March 5, 2024?", 1, asked_at="2024-04-01") == {5}


def test_a_memory_that_names_another_day_is_of_that_day() -> None:
    """The dentist of yesterday is of the day before (itlackey/akm#396)."""
    memory = Memory(embedder="hashed")
    for text, when in (
        ("I saw the dentist yesterday.", "2024-05-10T09:00"),
        ("I saw the optician.", "2024-05-10T18:00"),
    ):
        memory.add(text, user_id="u", timestamp=when)
    for day, first in (
        ("May 10", "I saw the optician."),
        ("May 9", "I saw the dentist yesterday."),
    ):
        hits = memory.search(f"Whom did I see on {day}?", user_id="u", asked_at="2024-06-01")
        assert hits[0].text == first


def test_a_day_is_found_across_languages() -> None:
    """`am 5. März` in what was told is March 5 in the question."""
    memory = Memory(embedder="hashed")
    memory.add("Am 5. März hat Ann geheiratet.", user_id="u", timestamp="2024-03-20")
    memory.add("Am 6. April hat Ben geheiratet.", user_id="u", timestamp="2024-03-20")
    hits = memory.search("Who got married on March 5?", user_id="u", asked_at="2024-06-01")
    assert hits[0].text.startswith("Am 5. März")
