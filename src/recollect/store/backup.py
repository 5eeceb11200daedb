"""Backups: a consistent copy while others write, and the list of those we made.

The list lets `erase` reach them too: what is erased shall be in no file of ours.
"""

from __future__ import annotations

import json
from pathlib import Path

from recollect.store.store import Store

_NAME = "backups"


def backup(store: Store, path: Path) -> Path:
    """Write a copy to a new file and note where it is; InputError when the file exists."""
    target = path.expanduser().absolute()
    store.engine.backup(str(target))
    _note(store, [*known(store), str(target)])
    return target


def known(store: Store) -> list[str]:
    """The backups made of this database that are still where they were written."""
    rows = store.engine.read("SELECT value FROM meta WHERE name = ?", (_NAME,))
    paths = json.loads(rows[0][0]) if rows else []
    return [path for path in paths if Path(path).exists()]


def _note(store: Store, paths: list[str]) -> None:
    with store.engine.write() as cursor:
        cursor.run(
            "INSERT INTO meta (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_NAME, json.dumps(sorted(set(paths)))),
        )
