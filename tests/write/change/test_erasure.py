"""Erasing: nothing of the erased is kept by the process either, and what is left is settled."""

from __future__ import annotations

import gc
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from combray import Memory
from tests.words import Words

SECRET = "Xanthippe"


def test_the_process_forgets_too(tmp_path: Path) -> None:
    """After an erasure no container that is alive in the process holds the words."""
    word = f"{SECRET.upper()} {SECRET.lower()}"
    with Memory(tmp_path / "memory.db", embedder="hashed") as memory:
        memory.add(word, user_id="u")
        memory.search("who", user_id="u")
        memory.erase(user_id="u")
        memory.search("who", user_id="u")
        assert holders(word) == []
    probe = [word]
    assert holders(word) == ["list"]
    assert probe


def holders(word: str) -> list[str]:
    """The types of the containers that hold a text as a key, a value or an element."""
    gc.collect()
    found = []
    for thing in gc.get_objects():
        if issubclass(type(thing), dict):
            parts = [*dict.keys(thing), *dict.values(thing)]
        else:
            parts = list(thing) if type(thing) in (list, tuple) else []
        if any(type(part) is str and word in part for part in parts):
            found.append(type(thing).__name__)
    return found


def test_what_stood_between_goes_and_the_timeline_closes(tmp_path: Path) -> None:
    """Without the middle one of three homes the first lasts until the third begins."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        said = [
            memory.add(text, user_id="u", timestamp=when)[0]
            for when, text in (
                ("2024-01-01", "I live in Rome."),
                ("2024-03-01", "I moved to Paris."),
                ("2024-06-01", "I moved to Berlin."),
            )
        ]
        memory.erase(said[1].id)
        facts = {f.text: f.as_dict() for f in memory.list(user_id="u", kinds=["fact"])}
        assert facts["u lives in Rome"]["valid_to"] == "2024-06-01T00:00:00Z"
        assert set(facts) == {"u lives in Rome", "u lives in Berlin"}
        assert memory.verify().problems == ()


def test_a_backup_that_is_away_is_named(tmp_path: Path) -> None:
    """A backup that was moved is left, and the receipt says so; the file itself is clean."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        gone = memory.add(SECRET, user_id="u")[0]
        copy = memory.backup(tmp_path / "copy.db")
        copy.rename(tmp_path / "moved.db")
        receipt = memory.erase(gone.id)
        assert receipt.backups == ()
        assert str(copy) in receipt.left[0]
        assert not any(SECRET.encode() in p.read_bytes() for p in tmp_path.glob("memory.db*"))


def test_a_reader_that_holds_the_log_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process reads, the log cannot be emptied; the next opening does it."""
    monkeypatch.setattr("combray.store.engines.sqlite.BUSY_SECONDS", 0.2)
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        gone = memory.add(SECRET, user_id="u")[0]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM items").fetchone()
            receipt = memory.erase(gone.id)
            assert receipt.left
            assert memory.list(user_id="u") == []
    with Memory(path, embedder=Words()):
        assert not any(SECRET.encode() in p.read_bytes() for p in tmp_path.glob("memory.db*"))
