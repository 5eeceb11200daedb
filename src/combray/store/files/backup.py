"""Copy a database while others write, and keep a list of the copies.

The list lets `erase` clean the copies too. What it could not clean is owed: the users that were
erased as a whole are noted by path; single items and task memories need no note, since the log
keeps their ids.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from combray.core.errors import InputError, StoreError
from combray.store.connect import connect
from combray.store.engine import Cursor, Run
from combray.store.engines.sqlite_errors import translated
from combray.store.engines.sqlite_files import connect_existing, identity, is_ours
from combray.store.files.export import IMPORTED
from combray.store.files.lineage import is_copy
from combray.store.paths import check_length
from combray.store.store import Store
from combray.store.tables.rows import CHUNK
from combray.store.tables.steps import head_of

_NAME, _OWED = "backups", "owed to backups"
_AWAY = "{}: the backup is not there; it was moved, or its disk is not mounted"
_OTHER = "{} is not a backup of this memory any more, but {}; nothing in it was changed"
Owed = dict[str, list[str]]
"""The copies that missed an erasure, and the users who are to be erased in each as a whole."""
Noted = tuple[list[str], Owed]
"""The paths of all copies, and what is owed to them."""


def backup(store: Store, path: Path) -> Path:
    """Write a copy to a new file and note its path; raise InputError when the file exists."""
    target = path.expanduser().absolute()
    if os.path.lexists(target):
        raise InputError(f"{target} exists. Give the backup a new name; nothing was written.")
    check_length(target)
    place, before, owing = str(target), known(store), owed(store).get(str(target))

    def noted(paths: list[str], debts: Owed) -> Noted:
        # It owes nothing, whatever lay at its path before.
        return [*paths, place], {one: debts[one] for one in debts if one != place}

    def not_made(paths: list[str], debts: Owed) -> Noted:
        others = [one for one in paths if one != place or one in before]
        return others, debts if owing is None else {**debts, place: owing}

    # Noted first: a copy whose maker is killed is still one that erase looks for.
    _note(store, noted)
    whole = False
    try:
        store.engine.backup(place)
        whole = True
    finally:
        if not whole:
            _note(store, not_made)
    return target


def known(store: Store) -> list[str]:
    """Return the paths of all backups of this database, connect_existing or not."""
    return [str(path) for path in _value(store.engine.read, _NAME, [])]


def owed(store: Store) -> Owed:
    """The copies that missed an erasure."""
    return {str(path): list(users) for path, users in _value(store.engine.read, _OWED, {}).items()}


def settle(
    store: Store, seen: Collection[str], done: Mapping[str, Collection[str]], missed: Owed
) -> None:
    """Note after an erasure which copies there are, which of them are clean, and which missed it.

    `done` says of which users they were cleaned: another process may have noted more meanwhile.
    """

    def after(paths: list[str], debts: Owed) -> Noted:
        debts = dict(debts)
        for path, users in done.items():
            rest = sorted(set(debts.pop(path, ())).difference(users))
            debts |= {path: rest} if rest else {}
        for path, users in missed.items():
            debts[path] = sorted({*debts.get(path, ()), *users})
        return sorted({*paths, *seen}), debts

    told = known(store), owed(store)
    if after(*told) != told:
        _note(store, after)


def erased_since(store: Store, copy: Store) -> dict[str, list[str]]:
    """The items of a copy that were erased here, by user."""
    users = {str(id_): str(user) for id_, user in copy.engine.read("SELECT id, tenant FROM items")}
    found: dict[str, list[str]] = {}
    for id_, _ in _erased(store, users):
        found.setdefault(users[id_], []).append(id_)
    return found


def tasks_erased_since(store: Store, copy: Store) -> list[tuple[str, str]]:
    """The task memories of a copy that were erased here: their users and names."""
    logs = copy.engine.read("SELECT DISTINCT tenant, log FROM steps ORDER BY tenant, log")
    heads = [(head_of(copy.engine.read, str(user), str(log)), str(user)) for user, log in logs]
    # Another user may have one that begins alike, which was imported.
    erased = set(_erased(store, {head for head, _ in heads}))
    found = zip(heads, logs, strict=True)
    return [(str(user), str(log)) for head, (user, log) in found if head in erased]


def _erased(store: Store, ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the ids that were erased here, each with its user."""
    listed = list(ids)
    for start in range(0, len(listed), CHUNK):
        part = listed[start : start + CHUNK]
        marks = ", ".join("?" * len(part))
        gone = "SELECT item_id, tenant, change_id FROM events WHERE op = 'erase' AND item_id IN"
        for id_, user, change_id in store.engine.read(f"{gone} ({marks})", part):
            # What only an imported file says was erased was not erased here.
            if not str(change_id).startswith(IMPORTED):
                yield str(id_), str(user)


def is_itself(store: Store, path: str) -> bool:
    """Whether a path is that of the open database: a backup knows of itself."""
    found = identity(path)
    return found is not None and found == identity(store.engine.location)


@contextmanager
def opened(store: Store, path: str) -> Iterator[Store]:
    """Open a backup of a database, or raise StoreError for whatever else stands at its path now.

    A link is not followed, and of another memory nothing is changed, not even its format.
    """
    found = _standing(path)
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "no file"
        raise StoreError(_OTHER.format(path, kind))
    if not _is_backup(store, path):
        raise StoreError(_OTHER.format(path, "another file"))
    with closing(connect(path)) as copy:
        if not os.path.samestat(_standing(path), found):
            raise StoreError(_OTHER.format(path, "another file"))
        yield copy


def _standing(path: str) -> os.stat_result:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        raise StoreError(_AWAY.format(path)) from None


def _is_backup(store: Store, path: str) -> bool:
    """Whether a file is a copy of a database; it is read as SQLite reads any file."""
    with translated(path), closing(connect_existing(path)) as file:
        file.execute("PRAGMA query_only = ON")
        return is_ours(file) and is_copy(
            store.engine.read, lambda sql, args: file.execute(sql, args).fetchall()
        )


def _value(run: Run, name: str, default: Any) -> Any:
    rows = run("SELECT value FROM meta WHERE name = ?", (name,))
    return json.loads(rows[0][0]) if rows else default


def _note(store: Store, change: Callable[[list[str], Owed], Noted]) -> None:
    """Change what is noted, which others may change too."""
    with store.engine.write() as cursor:
        paths, debts = change(_value(cursor.run, _NAME, []), _value(cursor.run, _OWED, {}))
        _put(cursor, _NAME, sorted(set(paths)))
        _put(cursor, _OWED, debts)


def _put(cursor: Cursor, name: str, value: Collection[str]) -> None:
    """Keep a value under its name, or no row where there is nothing to say."""
    if not value:
        cursor.run("DELETE FROM meta WHERE name = ?", (name,))
        return
    cursor.run(
        "INSERT INTO meta (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, json.dumps(value)),
    )
