"""A stub that agrees with everything it is asked.

It replaces a model where none may be called: in estimates and in tests.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from combray.core.ports import ChatRequest, Completion
from combray.core.text import count_tokens
from combray.models.openai_chat import tokens_of


def stub_answer(step: str, schema: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
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


class StubModel:
    """A model that agrees with everything and counts what it is asked."""

    name = "agreeing"

    def __init__(self) -> None:
        self.calls, self.tokens_in, self.tokens_out = 0, 0, 0
        self._lock = threading.Lock()

    def complete(self, request: ChatRequest, /) -> str:
        """The least that fits the request."""
        data = json.loads(str(request.messages[1]["content"]))
        text = json.dumps(stub_answer(request.step, request.schema or {}, data), ensure_ascii=False)
        sent, got = tokens_of(request), min(count_tokens(text), request.max_tokens)
        with self._lock:
            self.calls += 1
            self.tokens_in += sent
            self.tokens_out += got
        return Completion(text, sent, got)
