"""Messages as the objects of other libraries: read as mappings, by what they can do.

An object that has `model_dump` (OpenAI, Anthropic, LangChain and whatever else pydantic makes),
`to_dict`, or the attributes `role` and `content` is a message. What it leaves None is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from combray.core.dates.zones import offset_in
from combray.core.errors import InputError
from combray.core.items import ROLE_ALIASES, ROLES
from combray.core.time import Timestamp, to_micros

TIMES = (
    "timestamp",
    "created_at",
    "createdAt",
    "createTime",
    "create_time",
    "sent_at",
    "date",
    "ts",
)
"""The keys by which a message may tell its own time, the first of them first."""
_YEAR = re.compile(r"\d{4}")
"""A number that may be anything, where it is not said to be a time."""
_DUMPS = ("model_dump", "to_dict", "dict")
_ATTRIBUTES = (
    "role",
    "type",
    "content",
    "name",
    "id",
    "tool_calls",
    "tool_call_id",
    "timestamp",
    "kind",
    "parts",
)
_KINDS = {"request": "user", "response": "assistant"}
_LEAST, _MILLISECONDS, _FINER = 1e8, 1e11, 1e14
"""A number is a time from here on (1973, in seconds), milliseconds between the others: in seconds
the second is the year 5138, and the third is none."""


def as_mapping(message: Any) -> Mapping[str, Any] | None:
    """Return a message of another library as a mapping; None when it is none."""
    if isinstance(message, Mapping):
        return _with_role(message)
    if message is None or isinstance(
        message, str | bytes | int | float | list | tuple | set | type
    ):
        return None
    for name in _DUMPS:
        dump = getattr(message, name, None)
        if callable(dump):
            plain = dump()
            if isinstance(plain, Mapping):
                return _with_role({key: part for key, part in plain.items() if part is not None})
    if not hasattr(message, "content") and not hasattr(message, "parts"):
        return None
    told = {name: getattr(message, name, None) for name in _ATTRIBUTES}
    return _with_role({name: part for name, part in told.items() if part is not None})


def _with_role(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message with its role, which some libraries call its type, and its content."""
    if "content" not in message:
        message = _with_content(message)
    kind = message.get("type")
    if "role" in message or not isinstance(kind, str) or "content" not in message:
        return message
    role = ROLE_ALIASES.get(kind, kind)
    if role not in ROLES:
        return message
    return {"role": role, **{key: part for key, part in message.items() if key != "type"}}


def _with_content(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message whose words are called `parts` (Gemini, Vercel, pydantic-ai) or `value`."""
    rest = {key: part for key, part in message.items() if key not in ("parts", "kind")}
    parts = message.get("parts")
    if isinstance(parts, list | tuple):
        read = [part for each in parts if (part := _part_of(each)) is not None]
        role = message.get("role") or _KINDS.get(str(message.get("kind")), "user")
        returned = bool(read) and all(_kind_of(part) == "tool_result" for part in read)
        return {**rest, "role": "tool" if returned else role, "content": read}
    if isinstance(message.get("from"), str) and isinstance(message.get("value"), str):
        plain = {key: part for key, part in rest.items() if key not in ("from", "value")}
        return {**plain, "role": message["from"], "content": message["value"]}
    return message


def _kind_of(part: Any) -> Any:
    return part.get("type") if isinstance(part, Mapping) else None


def _part_of(part: Any) -> Any:
    """Return a part of another library as one with a type; None for a prompt."""
    plain = part if isinstance(part, str | Mapping) else getattr(part, "__dict__", part)
    if not isinstance(plain, Mapping):
        return part
    kind = plain.get("part_kind") or getattr(part, "part_kind", None)
    called = plain.get("functionCall") or plain.get("function_call")
    if isinstance(called, Mapping):
        return {"type": "tool_use", "name": called.get("name"), "input": called.get("args", {})}
    if kind in ("text", "user-prompt"):
        content = plain.get("content")
        words = content if isinstance(content, str) else _joined(content)
        return {"type": "text", "text": words}
    if kind == "system-prompt":
        return None
    if kind == "tool-call":
        return {"type": "tool_use", "name": plain.get("tool_name"), "input": plain.get("args", {})}
    if kind == "tool-return":
        return {"type": "tool_result", "content": str(plain.get("content", ""))}
    return {"type": str(kind)} if kind else plain


def _joined(content: Any) -> str:
    """Return the texts of a prompt that holds pictures beside them."""
    parts = content if isinstance(content, list | tuple) else ()
    return "\n".join(part for part in parts if isinstance(part, str))


class OwnTime(NamedTuple):
    """The time that a message tells: by which key, the moment, and the offset it is given with."""

    key: str
    moment: int
    place: str | None


def own_time(message: Mapping[str, Any], where: str, zone: tzinfo = UTC) -> OwnTime | None:
    """Return the time that a message tells; without an offset it is one of a zone.

    A `timestamp` that is no time raises InputError; another key that is none is not its time.
    """
    for key in TIMES:
        value = message.get(key)
        if value is None:
            continue
        if key == "timestamp":
            moment = to_micros(value, what=f"{where}.{key}", zone=zone)
            return OwnTime(key, moment, offset_in(value))
        told = _told(value)
        if told is not None:
            return OwnTime(key, to_micros(told, zone=zone), offset_in(told))
    return None


def _told(value: Any) -> Timestamp | None:
    """Return the time that a value tells: seconds, milliseconds, ISO, or the date of a mail."""
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) < _LEAST:
            return None
        value = value / (1000 if _MILLISECONDS < abs(value) < _FINER else 1)
    if isinstance(value, str) and _YEAR.fullmatch(value.strip()):
        return None
    try:
        to_micros(value)
    except InputError:
        return _mail_date(value) if isinstance(value, str) else None
    told: Timestamp = value
    return told


def _number(text: str) -> float | str:
    """Return a text as the number that it is, as Slack writes its seconds, or as it was."""
    # Fewer digits are a date without dashes.
    return float(text) if re.fullmatch(r"\d{9,13}(?:\.\d{1,9})?", text) else text


def _mail_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text[:100])
        to_micros(moment)
    except (InputError, TypeError, ValueError, IndexError):
        return None
    return moment
