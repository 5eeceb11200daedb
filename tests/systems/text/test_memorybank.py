"""MemoryBank: days have summaries, forgetting hides and recall keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.core.items import Scope
from combray.core.text import count_tokens
from combray.recall.answer.profile import Line
from combray.testing.story import tell
from tests.words import Words

LATER = "2024-05-23T18:30:00Z"
"""Three days after the last of the story's turns."""


def opened(location: Path | str = ":memory:", **options: object) -> Memory:
    """A memory that may forget."""
    return Memory(location, system="memorybank", embedder=Words(), options=options)


def found(memory: Memory, question: str, asked_at: str = LATER) -> list[str]:
    """The ids of the raw turns that are found."""
    hits = memory.search(question, user_id="u1", limit=10, asked_at=asked_at)
    return [hit.id for hit in hits if hit.item.is_raw]


def overview(memory: Memory, **options: Any) -> Line:
    """The line of the profile that tells all days."""
    (line,) = [each for each in memory.profile(user_id="u1", **options) if not each.about]
    return line


def test_each_day_has_one_summary() -> None:
    """Three days make three summaries and one overview; more of a day changes its own."""
    with opened() as memory:
        tell(memory)
        days = [item.metadata["day"] for item in memory.list(user_id="u1", kinds=["summary"])]
        assert sorted(days) == ["2024-03-02", "2024-04-11", "2024-05-20"]
        memory.add("We ate grilled sardines.", user_id="u1", timestamp="2024-05-20T20:00:00Z")
        live = [i for i in memory.list(user_id="u1", kinds=["summary"]) if i.status == "live"]
        assert len(live) == 3
        last = next(item for item in live if item.metadata["day"] == "2024-05-20")
        assert "sardines" in last.text
        assert "marathon" in last.text
        whole = overview(memory).text
        assert all(word in whole for word in ("Misty", "pottery", "marathon")), "of every day"


def test_a_day_is_one_of_the_place_where_it_was_said() -> None:
    """An evening in New York is of the day there, with the morning before it."""
    with opened() as memory:
        york = memory.user("u1", timezone="America/New_York")
        york.add("I fed Misty.", timestamp="2024-05-20T08:00")
        york.add("We ate grilled sardines.", timestamp="2024-05-20T22:00")
        york.add("I ran to the lake.", timestamp="2024-05-21T09:00")
        told = {i.metadata["day"]: i.text for i in york.list(kinds=["summary"])}
        assert sorted(told) == ["2024-05-20", "2024-05-21"]
        assert "sardines" in told["2024-05-20"]
        assert "Misty" in told["2024-05-20"]


def test_the_overview_is_a_line_of_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands after the facts, cites every turn, is of days that were over, and is short."""
    with opened() as memory:
        assert memory.profile(user_id="u1") == []
        ids = tell(memory)
        line = overview(memory)
        assert (line.aspect, line.evidence, line.confidence) == (
            "overview",
            tuple(ids),
            "high",
        )
        assert line.since == memory.get(ids[0]).timestamp
        assert memory.profile(user_id="u1", about="Ann")[-1] == line
        before = overview(memory, as_of="2024-04-30")
        assert before.evidence == tuple(ids[:5])
        assert "marathon" not in before.text
        assert memory.profile(user_id="u2") == []
        monkeypatch.setattr("combray.systems.text.memorybank.TOKENS", 5)
        assert 0 < count_tokens(overview(memory).text) <= 20
    with opened(summaries=False) as memory:
        tell(memory)
        assert not [line for line in memory.profile(user_id="u1") if not line.about]


def test_summaries_answer_beside_the_turns() -> None:
    """The turn that says it is first, and the summary of its day is found as well."""
    with opened() as memory:
        ids = tell(memory)
        hits = memory.search("grey cat called Misty", user_id="u1", limit=2)
        assert hits[0].id == ids[0]
        assert hits[1].item.kind == "summary"
        assert set(hits[1].evidence) == set(ids[:3])


def test_what_ended_is_marked_in_the_summaries_that_tell_it() -> None:
    """A summary says of a former home until when it was one; asked about then, it says nothing."""
    home = "Where does Ann live and what does she drink?"
    with opened() as memory:
        for day, text in (
            ("2024-01-01", "I live in Paris. I drink green tea."),
            ("2024-03-01", "I moved to Oslo."),
        ):
            memory.add(
                [{"role": "user", "name": "Ann", "content": text}], user_id="u1", timestamp=day
            )
        now = memory.search(home, user_id="u1")
        (told,) = [hit for hit in now if not hit.item.is_raw and "tea" in hit.text]
        assert told.text == (
            "Ann: I live in Paris (Ann lives in Paris, until 2024-03-01). Ann: I drink green tea."
        )
        assert "until" not in memory.get(told.id).text, "what is stored stays as it was made"
        assert not any("Oslo (" in hit.text for hit in now)
        then = memory.search(home, user_id="u1", as_of="2024-02-01")
        assert not any("until" in hit.text for hit in then)
        assert "Paris (Ann lives in Paris, until 2024-03-01)" in overview(memory).text


def test_hiding_is_reversible_and_changes_nothing_stored(tmp_path: Path) -> None:
    """What is forgotten is not found, is stored as it was, and is found again later."""
    with opened(tmp_path / "m.db") as memory:
        ids = tell(memory)
        before = [memory.get(id_) for id_ in ids]
        assert set(found(memory, "cat pottery marathon")) == set(ids)
    with opened(tmp_path / "m.db", forget=0.01) as memory:
        assert found(memory, "cat pottery") == [ids[-1]], "three days old: R is .05"
        hits = memory.search("cat called Misty", user_id="u1", asked_at=LATER)
        assert not any("Misty" in hit.text for hit in hits), "its summary is forgotten with it"
        assert [memory.get(id_) for id_ in ids[:-1]] == before[:-1]
    with opened(tmp_path / "m.db") as memory:
        assert set(found(memory, "cat pottery marathon")) == set(ids)


def test_recall_strengthens_and_restores() -> None:
    """A memory that was recalled outlives one that was not; a hidden one can be restored."""
    with opened(forget=0.1, days=30) as memory:
        ids = tell(memory)
        for _ in range(3):
            memory.search("rainy marathon in Porto", user_id="u1", limit=2, asked_at=LATER)
        autumn = "2024-09-30T00:00:00Z"
        assert found(memory, "cat pottery marathon", autumn) == [ids[-1]]
        assert memory.get(ids[-1]).strength > memory.get(ids[0]).strength == 1
        memory._system.restore(Scope(user_id="u1"), [ids[0]])  # type: ignore[attr-defined]
        assert ids[0] in found(memory, "cat", autumn)


def test_a_recall_starts_the_clock_again() -> None:
    """A memory that lasts 30 days a unit of strength, recalled after 80, is there 150 days later.

    R is then exp(-150 / 60) = .08; without a stronger S it were .007, with the old clock .02.
    """
    with opened(forget=0.05, days=30, summaries=False) as memory:
        memory.add("I adopted a grey cat.", user_id="u1", timestamp="2024-01-01")
        assert found(memory, "grey cat", "2024-03-21")
        assert found(memory, "grey cat", "2024-08-18")


def test_each_memory_has_its_own_chance() -> None:
    """Of 300 turns as old as their half-life about half survive, within binomial bounds."""
    with opened(forget="random", summaries=False) as memory:
        turns = [f"I saw heron {n}." for n in range(300)]
        memory.add(turns, user_id="u1", timestamp="2024-01-01T00:00:00Z")
        half = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=log(2))
        hits = memory.search("heron", user_id="u1", limit=300, asked_at=half)
        assert abs(len(hits) - 150) < 3 * (300 / 4) ** 0.5


def test_random_forgetting_is_the_same_each_time(tmp_path: Path) -> None:
    """Each memory has its own fixed chance: asking again, or after a restart, hides the same."""
    with opened(tmp_path / "m.db", forget="random", days=40) as memory:
        tell(memory)
    kept = []
    for _ in range(2):
        with opened(tmp_path / "m.db", forget="random", days=40) as memory:
            view = memory._runtime.view("u1")
            question = memory._question("cat", {"user_id": "u1", "asked_at": LATER})
            system, context = memory._system, memory._runtime.query_context(question)
            kept_now = system.retention(context, context.time.asked_at)  # type: ignore[attr-defined]
            mask = system._remembered(context, kept_now)  # type: ignore[attr-defined]
            kept.append([id_ for id_, on in zip(view.ids, mask, strict=True) if on])
    assert kept[0] == kept[1]
    assert 0 < len(kept[0]) < len(view.ids)


def test_it_says_what_it_can_do() -> None:
    """A forget that is neither a threshold nor random is refused."""
    with pytest.raises(InputError, match="threshold"):
        opened(forget="always")
