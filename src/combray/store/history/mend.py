"""Put right what `verify` finds: damaged rows, and tables that do not agree with the history.

Indexes are made anew first, since all else is found by them. A user of whom nothing is wrong is
only read, so nobody waits for that.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from combray.core.errors import StoreError
from combray.core.ids import new_id
from combray.core.items import Event, Json
from combray.core.time import now
from combray.store.engine import Cursor
from combray.store.history import history, logs
from combray.store.history.bereft import without_lost
from combray.store.history.damage import (
    GENERATION_STATES,
    Checked,
    bad_calls,
    bad_generations,
    bad_jobs,
    bad_readings,
    bad_vectors,
    check_rows,
)
from combray.store.history.verify import DANGLING, filing, ids_in, problems, tenants_of
from combray.store.store import Store
from combray.store.tables.checksums import (
    PUT_EVENT,
    PUT_ITEM,
    item_row,
    stamp,
    with_checksum,
)
from combray.store.tables.rows import (
    ITEM_FIELDS,
    LINK_FIELDS,
    item_from_state,
    item_state,
    to_json,
)
from combray.store.tables.schema import table_names

ACTOR = "repair"
_UPDATE = f"UPDATE items SET {', '.join(f'{f} = ?' for f in (*ITEM_FIELDS, 'checksum'))} "


def mend(store: Store) -> int:
    """Make the tables sound, and agree with the history and each other; return how many changes.

    Where a sound row and the history differ the history is right, unless events of it were damaged;
    a row that only a table has is added to the history. A damaged row that nothing tells of and
    that cannot be read is lost. A damaged step of a task memory is marked, and left out of replays.
    """
    _rebuild_indexes(store)
    changed = _drop_damaged(store)
    for tenant in tenants_of(store):
        with store.engine.read_snapshot(tenant) as run:
            if not problems(run, tenant, check_rows(run, tenant)):
                continue
        with store.engine.write(tenant) as cursor:
            changed += _Mended(cursor, tenant).count
    if store.engine.check():
        # Pages that are not in order come out of a rewrite in order, or cannot be rewritten.
        with suppress(StoreError):
            store.engine.compact()
    for where in DANGLING.values():
        if store.engine.read(f"SELECT 1 FROM {where} LIMIT 1"):
            with store.engine.write() as cursor:
                changed += len(cursor.run(f"DELETE FROM {where} RETURNING 1"))
    return changed


def _rebuild_indexes(store: Store) -> None:
    """Make the indexes of each table anew, one table after another."""
    what = "" if store.engine.dialect.name == "sqlite" else "TABLE "
    for table in table_names(store.engine):
        with store.engine.write() as cursor:
            cursor.run(f"REINDEX {what}{table}")


def _drop_damaged(store: Store) -> int:
    """Delete what is made again anyway, jobs and generations in no state, and damaged calls.

    A call of a model that is not what was entered can be learnt from nothing. What a system is not
    noted to have read it reads again.
    """
    read = store.engine.read
    bad = {"jobs": bad_jobs(read), "ledger": bad_calls(read), "readings": bad_readings(read)}
    gone = [(table, seq) for table, seqs in bad.items() for seq in seqs]
    odd = bad_generations(read)
    if not gone and not odd:
        return 0
    with store.engine.write() as cursor:
        for table, seq in gone:
            cursor.run(f"DELETE FROM {table} WHERE seq = ?", (seq,))
        if odd:
            marks = ", ".join("?" * len(GENERATION_STATES))
            wrong = f"state NOT IN ({marks})" if set(odd) - set(GENERATION_STATES) else "TRUE"
            args = GENERATION_STATES if marks in wrong else ()
            cursor.run(f"DELETE FROM generations WHERE {wrong}", args)
    return len(gone) + len(odd)


class _Mended:
    """One tenant, put right within an open transaction; `count` is how many changes it took."""

    def __init__(self, cursor: Cursor, tenant: str) -> None:
        self._cursor, self._tenant = cursor, tenant
        self._change_id, self._at, self.count = new_id(), now(), 0
        checked = check_rows(cursor.run, tenant)
        self._unsure = set(checked.bad_events.values())
        told = history.replay([*checked.events, *self._drop_events(checked)])
        self._mend_items(checked, told)
        sound = {item.id: item for item in check_rows(cursor.run, tenant).items}
        held = history.state_of(cursor.run, tenant, sound.values())
        self._agree(told, held)
        self._drop_bereft()
        self._link(told, held)
        for generation, seq, _ in list(bad_vectors(cursor.run, tenant)):
            self._run(
                "DELETE FROM vectors WHERE tenant = ? AND generation = ? AND item_seq = ?",
                tenant, generation, seq,
            )  # fmt: skip
        self.count += logs.mend(cursor, tenant)
        items = check_rows(cursor.run, tenant).items
        for _, statement, values in list(filing(cursor.run, tenant, items)):
            self._run(statement, *values)

    def _run(self, statement: str, *values: Any) -> None:
        self._cursor.run(statement, values)
        self.count += 1

    def _drop_events(self, checked: Checked) -> list[Event]:
        """Delete the damaged events; those of erasures are kept and stamped, and returned."""
        kept: list[Event] = []
        for seq, id_ in checked.bad_events.items():
            query = "SELECT at, actor FROM events WHERE seq = ? AND op = 'erase' AND after IS NULL"
            if self._cursor.run(query, (seq,)):
                stamp(self._cursor, "events", [seq])
                kept.append(Event(seq=seq, change_id="", item_id=id_, op="erase", at_us=0,
                                  actor="", why="", before_us=None, after_us=None))  # fmt: skip
                self.count += 1
            else:
                self._run("DELETE FROM events WHERE seq = ?", seq)
        return kept

    def _mend_items(self, checked: Checked, told: history.State) -> None:
        """Write the damaged items as the history tells them, or take them as they are."""
        known = {item.id for item in checked.items}
        lost = {id_: state for id_, state in told.items.items() if id_ not in known}
        for seq, id_ in checked.bad_items.items():
            doubtful = checked.doubtful.get(seq)
            text = None if doubtful is None else doubtful.text
            same = (i for i, state in lost.items() if state.get("text") == text)
            state = lost.get(id_) or lost.get(next(same, ""))
            if state is not None and set(state) >= set(ITEM_FIELDS):
                self._run(f"{_UPDATE}WHERE seq = ?", *item_row(item_from_state(state)), seq)
                lost.pop(str(state["id"]))
            elif doubtful is not None:
                self._run(f"{_UPDATE}WHERE seq = ?", *item_row(doubtful), seq)
            else:
                self._run("DELETE FROM items WHERE seq = ?", seq)

    def _agree(self, told: history.State, held: history.State) -> None:
        """Let history and sound items say the same.

        Of whatever lost an event the history tells anew how it is: the events that are left do not
        follow from each other.
        """
        for id_ in sorted({*told.items, *held.items}):
            one, other = told.items.get(id_), held.items.get(id_)
            whole = one is not None and set(one) >= set(ITEM_FIELDS)
            unsure = id_ in self._unsure
            if one is not None and history.same(one, other) and not unsure:
                continue
            if other is not None and (not whole or unsure):
                self._enter(id_, "add", after=other)
            elif whole and one is not None:
                self._restore(one)
                if unsure:
                    self._enter(id_, "add", after=one)
            self.count += 1

    def _restore(self, state: Json) -> None:
        """Write an item as the history tells it."""
        row = item_row(item_from_state(state))
        if not self._cursor.run(f"{_UPDATE}WHERE id = ? RETURNING 1", (*row, state["id"])):
            self._cursor.run(PUT_ITEM, row)

    def _drop_bereft(self) -> None:
        """Let items cite what there is; delete, with its history, what rests on nothing.

        It is no erasure: an earlier export brings it back.
        """
        items = check_rows(self._cursor.run, self._tenant).items
        kept, gone = without_lost(items, ids_in(self._cursor.run, self._tenant))
        for item in kept:
            self._restore(item_state(item))
            self._enter(item.id, "add", after=item_state(item))
            self.count += 1
        for id_ in sorted(gone):
            self._forget(id_)
            self._run("DELETE FROM items WHERE tenant = ? AND id = ?", self._tenant, id_)

    def _forget(self, id_: str) -> None:
        """Delete the history of what is lost; that something was erased stays known."""
        query = "DELETE FROM events WHERE tenant = ? AND item_id = ? AND op <> 'erase'"
        self._cursor.run(query, (self._tenant, id_))

    def _link(self, told: history.State, held: history.State) -> None:
        """Let history and links say the same."""
        items = ids_in(self._cursor.run, self._tenant)
        for key in sorted({*told.links, *held.links}):
            line, kept = told.links.get(key), held.links.get(key)
            whole = items.issuperset(key[:2])
            if line is not None and whole and history.same(line, kept):
                continue
            if not whole:
                # Where one side alone has it, it would be missed for ever: an end of it is gone.
                self._cursor.run("DELETE FROM links WHERE src = ? AND dst = ? AND kind = ?", key)
                if line is not None and key[0] in items:
                    self._enter(key[0], "unlink", before=line)
                elif line is not None:
                    query = "DELETE FROM events WHERE tenant = ? AND item_id = ? AND op IN (?, ?)"
                    self._cursor.run(query, (self._tenant, key[0], *history.LINK_OPS))
            elif line is None:
                self._enter(key[0], "link", after=kept)
            elif kept is None and key[0] in self._unsure:
                self._enter(key[0], "unlink", before=line)
            else:
                self._cursor.run(_LINK, tuple(line[name] for name in LINK_FIELDS))
            self.count += 1

    def _enter(
        self, id_: str, op: str, *, before: Json | None = None, after: Json | None = None
    ) -> None:
        """Add to the history what it lacks."""
        states = (None if state is None else to_json(state) for state in (before, after))
        why = "was missing from the history"
        row = (self._tenant, self._change_id, id_, op, self._at, ACTOR, why, *states)
        self._cursor.run(PUT_EVENT, with_checksum(row))


_LINK = (
    f"INSERT INTO links ({', '.join(LINK_FIELDS)}) VALUES ({', '.join('?' * len(LINK_FIELDS))}) "
    "ON CONFLICT (src, dst, kind) DO UPDATE SET "
    + ", ".join(f"{n} = excluded.{n}" for n in LINK_FIELDS if n not in ("src", "dst", "kind"))
)
