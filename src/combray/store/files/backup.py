"""Copy a database while others write, and keep a list of the copies.

The list lets `erase` clean the copies too.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from combray.core.errors import InputError, StoreError
from combray.store.connect import connect
from combray.store.engines.sqlite_errors import translated
from combray.store.engines.sqlite_files import existing, identity, is_ours
from combray.store.files.lineage import is_copy
from combray.store.store import Store

_NAME = "backups"
_AWAY = "{}: the backup is not there; it was moved, or its disk is not mounted"
_OTHER = "{} is not a backup of this memory any more, but {}; nothing in it was changed"


def backup(store: Store, path: Path) -> Path:
    """Write a copy to a new file and note its path; raise InputError when the file exists."""
    target = path.expanduser().absolute()
    if os.path.lexists(target):
        raise InputError(f"{target} exists. Give the backup a new name; nothing was written.")
    others, whole = known(store), False
    # Noted first: a copy whose maker is killed is still one that erase looks for.
    _note(store, [*others, str(target)])
    try:
        store.engine.backup(str(target))
        whole = True
    finally:
        if not whole:
            _note(store, others)
    return target


def known(store: Store) -> list[str]:
    """Return the paths of all backups of this database, existing or not."""
    rows = store.engine.read("SELECT value FROM meta WHERE name = ?", (_NAME,))
    return [str(path) for path in json.loads(rows[0][0])] if rows else []


def remember(store: Store, paths: Collection[str]) -> None:
    """Note backups that were made of backups, so that they are looked for from here too."""
    if paths:
        _note(store, [*known(store), *paths])


def is_itself(store: Store, path: str) -> bool:
    """Whether a path is that of the open database: a backup knows of itself."""
    found = identity(path)
    return found is not None and found == identity(store.engine.location)


@contextmanager
def opened(store: Store, path: str) -> Iterator[Store]:
    """Open a backup of a database, or raise StoreError for whatever else stands at its path now.

    A link is not followed, and of another memory nothing is changed, not even its format.
    """
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        raise StoreError(_AWAY.format(path)) from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "no file"
        raise StoreError(_OTHER.format(path, kind))
    if not _is_backup(store, path):
        raise StoreError(_OTHER.format(path, "another file"))
    with closing(connect(path)) as copy:
        if not os.path.samestat(os.lstat(path), found):
            raise StoreError(_OTHER.format(path, "another file"))
        yield copy


def _is_backup(store: Store, path: str) -> bool:
    """Whether a file is a copy of a database; it is read as SQLite reads any file."""
    with translated(path), closing(existing(path)) as file:
        file.execute("PRAGMA query_only = ON")
        return is_ours(file) and is_copy(
            store.engine.read, lambda sql, args: file.execute(sql, args).fetchall()
        )


def _note(store: Store, paths: list[str]) -> None:
    with store.engine.write() as cursor:
        cursor.run(
            "INSERT INTO meta (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_NAME, json.dumps(sorted(set(paths)))),
        )
