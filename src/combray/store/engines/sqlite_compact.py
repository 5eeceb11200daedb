"""Rewriting a SQLite file without the bytes of deleted rows, and holding up nobody for long.

`secure_delete` zeroes what is deleted, but rows that moved from page to page left copies behind,
which only a rewrite removes. It waits for readers for a moment: while one is inside a transaction
the old pages are what it reads, so nothing can be done about them.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time

from combray.core.errors import StoreBusy, StoreError

READER_SECONDS = 0.5
"""How long readers are waited for, while writers wait too."""
OTHER_SECONDS = 10.0
"""How long another process is waited for that empties the log itself; no writer waits for that."""
REWRITE_SECONDS = 20.0
"""How long a rewrite may keep writers waiting, who give up after BUSY_SECONDS."""
_GONE = "What was removed is gone from every answer, but its bytes"


def compact(writer: sqlite3.Connection, location: str, busy_seconds: float) -> None:
    """Empty the log, rewrite the file, and empty the log again.

    Raises StoreBusy when a reader holds the log, or the rewrite takes too long, and StoreError when
    the disk has no room; the file is whole then, and so is what is removed.
    """
    writer.execute(f"PRAGMA busy_timeout = {int(READER_SECONDS * 1000)}")
    try:
        _empty_log(writer, location)
        _rewrite(writer, location)
        _empty_log(writer, location)
    finally:
        writer.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")


def _empty_log(writer: sqlite3.Connection, location: str) -> None:
    """Empty the log; what it holds is copied before, since nobody can write while it is emptied."""
    writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
    until = time.monotonic() + OTHER_SECONDS
    while time.monotonic() < until:
        busy, pages, _ = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return
        if pages >= 0:
            break
        time.sleep(READER_SECONDS / 4)
    raise StoreBusy(
        f"{location}: a reader is inside a transaction, so the log could not be emptied. "
        f"{_GONE} stay in the log or the file. When the reader has ended, open the memory again, "
        "or erase something: that removes them."
    )


def _rewrite(writer: sqlite3.Connection, location: str) -> None:
    pages, free, size = (
        int(writer.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    needed = (pages - free) * size
    folder = os.path.dirname(os.path.abspath(location))
    if location != ":memory:" and shutil.disk_usage(folder).free < needed:
        raise _no_room(location, needed, "its disk is almost full")
    until = time.monotonic() + REWRITE_SECONDS
    writer.set_progress_handler(lambda: int(time.monotonic() > until), 10_000)
    try:
        writer.execute("VACUUM")
    except sqlite3.OperationalError as error:
        # Pages that were written in vain are in the log.
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if "interrupted" in str(error):
            raise StoreBusy(
                f"{location}: to rewrite the file takes longer than {REWRITE_SECONDS:.0f} s, for "
                f"which others would wait. {_GONE} may stay in unused parts of the file. Run "
                "VACUUM on it in a quiet hour."
            ) from error
        if "full" in str(error):
            raise _no_room(location, needed, str(error)) from error
        raise
    finally:
        writer.set_progress_handler(None, 0)


def _no_room(location: str, needed: int, why: str) -> StoreError:
    return StoreError(
        f"{location}: there is no room to rewrite the file ({why}). {_GONE} may stay in unused "
        f"parts of it. Free {1 + needed // 2**20} MB and open the memory again: that removes them."
    )
