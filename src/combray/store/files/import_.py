"""Import: read what `export` wrote, checked line by line, whole or not at all.

A file is accepted only when the replay of its events gives its items and links. Records that exist
here are skipped, and so are erased ones: an old export does not bring them back.

Others write meanwhile: everything is read, checked, decided and staged before the transaction,
which only moves the rows. It decides anew only if what the file speaks of changed since.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from combray.core.errors import InputError, quoted
from combray.core.items import Event, Item, Json
from combray.store.engine import Cursor, Run
from combray.store.files import logs
from combray.store.files.export import IMPORTED
from combray.store.files.here import Here, look_up, resting
from combray.store.files.lines import Line, read, refused
from combray.store.files.staging import Rows, staged
from combray.store.files.told import Told
from combray.store.history import history
from combray.store.store import Store
from combray.store.tables.checksums import EVENT_FIELDS, item_row, with_checksum
from combray.store.tables.fact_keys import file_topics
from combray.store.tables.rows import ITEM_FIELDS, LINK_FIELDS, item_from_state, to_json

_log = logging.getLogger("combray")


Finish = Callable[[Cursor], None]
"""What is still to be done in the transaction."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an import does: the new items, and the rows to insert, each kind by its statement.

    `strangers` are users whom the file brings if they have no memories here; those `away` have.
    """

    items: list[Item]
    rows: list[Rows]
    strangers: set[str]
    away: set[str]
    tasks: logs.Brought


def import_(
    store: Store,
    path: Path,
    user_id: str | None = None,
    *,
    masked: Callable[[str, Json], Json] | None = None,
    arrived: Callable[[Sequence[Item]], Finish] | None = None,
) -> int:
    """Read a file that `export` wrote, in one transaction; return how many items were new.

    With a `user_id` everything goes into that user's memory, whoever it was exported from. Without
    one a user who has other memories here that the file does not know is left out, with a warning.
    `masked` returns a record (its kind, its fields) as it may be kept; `arrived` is told of the new
    items, and returns what ends the transaction. Raises InputError naming the line of a damaged,
    cut or foreign file; then nothing is changed.
    """
    lines = list(read(path))
    logs.check(lines, path)
    if masked is not None:
        lines = [_masked(line, masked, path) for line in lines]
    _check_history(lines, path)
    if user_id is not None:
        lines = _into(lines, user_id, path)
    named = user_id is not None

    def made(run: Run) -> tuple[_Plan, Finish | None]:
        plan = _plan(run, lines, path, named=named)
        return plan, None if arrived is None else arrived(plan.items)

    with store.engine.write() as cursor:  # no other writer is under way at this number
        seen = [cursor.run(f"SELECT coalesce(max(seq), 0) FROM {t}")[0][0] for t in _NUMBERED]
    plan, finish = made(store.engine.read)
    with staged(store.engine, plan.rows) as put, store.engine.write() as cursor:
        if _is_outdated(cursor, seen, lines, plan):
            plan, finish = made(cursor.run)
        put(cursor, plan.rows)
        file_topics(cursor, plan.items)
        plan.tasks.keep(cursor)
        if finish is not None:
            finish(cursor)
    for tenant in sorted(plan.away):
        _log.warning(
            "%s: left out the memories of user %r, who has others here that the file does not "
            "know. If they are to be joined, import them with user_id=%r.",
            path, tenant, tenant,
        )  # fmt: skip
    plan.tasks.warn(path)
    return len(plan.items)


def _plan(run: Run, lines: Sequence[Line], path: Path, *, named: bool) -> _Plan:
    """Decide what of a file is new here, check where it points, and make its rows."""
    tasks, told = logs.logs_in(lines), [x for x in lines if x.kind not in logs.SHAPES]
    here = look_up(run, {line.owner for line in told} | {log.head for log in tasks})
    known = set(logs.users_known(run, tasks))
    strangers = set() if named else _strangers(told, here, {x.tenant for x in tasks}) - known
    away = {tenant for tenant in strangers if any(run(q, (tenant,)) for q in _ANY)}
    fresh = _fresh([line for line in told if line.body["tenant"] not in away], here)
    brought = logs.brought(run, tasks, lines, here.erased, away)
    owners = {x.owner: str(x.body["tenant"]) for x in fresh if x.kind == "item"}
    tenants = {**here.tenants, **owners}
    for line in fresh:
        _check_ends(line, tenants, path)
    items = [item_from_state(line.body) for line in fresh if line.kind == "item"]
    return _Plan(items, [*_rows(fresh, items), brought.rows], strangers, away, brought)


_NUMBERED = ("events", "steps")


def _is_outdated(cursor: Cursor, seen: Sequence[int], lines: Sequence[Line], plan: _Plan) -> bool:
    """Whether another wrote, after an event, what the file speaks of, or for a user it brings."""
    tenants = {str(line.body["tenant"]) for line in lines if line.kind in logs.SHAPES}
    grown = cursor.run("SELECT DISTINCT tenant FROM steps WHERE seq > ?", (seen[1],))
    if not tenants.isdisjoint(str(tenant) for (tenant,) in grown):
        return True
    later = cursor.run("SELECT item_id, tenant FROM events WHERE seq > ?", (seen[0],))
    if not later:
        return False
    owners = {line.owner for line in lines if line.kind not in logs.SHAPES}
    return any(id_ in owners or tenant in plan.strangers for id_, tenant in later)


def _into(lines: Sequence[Line], tenant: str, path: Path) -> list[Line]:
    """Return the lines as those of one user; a file of several users is refused."""
    told = {str(line.body["tenant"]) for line in lines}
    if len(told) > 1:
        raise InputError(
            f"{path} holds the memories of {len(told)} users, which cannot become one user's. "
            "Export one of them with user_id=…. Nothing was imported."
        )
    return [replace(line, body={**_of(line, tenant), "tenant": tenant}) for line in lines]


def _of(line: Line, tenant: str) -> Json:
    """The fields of a record, with the user inside the state that an event keeps."""
    body = dict(line.body)
    for name in ("before", "after") if line.kind == "event" else ():
        state = json.loads(body[name]) if body[name] is not None else {}
        if "tenant" in state:
            body[name] = to_json({**state, "tenant": tenant})
    return body


def _strangers(lines: Sequence[Line], here: Here, more: set[str]) -> set[str]:
    """Return the users, of `lines` or `more`, of whose memories here the file knows none.

    Whoever makes an export names its users, so a name alone is no right to write to them: whose an
    item is, or was before it was erased, the database tells and never the file.
    """
    known = {*here.tenants.values(), *here.erased.values()}
    return ({str(line.body["tenant"]) for line in lines} | more) - known - {""}


_ANY = tuple(f"SELECT 1 FROM {table} WHERE tenant = ? LIMIT 1" for table in ("items", "steps"))


def _fresh(lines: Sequence[Line], here: Here) -> list[Line]:
    """Return what is new here, without what rests on something that was erased here."""
    items = [line for line in lines if line.kind == "item"]
    gone = resting(((x.owner, x.body["sources"]) for x in items), here.erased)
    return [
        line
        for line in lines
        if line.owner not in here.tenants
        and line.owner not in gone
        and not gone.intersection(_others(line))
        and not (line.kind == "event" and line.body["op"] == "erase" and line.owner in here.told)
    ]


def _others(line: Line) -> list[str]:
    """The other end of a link, or of the link that an event made or took away."""
    if line.kind == "link":
        return [str(line.body["dst"])]
    if line.kind == "event" and line.body["op"] in history.LINK_OPS:
        state = line.body["after"] or line.body["before"]
        return [str(json.loads(state)["dst"])]
    return []


def _masked(line: Line, masked: Callable[[str, Json], Json], path: Path) -> Line:
    try:
        return replace(line, body=masked(line.kind, line.body))
    except InputError as error:
        raise refused(path, line.number, str(error)) from error


# ── checks across lines ──────────────────────────────────────────────────────────────────────────


def _check_history(lines: Collection[Line], path: Path) -> None:
    """Check that the events of the file give its items and links."""
    told = Told()
    stored = {line.owner for line in lines if line.kind == "item"}
    for line in lines:
        if line.kind == "event":
            if (wrong := told.take(_event(line), str(line.body["tenant"]))) is not None:
                raise refused(path, line.number, f"this event {wrong}")
            if line.owner in told.state.items and line.owner not in stored:
                raise refused(path, line.number, f"its item {line.owner!r} is not in the file.")
    if told.gap is not None:
        raise refused(path, told.gap[0], f"this event {told.gap[1]}")
    state = told.state
    state.unlink_erased()
    for line in lines:
        body = line.body
        if line.kind == "item":
            same = history.same(body, state.items.get(body["id"]))
        elif line.kind == "link":
            same = history.same(body, state.links.get((body["src"], body["dst"], body["kind"])))
        else:
            continue
        if not same:
            why = f"this {line.kind} is not what the events of the file make of it."
            raise refused(path, line.number, f"{why} Run repair where it came from.")


def _event(line: Line) -> Event:
    body = line.body
    before, after = (None if body[n] is None else json.loads(body[n]) for n in ("before", "after"))
    return Event(
        seq=line.number,
        change_id=body["change_id"],
        item_id=body["item_id"],
        op=body["op"],
        at_us=body["at"],
        actor=body["actor"],
        why=body["why"],
        before_us=before,
        after_us=after,
    )


def _check_ends(line: Line, tenants: Mapping[str, str], path: Path) -> None:
    """Check that everything a record points to exists and belongs to the same user."""
    body = line.body
    ends: dict[str, list[str]] = {
        "item": body.get("sources", []),
        "link": [str(body.get("src")), str(body.get("dst"))],
        "event": [line.owner] if line.owner in tenants else [],
    }
    for end in ends[line.kind]:
        if end not in tenants:
            why = (
                f"this {line.kind} points to {quoted(end)}, which is neither in the file nor here."
            )
            raise refused(path, line.number, why)
        if tenants[end] != body["tenant"]:
            raise refused(path, line.number, f"this {line.kind} crosses from user to user.")


def _rows(lines: Collection[Line], items: Sequence[Item]) -> list[Rows]:
    """Make the rows of all tables."""
    cites = dict.fromkeys((source, item.id) for item in items for source in item.sources)
    links = [tuple(x.body[f] for f in LINK_FIELDS) for x in lines if x.kind == "link"]
    bodies = (_stored(line) for line in lines if line.kind == "event")
    events = [with_checksum([body[f] for f in EVENT_FIELDS]) for body in bodies]
    return [
        Rows("items", (*ITEM_FIELDS, "checksum"), list(map(item_row, items))),
        Rows("cites", ("source_id", "item_id"), list(cites)),
        Rows("links", LINK_FIELDS, links),
        Rows("events", (*EVENT_FIELDS, "checksum"), events),
    ]


def _stored(line: Line) -> Json:
    """The fields of a record as they are stored: an erasure elsewhere is marked as such."""
    if line.kind == "event" and line.body["op"] == "erase":
        return {**line.body, "change_id": f"{IMPORTED}{line.body['change_id']}"}
    return line.body
