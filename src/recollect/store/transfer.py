"""Export and import: one JSON object a line, self-describing, with history and both times.

The first line names the format; then come items, links and events in the order they were stored.
export → import → export gives the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recollect.core.errors import InputError
from recollect.core.items import Json
from recollect.store.engine import Cursor
from recollect.store.rows import (
    EVENT_COLUMNS,
    ITEM_FIELDS,
    LINK_FIELDS,
    item_from_state,
    item_state,
    item_values,
    to_json,
)
from recollect.store.store import Store

HEADER = {"format": "recollect", "version": 1}
_EVENT_FIELDS = ("tenant", *EVENT_COLUMNS.removeprefix("seq, ").split(", "))


def export(store: Store, path: Path, user_id: str | None = None) -> int:
    """Write every tenant, or one, to a new file; returns the number of items.

    The file appears whole or not at all.
    """
    tenants = store.tenants() if user_id is None else [user_id]
    count = 0
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
            out.write(to_json(HEADER) + "\n")
            for tenant in tenants:
                for line in _lines(store, tenant):
                    count += "item" in line
                    out.write(to_json(line) + "\n")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Nothing was exported.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def import_(store: Store, path: Path) -> int:
    """Read a file that `export` wrote, in one transaction; returns how many items were new.

    Items that are already here unchanged are skipped. Raises InputError naming the line of a
    damaged or foreign file; then nothing is changed.
    """
    records = list(_read(path))
    with store.engine.write() as cursor:
        known = _known(cursor, [r["item"]["id"] for _, r in records if "item" in r])
        fresh = [(n, r) for n, r in records if _owner(r) not in known]
        for number, record in fresh:
            _insert(cursor, record, f"{path} line {number}")
    return sum("item" in record for _, record in fresh)


def _lines(store: Store, tenant: str) -> Iterator[Json]:
    for item in store.items(tenant):
        yield {"item": item_state(item)}
    for row in store.engine.read(
        f"SELECT {', '.join(LINK_FIELDS)} FROM links WHERE tenant = ? ORDER BY src, dst, kind",
        (tenant,),
    ):
        yield {"link": dict(zip(LINK_FIELDS, row, strict=True))}
    for row in store.engine.read(
        f"SELECT {', '.join(_EVENT_FIELDS)} FROM events WHERE tenant = ? ORDER BY seq", (tenant,)
    ):
        yield {"event": dict(zip(_EVENT_FIELDS, row, strict=True))}


def _read(path: Path) -> Iterator[tuple[int, Json]]:
    """Every record with its line number, checked."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path}: {error}. Nothing was imported.") from error
    if not lines or _parse(lines[0], path, 1) != HEADER:
        raise InputError(f"{path} line 1 is not {to_json(HEADER)}: not an export of recollect.")
    for number, line in enumerate(lines[1:], start=2):
        record = _parse(line, path, number)
        if len(record) != 1 or not set(record) <= set(_SHAPES):
            raise InputError(f"{path} line {number} is not an item, link or event.")
        kind, body = next(iter(record.items()))
        if not isinstance(body, dict) or set(body) != set(_SHAPES[kind]):
            raise InputError(f"{path} line {number}: this {kind} has not the fields of a {kind}.")
        yield number, record


_SHAPES = {"item": ITEM_FIELDS, "link": LINK_FIELDS, "event": _EVENT_FIELDS}


def _parse(line: str, path: Path, number: int) -> Json:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(
            f"{path} line {number} is damaged ({error}). Nothing was imported."
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
    else:
        table, fields = ("links", LINK_FIELDS) if kind == "link" else ("events", _EVENT_FIELDS)
        _put(cursor, table, fields, tuple(body[f] for f in fields))


def _put(cursor: Cursor, table: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> None:
    marks = ", ".join("?" * len(fields))
    cursor.run(f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({marks})", values)
