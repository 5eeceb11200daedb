"""Export and import: one JSON object a line, self-describing, with history and both times.

The first line names the format; then come items, links and events in the order they were stored;
the last line counts them, so that a file that was cut off is noticed. export → import → export
gives the same bytes. A path that ends in .md gets Markdown for people, which cannot be read back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from recollect.core.errors import InputError
from recollect.core.items import Item, Json
from recollect.core.time import to_datetime
from recollect.store.engine import Cursor
from recollect.store.rows import (
    EVENT_COLUMNS,
    ITEM_COLUMNS,
    ITEM_FIELDS,
    LINK_FIELDS,
    item_from_row,
    item_from_state,
    item_state,
    item_values,
    to_json,
)
from recollect.store.store import Store
from recollect.store.topics import file_topics

HEADER = {"format": "recollect", "version": 1}
_EVENT_FIELDS = ("tenant", *EVENT_COLUMNS.removeprefix("seq, ").split(", "))


def export(store: Store, path: Path, user_id: str | None = None) -> int:
    """Write every tenant, or one, to a new file; returns the number of items.

    The file appears whole or not at all.
    """
    tenants = store.tenants() if user_id is None else [user_id]
    make = markdown if path.suffix.lower() in (".md", ".markdown") else _jsonl
    count = 0
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(
            os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600),
            "w",
            encoding="utf-8",
            newline="\n",
        ) as out:
            for line, items in make(_snapshots(store, tenants)):
                count += items
                out.write(line + "\n")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Nothing was exported.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def import_(store: Store, path: Path) -> int:
    """Read a file that `export` wrote, in one transaction; returns how many items were new.

    Items that are already here are skipped. Raises InputError naming the line of a damaged, cut or
    foreign file; then nothing is changed.
    """
    records = list(_read(path))
    with store.engine.write() as cursor:
        ids = {r["item"]["id"]: r["item"]["tenant"] for _, r in records if "item" in r}
        known = _known(cursor, list(ids))
        fresh = [(n, r) for n, r in records if _owner(r) not in known]
        for number, record in fresh:
            _check_ends(record, ids.keys() | known, f"{path} line {number}")
            _insert(cursor, record, f"{path} line {number}")
    return sum("item" in record for _, record in fresh)


def _check_ends(record: Json, ids: Collection[str], where: str) -> None:
    """Whatever a record points to must be in the file or in the database."""
    (kind, body), *_ = record.items()
    ends = {"item": body.get("sources") or (), "link": (body.get("src"), body.get("dst"))}
    missing = [end for end in ends.get(kind, ()) if end not in ids]
    if missing:
        raise InputError(
            f"{where}: this {kind} points to {missing[0]!r}, which is not in the file. "
            "Nothing was imported."
        )


Snapshot = tuple[str, list[Json], list[Json], list[Json]]


def _snapshots(store: Store, tenants: Iterable[str]) -> Iterator[Snapshot]:
    """(tenant, items, links, events) of each tenant as of one moment."""
    for tenant in tenants:
        # A write transaction, so that no other writer comes between the three reads.
        with store.engine.write(tenant) as cursor:
            items = _rows(cursor, ITEM_COLUMNS, "items", tenant, "seq")
            links = _rows(cursor, ", ".join(LINK_FIELDS), "links", tenant, "src, dst, kind")
            events = _rows(cursor, ", ".join(_EVENT_FIELDS), "events", tenant, "seq")
        yield tenant, items, links, events


def _rows(cursor: Cursor, columns: str, table: str, tenant: str, order: str) -> list[Json]:
    rows = cursor.run(f"SELECT {columns} FROM {table} WHERE tenant = ? ORDER BY {order}", (tenant,))
    if table == "items":
        return [item_state(item_from_row(row)) for row in rows]
    names = columns.split(", ")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _jsonl(snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, int]]:
    """Lines of JSON, and how many items each holds."""
    counts = dict.fromkeys(_SHAPES, 0)
    yield to_json(HEADER), 0
    for _tenant, *parts in snapshots:
        for kind, bodies in zip(_SHAPES, parts, strict=True):
            counts[kind] += len(bodies)
            for body in bodies:
                yield to_json({kind: body}), int(kind == "item")
    yield to_json({"end": counts}), 0


def markdown(snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, int]]:
    """Markdown for reading: what holds, what is past, and what was said, by session."""
    for tenant, states, _links, _events in snapshots:
        live = [item_from_state(state) for state in states if state["status"] == "live"]
        yield f"# Memory of {tenant or 'everybody'}\n", 0
        facts = [item for item in live if item.kind == "fact"]
        for title, some in (
            ("What holds", [fact for fact in facts if fact.valid_to is None]),
            ("What is past", [fact for fact in facts if fact.valid_to is not None]),
        ):
            if some:
                yield f"## {title}\n\n" + "\n".join(map(_fact_line, some)) + "\n", len(some)
        rest = [item for item in live if item.kind != "fact"]
        for session in dict.fromkeys(item.scope.session_id for item in rest):
            said = [item for item in rest if item.scope.session_id == session]
            title = f"Session {session}" if session else "Said"
            yield f"## {title}\n\n" + "\n".join(map(_said_line, said)) + "\n", len(said)


def _fact_line(fact: Item) -> str:
    days = [_day(moment) for moment in (fact.valid_from, fact.valid_to)]
    return f"- {_flat(fact.text)} ({days[0] or 'unknown'} – {days[1] or 'now'})"


def _said_line(item: Item) -> str:
    who = item.name or item.role
    return f"- {_day(item.first_at)} {f'**{who}**: ' if who else ''}{_flat(item.text)}"


def _day(moment: int | None) -> str:
    return "" if moment is None else f"{to_datetime(moment):%Y-%m-%d}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _read(path: Path) -> Iterator[tuple[int, Json]]:
    """Every record with its line number, checked."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path}: {error}. Nothing was imported.") from error
    if _parse(lines[0] or "null", path, 1) != HEADER:
        raise InputError(
            f"{path} line 1 is not {to_json(HEADER)}: not an export of recollect. "
            "Nothing was imported."
        )
    counts = dict.fromkeys(_SHAPES, 0)
    for number, line in enumerate(lines[1:], start=2):
        record = _parse(line or "null", path, number)
        if set(record) == {"end"}:
            _check_end(record["end"], counts, lines[number:], f"{path} line {number}")
            return
        if len(record) != 1 or not set(record) <= set(_SHAPES):
            raise InputError(
                f"{path} line {number} is not an item, link or event. Nothing was imported."
            )
        kind, body = next(iter(record.items()))
        if not isinstance(body, dict) or set(body) != set(_SHAPES[kind]):
            raise InputError(
                f"{path} line {number}: this {kind} has not the fields of a {kind}. "
                "Nothing was imported."
            )
        counts[kind] += 1
        yield number, record
    raise InputError(f"{path} line {len(lines)}: the file is cut off. Nothing was imported.")


def _check_end(told: Any, counts: Json, rest: list[str], where: str) -> None:
    """The last line counts what came before it, and nothing follows."""
    if told != counts:
        raise InputError(
            f"{where}: the file should hold {told}, but holds {counts}. Nothing was imported."
        )
    if any(line.strip() for line in rest):
        raise InputError(f"{where}: something follows the end. Nothing was imported.")


_SHAPES = {"item": ITEM_FIELDS, "link": LINK_FIELDS, "event": _EVENT_FIELDS}


def _parse(line: str, path: Path, number: int) -> Json:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(
            f"{path} line {number} is damaged or cut off ({error}). Nothing was imported."
        ) from error
    if not isinstance(record, dict):
        raise InputError(f"{path} line {number} is not a JSON object. Nothing was imported.")
    return record


def _owner(record: Json) -> Any:
    """The item that a record belongs to."""
    (kind, body), *_ = record.items()
    return body[{"item": "id", "link": "src", "event": "item_id"}[kind]]


def _known(cursor: Cursor, ids: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        marks = ", ".join("?" * len(chunk))
        rows = cursor.run(f"SELECT id FROM items WHERE id IN ({marks})", chunk)
        found.update(str(row[0]) for row in rows)
    return found


def _insert(cursor: Cursor, record: Json, where: str) -> None:
    (kind, body), *_ = record.items()
    if kind == "item":
        try:
            item = item_from_state(body)
            values = item_values(item)
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: {error}. Nothing was imported.") from error
        _put(cursor, "items", ITEM_FIELDS, values)
        for source in item.sources:
            _put(cursor, "cites", ("source_id", "item_id"), (source, item.id))
        file_topics(cursor, [item])
    else:
        table, fields = ("links", LINK_FIELDS) if kind == "link" else ("events", _EVENT_FIELDS)
        _put(cursor, table, fields, tuple(body[f] for f in fields))


def _put(cursor: Cursor, table: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> None:
    marks = ", ".join("?" * len(fields))
    cursor.run(f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({marks})", values)
