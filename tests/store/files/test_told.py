"""What a file tells of the past is what the store could have written, or its line is named."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.changes import ChangeSet
from combray.core.errors import InputError
from combray.core.items import Link
from tests.words import Words

Records = list[dict[str, Any]]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """An export of a memory that was added and changed, and of one that links to it."""
    path = tmp_path / "good.jsonl"
    with Memory(embedder=Words()) as memory:
        one, two = memory.add(["The boat is red.", "The heron is grey."], user_id="u")
        memory.update(one.id, text="The boat is blue.", user_id="u")
        for weight in (0.5, 0.7):
            link = Link(src=one.id, dst=two.id, kind="near", weight=weight)
            memory._store.apply(ChangeSet(tenant="u", actor="user", links=[link]))
        memory.export(path)
    return [json.loads(line) for line in path.read_text().splitlines()]


def imported(records: Records, path: Path) -> Memory:
    """A memory that took in some records."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    memory = Memory(embedder=Words())
    try:
        memory.import_(path)
    except InputError:
        memory.close()
        raise
    return memory


def place_of(records: Records, op: str) -> int:
    """Where the last event of an operation stands."""
    places = [n for n, r in enumerate(records) if r.get("event", {}).get("op") == op]
    return places[-1]


def retold(records: Records, op: str, **states: Any) -> int:
    """Change the states of the last event of an operation; return its line."""
    place = place_of(records, op)
    event = records[place]["event"]
    for name, fields in states.items():
        old = json.loads(event[name]) if event[name] is not None else {}
        event[name] = None if fields is None else json.dumps({**old, **fields})
    return place + 1


def test_a_good_history_is_taken_in(records: Records, tmp_path: Path) -> None:
    """What is refused below differs from it; its change can be undone."""
    with imported(records, tmp_path / "f") as memory:
        change = records[place_of(records, "update")]["event"]["change_id"]
        memory.undo(change, user_id="u")
        assert {i.text for i in memory.list(user_id="u")} == {
            "The boat is red.",
            "The heron is grey.",
        }


@pytest.mark.parametrize(
    ("op", "states"),
    [
        ("update", {"before": {"tenant": "victim"}, "after": {"tenant": "u"}}),
        ("update", {"before": {"sources": ["x"]}, "after": {"sources": []}}),
        ("update", {"before": {"zzz": 1}, "after": {"zzz": 1}}),
        ("update", {"before": {"strength": 1.0}}),
        ("update", {"before": {"text": 5}}),
        ("update", {"before": {"status": "bogus"}, "after": {"status": "live"}}),
        ("update", {"before": {"text": "The boat never was green."}}),
        ("update", {"before": {"text": ""}}),
        ("update", {"after": None}),
        ("add", {"after": {"zzz": 1}}),
        ("add", {"after": {"valid_from": "soon"}}),
        ("add", {"after": {"tenant": "victim"}}),
        ("link", {"before": {"weight": 0.1}}),
        ("link", {"before": {"tenant": "victim"}}),
        ("link", {"after": {"zzz": 1}}),
        ("link", {"before": None}),
        ("link", {"after": None}),
    ],
)  # fmt: skip
def test_a_state_that_the_store_cannot_have_written(
    records: Records, tmp_path: Path, op: str, states: dict[str, Any]
) -> None:
    """Unknown fields, values of a wrong kind, and a past that never was are refused by line."""
    number = retold(records, op, **states)
    with pytest.raises(InputError, match=f"line {number}: this event"):
        imported(records, tmp_path / "f")


def test_a_memory_without_words_is_refused(records: Records, tmp_path: Path) -> None:
    """No file brings what `add` refuses, neither now nor by an undo."""
    number = retold(records, "update", after={"text": " \n"})
    with pytest.raises(InputError, match=f"line {number}: .* without words"):
        imported(records, tmp_path / "f")


def test_a_change_of_what_was_not_there(records: Records, tmp_path: Path) -> None:
    """Before its memory is told of, an event has nothing to change."""
    place = place_of(records, "update")
    first = next(n for n, record in enumerate(records) if "event" in record)
    retold_as_first = [*records[:first], records[place], *records[first + 1 : place]]
    cut = [*retold_as_first, *records[place + 1 :]]
    cut[-1]["end"]["event"] -= 1
    with pytest.raises(InputError, match=f"line {first + 1}: .* was not there"):
        imported(cut, tmp_path / "f")


def test_a_memory_is_new_once(records: Records, tmp_path: Path) -> None:
    """A second telling would let an undo take the memory away."""
    again = next(record for record in records if "event" in record)
    twice = [*records[:-1], again, records[-1]]
    twice[-1]["end"]["event"] += 1
    with pytest.raises(InputError, match=f"line {len(records)}: .* as new what was there"):
        imported(twice, tmp_path / "f")


def test_a_repaired_database_is_exported_and_imported(tmp_path: Path) -> None:
    """A repair drops damaged events and tells their memory anew, so what is left need not join."""
    place = tmp_path / "m.db"
    with Memory(place, embedder=Words()) as memory:
        item = memory.add("The boat is red.", user_id="u")[0]
        for colour in ("blue", "green"):
            memory.update(item.id, text=f"The boat is {colour}.", user_id="u")
    with sqlite3.connect(place) as db:
        db.execute("UPDATE events SET after = replace(after, 'blue', 'blun')")
    with Memory(place, embedder=Words()) as memory:
        memory.repair()
        assert memory.verify().problems == ()
        memory.export(tmp_path / "f")
    with Memory(embedder=Words()) as other:
        assert other.import_(tmp_path / "f") == 1
        assert [i.text for i in other.list(user_id="u")] == ["The boat is green."]
        assert other.verify().problems == ()
