"""The laws of what leaves a store find the database that loses something on the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.store_files import FileLaws
from tests.testing.broken import refused, suite


class Overwrites(SQLiteEngine):
    """Writes its backup over whatever is there."""

    def backup(self, path: str, /) -> None:
        """A copy without a look."""
        Path(path).unlink(missing_ok=True)
        super().backup(path)


class Halves(SQLiteEngine):
    """Leaves the history out of its backup."""

    def backup(self, path: str, /) -> None:
        """A copy that lacks something."""
        super().backup(path)
        with closing(sqlite3.connect(path)) as db:
            db.execute("DELETE FROM events WHERE seq > 2")
            db.commit()


class Loses(SQLiteEngine):
    """Gives back too much space."""

    def compact(self) -> tuple[str, ...]:
        """Everything goes."""
        with self.write() as cursor:
            cursor.run("DELETE FROM items")
        return super().compact()


class Keeps(SQLiteEngine):
    """Keeps what was erased in a table of its own."""

    def compact(self) -> tuple[str, ...]:
        """A secret copy."""
        with self.write() as cursor:
            cursor.run("CREATE TABLE IF NOT EXISTS kept (text TEXT)")
            cursor.run("INSERT INTO kept VALUES ('Zanzibar was a secret.')")
        return super().compact()


@pytest.mark.parametrize(
    ("engine", "law", "files"),
    [
        (Overwrites, "test_a_backup_goes_to_a_new_file_only", True),
        (Halves, "test_a_backup_opens_and_says_the_same", True),
        (Loses, "test_compaction_keeps_what_lives", False),
        (Keeps, "test_compaction_keeps_what_lives", False),
    ],
)
def test_a_broken_store_is_found(
    tmp_path: Path, engine: type[SQLiteEngine], law: str, files: bool
) -> None:
    """The law passes on SQLite and fails on the engine that breaks it."""
    for kind in (SQLiteEngine, engine):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        given = (str(folder / "memory.db"), *([folder] if files else []))
        check = getattr(suite(FileLaws, kind), law)
        if kind is SQLiteEngine:
            check(*given)
        else:
            refused(check, *given)
