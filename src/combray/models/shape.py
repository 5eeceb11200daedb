"""Whether JSON data has the shape that a schema asks for: the small part of JSON Schema we use.

`type` (one or several), `properties`, `required`, `items`, `enum`, `maxItems`; what a schema does
not name is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from combray.core.errors import quoted

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def problems(value: Any, schema: Mapping[str, Any], where: str = "answer") -> list[str]:
    """Everything that is wrong with a value, each with its place; empty when it fits."""
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [f"{where} must be {' or '.join(kinds)}, not {quoted(value)}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} must be one of {', '.join(map(repr, schema['enum']))}"]
    if isinstance(value, dict):
        return _object(value, schema, where)
    if isinstance(value, list):
        return _array(value, schema, where)
    return []


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _object(value: dict[str, Any], schema: Mapping[str, Any], where: str) -> list[str]:
    parts = schema.get("properties", {})
    found = [
        f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value
    ]
    found += [f"{where} has an unknown part {quoted(name)}" for name in value if name not in parts]
    for name, part in value.items():
        if name in parts:
            found += problems(part, parts[name], f"{where}.{name}")
    return found


def _array(value: list[Any], schema: Mapping[str, Any], where: str) -> list[str]:
    if len(value) > schema.get("maxItems", len(value)):
        return [f"{where} has {len(value)} entries, and at most {schema['maxItems']} may be"]
    inner = schema.get("items", {})
    return [each for i, part in enumerate(value) for each in problems(part, inner, f"{where}[{i}]")]
