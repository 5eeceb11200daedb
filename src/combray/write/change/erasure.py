"""Erase items and everything derived from them, in the store and its backups, with a receipt.

Up to STEP items go in one transaction. More go in steps, so that nobody who writes waits for all of
them; a note in the database lists what is to go, by which the next opening ends what was killed.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from combray.core.changes import ChangeSet
from combray.core.checks import check_names
from combray.core.errors import CombrayError, InputError, NotFound, StoreError
from combray.core.filters import Predicate
from combray.core.ids import new_id
from combray.core.items import Item, Json, Scope, Status
from combray.core.time import now
from combray.store.engine import Cursor, Run
from combray.store.erase import Doomed, Receipt, doomed, erase_in, erase_rows, rebuild_later
from combray.store.files import backup
from combray.store.process import here, runs
from combray.store.store import Store
from combray.store.tables import blobs, steps
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.queries import items_by_id
from combray.store.tables.rows import ITEM_COLUMNS, item_from_row
from combray.write.facts.update_timelines import update_timelines

Forget = Callable[[Collection[Item]], None]
_log = logging.getLogger("combray")
STEP, PAUSE = 4000, 0.1
"""Items that one transaction erases, and the seconds that others have to write before the next."""
_UNFINISHED = "unfinished erasure "
_PATIENCE = 600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to erase in one tenant: items by id, or all items that match a scope and a filter.

    `log` is the task memory to erase; then no items are.
    """

    tenant: str
    ids: tuple[str, ...] | None = None
    scope: Scope = Scope()
    matches: Predicate | None = None
    log: str | None = None

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
    database: a search that begins later finds them no more. When the process dies before the file
    is compacted, or a reader or a full disk keeps it from being, the next opening of the store
    finishes the erasure.
    """
    began = time.perf_counter()
    receipt, gone = _erase(store, selection, noted=True)
    forget(gone.values())
    cleaned, left = _finish(store, selection, receipt.change_id)
    return replace(
        receipt,
        backups=tuple(cleaned),
        left=tuple(left),
        seconds=time.perf_counter() - began,
    )


def resume(store: Store) -> None:
    """Finish every erasure whose process died, or that could not be finished; log what is left.

    Copies that were away are cleaned when they are there again.
    """
    if back := {path: users for path, users in backup.owed(store).items() if os.path.isfile(path)}:
        _in_backups(store, back)
    for name, note in _notes(store.engine.read):
        if _alive(note):
            continue
        tenant, ids = note["tenant"], note["ids"]
        if note.get("rows"):
            _erase(store, Selection(tenant=tenant, ids=tuple(note["rows"])), noted=False)
        log = note.get("log")
        wanted = Selection(tenant=tenant, ids=None if ids is None else tuple(ids), log=log)
        _, left = _finish(store, wanted, name.removeprefix(_UNFINISHED))
        if any(name == other for other, _ in _notes(store.engine.read)):
            _log.warning("An erasure is not finished. %s", left[-1])


def _finish(store: Store, wanted: Selection, change_id: str) -> tuple[list[str], list[str]]:
    """Erase in the backups too and compact; return the clean backups and the errors.

    A backup may hold items that the database has not: of a whole tenant all of them go. The note
    stays where it could not be compacted; whoever compacts removes those of others too.
    """
    users, debts = [wanted.tenant] if wanted.everything else [], backup.owed(store)
    copies = [*backup.known(store), *debts]
    todo = {path: sorted({*users, *debts.get(path, ())}) for path in copies}
    cleaned, left = _in_backups(store, todo, wanted)
    own = f"{_UNFINISHED}{change_id}"
    try:
        left += store.engine.compact()
        with store.engine.write() as cursor:
            waiting = [name for name, note in _notes(cursor.run) if note.get("waits")]
            gone = [(name,) for name in {own, *waiting}]
            cursor.run_many("DELETE FROM meta WHERE name = ?", gone)
    except StoreError as error:
        left.append(str(error))
        with suppress(StoreError), store.engine.write() as cursor:
            note = dict(_notes(cursor.run)).get(own)
            value = json.dumps({**note, "rows": [], "waits": True}) if note else ""
            cursor.run("UPDATE meta SET value = ? WHERE name = ?", (value, own))
    return cleaned, left


def _notes(run: Run) -> list[tuple[str, Json]]:
    """The notes of unfinished erasures, by name."""
    query = "SELECT name, value FROM meta WHERE name LIKE ? ORDER BY name"
    return [(str(name), json.loads(value)) for name, value in run(query, (f"{_UNFINISHED}%",))]


def _alive(note: Json) -> bool:
    """Return whether the process that began an erasure, not ours, may still be about to end it."""
    if note.get("waits"):
        return False
    holder = str(note.get("by", ""))
    known = runs(holder)
    if known is None:
        return bool(abs(now() - int(note["at"])) < _PATIENCE)
    return known and holder != here()


def _note_unfinished(
    cursor: Cursor, selection: Selection, change_id: str, ids: list[str], rows: Sequence[str] = ()
) -> None:
    """Record, before rows go, that compaction is still to come, and which `rows` go in steps."""
    note = {
        "tenant": selection.tenant,
        "ids": None if selection.everything else ids,
        "log": selection.log,
        "rows": list(rows),
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
    if _at_most(store, selection) > STEP:
        return _erase_in_steps(store, selection, noted=noted)
    with store.engine.write(tenant) as cursor:
        what = doomed(cursor.run, tenant, _select_items(cursor.run, selection))
        everything = _all_items(what)
        if not selection.everything:
            _update_timelines(store, cursor, tenant, everything)
        receipt = erase_in(cursor, tenant, what)
        counts = dict(receipt.counts)
        if selection.everything:
            counts |= _erase_work(cursor, tenant)
        elif selection.log is not None:
            counts["steps"] = steps.remove(cursor, tenant, selection.log)
        receipt = replace(receipt, counts=counts)
        if noted:
            _note_unfinished(cursor, selection, receipt.change_id, what.ids)
    return receipt, everything


def _erase_in_steps(
    store: Store, selection: Selection, *, noted: bool
) -> tuple[Receipt, dict[str, Item]]:
    """Delete many rows: what is derived first, then what it rests on, a step at a time."""
    tenant, change_id, at = selection.tenant, new_id(), now()
    with store.engine.read_snapshot(tenant) as run:
        what = doomed(run, tenant, _select_items(run, selection))
    gone, counts, rebuild = _all_items(what), Counter[str](), 0
    order = [*what.shared, *what.derived, *what.items]
    if noted:
        with store.engine.write(tenant) as cursor:
            _note_unfinished(cursor, selection, change_id, order, order)
    for start in range(0, len(order), STEP):
        with store.engine.write(tenant) as cursor:
            part = items_by_id(cursor.run, tenant, order[start : start + STEP])
            # Somebody may have derived more from them meanwhile.
            more = doomed(cursor.run, tenant, part)
            gone |= _all_items(more)
            if not selection.everything:
                _update_timelines(store, cursor, tenant, _all_items(more))
            counts.update(erase_rows(cursor, tenant, more.ids, change_id, at))
            dropped = [*more.shared.values(), *(part[id_] for id_ in part if id_ in what.shared)]
            rebuild += rebuild_later(cursor, tenant, gone, dropped, at)
            if selection.everything:
                counts.update(_erase_work(cursor, tenant))
        time.sleep(PAUSE)
    return Receipt.of(what, change_id, at, counts, rebuild), gone


def _at_most(store: Store, selection: Selection) -> int:
    """How many items a selection may have."""
    if selection.ids is not None:
        return len(selection.ids)
    read, query = store.engine.tenant_reader(selection.tenant), "SELECT count(*) FROM items"
    return int(read(f"{query} WHERE tenant = ?", (selection.tenant,))[0][0])


def _erase_work(cursor: Cursor, tenant: str) -> dict[str, int]:
    """Delete the task memories of a tenant, what is queued for it, and what was paid for it.

    Returns how many steps and contents there were.
    """
    cursor.run("DELETE FROM jobs WHERE tenant = ?", (tenant,))
    cursor.run("DELETE FROM ledger WHERE tenant = ?", (tenant,))
    contents = blobs.keep_only(cursor, tenant, ())
    return {"steps": steps.remove(cursor, tenant), "blobs": contents}


def _all_items(what: Doomed) -> dict[str, Item]:
    return {**what.items, **what.derived, **what.shared}


def _select_items(run: Run, selection: Selection) -> dict[str, Item]:
    if selection.ids is not None:
        return items_by_id(run, selection.tenant, selection.ids)
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? ORDER BY seq"
    items = map(item_from_row, run(query, (selection.tenant,)))
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


def _in_backups(
    store: Store, todo: backup.Owed, wanted: Selection | None = None
) -> tuple[list[str], list[str]]:
    """Erase what was erased here in copies, and in those made of them; as `_finish`.

    `todo` are the copies, with the users who are erased in each as a whole. A task memory that is
    `wanted` goes by its name, which needs no sound step.
    """
    task = None if wanted is None or wanted.log is None else wanted
    todo, known = dict(todo), set(backup.known(store))
    done, missed, left = dict[str, list[str]](), dict[str, list[str]](), list[str]()
    while todo:
        path, users = todo.popitem()
        if backup.is_itself(store, path):
            done[path] = users
            continue
        problem, made = _in_backup(store, path, users, task)
        (missed if problem else done)[path] = users
        left += problem
        # What was made of a copy missed what the copy missed.
        todo |= {one: users for one in made if one not in known | done.keys() | missed.keys()}
    left.sort()
    try:
        backup.settle(store, done.keys() | missed.keys(), done, missed)
    except StoreError as error:
        left.append(str(error))
    return [path for path in sorted(done) if not backup.is_itself(store, path)], left


def _in_backup(
    store: Store, path: str, users: Sequence[str], task: Selection | None
) -> tuple[list[str], list[str]]:
    """Erase in a backup what was erased here; return the errors, and the backups it knows of."""
    made: list[str] = []
    try:
        with backup.opened(store, path) as copy:
            made = backup.known(copy)
            for tenant, ids in backup.erased_since(store, copy).items():
                _erase(copy, Selection(tenant=tenant, ids=tuple(ids)), noted=False)
            tasks = [
                Selection(tenant=tenant, ids=(), log=log)
                for tenant, log in backup.tasks_erased_since(store, copy)
            ]
            for each in tasks if task is None else [*tasks, task]:
                _erase(copy, each, noted=False)
            for tenant in users:
                _erase(copy, Selection(tenant=tenant), noted=False)
            copy.engine.compact()
    except CombrayError as error:
        said = str(error)
        return [said if said.startswith(path) else f"{path}: {said}"], made
    return [], made
