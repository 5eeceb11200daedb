"""Asking a model for data: an instruction from a file, data as JSON, an answer held to its schema.

An instruction file is Markdown: what to do, a line `---`, and the JSON schema of the answer. What
users said goes to the model as JSON data in a message of its own, never inside the instruction. An
answer that is not JSON of the right shape goes back once with what is wrong; after that it is a
ModelError that keeps the raw answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from combray.core.checks import characters_problem, data_problem
from combray.core.errors import ModelError
from combray.core.items import Json
from combray.core.ports import ChatModel, ChatRequest
from combray.models.shape import problems

_THOUGHT, _THOUGHT_END, _FENCE, _LABEL = "<think>", "</think>", "```", 16
TRIES = 2


@dataclass(frozen=True, slots=True)
class Prompt:
    """One instruction and the schema of its answer."""

    text: str
    schema: Mapping[str, Any]


@lru_cache(maxsize=64)
def prompt(package: str, name: str) -> Prompt:
    """The instruction `prompts/NAME.md` of a package of ours."""
    raw = resources.files(package).joinpath(f"prompts/{name}.md").read_text("utf-8")
    text, _, schema = raw.partition("\n---\n")
    return Prompt(text.strip(), json.loads(schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks one model in the name of one system of one tenant."""

    chat: ChatModel
    system: str
    tenant: str = ""

    def ask(
        self, package: str, step: str, data: Mapping[str, Any], *, max_tokens: int = 800
    ) -> Json:
        """The model's answer to `prompts/STEP.md` about some data; ModelError when it is unusable.

        The instruction stands in the package named; the answer fits its schema.
        """
        asked = prompt(package, step)
        messages: list[Mapping[str, str]] = [
            {"role": "system", "content": asked.text},
            {"role": "user", "content": json.dumps(dict(data), ensure_ascii=False)},
        ]
        raw, wrong = "", "it is empty"
        for _ in range(TRIES):
            raw = self.chat.complete(
                ChatRequest(
                    system=self.system,
                    step=step,
                    messages=messages,
                    schema=asked.schema,
                    tenant=self.tenant,
                    max_tokens=max_tokens,
                )
            )
            answer, wrong = read(raw, asked.schema)
            if answer is not None:
                return answer
            messages = [*messages[:2], *_again(raw, wrong, asked.schema)]
        raise ModelError(
            f"The model {self.chat.name} answered {step} in a shape that cannot be used: {wrong}. "
            "Nothing was changed.",
            raw=str(raw),
        )


def read(raw: str, schema: Mapping[str, Any]) -> tuple[Json | None, str]:
    """The data of an answer and nothing, or None and what is wrong with it."""
    said = _without_thoughts(raw)
    text = (fenced(said) or said).strip()
    if not text:
        return None, "it is empty"
    if (wrong := characters_problem(text)) is not None:
        return None, f"it {wrong}"
    try:
        answer = _parsed(text)
    except (ValueError, RecursionError) as error:
        return None, f"it is not JSON ({error})"
    if (wrong := data_problem(answer)) is not None:
        return None, wrong
    found = problems(answer, schema)
    return (None, "; ".join(found[:5])) if found else (answer, "")


def _without_thoughts(raw: str) -> str:
    """The answer without what a model thinks aloud before it; an open thought stays."""
    kept: list[str] = []
    place = 0
    while (start := raw.find(_THOUGHT, place)) >= 0:
        end = raw.find(_THOUGHT_END, start)
        if end < 0:
            break
        kept.append(raw[place:start])
        place = end + len(_THOUGHT_END)
    return "".join((*kept, raw[place:]))


def fenced(said: str) -> str:
    """What stands in the first fence of JSON, or of no language; empty without one."""
    start = said.find(_FENCE)
    while start >= 0:
        body = start + len(_FENCE)
        line = said.find("\n", body, body + _LABEL)
        if line >= 0 and said[body:line].strip() in ("", "json"):
            end = said.find(_FENCE, line)
            return said[line:end] if end >= 0 else ""
        start = said.find(_FENCE, body)
    return ""


def _parsed(text: str) -> Any:
    """The JSON of an answer, or the one object that stands among words of a small model."""
    try:
        return json.loads(text)
    except ValueError:
        first, last = text.find("{"), text.rfind("}")
        if not 0 <= first < last:
            raise
        return json.loads(text[first : last + 1])


def _again(raw: str, wrong: str, schema: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return [
        {"role": "assistant", "content": raw[:4000].encode(errors="replace").decode()},
        {
            "role": "user",
            "content": f"That answer cannot be used: {wrong}. Answer again with nothing but JSON "
            f"that fits this schema: {json.dumps(dict(schema))}",
        },
    ]
