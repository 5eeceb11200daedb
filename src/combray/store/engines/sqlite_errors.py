"""What SQLite says when it refuses, in words that say what to do next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from combray.core.errors import NotADatabase, StoreBusy, StoreError, StoreReadOnly

BUSY_SECONDS = 30.0
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


def ours(location: str, error: sqlite3.DatabaseError | UnicodeDecodeError) -> StoreError:
    """The error of ours for one of SQLite's, or for a message of it that is no text."""
    if isinstance(error, UnicodeDecodeError):
        return NotADatabase(_DAMAGED.format(location, "it holds what is no text"))
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError(f"{location} is closed or was used wrongly: {str(error).rstrip('.')}.")
    text = str(error)
    if "not a database" in text or "malformed" in text or "encrypted" in text:
        return NotADatabase(_DAMAGED.format(location, text))
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return StoreReadOnly(f"{location} cannot be written ({text}). Check its permissions.")
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
