"""Files being written, listed in the database, so that none outlives its writer.

An export is written under a name that nobody can guess and renamed when it is whole. Its writer may
be killed: the next opening removes what a dead writer left, which a lock on the file tells.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from combray.core.errors import StoreBusy, StoreReadOnly
from combray.store.paths import part_of, written_whole
from combray.store.store import Store

_NAME = "part "


@contextmanager
def listed_part(store: Store, path: Path, what: str) -> Iterator[TextIO]:
    """Write text to a new file that gets its name when it is whole, and is listed until then."""
    part = part_of(path.expanduser().absolute())
    listed = _list(store, part)
    try:
        with written_whole(path, part, what) as out:
            _lock(out.fileno())
            yield out
    finally:
        if listed:
            _unlist(store, [part])


def remove_left_parts(store: Store) -> list[Path]:
    """Remove the files that killed writers left; return which."""
    rows = store.engine.read("SELECT name FROM meta WHERE name >= ? AND name < ?", (_NAME, "part!"))
    parts = [_part(str(row[0]).removeprefix(_NAME)) for row in rows]
    gone = [part for part in parts if _is_left(part)]
    for part in gone:
        part.unlink(missing_ok=True)
    if gone:
        _unlist(store, gone)
    return gone


def _list(store: Store, part: Path) -> bool:
    """List a file; False where the database cannot be written, which may still be exported."""
    try:
        with store.engine.write() as cursor:
            cursor.run("INSERT INTO meta (name, value) VALUES (?, ?)", (_listed(part), "export"))
    except (StoreReadOnly, StoreBusy):
        return False
    return True


def _unlist(store: Store, parts: list[Path]) -> None:
    with store.engine.write() as cursor:
        cursor.run_many("DELETE FROM meta WHERE name = ?", ((_listed(part),) for part in parts))


def _listed(part: Path) -> str:
    """What a file is listed by; a database keeps text alone, so other paths are quoted."""
    try:
        str(part).encode()
    except UnicodeEncodeError:
        return _NAME + json.dumps(str(part))
    return f"{_NAME}{part}"


def _part(listed: str) -> Path:
    """The file of an entry: a path in full never begins with a quote."""
    return Path(json.loads(listed) if listed.startswith('"') else listed)


def _is_left(part: Path) -> bool:
    """Whether a listed file has no writer; what lies in a folder that is away is kept listed."""
    if not part.parent.is_dir():
        return False
    try:
        handle = os.open(part, os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        return _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock a file until it is closed; False when somebody else holds it."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
