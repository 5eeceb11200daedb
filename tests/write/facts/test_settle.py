"""An import of facts beside facts that are here: one timeline, and a change that says so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from combray import Memory
from combray.core.items import Item
from tests.words import Words


def tell(memory: Memory, text: str, day: str) -> None:
    """A user says something on a day."""
    memory.add([{"role": "user", "content": text, "timestamp": day}], user_id="u")


def held(memory: Memory) -> dict[str, tuple[str | None, str | None]]:
    """From when to when each value held."""
    days = {}
    for fact in memory.list(user_id="u", kinds=["fact"]):
        ends = (str(end)[:10] if end is not None else None for end in fact.valid)
        days[str(fact.metadata["object"])] = (next(ends), next(ends))
    return days


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        (("I live in Rome.", "2021-01-01"), ("I moved to Oslo.", "2023-01-01"),
         {"Rome": ("2021-01-01", "2023-01-01"), "Oslo": ("2023-01-01", None)}),
        (("I moved to Oslo.", "2023-01-01"), ("I live in Rome.", "2021-01-01"),
         {"Rome": ("2021-01-01", "2023-01-01"), "Oslo": ("2023-01-01", None)}),
    ],
)  # fmt: skip
def test_what_was_here_and_what_comes_share_a_timeline(
    tmp_path: Path,
    theirs: tuple[str, str],
    ours: tuple[str, str],
    expected: dict[str, tuple[str, str | None]],
) -> None:
    """Whichever came first, one value holds at a time, and a change of the import says why."""
    with Memory(embedder=Words()) as away, Memory(embedder=Words()) as memory:
        tell(away, *theirs)
        away.export(tmp_path / "f")
        tell(memory, *ours)
        assert memory.import_(tmp_path / "f", user_id="u") == 2
        assert held(memory) == expected
        assert memory.verify().problems == ()
        rome = next(f for f in memory.list(user_id="u", kinds=["fact"]) if "Rome" in f.text)
        last = memory.history(rome.id)[-1]
        assert (last.actor, last.op, last.after and "valid_to" in last.after) == (
            "import", "supersede", True,
        )  # fmt: skip
        hits = memory.search("Where do I live?", user_id="u", kinds=["fact"], as_of="2024-01-01")
        assert ["Oslo" in hit.text for hit in hits if not hit.superseded] == [True]


def test_a_later_export_ends_what_an_earlier_one_brought(tmp_path: Path) -> None:
    """The fact that is here already is not read again, and ends where the new one begins."""
    with Memory(embedder=Words()) as home, Memory(embedder=Words()) as server:
        tell(home, "I live in Rome.", "2021-01-01")
        home.export(tmp_path / "monday.jsonl")
        server.import_(tmp_path / "monday.jsonl")
        tell(home, "I moved to Oslo.", "2023-01-01")
        home.export(tmp_path / "tuesday.jsonl")
        server.import_(tmp_path / "tuesday.jsonl")
        assert held(server) == held(home)
        assert server.verify().problems == ()


def test_topics_of_the_file_alone_are_left_as_they_are(tmp_path: Path) -> None:
    """Into an empty memory, and beside facts about something else, nothing is changed."""
    with Memory(embedder=Words()) as home, Memory(embedder=Words()) as memory:
        tell(home, "I live in Rome.", "2021-01-01")
        tell(home, "I moved to Oslo.", "2023-01-01")
        home.export(tmp_path / "one.jsonl")
        memory.import_(tmp_path / "one.jsonl")
        memory.export(tmp_path / "two.jsonl")
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
        with Memory(embedder=Words()) as other:
            tell(other, "I work at Acme.", "2022-01-01")
            before = {event.change_id for event in other._store.events("u")}
            other.import_(tmp_path / "one.jsonl", user_id="u")
            fresh = [e for e in other._store.events("u") if e.change_id not in before]
            assert "import" not in {event.actor for event in fresh}


def test_settling_takes_time_in_proportion(tmp_path: Path) -> None:
    """Four times the topics that both have take about four times the processor time."""
    spent = []
    for size in (100, 400):
        path = tmp_path / f"{size}.jsonl"
        with Memory(embedder=Words()) as away, Memory(embedder=Words()) as memory:
            fill(away, size, "Rome", "2021-01-01")
            away.export(path)
            fill(memory, size, "Oslo", "2023-01-01")
            begun = time.process_time()
            memory.import_(path, user_id="u")
            spent.append(time.process_time() - begun)
            facts = memory.list(user_id="u", kinds=["fact"], limit=1000)
            assert sum(fact.valid_to is None for fact in facts) == size
    assert spent[1] < 8 * spent[0] + 0.2


def fill(memory: Memory, size: int, place: str, day: str) -> list[Item]:
    """Tell where many people live, by facts that are given."""
    said = [{"role": "user", "content": "So it is.", "timestamp": day}]
    facts = [(f"p{n}", "lives in", place) for n in range(size)]
    return memory.add(said, user_id="u", facts=facts)
