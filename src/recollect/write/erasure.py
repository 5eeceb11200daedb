"""Erase with proof: what was asked for, what was made of it, in every file of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from recollect.core.changes import ChangeSet
from recollect.core.errors import InputError, NotFound, RecollectError, StoreBusy
from recollect.core.filters import Predicate
from recollect.core.items import Item, Scope
from recollect.store import backup
from recollect.store.connect import connect
from recollect.store.engine import Cursor
from recollect.store.erase import Doomed, Receipt, doomed, erase_in
from recollect.store.lookup import items_by_id
from recollect.store.rows import ITEM_COLUMNS, item_from_row
from recollect.store.store import Store
from recollect.store.topics import topic_of
from recollect.write.settle import settle

Forget = Callable[[Collection[Item]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to erase inside one tenant: named items, or all that match scope and filter."""

    tenant: str
    ids: tuple[str, ...] | None = None
    scope: Scope = Scope()
    matches: Predicate | None = None

    @property
    def everything(self) -> bool:
        """Whether this is the whole tenant."""
        return self.ids is None and self.matches is None and self.scope.session_id is None

    def picks(self, item: Item) -> bool:
        """Whether an item of the tenant is meant."""
        session = self.scope.session_id
        return (session is None or item.scope.session_id == session) and (
            self.matches is None or self.matches(item)
        )


def select(
    store: Store, ids: str | Collection[str] | None, scope: Scope, matches: Predicate | None
) -> Selection:
    """A checked selection; InputError when it names nothing, NotFound for an unknown id."""
    if ids is None:
        if scope == Scope() and matches is None:
            raise InputError(
                "erase needs ids, a user_id, a session_id or filters; nothing was erased."
            )
        return Selection(tenant=scope.tenant, scope=scope, matches=matches)
    wanted = (ids,) if isinstance(ids, str) else tuple(ids)
    if not wanted or scope.session_id is not None or matches is not None:
        raise InputError("Give erase some ids, or a scope and filters, not both or neither.")
    wall = None if scope.user_id is None else scope.tenant
    owners = {store.one(id_, wall).scope.tenant for id_ in wanted}
    if len(owners) > 1:
        raise NotFound("The ids belong to several users; erase those of one user at a time.")
    return Selection(tenant=owners.pop(), ids=wanted)


def erase(store: Store, selection: Selection, forget: Forget) -> Receipt:
    """Erase in the database and in the backups that are within reach; then compact.

    `forget` is told the items before they go, to empty caches outside the database.
    """
    began = time.perf_counter()
    receipt, ids = _erase(store, selection, forget)
    left = _compacted(store)
    cleaned: list[str] = []
    for path in backup.known(store):
        problem = _in_backup(path, replace(selection, ids=tuple(ids), matches=None))
        left += problem
        cleaned += [] if problem else [path]
    return replace(
        receipt,
        backups=tuple(cleaned),
        left=tuple(left),
        seconds=time.perf_counter() - began,
    )


def _erase(store: Store, selection: Selection, forget: Forget) -> tuple[Receipt, list[str]]:
    tenant = selection.tenant
    with store.engine.write(tenant) as cursor:
        what = doomed(cursor, tenant, _picked(cursor, selection))
        forget(_every(what).values())
        _resettle(store, cursor, tenant, _every(what))
        receipt = erase_in(cursor, tenant, what)
        if selection.everything:
            cursor.run("DELETE FROM jobs WHERE tenant = ?", (tenant,))
            cursor.run("DELETE FROM ledger WHERE tenant = ?", (tenant,))
    return receipt, what.ids


def _every(what: Doomed) -> dict[str, Item]:
    return {**what.items, **what.derived, **what.shared}


def _picked(cursor: Cursor, selection: Selection) -> dict[str, Item]:
    if selection.ids is not None:
        return items_by_id(cursor.run, selection.tenant, selection.ids)
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? ORDER BY seq"
    items = map(item_from_row, cursor.run(query, (selection.tenant,)))
    return {item.id: item for item in items if selection.picks(item)}


def _resettle(store: Store, cursor: Cursor, tenant: str, gone: Mapping[str, Item]) -> None:
    """The timelines as if the facts that go had never been."""
    facts = [replace(fact, status="erased") for fact in gone.values() if topic_of(fact) is not None]
    change = settle(cursor.run, tenant, facts).join(
        ChangeSet(tenant=tenant, actor="user", why="erase")
    )
    if change:
        store.apply_in(cursor, change)


def _compacted(store: Store) -> list[str]:
    try:
        return list(store.engine.compact())
    except StoreBusy as error:
        return [str(error)]


def _in_backup(path: str, selection: Selection) -> list[str]:
    """Erase the same in a backup; what stood in the way, if anything did."""
    try:
        copy = connect(path)
    except RecollectError as error:
        return [f"{path}: {error}"]
    try:
        _erase(copy, selection, lambda _items: None)
        copy.engine.compact()
    except RecollectError as error:
        return [f"{path}: {error}"]
    finally:
        copy.close()
    return []
