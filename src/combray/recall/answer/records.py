"""Records: JSON that stands on one line as a line for each value, so that it can be cut.

    {"office": {"wifi": {"password": "x"}}}      office.wifi.password: x
    [{"name": "Ann", "city": "Rome"}, …]         [0]: name: Ann · city: Rome

A value is told by the path of its keys; a short record of a list stays together, since one value of
it is asked for by another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from combray.core.checks import characters_problem
from combray.recall.answer.layout import WIDE, width

TRIES = 8
"""How many brackets of a line may be where its data begin, as the second is in `[INFO] {…}`."""


class _Number(str):
    """A number as it is written: 1.10 is a version or a price, and no 1.1."""

    __slots__ = ()


class _Record(list[tuple[str, Any]]):
    """The pairs of an object in their order; a key may come twice."""

    __slots__ = ()


_AS_WRITTEN = json.JSONDecoder(
    object_pairs_hook=_Record, parse_float=_Number, parse_int=_Number, parse_constant=_Number
)
_OPENS = re.compile(r"[\[{]")
_JOIN = " · "


def spread(text: str) -> str:
    """A text with each wide line of JSON as a line for each value; the others as they are."""
    return "\n".join(part for line in text.split("\n") for part in _spread(line))


def _spread(line: str) -> Sequence[str]:
    """The lines of a line: what stands before its data, the values, and what stands after."""
    if width(line) <= WIDE:
        return [line]
    for opening in islice(_OPENS.finditer(line), TRIES):
        found = _decoded(line, opening.start())
        values = list(_lines(found[0])) if found else []
        if found and len(values) > 1:
            before, after = line[: opening.start()].strip(), line[found[1] :].strip()
            return [part for part in (before, *values, after) if part]
    return [line]


def _decoded(line: str, start: int) -> tuple[Any, int] | None:
    try:
        return _AS_WRITTEN.raw_decode(line, start)
    except (ValueError, RecursionError):
        return None


def _lines(data: Any) -> Iterator[str]:
    """The values in their order, each after its path; without recursion, however deep."""
    waiting: list[tuple[str, Any, bool]] = [("", data, False)]
    while waiting:
        path, value, listed = waiting.pop()
        whole = _written(path, value, listed=listed)
        if whole is not None:
            yield whole
            continue
        in_list = not isinstance(value, _Record)
        parts = enumerate(value) if in_list else value
        inside = [(_path(path, key), part) for key, part in parts]
        waiting += [(name, part, in_list) for name, part in reversed(inside)]


def _path(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{_plain(key)}" if path else _plain(key)


def _written(path: str, value: Any, *, listed: bool) -> str | None:
    """A value in one line: a plain one, a short list of plain ones, a short record of a list."""
    if isinstance(value, _Record):
        told = [f"{_plain(key)}: {_plain(part)}" for key, part in value]
        flat = listed and not any(isinstance(part, list) for _, part in value)
    elif isinstance(value, list):
        told = [_plain(part) for part in value]
        flat = not any(isinstance(part, list) for part in value)
    else:
        return f"{path}: {_plain(value)}"
    line = f"{path}: {_JOIN.join(told)}"
    return line if flat and width(line) <= WIDE else None


def _plain(value: Any) -> str:
    """A plain value as it is written; characters that no text can hold stay escaped."""
    if isinstance(value, str):
        told = " ".join(value.split())
        return told if characters_problem(told) is None else json.dumps(told)
    return "" if isinstance(value, list) else json.dumps(value)
