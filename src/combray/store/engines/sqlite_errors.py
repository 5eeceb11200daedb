"""What SQLite says when it refuses, in words that say what to do next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from combray.core.errors import (
    CombrayError,
    InputError,
    NotADatabase,
    StoreBusy,
    StoreError,
    StoreReadOnly,
)

BUSY_SECONDS = 30.0
REFUSALS = (sqlite3.DatabaseError, UnicodeError, OverflowError)
"""What a statement raises; the last two for values that cannot be kept or read as text."""
_DAMAGED = (
    "{} is not a combray database or is damaged ({}). "
    "Nothing was changed. Restore a backup, or open another file."
)


@contextmanager
def translated(location: str) -> Iterator[None]:
    """Turn SQLite's errors into ours, saying what to do next."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise ours(location, error) from error


def ours(location: str, error: Exception) -> CombrayError:
    """The error of ours for one of SQLite's, or for a value that it cannot take or give as text."""
    if isinstance(error, UnicodeEncodeError | OverflowError):
        return InputError(
            f"{location}: what was given holds a character or a number that no database can keep "
            f"({error}). Nothing was changed."
        )
    if isinstance(error, UnicodeDecodeError):
        return NotADatabase(_DAMAGED.format(location, "it holds what is no text"))
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError(f"{location} is closed or was used wrongly: {str(error).rstrip('.')}.")
    text = str(error)
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHORT_READ:
        return StoreError(
            f"{location}: its log is shorter than it was: -wal was deleted while others had it "
            "open. Close it in every process, which saves what they hold; then open it again."
        )
    if "not a database" in text or "malformed" in text or "encrypted" in text:
        return NotADatabase(_DAMAGED.format(location, text))
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return StoreReadOnly(f"{location} cannot be written ({text}). Check its permissions.")
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreError(
            f"{location} cannot be opened: the disk has no room for the index of its log, 32 KB "
            "without which it cannot be read either. Everything committed before is safe. Free "
            "some space and open it again."
        )
    if "full" in text or "disk I/O" in text:
        return StoreError(
            f"{location}: the disk refused ({text}). The change was rolled back and everything "
            "committed before is safe. Free some space and try again."
        )
    if "Could not decode" in text:
        return StoreError(
            f"{location}: a row holds what is no text, so it is damaged. Run verify, then repair."
        )
    if "locked" in text or "busy" in text:
        return StoreBusy(
            f"{location} was held by another process for {BUSY_SECONDS:.0f} s. Nothing was "
            "changed; try again, or look for a process that stands still inside a write."
        )
    return StoreError(f"{location}: {text}.")
