"""The files behind a connection: how they are opened, and whether they still are at their paths.

SQLite opens its log and the index of it by name, and by name deletes them. Whoever removes one
while the database is open parts its users: those who hold the old file and those who open the new
one see nothing of each other, not even their locks.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from combray.core.errors import InputError
from combray.store.engines.sqlite_errors import translated
from combray.store.paths import create

Identity = tuple[int, int] | None
_ENDINGS = ("", "-wal", "-shm")
_KEPT: set[Identity] = set()


class OpenFiles:
    """The identities of a file, its log and the index of it, as they were opened."""

    def __init__(self, location: str) -> None:
        self._location = location
        self.file: Identity = None
        self._held: list[Identity] | None = None

    @property
    def noted(self) -> bool:
        """Whether anything is open."""
        return self._held is not None

    def note(self) -> None:
        """Remember what was opened just now; the file stays the one that was opened first."""
        now = self._now()
        self.file = self.file or now[0]
        self._held = [self.file, *now[1:]]

    def forget(self) -> None:
        """All that was open is closed."""
        self._held = None

    def taken_away(self, *, logs: bool = True) -> bool:
        """Whether one of them stands no longer where it was opened."""
        if self._held is None:
            return False
        count = len(_ENDINGS) if logs else 1
        return self._now(count) != self._held[:count]

    def replaced(self) -> bool:
        """Whether others may have written to another file in the place of one of them."""
        if self._held is None:
            return False
        database, log, index = zip(self._now(), self._held, strict=True)
        if _differs(*log) and os.path.getsize(f"{self._location}-wal") > 0:
            return True
        return _differs(*database) or _differs(*index)

    def _now(self, count: int = len(_ENDINGS)) -> list[Identity]:
        return [identity(self._location + ending) for ending in _ENDINGS[:count]]


def identity(location: str) -> Identity:
    """The device and number of a file, which another file at the same path does not have."""
    try:
        found = os.stat(location)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _differs(found: Identity, held: Identity) -> bool:
    return found is not None and found != held


def close_apart(connection: sqlite3.Connection, files: OpenFiles) -> None:
    """Close a connection whose files were replaced, and leave those of others alone.

    The last one to be closed writes its log into the file and deletes it by name. When that is a
    log of others, whom it does not know of, what they wrote would be lost. Where SQLite cannot be
    told so, the connection is kept open until the process ends, and by its end too.
    """
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
        connection.close()
    else:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
        _KEPT.add(files.file)


def is_kept(location: str) -> bool:
    """Whether this process can open a file no more, since it had to keep it open."""
    return identity(location) in _KEPT


def check_held_twice(handle: int, path: str) -> None:
    """Raise InputError unless a new file, of this descriptor, is what was then opened by its name.

    Somebody who may write into the folder may have put another in its place.
    """
    if not _is_held_twice(handle):
        raise replaced(path)


def replaced(path: str) -> InputError:
    """The error for a new file that somebody else has put another in the place of."""
    return InputError(
        f"{path} was replaced while it was written. Give it a place where nobody else writes."
    )


def _is_held_twice(handle: int) -> bool:
    """Whether this process has a file open by two descriptors; True where a system lists none."""
    mine = os.fstat(handle)
    try:
        others = {int(name) for name in os.listdir("/dev/fd")} - {handle}
    except (OSError, ValueError):
        return True
    for other in others:
        with suppress(OSError):
            if os.path.samestat(os.fstat(other), mine):
                return True
    return False


def is_at(handle: int, path: str) -> bool:
    """Whether the file of a descriptor stands at a path, itself and not through a link."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except OSError:
        return False


def existing(path: str) -> sqlite3.Connection:
    """A connection to a file that is there; none is made when it is gone."""
    return sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True)


def set_up(connection: sqlite3.Connection, *, private: bool, durable: bool) -> None:
    """Let a connection keep a log, wait for the disk as it is told, and wipe what is deleted."""
    if not private and _may_be_ours(connection):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    # Freed pages are overwritten with zeros, so that what was erased is not left in them.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -65536")


def _may_be_ours(connection: sqlite3.Connection) -> bool:
    """Return whether a file is empty or has our tables; files of other programs stay untouched."""
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master").fetchall()}
    return not names or names >= {"meta", "items"}


def write_copy(path: str, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Fill a new file, which is the very file that is created here, and is gone if that fails."""
    whole, handle = False, create(Path(path), "backup")
    try:
        with translated(path), closing(existing(path)) as target:
            check_held_twice(handle, path)
            # A journal beside the copy would be one more file to be opened by its name.
            target.execute("PRAGMA journal_mode = OFF")
            fill(target)
        if not is_at(handle, path):
            raise replaced(path)
        whole = True
    finally:
        if not whole and is_at(handle, path):
            Path(path).unlink()
        # Now, not before: to close a file drops the locks that SQLite has on it.
        os.close(handle)
