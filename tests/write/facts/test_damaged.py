"""Facts that a disk has changed: words go on being stored, and the facts wait for a repair."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from combray import Memory
from tests.words import Words


def said(text: str, day: str | None = None) -> dict[str, str]:
    """A message of a user, on a day or now."""
    return {"role": "user", "content": text, **({"timestamp": day} if day else {})}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A database in which somebody moved from Rome to Oslo, and said a name."""
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        memory.add([said("I live in Rome.", "2023-01-01")], user_id="u")
        memory.add([said("I moved to Oslo.", "2024-01-01")], user_id="u")
    return tmp_path / "m.db"


def damage(place: Path, change: str) -> None:
    """Change the database behind the back of the memory, as a failing disk does."""
    with sqlite3.connect(place) as db:
        db.execute(change)


FACTS = [
    *(
        f"metadata = replace(metadata, '\"{name}\"', '\"{name[:-1]}~\"')"
        for name in ("subject", "relation", "object", "functional", "stated", "says", "own")
    ),
    "metadata = '{'",
    "metadata = '3'",
    "metadata = '{}'",
    "sources = '['",
    "sources = '[]'",
    "valid_from = 'x'",
    "text = 'z'",
]
OTHERS = [
    "UPDATE links SET sources = '['",
    "UPDATE topics SET topic = 'v' || char(31) || 'lives in'",
    "UPDATE topics SET settled = 5",
]


@pytest.mark.parametrize(
    "change", [*(f"UPDATE items SET {c} WHERE kind = 'fact'" for c in FACTS), *OTHERS]
)
def test_words_are_stored_beside_damaged_facts(place: Path, change: str) -> None:
    """Each way of saying more on the topic is taken; a repair puts the timeline right."""
    damage(place, change)
    with Memory(place, embedder=Words()) as memory:
        assert memory.verify().problems != ()
        memory.add([said("I moved to Lima.")], user_id="u")
        memory.add([said("I moved to Bern.") | {"name": "Dana"}], user_id="u")
        memory.add("I moved to Kiel.", user_id="u")
        memory.add("So it is.", user_id="u", facts=[("u", "lives in", "Riga")])
        memory.repair()
        assert memory.verify().problems == ()
        lived = [f for f in memory.list(user_id="u", kinds=["fact"]) if f.valid_to is not None]
        assert {"Rome", "Oslo", "Lima"} <= {str(fact.metadata["object"]) for fact in lived}


def test_a_damaged_fact_is_left_out_and_named(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its interval stays as it is until the repair, and the log says so."""
    damage(place, "UPDATE items SET metadata = replace(metadata, '\"subject\"', '\"rubject\"')")
    with Memory(place, embedder=Words()) as memory, caplog.at_level(logging.WARNING):
        oslo = memory.list(user_id="u", kinds=["fact"])[0]
        assert oslo.valid_to is None
        memory.add([said("I moved to Lima.")], user_id="u")
        assert memory.get(oslo.id).valid_to is None
        assert oslo.id in caplog.text
        assert "repair" in caplog.text
        assert any(oslo.id in problem for problem in memory.verify().problems)
        memory.repair()
        assert memory.get(oslo.id).valid_to is not None


@pytest.mark.parametrize("name", ["subject", "relation", "object"])
def test_answers_do_without_a_part_that_is_gone(place: Path, name: str) -> None:
    """A profile leaves the fact out, and a search and a context show the words."""
    damage(place, f"UPDATE items SET metadata = replace(metadata, '\"{name}\"', '\"{name}~\"')")
    with Memory(place, embedder=Words()) as memory:
        assert memory.profile(user_id="u") == []
        assert memory.search("Where do I live?", user_id="u")
        assert "Oslo" in memory.context("Where do I live?", user_id="u", tokens=200).text
