"""Whose days the days are: of a memory, of a handle, of one question, of one message."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from combray import Memory
from combray.core.dates.zones import zone_of
from combray.core.errors import InputError
from combray.core.time import to_micros
from tests.words import Words

BIRTHDAY = "Today is my birthday."


def dated(memory: Memory, **options: str) -> str:
    """The context of a question about the birthday."""
    return memory.context("birthday", user_id="u", tokens=100, cite="none", **options).text


def test_a_message_is_dated_where_it_was_said() -> None:
    """The offset of its time is kept (mem0ai/mem0#4402)."""
    memory = Memory(embedder=Words())
    (item,) = memory.add(BIRTHDAY, user_id="u", timestamp="2024-05-02T01:00:00+09:00")
    assert item.metadata == {"utc_offset": "+09:00"}
    assert dated(memory) == f"[2024-05-02] {BIRTHDAY}"
    assert dated(memory, timezone="America/New_York") == f"[2024-05-02] {BIRTHDAY}"


def test_each_message_of_a_list_keeps_its_own_offset() -> None:
    """And one without takes that of the call."""
    memory = Memory(embedder=Words())
    said = [
        {"role": "user", "content": "one", "timestamp": "2024-05-02T01:00:00-05:00"},
        {"role": "user", "content": "two"},
        {"role": "user", "content": "three", "timestamp": "2024-05-02T01:00:00Z"},
    ]
    items = memory.add(said, user_id="u", timestamp="2024-05-02T01:00:00+02:00")
    assert [item.metadata for item in items] == [
        {"utc_offset": "-05:00"}, {"utc_offset": "+02:00"}, {},
    ]  # fmt: skip


def test_a_time_without_an_offset_is_of_the_memorys_zone() -> None:
    """It is kept with the offset of that day there."""
    memory = Memory(embedder=Words(), timezone="Europe/Berlin")
    summer, winter = (
        memory.add(day, user_id="u", timestamp=f"{day}T00:30")[0]
        for day in ("2024-07-01", "2024-01-01")
    )
    assert summer.first_at_us == to_micros("2024-06-30T22:30Z")
    assert summer.metadata == {"utc_offset": "+02:00"}
    assert winter.metadata == {"utc_offset": "+01:00"}


def test_a_question_names_its_zone_before_the_handle_and_the_memory() -> None:
    """What was said in UTC is dated in the zone of whoever asks."""
    memory = Memory(embedder=Words(), timezone="America/New_York")
    memory.add(BIRTHDAY, user_id="u", timestamp="2024-05-01T20:00:00Z", timezone="UTC")
    tokyo = memory.user("u", timezone="Asia/Tokyo")
    assert "[2024-05-01]" in dated(memory)
    assert "[2024-05-02]" in dated(memory, timezone="Asia/Tokyo")
    assert "[2024-05-02]" in tokyo.context("birthday", tokens=100, cite="none").text
    assert "[2024-05-01]" in tokyo.context("birthday", tokens=100, cite="none", timezone="UTC").text
    (item,) = tokyo.add("x", timestamp="2024-05-02")
    assert item.metadata == {"utc_offset": "+09:00"}
    assert "timezone='Asia/Tokyo'" in repr(tokyo)


def test_as_of_a_date_the_whole_day_has_been() -> None:
    """What was said that afternoon is found, in the zone (moorcheh-ai/memanto#1584)."""
    memory = Memory(embedder=Words())
    memory.add("I moved to Paris.", user_id="u", timestamp="2024-06-10T15:00")
    asks = {"query": "Paris", "user_id": "u"}
    for day in ("2024-06-10", date(2024, 6, 10)):
        assert len(memory.search(as_of=day, **asks)) == 1
    assert memory.search(as_of="2024-06-09", **asks) == []
    assert memory.search(as_of="2024-06-10T14:59", **asks) == []
    assert len(memory.search(as_of="2024-06-11", timezone="Pacific/Kiritimati", **asks)) == 1
    assert memory.search(as_of="2024-06-10", timezone="Pacific/Kiritimati", **asks) == []


def test_the_order_of_day_and_month_is_told_to_the_memory_or_the_question() -> None:
    """Without it a question may mean either."""
    memory = Memory(embedder=Words(), day_first=True)
    memory.add("tea", user_id="u")
    asks = {"query": "tea on 3/5/2024?", "user_id": "u"}
    assert memory.explain(**asks).dates == ((date(2024, 5, 3), date(2024, 5, 3)),)
    american = memory.explain(**asks, day_first=False)
    assert american.dates == ((date(2024, 3, 5), date(2024, 3, 5)),)
    assert len(Memory(embedder=Words()).explain(**asks).dates) == 2


@pytest.mark.parametrize("bad", [{"timezone": "Berlin"}, {"timezone": 5}, {"day_first": "yes"}])
def test_a_zone_that_is_none_is_refused(bad: dict[str, object]) -> None:
    """Wherever it is given; nothing is stored."""
    memory = Memory(embedder=Words())
    with pytest.raises(InputError):
        Memory(embedder=Words(), **bad)
    with pytest.raises(InputError):
        memory.search("x", user_id="u", **bad)
    if "timezone" in bad:
        with pytest.raises(InputError):
            memory.add("x", user_id="u", **bad)
        with pytest.raises(InputError):
            memory.user("u", **bad)
    assert memory.list(user_id="u") == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_are_kept_and_shown(zone: str, day: str) -> None:
    """In every zone, with four digits."""
    memory = Memory(embedder=Words(), timezone=zone)
    memory.add(BIRTHDAY, user_id="u", timestamp=f"{day}T12:00")
    assert dated(memory) == f"[{day}] {BIRTHDAY}"


def test_an_export_keeps_where_something_was_said(tmp_path: Path) -> None:
    """And an import brings it back."""
    memory, path = Memory(embedder=Words()), tmp_path / "out.jsonl"
    memory.add(BIRTHDAY, user_id="u", timestamp="2024-05-02T01:00:00+09:00")
    memory.export(path)
    other = Memory(embedder=Words())
    other.import_(path)
    assert "[2024-05-02]" in dated(other)
    memory.export(path.with_suffix(".md"))
    assert f"- 2024-05-02 {BIRTHDAY}" in path.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_questions_and_facts_of_the_ends_of_time_are_answered(when: str, zone: str) -> None:
    """The zero time of Go and .NET is one; what reaches beyond it is cut."""
    memory = Memory(embedder=Words(), timezone=zone)
    for text in ("I have worked at Acme since last year.", "I have lived in Rome for 9 years."):
        memory.add(text, user_id="u", timestamp=when)
    for asked in ("yesterday", "last year", "this month", "last winter", "in May", "3 years ago"):
        assert memory.context(f"Rome {asked}?", user_id="u", tokens=99, as_of=when).items
    assert all(item.as_dict() for item in memory.list(user_id="u", kinds=["fact"]))


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2024-05-10T23:30:00+09:00", "2024-05-09"),
        ("2024-05-10T00:30:00+09:00", "2024-05-09"),
        ("2024-05-10T23:30:00-04:00", "2024-05-09"),
        ("2024-05-10T00:30:00-04:00", "2024-05-09"),
        ("2024-05-10T23:30:00Z", "2024-05-09"),
    ],
)
def test_a_fact_begins_on_the_day_of_whoever_told_it(said: str, day: str) -> None:
    """Yesterday in Tokyo and New York is no day of UTC; the fact is shown with that day."""
    memory = Memory(embedder=Words())
    memory.add("I moved to Paris yesterday.", user_id="u", timestamp=said)
    (fact,) = memory.list(user_id="u", kinds=["fact"])
    assert fact.valid_from_us == to_micros(f"{day}T00:00:00{said[19:]}")
    assert fact.metadata.get("utc_offset", "Z") == said[19:]


@pytest.mark.parametrize(
    ("zone", "offset"), [("Asia/Tokyo", "+09:00"), ("America/New_York", "-04:00")]
)
@pytest.mark.parametrize("hour", ["00:30", "23:30"])
def test_a_fact_of_the_memorys_zone_begins_on_its_day(zone: str, offset: str, hour: str) -> None:
    """At both ends of the day; a year begins there too, by the offset of when it was told."""
    memory = Memory(embedder=Words(), timezone=zone)
    said = {"timestamp": f"2024-05-10T{hour}", "user_id": "u"}
    memory.add("I moved to Paris yesterday.", **said)
    memory.add("I lived in Rome from 2018 to 2020.", **said)
    paris, rome = sorted(memory.list(user_id="u", kinds=["fact"]), key=lambda fact: fact.text)
    midnights = [
        to_micros(day, zone=zone_of(offset)) for day in ("2024-05-09", "2018-01-01", "2020-01-01")
    ]
    assert [paris.valid_from_us, rome.valid_from_us, rome.valid_to_us] == midnights


def test_a_fact_whose_date_has_two_orders_begins_when_it_was_told() -> None:
    """3/5 may be either day, and a wrong one hides what was true between them."""
    memory = Memory(embedder=Words())
    for text, day in (
        ("I moved to Paris on 3/5/2024.", "2024-06-10"),
        ("I moved to Rome on 25/5/2024.", "2024-05-25"),
    ):
        memory.add(text, user_id=text, timestamp="2024-06-10")
        (fact,) = memory.list(user_id=text, kinds=["fact"])
        assert fact.valid_from_us == to_micros(day)


@pytest.mark.parametrize("bad", ["+99:99", "+24:00", "+23:60", "Europe", 5, None, ["+09:00"]])
def test_an_offset_of_ones_own_that_is_none_is_data_like_any_other(bad: object) -> None:
    """Metadata may say anything under that key; the memory goes on in its zone."""
    memory = Memory(embedder=Words())
    said = "I moved to Rome yesterday. Today is my birthday."
    memory.add(said, user_id="u", metadata={"utc_offset": bad}, timestamp="2024-05-02T20:00Z")
    assert dated(memory, timezone="Asia/Tokyo").startswith("[2024-05-03]")
    (fact,) = memory.list(user_id="u", kinds=["fact"])
    assert fact.valid_from_us == to_micros("2024-05-01")


def test_a_context_says_from_which_day_something_holds_there() -> None:
    """A date as its beginning is a midnight of the zone, and is shown as it was given."""
    memory = Memory(embedder=Words(), timezone="Asia/Tokyo")
    memory.add("tea", user_id="u", timestamp="2024-05-01", valid_from="2024-06-01")
    asked = {"query": "tea", "user_id": "u", "tokens": 99, "cite": "none"}
    assert memory.context(**asked, as_of="2024-07-01").text == "[2024-05-01, from 2024-06-01] tea"


def test_changes_are_undone_since_a_time_of_the_memorys_zone() -> None:
    """A moment without an offset is one of its clock."""
    memory = Memory(embedder=Words(), timezone="Etc/GMT+12")
    (item,) = memory.add("tea", user_id="u")
    memory.update(item.id, text="coffee", user_id="u")
    ahead = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    with pytest.raises(InputError, match="Nothing was changed"):
        memory.undo(since=ahead, user_id="u")
    assert memory.undo(since=ahead - timedelta(hours=12), user_id="u")


@pytest.mark.parametrize(
    ("as_of", "town"),
    [
        ("2024-05", "Rome"),
        ("2024-06", "Oslo"),
        ("2023", None),
        ("2024", "Oslo"),
        ("2024-W20", "Rome"),
    ],
)
def test_as_of_a_month_the_whole_month_has_been(as_of: str, town: str | None) -> None:
    """So has a year or a week, in the zone of the question."""
    with Memory(embedder="hashed") as memory:
        kyoto = memory.user("u", timezone="Asia/Tokyo")
        kyoto.add("I live in Rome.", timestamp="2024-05-02", valid_from="2024-05-02")
        kyoto.add("I live in Oslo.", timestamp="2024-06-30T20:00", valid_from="2024-06-30T20:00")
        hits = kyoto.search("Where do I live?", as_of=as_of)
        assert (town in " ".join(hit.text for hit in hits)) if town else hits == []


def test_a_day_of_a_filter_is_one_of_the_handle() -> None:
    """In a search, in a list and in an erasure; another handle has other days."""
    with Memory(embedder="hashed") as memory:
        tokyo, london = memory.user("u", timezone="Asia/Tokyo"), memory.user("u", timezone="UTC")
        tokyo.add("I ate soup.", timestamp="2024-06-01T22:30Z")
        for day, passes in (("2024-06-01", False), ("2024-06-02", True)):
            filters = {"created_at": day}
            assert bool(tokyo.search("soup", filters=filters)) is passes
            assert bool(tokyo.list(filters=filters)) is passes
            assert bool(london.list(filters=filters)) is not passes
        assert tokyo.erase(filters={"created_at": "2024-06-01"}).items == 0
        assert tokyo.erase(filters={"created_at": "2024-06-02"}).items > 0
