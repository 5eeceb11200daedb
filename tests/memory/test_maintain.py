"""export, import_, backup, copy_to, verify, repair, reindex: how a memory is kept and moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray import EmbedderMismatch, InputError, Memory
from combray.memory import reindex
from tests.words import Words


class Others(Words):
    """The same vectors under another name, as those of another model."""

    name = "others"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the memories of two users."""
    place = tmp_path / "memory.db"
    with Memory(place, embedder=Words()) as memory:
        memory.add("I live in Rome.", user_id="u1", timestamp="2024-03-01")
        memory.add("I like tea.", user_id="u2", timestamp="2024-03-01")
    return place


def texts(memory: Memory, user: str) -> list[str]:
    """What a user said."""
    return [item.text for item in memory.list(user_id=user, kinds=["text"])]


def test_an_export_is_whole_or_one_users(path: Path, tmp_path: Path) -> None:
    """Without a user_id everything moves, with one that user's part alone; what is new counts."""
    with Memory(path, embedder=Words()) as memory:
        whole = memory.export(tmp_path / "all.jsonl")
        part = memory.export(tmp_path / "u1.jsonl", user_id="u1")
    with Memory(embedder=Words()) as other:
        assert other.import_(tmp_path / "u1.jsonl") == part
        assert (texts(other, "u1"), texts(other, "u2")) == (["I live in Rome."], [])
        assert other.import_(tmp_path / "all.jsonl") == whole - part
        assert texts(other, "u2") == ["I like tea."]


def test_what_is_imported_is_found(path: Path, tmp_path: Path) -> None:
    """The vectors of an import are made at the next search, of users asked before it too."""
    with Memory(path, embedder=Words()) as memory:
        memory.export(tmp_path / "all.jsonl")
    with Memory(embedder=Words(), system="dense") as other:
        assert other.search("tea", user_id="u2") == []
        other.import_(tmp_path / "all.jsonl")
        assert other.search("tea", user_id="u2")[0].text == "I like tea."
        assert other.stats(user_id="u2")["without_vector"] == 0


def test_a_backup_is_a_memory(path: Path, tmp_path: Path) -> None:
    """The copy answers what the file answered when it was made."""
    with Memory(path, embedder=Words()) as memory:
        copy = memory.backup(tmp_path / "backup.db")
        memory.add("I like gin.", user_id="u2")
    with Memory(copy, embedder=Words()) as memory:
        assert texts(memory, "u2") == ["I like tea."]


def test_a_copy_goes_into_an_empty_place_only(path: Path, tmp_path: Path) -> None:
    """Rows are counted and ids stay; where something is already nothing is copied."""
    with Memory(path, embedder=Words()) as memory:
        moved = memory.copy_to(tmp_path / "copy.db")
        ids = {item.id for item in memory.list(user_id="u1")}
        with pytest.raises(InputError):
            memory.copy_to(tmp_path / "copy.db")
    assert moved["items"] >= 2
    with Memory(tmp_path / "copy.db", embedder=Words()) as copy:
        assert {item.id for item in copy.list(user_id="u1")} == ids


def test_repair_counts_what_it_mended(path: Path) -> None:
    """A sound database is whole before and after, and its vectors are made anew."""
    with Memory(path, embedder=Words()) as memory:
        assert memory.verify().ok
        mended = memory.repair()
        assert mended["vectors"] == sum(memory.verify().counts[name] for name in ("vectors",))
        assert memory.verify().ok


def test_repair_lets_a_system_of_rules_read_again(tmp_path: Path) -> None:
    """What a system derives by rule is there when repair returns, of every user."""
    with Memory(tmp_path / "m.db", embedder=Words(), system="mem0") as memory:
        for user in ("u1", "u2"):
            memory.add([{"role": "user", "content": "I keep bees."}], user_id=user)
        memory.repair()
        for user in ("u1", "u2"):
            assert [i.text for i in memory.list(user_id=user, kinds=["memory"])] == ["I keep bees."]
        assert memory.jobs() == []


def test_reindex_changes_the_embedder_of_an_open_memory(path: Path) -> None:
    """Ids stay, and what is added afterwards is embedded by the new one."""
    with Memory(path, embedder=Words()) as memory:
        before = [item.id for item in memory.list(user_id="u1")]
        assert memory.reindex(Others())["embedded"] > 0
        assert memory.stats(user_id="u1")["embedder"] == "others"
        assert [item.id for item in memory.list(user_id="u1")] == before
        memory.add("I like mint.", user_id="u1")
        assert memory.search("mint", user_id="u1")[0].text == "I like mint."
    with pytest.raises(EmbedderMismatch):
        Memory(path, embedder=Words())


def test_reindex_needs_not_the_old_embedder(path: Path) -> None:
    """The function changes over a place that the memory cannot open with the new one."""
    with pytest.raises(EmbedderMismatch):
        Memory(path, embedder=Others())
    reindex(path, Others())
    with Memory(path, embedder=Others()) as memory:
        assert memory.search("tea", user_id="u2")[0].text == "I like tea."
