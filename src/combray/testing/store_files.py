"""Laws of what leaves a store and comes back: backup, copy, export, compaction."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from combray.core.errors import InputError
from combray.memory import Memory
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.tables.copy import copy
from combray.store.tables.schema import table_names
from combray.testing.base import StoreLaw, item, put

_WORDS = "The heron at the mill pond is called Xerxes."


class FileLaws(StoreLaw):
    """A copy is whole, of one moment, and says the same; what is compacted keeps all that lives."""

    def test_a_backup_opens_and_says_the_same(self, place: Any, tmp_path: Path) -> None:
        """The copy is a memory of its own with the same items, history and answers."""
        with self._memory(place) as memory:
            memory.add(_WORDS, user_id="ann")
            memory.add("I live in Rome.", user_id="ann", timestamp="2024-03-01")
            memory.add("I moved to Paris.", user_id="ann", timestamp="2024-06-01")
            memory.delete(memory.add("Never mind.", user_id="ann")[0].id)
            memory.export(tmp_path / "one.jsonl")
            memory.backup(tmp_path / "copy.db")
        with Memory(tmp_path / "copy.db", embedder="hashed", system="hybrid") as other:
            assert other.verify().ok
            other.export(tmp_path / "two.jsonl")
            assert "Xerxes" in other.search("heron at the mill pond", user_id="ann")[0].text
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()

    def test_a_backup_goes_to_a_new_file_only(self, place: Any, tmp_path: Path) -> None:
        """A file that exists is not overwritten."""
        target = tmp_path / "copy.db"
        target.write_text("mine")
        with self._store(place) as store, pytest.raises(InputError, match="exists"):
            store.engine.backup(str(target))
        assert target.read_text() == "mine"

    def test_a_backup_while_others_write_is_of_one_moment(self, place: Any, tmp_path: Path) -> None:
        """Every change in it is whole: each wrote two items."""
        stop = Event()

        def write() -> None:
            with self._store(place) as mine:
                while not stop.is_set():
                    put(mine, [item("one"), item("other")])

        with self._store(place) as store:
            put(store, [item("one"), item("other")])
            writer = Thread(target=write)
            writer.start()
            for number in range(3):
                store.engine.backup(str(tmp_path / f"copy{number}.db"))
            stop.set()
            writer.join()
        for number in range(3):
            copied = SQLiteEngine(str(tmp_path / f"copy{number}.db"))
            ((items,),) = copied.read("SELECT count(*) FROM items")
            assert copied.read("SELECT count(*) FROM events") == [(items,)]
            assert items % 2 == 0
            copied.close()

    def test_a_file_moves_here_whole(self, place: Any, tmp_path: Path) -> None:
        """A memory in a file is copied here with ids, numbers and history, and goes on."""
        with Memory(tmp_path / "file.db", embedder="hashed") as memory:
            kept = memory.add(_WORDS, user_id="ann")[0]
            memory.export(tmp_path / "one.jsonl")
        source = SQLiteEngine(str(tmp_path / "file.db"))
        with self._engine(place) as engine:
            assert copy(source, engine)["items"] == 1
            with pytest.raises(InputError, match="holds memories already"):
                copy(source, engine)
        source.close()
        with self._memory(place) as memory:
            memory.export(tmp_path / "two.jsonl")
            assert memory.add("Another.", user_id="ann")[0].id
            assert memory.search("heron at the mill", user_id="ann")[0].id == kept.id
            assert memory.verify().ok
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()

    def test_export_and_import_go_round(self, place: Any, tmp_path: Path) -> None:
        """What a file says after an import of an export is the same, byte for byte."""
        with Memory(tmp_path / "file.db", embedder="hashed") as memory:
            memory.add(_WORDS, user_id="Ann")
            memory.add("Shared by all.")
            memory.add("Small letters too.", user_id="ann")
            memory.export(tmp_path / "one.jsonl")
        with self._memory(place) as memory:
            assert memory.import_(tmp_path / "one.jsonl") == 3
            memory.export(tmp_path / "two.jsonl")
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()

    def test_compaction_keeps_what_lives(self, place: Any) -> None:
        """After erasing and compacting the rest answers, and the erased is in no table."""
        with self._memory(place) as memory:
            memory.add(_WORDS, user_id="ann")
            gone = memory.add("Zanzibar was a secret.", user_id="ann")[0]
            memory.erase(gone.id)
            assert [i.text for i in memory.list(user_id="ann")] == [_WORDS]
            assert memory.verify().ok
        with self._engine(place) as engine:
            with engine.snapshot() as rows_of:
                for table in table_names(engine):
                    assert "Zanzibar" not in repr(list(rows_of(f"SELECT * FROM {table}")))
