"""Copy a database while others write, and keep a list of the copies.

The list lets `erase` clean the copies too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from combray.core.errors import InputError
from combray.store.store import Store

_NAME = "backups"


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


def _note(store: Store, paths: list[str]) -> None:
    with store.engine.write() as cursor:
        cursor.run(
            "INSERT INTO meta (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_NAME, json.dumps(sorted(set(paths)))),
        )
