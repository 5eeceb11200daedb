"""Filters on items: the dialects of mem0 and of LangGraph, compiled to one predicate.

    {"AND": [{"category": {"in": ["x"]}}, {"score": {"gte": 3}}]}      mem0
    {"score": {"$gte": 3}, "topic": "travel", "draft": {"$ne": True}}  LangGraph

A field is a key of the metadata, or one of id, kind, role, name, status, user_id, agent_id,
session_id (run_id), timestamp. A missing field matches only `ne`, `nin` and NOT. The value "*"
asks that the field exists.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from combray.core.errors import FilterError
from combray.core.items import Item
from combray.core.time import to_micros

Predicate = Callable[[Item], bool]

_MISSING = object()
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_OPERATORS = ("eq", "ne", "in", "nin", "contains", "icontains", *_ORDER)
_SCALARS = (str, int, float, bool, type(None))


def compile_filter(filters: Mapping[str, Any] | None) -> Predicate | None:
    """Compile a filter to one predicate; None for no filter.

    Raises FilterError naming the place of an unknown operator or a value of the wrong type.
    """
    if filters is None:
        return None
    return _group(filters, "filters")


def _group(node: Any, where: str) -> Predicate:
    if not isinstance(node, Mapping):
        raise FilterError(f"{where} must be a mapping such as {{'topic': 'x'}}, not {node!r}.")
    parts = [_entry(key, value, f"{where}.{key}") for key, value in node.items()]
    return lambda item: all(part(item) for part in parts)


def _entry(key: Any, value: Any, where: str) -> Predicate:
    if not isinstance(key, str):
        raise FilterError(f"{where}: a field name must be text, not {type(key).__name__}.")
    word = key.lstrip("$").lower()
    if word in ("and", "or") and (key.startswith("$") or key.isupper()):
        parts = [_group(part, f"{where}[{i}]") for i, part in enumerate(_as_list(value, where))]
        quantifier = all if word == "and" else any
        return lambda item: quantifier(part(item) for part in parts)
    if word == "not" and (key.startswith("$") or key.isupper()):
        nodes = value if isinstance(value, list | tuple) else [value]
        inner = [_group(node, f"{where}[{i}]") for i, node in enumerate(nodes)]
        return lambda item: not any(part(item) for part in inner)
    if key.startswith("$"):
        raise FilterError(f"{where}: unknown operator {key!r}. Known: $and, $or, $not.")
    return _field(key, value, where)


def _field(name: str, condition: Any, where: str) -> Predicate:
    if isinstance(condition, Mapping):
        tests = [_test(op, operand, f"{where}.{op}") for op, operand in condition.items()]
        return lambda item: all(test(_value(item, name)) for test in tests)
    if condition == "*":
        return lambda item: _value(item, name) is not _MISSING
    test = _test("eq", condition, where)
    return lambda item: test(_value(item, name))


def _test(op: Any, operand: Any, where: str) -> Callable[[Any], bool]:
    word = op.removeprefix("$") if isinstance(op, str) else op
    if word not in _OPERATORS:
        raise FilterError(f"{where}: unknown operator {op!r}. Known: {', '.join(_OPERATORS)}.")
    if word in ("in", "nin"):
        options = _as_list(operand, where)
        inside = word == "in"
        return lambda value: any(_equal(value, option) for option in options) is inside
    if word in ("contains", "icontains"):
        return _contains(operand, fold=word == "icontains", where=where)
    if not isinstance(operand, _SCALARS):
        raise FilterError(f"{where}: {word} takes text, a number or a bool, not {operand!r}.")
    if word in _ORDER:
        if operand is None or isinstance(operand, bool):
            raise FilterError(f"{where}: {word} takes a number, a time or text, not {operand!r}.")
        return _ordered(_ORDER[word], operand)
    equal = word == "eq"
    return lambda value: _equal(value, operand) is equal


def _equal(value: Any, other: Any) -> bool:
    if isinstance(value, bool) is not isinstance(other, bool):
        return False
    return bool(value == other)


def _ordered(compare: Callable[[Any, Any], bool], operand: Any) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if isinstance(value, _Moment):
            return compare(value.micros, to_micros(operand, what="filter time"))
        both_numbers = isinstance(value, int | float) and isinstance(operand, int | float)
        both_text = isinstance(value, str) and isinstance(operand, str)
        return (both_numbers or both_text) and compare(value, operand)

    return test


def _contains(operand: Any, *, fold: bool, where: str) -> Callable[[Any], bool]:
    if not isinstance(operand, str):
        raise FilterError(f"{where}: contains takes text, not {operand!r}.")
    wanted = operand.lower() if fold else operand

    def test(value: Any) -> bool:
        if isinstance(value, str):
            return wanted in (value.lower() if fold else value)
        if isinstance(value, list | tuple):
            return any((str(v).lower() if fold else v) == wanted for v in value)
        return False

    return test


def _as_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise FilterError(f"{where} takes a list, not {value!r}.")
    return list(value)


class _Moment:
    """A time that compares with whatever form of time the filter gives."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, micros: int) -> None:
        self.micros = micros

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | int | float) and to_micros(other) == self.micros


_FIELDS: dict[str, Callable[[Item], Any]] = {
    "id": lambda item: item.id,
    "kind": lambda item: item.kind,
    "role": lambda item: item.role,
    "name": lambda item: item.name,
    "status": lambda item: item.status,
    "user_id": lambda item: item.scope.user_id,
    "agent_id": lambda item: item.scope.agent_id,
    "session_id": lambda item: item.scope.session_id,
    "run_id": lambda item: item.scope.session_id,
    "timestamp": lambda item: _Moment(item.first_at_us),
}


def _value(item: Item, name: str) -> Any:
    """The value of a field: the metadata first, then the item's own fields."""
    if name in item.metadata:
        return item.metadata[name]
    if name in _FIELDS:
        value = _FIELDS[name](item)
        return _MISSING if value is None else value
    return _nested(item.metadata, name)


def _nested(metadata: Mapping[str, Any], name: str) -> Any:
    """The value at a dotted path such as `place.city`."""
    value: Any = metadata
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value
