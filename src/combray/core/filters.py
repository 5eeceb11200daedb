"""Filters on items: the dialects of mem0 and of LangGraph, compiled to one predicate.

    {"AND": [{"category": {"in": ["x"]}}, {"score": {"gte": 3}}]}      mem0
    {"score": {"$gte": 3}, "topic": "travel", "draft": {"$ne": True}}  LangGraph

A field is a key of the metadata, a dotted path into it, or a field of the item (FIELDS);
`metadata.KEY` is the metadata alone; a mapping without operators asks for a part of a mapping.
Times compare as moments, whether the filter gives a datetime, ISO text or seconds. A day, a week, a
month or a year (a date, `2024-06-01`, `2024-06`) is whole, and one of the zone: `eq` asks for any
moment in it, `gt` for one after its end, `lte` for one up to its end. So is a date asked of the
metadata; text there is equal to text alone, and orders by its first moment, as other memories have
it. The value "*" asks that a field exists, None that it is missing or null. Of a list in the
metadata `in` asks for one entry of many, `nin` for none, `contains` for one; a list as a value is
the whole list. A missing field matches only `ne`, `nin`, None and NOT.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Any

from combray.core.checks import DEPTH, data_problem
from combray.core.errors import SHOWN, FilterError, InputError, quoted
from combray.core.items import Item
from combray.core.time import to_bounds, to_micros

Predicate = Callable[[Item], bool]
Test = Callable[[Any], bool]

_MISSING = object()
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_FROM_ITS_END = ("gt", "lte")
"""The orders that compare with the last moment of a day; the others compare with its first."""
_OPERATORS = ("eq", "ne", "in", "nin", "contains", "icontains", "exists", "null", *_ORDER)
_SCALARS = (str, int, float, bool, date, type(None))
_FOREIGN = {
    **dict.fromkeys(("equals", "equal", "=", "=="), "eq"),
    **dict.fromkeys(("neq", "not", "not_eq", "!=", "<>"), "ne"),
    **dict.fromkeys(("any", "any_of", "one_of"), "in"),
    **dict.fromkeys(("not_in", "notin", "none_of"), "nin"),
    **dict.fromkeys(("like", "ilike", "regex", "match", "startswith"), "icontains"),
    **dict.fromkeys(("greater", "greater_than", "after", "min", ">"), "gt"),
    **dict.fromkeys(("less", "less_than", "before", "max", "<"), "lt"),
    **dict.fromkeys(("has", "includes", "array_contains"), "contains"),
    **dict.fromkeys(("between", "since", ">="), "gte"),
    **dict.fromkeys(("until", "<="), "lte"),
    **dict.fromkeys(("is_null", "isnull", "isNull"), "null"),
}
"""The operators of other libraries, and ours that is nearest."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]|$)")
_OWN = "metadata."


def compile_filter(filters: Mapping[str, Any] | None, zone: tzinfo = UTC) -> Predicate | None:
    """Compile a filter to one predicate; None for no filter. Its days are days of a zone.

    Raises FilterError naming the place of an unknown operator or field, of a value of the wrong
    type, or of what is nested too deep.
    """
    if filters is None:
        return None
    return _group(filters, "filters", 1, zone)


def has_condition(filters: Any) -> bool:
    """Return whether a filter asks anything: `{}`, `{"AND": []}` and `{"OR": [{}]}` do not."""
    if isinstance(filters, Mapping):
        return any(
            all(map(has_condition, part)) and bool(part)
            if str(key).removeprefix("$").lower() == "or" and isinstance(part, list | tuple)
            else has_condition(part)
            for key, part in filters.items()
        )
    return any(map(has_condition, filters)) if isinstance(filters, list | tuple) else True


def _group(node: Any, where: str, level: int, zone: tzinfo) -> Predicate:
    if level > DEPTH:
        raise FilterError(f"The filter is nested more than {DEPTH} levels deep.")
    if not isinstance(node, Mapping):
        raise FilterError(
            f"{where} must be a mapping such as {{'topic': 'x'}}, not {quoted(node)}."
        )
    parts = [_entry(key, value, f"{where}.{key}", level, zone) for key, value in node.items()]
    return lambda item: all(part(item) for part in parts)


def _entry(key: Any, value: Any, where: str, level: int, zone: tzinfo) -> Predicate:
    if not isinstance(key, str):
        raise FilterError(f"{where}: a field name must be text, not {type(key).__name__}.")
    word = key.removeprefix("$").lower()
    logical = key.startswith("$") or key.isupper()
    if word in ("and", "or", "not") and logical:
        nodes = value if word == "not" and isinstance(value, Mapping) else None
        listed = [nodes] if nodes is not None else _as_list(value, where)
        parts = [_group(part, f"{where}[{i}]", level + 1, zone) for i, part in enumerate(listed)]
        if word == "not":
            return lambda item: not any(part(item) for part in parts)
        quantifier = all if word == "and" else any
        return lambda item: quantifier(part(item) for part in parts)
    if key.startswith("$"):
        raise FilterError(f"{where}: {_unknown('operator', key, ('$and', '$or', '$not'))}")
    if key == "metadata" and isinstance(value, Mapping):
        inside = {f"{_OWN}{name}": part for name, part in value.items()}
        return _group(inside, where, level + 1, zone)
    _check_field(key, where)
    return _field(key, value, where, level, zone)


def _field(name: str, condition: Any, where: str, level: int, zone: tzinfo) -> Predicate:
    if level > DEPTH:
        raise FilterError(f"The filter is nested more than {DEPTH} levels deep.")
    if isinstance(condition, Mapping):
        if not condition:
            raise FilterError(f"{where} has no condition. Name one, or leave the field out.")
        if _is_part(condition):
            parts = [
                _field(f"{name}.{key}", part, f"{where}.{key}", level + 1, zone)
                for key, part in condition.items()
            ]
            return lambda item: all(part(item) for part in parts)
        tests = [
            _test(_operator(op, f"{where}.{op}"), operand, f"{where}.{op}", name, zone)
            for op, operand in condition.items()
        ]
        return lambda item: all(test(_value(item, name)) for test in tests)
    if condition == "*":
        return lambda item: _value(item, name) is not _MISSING
    return _on(name, _test("eq", condition, where, name, zone))


def _is_part(condition: Mapping[Any, Any]) -> bool:
    """Return whether a mapping is a part of the field's own mapping: it names no operator.

    A name that is nearly an operator's is a misspelt one.
    """
    names = [key.lower() if isinstance(key, str) else "$" for key in condition]
    return names != [] and not any(
        name.startswith("$")
        or (len(name) < 5 and name[:2] in ("gt", "lt"))
        or difflib.get_close_matches(name[:SHOWN], (*_OPERATORS, *_FOREIGN), n=1, cutoff=0.85)
        for name in names
    )


def _on(name: str, test: Test) -> Predicate:
    return lambda item: test(_value(item, name))


def _operator(op: Any, where: str) -> str:
    """Return the operator of a key."""
    if not isinstance(op, str):
        raise FilterError(f"{where}: an operator must be text, not {type(op).__name__}.")
    word = op.removeprefix("$")
    if word not in _OPERATORS:
        path = where.removeprefix("filters.")
        said = _unknown("operator", op, _OPERATORS)
        raise FilterError(
            f"{where}: {said} A field inside a field is written as a path: {quoted(path)}."
        )
    return word


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    """Return a sentence about a name that does not exist, with the nearest that does."""
    word = name.removeprefix("$").lower()
    near = [_FOREIGN[word]] if word in _FOREIGN and what == "operator" else []
    near = near or difflib.get_close_matches(word[:SHOWN], known, n=1, cutoff=0.4)
    hint = f"Did you mean {quoted(near[0])}? " if near else ""
    return f"unknown {what} {quoted(name)}. {hint}Known: {', '.join(known)}."


# ── what a value must be ─────────────────────────────────────────────────────────────────────────


def _test(word: str, operand: Any, where: str, name: str, zone: tzinfo) -> Test:
    if word in ("exists", "null"):
        return _presence(word, operand, where)
    if word in ("in", "nin"):
        listed = _as_list(operand, where)
        options = [_operand(option, word, where, name, zone) for option in listed]
        inside = word == "in"
        return lambda value: any(_among(value, option) for option in options) is inside
    if word in ("contains", "icontains"):
        return _contains(operand, fold=word == "icontains", where=where)
    wanted = _operand(operand, word, where, name, zone)
    if word in _ORDER:
        if wanted is None or isinstance(wanted, bool | list):
            raise FilterError(
                f"{where}: {word} takes a number, a time or text, not {quoted(operand)}."
            )
        return _ordered(word, wanted, zone)
    equal = word == "eq"
    return lambda value: _equal(value, wanted) is equal


def _operand(operand: Any, word: str, where: str, name: str, zone: tzinfo) -> Any:
    """Return what a field is compared with; times, and whatever a time is compared with, as such.

    Raises FilterError for what cannot be compared.
    """
    if isinstance(operand, Mapping) and word in ("eq", "ne"):
        if (wrong := data_problem(operand)) is not None:
            raise FilterError(f"{where} cannot be compared: {wrong}.")
        return dict(operand)
    if isinstance(operand, list | tuple) and word in ("eq", "ne"):
        return [_operand(part, "in", where, name, zone) for part in operand]
    if not isinstance(operand, _SCALARS):
        raise FilterError(
            f"{where}: {word} takes text, a number, a time or a bool, not {quoted(operand)}."
        )
    if operand is None or not (isinstance(operand, date) or name in _TIMES):
        return operand
    try:
        return Bounds(*to_bounds(operand, what=where, zone=zone), zone)
    except InputError as error:
        raise FilterError(str(error)) from error


def _presence(word: str, operand: Any, where: str) -> Test:
    if not isinstance(operand, bool):
        raise FilterError(f"{where}: {word} takes True or False, not {quoted(operand)}.")
    if word == "exists":
        return lambda value: (value is not _MISSING) is operand
    return lambda value: (value is _MISSING or value is None) is operand


def _among(value: Any, option: Any) -> bool:
    """Return whether a value, or an entry of a list, is what was asked for."""
    entries = value if isinstance(value, list | tuple) else ()
    return _equal(value, option) or any(_equal(entry, option) for entry in entries)


def _equal(value: Any, other: Any) -> bool:
    if other is None:
        return value is None or value is _MISSING
    if isinstance(other, Bounds):
        moment = _micros(value, other.zone)
        return moment is not None and other.first <= moment <= other.last
    if isinstance(value, bool) is not isinstance(other, bool):
        return False
    return bool(value == other)


def _ordered(word: str, operand: Any, zone: tzinfo) -> Test:
    compare, wanted = _ORDER[word], None
    if isinstance(operand, Bounds):
        wanted = operand.last if word in _FROM_ITS_END else operand.first
    elif _is_iso(operand):
        wanted = _micros(operand, zone)

    def test(value: Any) -> bool:
        if isinstance(value, bool):
            return False
        if wanted is not None and (isinstance(operand, Bounds) or _is_iso(value)):
            moment = _micros(value, zone)
            return moment is not None and compare(moment, wanted)
        both_numbers = isinstance(value, int | float) and isinstance(operand, int | float)
        both_text = isinstance(value, str) and isinstance(operand, str)
        return (both_numbers or both_text) and compare(value, operand)

    return test


def _contains(operand: Any, *, fold: bool, where: str) -> Test:
    if not isinstance(operand, str | int | float) or (fold and not isinstance(operand, str)):
        raise FilterError(f"{where}: contains takes text or a number, not {quoted(operand)}.")
    wanted = str(operand).casefold() if fold else operand

    def test(value: Any) -> bool:
        if isinstance(value, str) and isinstance(wanted, str):
            return wanted in (value.casefold() if fold else value)
        if isinstance(value, list | tuple):
            return any(_equal(str(v).casefold() if fold else v, wanted) for v in value)
        return False

    return test


def _as_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise FilterError(f"{where} takes a list, not {quoted(value)}.")
    return list(value)


# ── times ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a filter asks of times: the first and the last moment of a day, or one moment twice.

    In microseconds UTC; a time without an offset is one of the zone.
    """

    first: int
    last: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of an item, in microseconds UTC."""

    micros: int


def _is_iso(value: Any) -> bool:
    return isinstance(value, str) and _ISO.match(value) is not None and _micros(value) is not None


def _micros(value: Any, zone: tzinfo = UTC) -> int | None:
    """Return the moment that a value of the metadata or of an item tells; None when it is none."""
    if isinstance(value, Moment):
        return value.micros
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return to_micros(value, zone=zone)
    except InputError:
        return None


# ── fields ───────────────────────────────────────────────────────────────────────────────────────

_TIMES: Mapping[str, Callable[[Item], int | None]] = {
    **dict.fromkeys(("timestamp", "created_at"), lambda item: item.first_at_us),
    "updated_at": lambda item: item.last_at_us,
    "valid_from": lambda item: item.valid_from_us,
    "valid_to": lambda item: item.valid_to_us,
    "known_from": lambda item: item.known_from_us,
    "known_to": lambda item: item.known_to_us,
}
FIELDS: Mapping[str, Callable[[Item], Any]] = {
    "id": lambda item: item.id,
    "kind": lambda item: item.kind,
    "role": lambda item: item.role,
    "name": lambda item: item.name,
    "text": lambda item: item.text,
    "status": lambda item: item.status,
    "created_by": lambda item: item.created_by,
    "user_id": lambda item: item.scope.user_id,
    "agent_id": lambda item: item.scope.agent_id,
    "session_id": lambda item: item.scope.session_id,
    "run_id": lambda item: item.scope.session_id,
    **_TIMES,
}
"""The fields of an item by the names that filters know them by."""
_LONG = [name for name in FIELDS if "_" in name or len(name) > 7]
_PLAIN = {name.replace("_", ""): name for name in FIELDS}
_THEIRS = {"memory_id": "id", "app_id": "agent_id", "memory": "text"}


def _check_field(name: str, where: str) -> None:
    """Raise FilterError for a name that is nearly one of FIELDS, or is one only elsewhere."""
    if name in FIELDS or name.startswith(_OWN):
        return
    plain = re.sub(r"[\W_]", "", name).lower()
    near = _THEIRS.get(name) or (_PLAIN.get(plain) if name != plain else None)
    if near is None:
        near = next(iter(difflib.get_close_matches(name[:SHOWN], _LONG, n=1, cutoff=0.85)), None)
    if near is not None:
        raise FilterError(
            f"{where}: there is no field {quoted(name)}. Did you mean {quoted(near)}? "
            f"A key of your own metadata is {quoted(_OWN + name)}."
        )


def _value(item: Item, name: str) -> Any:
    """The value of a field: the metadata first, then the item's own fields."""
    own = name.removeprefix(_OWN)
    if own in item.metadata:
        return item.metadata[own]
    if name in _TIMES:
        moment = _TIMES[name](item)
        return _MISSING if moment is None else Moment(moment)
    if name in FIELDS:
        value = FIELDS[name](item)
        return _MISSING if value is None else value
    return _nested(item.metadata, own)


def _nested(metadata: Mapping[str, Any], name: str) -> Any:
    """The value at a dotted path such as `place.city`."""
    value: Any = metadata
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value
