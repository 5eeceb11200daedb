"""Erase items and everything derived from them, in the store and its backups, with a receipt."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from combray.core.changes import ChangeSet
from combray.core.checks import check_names
from combray.core.errors import CombrayError, InputError, NotFound, StoreBusy
from combray.core.filters import Predicate
from combray.core.items import Item, Json, Scope, Status
from combray.core.time import now
from combray.store.connect import connect
from combray.store.engine import Cursor
from combray.store.erase import Doomed, Receipt, doomed, erase_in
from combray.store.files import backup
from combray.store.process import here, runs
from combray.store.store import Store
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.queries import items_by_id
from combray.store.tables.rows import ITEM_COLUMNS, item_from_row
from combray.write.facts.update_timelines import update_timelines

Forget = Callable[[Collection[Item]], None]
_UNFINISHED = "unfinished erasure "
_PATIENCE = 600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to erase in one tenant: items by id, or all items that match a scope and a filter."""

    tenant: str
    ids: tuple[str, ...] | None = None
    scope: Scope = Scope()
    matches: Predicate | None = None

    @property
    def everything(self) -> bool:
        """Whether the selection is the whole tenant."""
        return self.ids is None and self.matches is None and not _is_narrow(self.scope)

    def picks(self, item: Item) -> bool:
        """Return whether the selection includes an item of the tenant."""
        return _inside(item, self.scope) and (self.matches is None or self.matches(item))


def _is_narrow(scope: Scope) -> bool:
    """Whether a scope is less than a whole user."""
    return (scope.agent_id, scope.session_id) != (None, None)


def _inside(item: Item, scope: Scope) -> bool:
    """Whether an item of the tenant is within the agent and session of a scope."""
    return scope.agent_id in (None, item.scope.agent_id) and scope.session_id in (
        None,
        item.scope.session_id,
    )


def select(
    store: Store, ids: str | Collection[str] | None, scope: Scope, matches: Predicate | None
) -> Selection:
    """Return a checked selection.

    Raises InputError when it names nothing, and NotFound for an id that does not exist, or not in
    the scope given with it.
    """
    if ids is None:
        if scope == Scope() and matches is None:
            raise InputError(
                "erase needs ids, a user_id, an agent_id, a session_id or filters; nothing was "
                "erased."
            )
        return Selection(tenant=scope.tenant, scope=scope, matches=matches)
    wanted = (ids,) if isinstance(ids, str) else check_names(ids, "ids", "[item.id]")
    if not wanted or matches is not None:
        raise InputError("Give erase some ids, or filters, not both or neither.")
    wall = None if scope.user_id is None else scope.tenant
    named = [store.one(id_, wall) for id_ in wanted]
    for item in named:
        if not _inside(item, scope):
            raise NotFound(f"{item.id} is not in this agent's or session's memory.")
    owners = {item.scope.tenant for item in named}
    if len(owners) > 1:
        raise NotFound("The ids belong to several users; erase those of one user at a time.")
    return Selection(tenant=owners.pop(), ids=wanted)


def erase(store: Store, selection: Selection, forget: Forget) -> Receipt:
    """Erase a selection in the database and in all backups that can be opened, then compact.

    `forget` receives the items as soon as their rows are gone, to drop them from caches outside the
    database: a search that begins later finds them no more. When the
    process dies after the rows are deleted and before the file is compacted, the next process that
    opens the store finishes the erasure.
    """
    began = time.perf_counter()
    receipt, gone = _erase(store, selection, noted=True)
    forget(gone.values())
    # A backup may hold items that the database has not: of a whole tenant all of them are erased.
    whole = selection.everything
    wanted = selection if whole else replace(selection, ids=tuple(gone), matches=None)
    cleaned, left = _finish(store, wanted, receipt.change_id)
    return replace(
        receipt,
        backups=tuple(cleaned),
        left=tuple(left),
        seconds=time.perf_counter() - began,
    )


def resume(store: Store) -> None:
    """Finish every erasure whose process died before it had compacted the file."""
    rows = store.engine.read(
        "SELECT name, value FROM meta WHERE name LIKE ? ORDER BY name", (f"{_UNFINISHED}%",)
    )
    for name, value in rows:
        note = json.loads(value)
        if not _alive(note):
            ids = None if note["ids"] is None else tuple(note["ids"])
            change_id = str(name).removeprefix(_UNFINISHED)
            _finish(store, Selection(tenant=note["tenant"], ids=ids), change_id)


def _finish(store: Store, wanted: Selection, change_id: str) -> tuple[list[str], list[str]]:
    """Erase the same items in the backups and compact; return the clean backups and the errors."""
    cleaned: list[str] = []
    left: list[str] = []
    for path in backup.known(store):
        problem = _in_backup(path, wanted)
        left += problem
        cleaned += [] if problem else [path]
    try:
        left += store.engine.compact()
    except StoreBusy as error:
        return cleaned, [*left, str(error)]
    with store.engine.write() as cursor:
        cursor.run("DELETE FROM meta WHERE name = ?", (f"{_UNFINISHED}{change_id}",))
    return cleaned, left


def _alive(note: Json) -> bool:
    """Return whether the process that began an erasure, not ours, may still be running."""
    holder = str(note.get("by", ""))
    known = runs(holder)
    if known is None:
        return bool(abs(now() - int(note["at"])) < _PATIENCE)
    return known and holder != here()


def _note_unfinished(cursor: Cursor, selection: Selection, ids: list[str], change_id: str) -> None:
    """Record in the transaction that deletes the rows that compaction is still to come."""
    note = {
        "tenant": selection.tenant,
        "ids": None if selection.everything else ids,
        "by": here(),
        "at": now(),
    }
    cursor.run(
        "INSERT INTO meta (name, value) VALUES (?, ?)",
        (f"{_UNFINISHED}{change_id}", json.dumps(note)),
    )


def _erase(store: Store, selection: Selection, *, noted: bool) -> tuple[Receipt, dict[str, Item]]:
    """Delete the rows of a selection; return the items. A backup needs no note."""
    tenant = selection.tenant
    with store.engine.write(tenant) as cursor:
        what = doomed(cursor, tenant, _select_items(cursor, selection))
        everything = _all_items(what)
        if not selection.everything:
            _update_timelines(store, cursor, tenant, everything)
        receipt = erase_in(cursor, tenant, what)
        if selection.everything:
            cursor.run("DELETE FROM jobs WHERE tenant = ?", (tenant,))
            cursor.run("DELETE FROM ledger WHERE tenant = ?", (tenant,))
        if noted:
            _note_unfinished(cursor, selection, what.ids, receipt.change_id)
    return receipt, everything


def _all_items(what: Doomed) -> dict[str, Item]:
    return {**what.items, **what.derived, **what.shared}


def _select_items(cursor: Cursor, selection: Selection) -> dict[str, Item]:
    if selection.ids is not None:
        return items_by_id(cursor.run, selection.tenant, selection.ids)
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? ORDER BY seq"
    items = map(item_from_row, cursor.run(query, (selection.tenant,)))
    return {item.id: item for item in items if selection.picks(item)}


def _update_timelines(store: Store, cursor: Cursor, tenant: str, gone: Mapping[str, Item]) -> None:
    """Update the timelines as if the erased facts had never existed."""
    facts = [
        replace(fact, status=Status.ERASED) for fact in gone.values() if topic_of(fact) is not None
    ]
    timelines = update_timelines(cursor.run, tenant, facts)
    # Erasing an item deletes its links.
    rest = [link for link in timelines.unlinks if gone.keys().isdisjoint(link[:2])]
    change = replace(timelines, unlinks=rest).join(
        ChangeSet(tenant=tenant, actor="user", why="erase")
    )
    if change:
        store.apply_in(cursor, change)


def _in_backup(path: str, selection: Selection) -> list[str]:
    """Erase a selection in a backup; return the errors."""
    if not Path(path).exists():
        return [f"{path}: the backup is not there; it was moved, or its disk is not mounted"]
    try:
        copy = connect(path)
    except CombrayError as error:
        return [f"{path}: {error}"]
    try:
        _erase(copy, selection, noted=False)
        copy.engine.compact()
    except CombrayError as error:
        return [f"{path}: {error}"]
    finally:
        copy.close()
    return []
