"""task show ready log undo: a task is drawn as a tree, and taken back a step at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray import Memory
from tests.serve.conftest import Run


@pytest.fixture
def trip(run: Run, tmp_path: Path) -> str:
    """A task of u1 in the place that the command line uses."""
    run("add", "I drink tea", "-u", "u1")
    with Memory(tmp_path / "memory.db", embedder="hashed") as memory:
        tasks = memory.user("u1").tasks("trip")
        tasks.add("plan", parent=None)
        tasks.add("destination", "Rome", parent="plan")
        tasks.add("hotel", "Roma [b]", after=["destination"], parent="plan")
        tasks.add("flight", after=["destination"])
        tasks.set("destination", "Lisbon")
        tasks.claim("hotel", by="ann")
    return "trip"


def test_a_task_is_drawn_as_a_tree(run: Run, trip: str) -> None:
    """Parts under their parent, with value, state, holder and what they come after."""
    drawn = run("task", "show", trip, "-u", "u1").out.splitlines()
    assert drawn[0] == "trip"
    assert [line.lstrip("│ ").strip() for line in drawn[1:]] == [
        "├── plan (open)",
        "├── destination: Lisbon",
        "└── hotel: Roma [b] (stale; held by ann; after destination)",
        "└── flight (open; after destination)",
    ]
    (slots,) = run("task", "show", "-u", "u1", "--json").json.values()
    assert {slot["title"]: slot["stale"] for slot in slots} == {
        "plan": False, "destination": False, "hotel": True, "flight": False,
    }  # fmt: skip


def test_what_is_ready_and_what_was_done(run: Run, trip: str) -> None:
    """Titles, one a line; steps with the titles of the slots that they are about."""
    assert run("task", "ready", trip, "-u", "u1").out.split() == ["flight"]
    assert run("task", "ready", trip, "-u", "u1", "--json").json == ["flight"]
    told = run("task", "log", trip, "-u", "u1", "--last", "2").out
    assert "destination" in told
    assert "value: Lisbon" in told
    assert "claim" in told
    assert "until: 20" in told
    assert "Rome" not in told
    assert run("task", "log", trip, "-u", "u1", "--json").json[0]["op"] == "add"


def test_a_change_is_taken_back(run: Run, trip: str) -> None:
    """Somebody else's claim stays; one's own change goes."""
    refused = run("task", "undo", trip, "-u", "u1")
    assert refused.code == 1
    assert "held by 'ann'" in refused.err
    assert run("task", "undo", trip, "-u", "u1", "--by", "ann").code == 0
    back = run("task", "undo", trip, "-u", "u1")
    assert "destination: Rome" in back.out


def test_an_unknown_task_is_named(run: Run, trip: str) -> None:
    """With the nearest name; and who has none is told so."""
    assert "trip" in run("task", "show", "tripp", "-u", "u1").err
    assert run("task", "show", "-u", "nobody").out.strip() == "No tasks are kept here."
    assert run("task", "ready", "trip", "-u", "nobody").code == 1
