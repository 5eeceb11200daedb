"""Files that are removed or replaced while others have them open, and new ones swapped."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from combray.core.errors import InputError, StoreError
from combray.store.engines import sqlite_files
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.engines.sqlite_files import OpenFiles, check_held_twice, is_at
from combray.store.store import Store
from combray.testing.base import item, put

posix = pytest.mark.skipif(os.name != "posix", reason="open files are removed on POSIX alone")
pytestmark = posix

OTHER = """
import sys
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.store import Store
from combray.testing.base import item, put
store = Store(SQLiteEngine(sys.argv[1]))
put(store, [item("first of the other")])
for line in sys.stdin:
    if line == "close\\n":
        break
    try:
        put(store, [item(line.strip())])
        print("acknowledged", flush=True)
    except Exception as error:
        print(type(error).__name__, "replaced or deleted" in str(error), flush=True)
{end}
"""


class Other:
    """Another process with the same file open, which does what it is told."""

    def __init__(self, path: Path, end: str = "store.close()") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", OTHER.format(end=end), str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.add("is ready")

    def add(self, text: str) -> str:
        """What came of an add."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        """Let it close its store and end."""
        assert self._process.communicate("close\n", timeout=60) is not None
        assert self._process.returncode == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file may be."""
    return tmp_path / "memory.db"


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """A store of a file."""
    store = Store(SQLiteEngine(str(path)))
    try:
        yield store
    finally:
        store.close()


def texts(path: Path) -> set[str]:
    """What is found in a file that nobody has open."""
    with opened(path) as store:
        assert store.engine.check() == []
        return {one.text for one in store.items("u")}


def show(path: str) -> None:
    """Print what is found in a file."""
    sys.stdout.write(repr(texts(Path(path))))


@pytest.mark.parametrize("end", ["store.close()", "", "del store"])
@pytest.mark.parametrize("endings", [["-shm"], ["-wal", "-shm"]], ids=str)
def test_what_is_acknowledged_after_a_log_is_taken_away_is_found(
    path: Path, endings: list[str], end: str
) -> None:
    """Two write, somebody removes a log, one opens anew: the other says so, and overwrites nothing.

    Neither at its next write, nor when it is the last to close.
    """
    with opened(path) as store:
        other = Other(path, end)
        for ending in endings:
            path.with_name(path.name + ending).unlink()
        with pytest.raises(StoreError, match="still open in this process"):
            SQLiteEngine(str(path))
        with pytest.raises(StoreError, match="replaced or deleted"):
            put(store, [item("lost")])
    with opened(path) as anew:
        put(anew, [item("acknowledged")])
        assert other.add("lost") == "StoreError True"
        put(anew, [item("acknowledged too")])
        kept = {one.text for one in anew.items("u")}
    other.end()
    assert {"acknowledged", "acknowledged too"} <= kept
    assert texts(path) == kept


def test_what_is_in_a_log_that_was_deleted_is_saved_by_closing(path: Path) -> None:
    """Until then nobody else opens the file, and is told why."""
    with opened(path) as store:
        put(store, [item("one")])
        other = Other(path)
        path.with_name("memory.db-wal").unlink()
    with pytest.raises(StoreError, match="Close it in every process"):
        SQLiteEngine(str(path))
    assert other.add("lost") == "StoreError True"
    other.end()
    assert texts(path) == {"one", "first of the other", "is ready"}


def test_whoever_has_to_keep_a_file_open_says_so(path: Path) -> None:
    """Where SQLite cannot be told to leave the log of others alone, one process is lost to it."""
    with opened(path) as store:
        put(store, [item("one")])
        path.with_name("memory.db-shm").unlink()
        other = Other(path)
    if sys.version_info < (3, 12):
        with pytest.raises(StoreError, match="only a new process"):
            SQLiteEngine(str(path))
    assert other.add("acknowledged") == "acknowledged"
    other.end()
    found = "import sys, tests.store.engines.test_sqlite_files as t; t.show(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", found, str(path)], capture_output=True, text=True)
    assert "'one'" in done.stdout, done.stderr
    assert "'acknowledged'" in done.stdout


def test_whoever_reads_is_told_too(path: Path) -> None:
    """What an old log says is no answer; a new connection is not joined to an old one."""
    with opened(path) as store:
        put(store, [item("one")])
        path.with_name("memory.db-shm").unlink()
        with pytest.raises(StoreError, match="replaced or deleted"):
            store.items("u")
        with pytest.raises(StoreError, match="replaced or deleted"), store.engine.snapshot():
            pass
        with pytest.raises(StoreError, match="replaced or deleted"):
            store.engine.compact()
    assert texts(path) == {"one"}


def test_what_is_taken_away_during_a_write_is_not_acknowledged(path: Path) -> None:
    """Before the first statement, before the commit and after it."""
    with opened(path) as store:
        put(store, [item("one")])

        def write_and_remove() -> None:
            with store.engine.write() as cursor:
                cursor.run("UPDATE items SET text = 'two'")
                path.with_name("memory.db-wal").unlink()

        with pytest.raises(StoreError, match="replaced or deleted"):
            write_and_remove()
    assert texts(path) == {"one"}
    with opened(path) as store:
        commits = []

        class Removes(sqlite3.Connection):
            def execute(self, sql: str, *args: object) -> sqlite3.Cursor:  # type: ignore[override]
                done = super().execute(sql, *args)  # type: ignore[arg-type]
                if sql == "COMMIT":
                    commits.append(sql)
                    path.with_name("memory.db-shm").unlink()
                return done

        engine = store.engine
        engine._writer.close()
        engine._pool.opened.remove(engine._writer)
        engine._writer = sqlite3.connect(path, isolation_level=None, factory=Removes)
        engine._pool.opened.append(engine._writer)
        with pytest.raises(StoreError, match="replaced or deleted"):
            put(store, [item("three")])
        assert commits == ["COMMIT"]


def test_a_log_that_others_end_is_no_damage(path: Path) -> None:
    """Where nothing of ours is open, a log may come and go; reading alone needs none."""
    with opened(path) as store:
        put(store, [item("one")])
        engine = store.engine
        engine._drop_pages()
        assert engine._pool.opened == []
        with opened(path) as second:
            put(second, [item("two")])
        assert len(store.items("u")) == 2
        put(store, [item("three")])
    reader = SQLiteEngine(str(path), read_only=True)
    with opened(path) as store:
        put(store, [item("four")])
        assert len(Store(reader).items("u")) == 4
    reader.close()


def test_files_are_known_by_more_than_their_names(path: Path) -> None:
    """Removed, replaced, or as they were; nothing is asked of what is not open."""
    files = OpenFiles(str(path))
    assert not files.taken_away()
    path.touch()
    files.note()
    assert not files.taken_away()
    assert not files.replaced()
    held = path.rename(path.with_name("kept"))
    assert files.taken_away()
    assert not files.replaced()
    path.touch()
    assert files.replaced()
    held.replace(path)
    log = path.with_name("memory.db-wal")
    log.touch()
    assert files.taken_away()
    assert not files.taken_away(logs=False)
    files.forget()
    assert not files.taken_away()


# ── new files ────────────────────────────────────────────────────────────────────────────────────


def swapping(monkeypatch: pytest.MonkeyPatch, name: str, target: Path) -> None:
    """Put a link in the place of a new file, as soon as it is made."""
    create = getattr(sqlite_files, name)

    def swapped(path: Path, what: str) -> int:
        handle: int = create(path, what)
        path.unlink()
        path.symlink_to(target)
        return handle

    monkeypatch.setattr(sqlite_files, name, swapped)


@pytest.mark.parametrize("there", [True, False])
def test_a_backup_that_is_swapped_for_a_link_writes_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """Neither over the file that the link leads to, nor into a new one."""
    target = tmp_path / "precious.db"
    if there:
        with opened(target) as precious:
            put(precious, [item("precious")])
    swapping(monkeypatch, "create", target)
    with opened(path) as store:
        put(store, [item("mine")])
        with pytest.raises((InputError, StoreError)):
            store.engine.backup(str(tmp_path / "copy.db"))
    assert target.exists() == there
    if there:
        assert texts(target) == {"precious"}


def test_a_backup_that_is_moved_away_while_it_is_made_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands at its name then is not what was written, and stays."""
    copy = tmp_path / "copy.db"
    check = sqlite_files.check_held_twice

    def moved(handle: int, name: str) -> None:
        check(handle, name)
        copy.rename(tmp_path / "moved.db")
        copy.write_text("another")

    monkeypatch.setattr(sqlite_files, "check_held_twice", moved)
    with opened(path) as store, pytest.raises(InputError, match="replaced"):
        store.engine.backup(str(copy))
    assert copy.read_text() == "another"


def test_a_file_is_seen_to_be_open_twice(tmp_path: Path) -> None:
    """By another descriptor of the same file, and by no other file of its name."""
    path = tmp_path / "file"
    handle, other = os.open(path, os.O_CREAT | os.O_RDWR), -1
    try:
        with pytest.raises(InputError, match="replaced"):
            check_held_twice(handle, str(path))
        other = os.open(path, os.O_RDONLY)
        check_held_twice(handle, str(path))
        assert is_at(handle, str(path))
        path.unlink()
        assert not is_at(handle, str(path))
        path.symlink_to(tmp_path / "elsewhere")
        assert not is_at(handle, str(path))
    finally:
        os.close(handle)
        os.close(other)
