"""Read the lines of an export: each is checked by itself before any is used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from combray.core.errors import InputError, quoted, reason
from combray.core.items import Json
from combray.store.engines.sqlite import is_open
from combray.store.files import logs
from combray.store.files.export import HEADER, OLD_HEADER, SHAPES
from combray.store.files.fields import FIELDS
from combray.store.paths import special
from combray.store.tables.rows import to_json


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a file: its number, what it is, and its fields."""

    number: int
    kind: str
    body: Json

    @property
    def owner(self) -> str:
        """The item that the record belongs to."""
        return str(self.body[{"item": "id", "link": "src", "event": "item_id"}[self.kind]])


def refused(path: Path, number: int, why: str) -> InputError:
    """The error of a line, and why."""
    return InputError(f"{path} line {number}: {why} Nothing was imported.")


def read(path: Path) -> Iterator[Line]:
    """Read every record of a file with its line number and check its fields."""
    if is_open(path):
        raise InputError(f"{path} is a database that is open, and no export. Nothing was imported.")
    if (kind := special(path)) is not None:
        raise InputError(f"{path} is {kind}, and no export. Nothing was imported.")
    texts = _texts(path)
    if _parse(next(texts, "") or "null", path, 1) not in (HEADER, OLD_HEADER):
        raise refused(path, 1, f"not {to_json(HEADER)}, so this is no export of combray.")
    counts = dict.fromkeys(SHAPES, 0)
    seen: set[tuple[object, ...]] = set()
    number = 1
    for number, text in enumerate(texts, start=2):
        record = _parse(text or "null", path, number)
        if set(record) == {"end"}:
            _check_end(record["end"], counts, texts, path, number)
            return
        line = _line(record, path, number)
        counts[line.kind] += 1
        key = _identity(line)
        if key in seen:
            raise refused(path, number, f"this {line.kind} stands in the file twice.")
        seen.add(key)
        yield line
    raise refused(path, number, "the file is cut off.")


def _texts(path: Path) -> Iterator[str]:
    """Read the lines of a file, one at a time."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from (text.removesuffix("\n") for text in file)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path}: {reason(error)}. Nothing was imported.") from error


def _identity(line: Line) -> tuple[object, ...]:
    if line.kind == "event":
        return ("event", line.number)
    names = _NAMES[line.kind]
    return (line.kind, *(line.body[name] for name in names))


_NAMES = {
    "item": ("id",),
    "link": ("src", "dst", "kind"),
    "step": ("tenant", "log", "number"),
    "blob": ("tenant", "digest"),
}
"""What no two records of a kind share."""


def _parse(text: str, path: Path, number: int) -> Json:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused(path, number, f"damaged or cut off ({error}).") from error
    if not isinstance(record, dict):
        raise refused(path, number, "not a JSON object.")
    return record


def _line(record: Json, path: Path, number: int) -> Line:
    kind = next(iter(record), "")
    body = record.get(kind)
    if len(record) != 1 or kind not in SHAPES:
        raise refused(path, number, "not an item, link, event, step or blob.")
    if not isinstance(body, dict) or set(body) != set(SHAPES[kind]):
        raise refused(path, number, f"this {kind} has not the fields of a {kind}.")
    for name, value in body.items():
        check = FIELDS.get((kind, name)) or FIELDS[name]
        if not check(value):
            raise refused(path, number, f"the {name} of this {kind} cannot be {quoted(value)}.")
    if kind == "item" and body["kind"] == "fact" and not _FACT.issubset(body["metadata"]):
        raise refused(path, number, f"this fact lacks one of {', '.join(sorted(_FACT))}.")
    return Line(number, kind, body)


_FACT = frozenset({"subject", "relation", "object"})


def _check_end(told: Any, counts: Json, rest: Iterator[str], path: Path, number: int) -> None:
    """Check that the last line counts the lines before it and that nothing follows."""
    if not isinstance(told, dict) or {**dict.fromkeys(logs.SHAPES, 0), **told} != counts:
        raise refused(path, number, f"the file should hold {told}, but holds {counts}.")
    if any(text.strip() for text in rest):
        raise refused(path, number, "something follows the end.")
