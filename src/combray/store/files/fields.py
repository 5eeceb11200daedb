"""What each field of an exported record may be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from combray.core.checks import DEPTH, data_problem, moment_problem, text_problem
from combray.core.items import Status


def _text(value: Any) -> bool:
    return text_problem(value) is None


def _some_text(value: Any) -> bool:
    return value is None or _text(value)


def _moment(value: Any) -> bool:
    return moment_problem(value) is None


def _some_moment(value: Any) -> bool:
    return value is None or _moment(value)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _mapping(value: Any) -> bool:
    # An event keeps the metadata of an item one level deeper than the item does.
    return isinstance(value, dict) and data_problem(value, DEPTH + 1) is None


def _ids(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _json_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def checked(value: Any) -> bool:
        try:
            return isinstance(value, str) and check(json.loads(value))
        except (ValueError, RecursionError):
            return False

    return checked


def _some_state(value: Any) -> bool:
    return value is None or _json_of(_mapping)(value)


FIELDS: Mapping[Any, Callable[[Any], bool]] = {
    **dict.fromkeys(("id", "tenant", "kind", "text", "created_by", "digest"), _text),
    **dict.fromkeys(("change_id", "item_id", "op", "actor", "why", "src", "dst"), _text),
    **dict.fromkeys(("agent_id", "session_id", "role", "name"), _some_text),
    **dict.fromkeys(("first_at", "last_at", "known_from", "at"), _moment),
    **dict.fromkeys(("valid_from", "valid_to", "known_to", "last_recalled"), _some_moment),
    **dict.fromkeys(("strength", "weight"), _number),
    **dict.fromkeys(("before", "after"), _some_state),
    "count": _count,
    "status": lambda value: value in tuple(Status),
    "metadata": _mapping,
    "sources": _ids,
    ("link", "known_from"): lambda value: value == 0 or _moment(value),
    ("link", "sources"): _json_of(_ids),
}
