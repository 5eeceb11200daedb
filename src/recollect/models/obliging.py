"""The least that a model could answer and be of use: it agrees with everything it is asked.

Stands in for a model where one must not be called: in estimates, and in tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def oblige(step: str, schema: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
    """An answer that fits the schema: one statement for each message, one topic, no change."""
    answer = least(schema)
    if step == "extract":
        entry = least(schema["properties"]["statements"]["items"])
        answer["statements"] = [
            {**entry, "text": message["text"], "sources": [message["n"]]}
            for message in data.get("messages", ())
        ]
    if step == "segment":
        answer["topics"] = [{"first": 1, "title": "…"}]
    return answer


def least(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a schema."""
    kinds = schema.get("type", "null")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if "null" in kinds:
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if kinds[0] == "object":
        parts = schema.get("properties", {})
        return {name: least(parts[name]) for name in schema.get("required", ())}
    smallest: dict[str, Any] = {"array": [], "string": "…", "boolean": False}
    return smallest.get(kinds[0], 1)
