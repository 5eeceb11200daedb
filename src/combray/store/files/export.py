"""Export: one JSON object a line, self-describing, with history and both times.

The first line names the format; then come items, links and events in the order they were stored,
and the steps and contents of task memories; the last line counts them, so that a file that was cut
off is noticed. export → import → export gives the same bytes. A path that ends in .md gets Markdown
for people, which cannot be read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from combray.core.dates.zones import day_of, place_of
from combray.core.errors import InputError, StoreError, quoted
from combray.core.items import Item, Json, Status
from combray.store.engine import Row, Run
from combray.store.engines.sqlite import is_open
from combray.store.files import logs
from combray.store.files.parts import listed_part
from combray.store.paths import may_replace
from combray.store.store import Store
from combray.store.tables.checksums import EVENT_FIELDS, of_values
from combray.store.tables.rows import (
    ITEM_COLUMNS,
    ITEM_FIELDS,
    LINK_FIELDS,
    item_from_row,
    item_from_state,
    item_state,
    to_json,
)

HEADER = {"format": "combray", "version": 1}
OLD_HEADER = {"format": "recollect", "version": 1}
"""What the first line said while the package was called recollect; the lines are the same."""
TITLE = "# Memory of "
IMPORTED = "imported "
"""What the change of an erasure begins with that a file told of, and that was not done here."""
SHAPES = {"item": ITEM_FIELDS, "link": LINK_FIELDS, "event": EVENT_FIELDS, **logs.SHAPES}


def export(store: Store, path: Path, user_id: str | None = None) -> int:
    """Write every tenant, or one, to a file; return the number of items.

    The file appears whole or not at all. An earlier export is replaced; InputError for anything
    else that stands at the path.
    """
    if is_open(path):
        raise InputError(f"{path} is a database. Give the export a new name; nothing was written.")
    if not isinstance(user_id, str | None):
        raise InputError(f"user_id must be text, not {quoted(user_id)}. Nothing was written.")
    may_replace(path, _is_export, "export")
    tenants = store.tenants() if user_id is None else [user_id]
    make = markdown if path.suffix.lower() in (".md", ".markdown") else _jsonl
    count = 0
    with listed_part(store, path, "export") as out:
        for line, items in make(_snapshots(store, tenants)):
            count += items
            out.write(line + "\n")
    return count


def _is_export(head: bytes) -> bool:
    """Whether a file begins as an export of ours does, of JSON lines or for people."""
    first = head.split(b"\n", 1)[0].decode(errors="replace")
    return first in (to_json(HEADER), to_json(OLD_HEADER)) or first.startswith(TITLE)


Snapshot = tuple[str, list[list[Json]]]


def _snapshots(store: Store, tenants: Iterable[str]) -> Iterator[Snapshot]:
    """Yield what each tenant has as of one moment, a list for each of SHAPES."""
    for tenant in tenants:
        with store.engine.read_snapshot(tenant) as run:
            items = _rows(run, ITEM_COLUMNS, "items", tenant, "seq")
            links = _rows(run, ", ".join(LINK_FIELDS), "links", tenant, "src, dst, kind")
            events = _rows(run, ", ".join(EVENT_FIELDS), "events", tenant, "seq")
            tasks = [logs.steps_of(run, tenant), logs.blobs_of(run, tenant)]
        yield tenant, [items, links, events, *tasks]


def _rows(run: Run, columns: str, table: str, tenant: str, order: str) -> list[Json]:
    sums = "" if table == "links" else ", checksum"
    rows = run(f"SELECT {columns}{sums} FROM {table} WHERE tenant = ? ORDER BY {order}", (tenant,))
    if sums:
        rows = [_sound(row, columns.startswith("seq, "), table) for row in rows]
    if table == "items":
        return [item_state(item_from_row(row)) for row in rows]
    names = columns.split(", ")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for body in found if table == "events" else ():
        body["change_id"] = body["change_id"].removeprefix(IMPORTED)
    return found


def _sound(row: Row, numbered: bool, table: str) -> Row:
    """A row without its checksum, which must be its own: no file says what a disk has changed."""
    if of_values(row[int(numbered) : -1]) != row[-1]:
        raise StoreError(
            f"A row of {table} is damaged ({row[1]!r:.50}). Run verify and repair, then export "
            "again. Nothing was written."
        )
    return row[:-1]


def _jsonl(snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, int]]:
    """Yield lines of JSON, each with the number of items in it."""
    counts = dict.fromkeys(SHAPES, 0)
    yield to_json(HEADER), 0
    for _tenant, parts in snapshots:
        for kind, bodies in zip(SHAPES, parts, strict=True):
            counts[kind] += len(bodies)
            for body in bodies:
                yield to_json({kind: body}), int(kind == "item")
    # A file without task memories says nothing of them, as before there were any.
    told = {kind: count for kind, count in counts.items() if count or kind not in logs.SHAPES}
    yield to_json({"end": told}), 0


def markdown(snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, int]]:
    """Markdown for reading: what holds, what is past, what was noted, and said, by session."""
    for tenant, (states, *_) in snapshots:
        live = [item_from_state(state) for state in states if state["status"] == Status.LIVE]
        yield f"{TITLE}{_flat(tenant) or 'no user'}\n", 0
        facts = [item for item in live if item.kind == "fact"]
        for title, some in (
            ("What holds", [fact for fact in facts if fact.valid_to_us is None]),
            ("What is past", [fact for fact in facts if fact.valid_to_us is not None]),
        ):
            if some:
                yield f"## {title}\n\n" + "\n".join(map(_fact_line, some)) + "\n", len(some)
        notes = [item for item in live if item.kind != "fact" and not item.is_raw]
        if notes:
            yield "## Noted\n\n" + "\n".join(map(_said_line, notes)) + "\n", len(notes)
        rest = [item for item in live if item.is_raw]
        for session in dict.fromkeys(item.scope.session_id for item in rest):
            said = [item for item in rest if item.scope.session_id == session]
            title = f"Session {_flat(session)}" if session else "Said"
            yield f"## {title}\n\n" + "\n".join(map(_said_line, said)) + "\n", len(said)


def _fact_line(fact: Item) -> str:
    days = [_day(moment, fact) for moment in (fact.valid_from_us, fact.valid_to_us)]
    return f"- {_flat(fact.text)} ({days[0] or 'unknown'} – {days[1] or 'now'})"


def _said_line(item: Item) -> str:
    who = _flat(item.name or item.role or "")
    return f"- {_day(item.first_at_us, item)} {f'**{who}**: ' if who else ''}{_flat(item.text)}"


def _day(moment: int | None, item: Item) -> str:
    """The day of a moment where an item was said; empty without a moment."""
    return "" if moment is None else day_of(moment, place_of(item.metadata))


def _flat(text: str) -> str:
    return " ".join(text.split())
