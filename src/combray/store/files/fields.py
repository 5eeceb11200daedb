"""What each field of an exported record may be."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from combray.core.checks import DEPTH, NAME, STRENGTH, data_problem, moment_problem, text_problem
from combray.core.items import Status


def _text(value: Any) -> bool:
    return text_problem(value) is None


def _name(value: Any) -> bool:
    """Whether something can be a name or an id: no engine has a longer one in an index."""
    return _text(value) and len(value.encode()) <= NAME


def _some_name(value: Any) -> bool:
    return value is None or _name(value)


def _tenant(value: Any) -> bool:
    """Whether something is a user whom a `user_id` reaches, or nobody."""
    return value == "" or (_name(value) and bool(value.strip()))


def _moment(value: Any) -> bool:
    return moment_problem(value) is None


def _some_moment(value: Any) -> bool:
    return value is None or _moment(value)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _strength(value: Any) -> bool:
    return _number(value) and abs(value) < STRENGTH


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


def _full_name(value: Any) -> bool:
    return _name(value) and bool(value.strip())


def _digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True) or not value)
    except ValueError:
        return False


def _some_state(value: Any) -> bool:
    return value is None or _json_of(_mapping)(value)


FIELDS: Mapping[Any, Callable[[Any], bool]] = {
    **dict.fromkeys(("text", "why", "actor"), _text),
    **dict.fromkeys(("id", "kind", "created_by", "digest", "change_id", "item_id"), _name),
    **dict.fromkeys(("op", "src", "dst"), _name),
    **dict.fromkeys(("agent_id", "session_id", "role", "name"), _some_name),
    "tenant": _tenant,
    **dict.fromkeys(("first_at", "last_at", "known_from", "at"), _moment),
    **dict.fromkeys(("valid_from", "valid_to", "known_to", "last_recalled"), _some_moment),
    "strength": _strength,
    "weight": _number,
    **dict.fromkeys(("before", "after"), _some_state),
    "count": _count,
    "status": lambda value: value in tuple(Status),
    "metadata": _mapping,
    "sources": _ids,
    ("link", "known_from"): lambda value: value == 0 or _moment(value),
    ("link", "sources"): _json_of(_ids),
    **dict.fromkeys((("step", "log"), ("step", "actor")), _full_name),
    **dict.fromkeys((("step", "number"), ("step", "first")), _count),
    ("step", "value"): _json_of(_mapping),
    ("blob", "digest"): _digest,
    ("blob", "base"): lambda value: value is None or _digest(value),
    ("blob", "data"): _base64,
}
