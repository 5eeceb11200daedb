"""The model that agrees with everything: the least that is of use, and it counts."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import combray
from combray.core.ports import ChatRequest, Completion
from combray.models.openai_chat import tokens_of
from combray.models.shape import problems
from combray.models.structured import Asker, prompt
from combray.models.stub_model import StubModel, least, stub_answer

ROOT = Path(combray.__file__).parent
STEPS = sorted(
    (".".join(("combray", *path.relative_to(ROOT).parts[:-2])), path.stem)
    for path in ROOT.rglob("prompts/*.md")
)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "…"),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, False),
        ({"type": "array"}, []),
        ({"type": ["object", "null"]}, None),
        ({}, None),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}}, {}),
    ],
)
def test_the_least_value(schema: dict[str, Any], value: Any) -> None:
    """Nothing where nothing is allowed, the first of a list, only the parts that are required."""
    assert least(schema) == value


@pytest.mark.parametrize(("package", "step"), STEPS)
def test_every_step_gets_an_answer_that_fits(package: str, step: str) -> None:
    """Whatever the data: the stand-in never fails where a model would not."""
    asked = prompt(package, step)
    data = {"messages": [{"n": 1, "text": "I live in Rome."}, {"n": 2, "text": "I ski."}]}
    for given in ({}, data):
        assert problems(stub_answer(step, asked.schema, given), asked.schema) == []
    model = StubModel()
    assert isinstance(Asker(chat=model, system="test").ask(package, step, data), dict)
    assert model.calls == 1


def test_extraction_agrees_with_every_message() -> None:
    """One statement for each, in its words, that cites it by its number."""
    schema = prompt("combray.write", "extract").schema
    data = {"messages": [{"n": 4, "text": "I live in Rome."}, {"n": 7, "text": "I ski."}]}
    found = stub_answer("extract", schema, data)["statements"]
    assert [(s["text"], s["sources"]) for s in found] == [("I live in Rome.", [4]), ("I ski.", [7])]


def request(**fields: Any) -> ChatRequest:
    """A question as the parts of the package put it."""
    given: dict[str, Any] = {
        "system": "s",
        "step": "any",
        "messages": [
            {"role": "system", "content": "Say something."},
            {"role": "user", "content": "{}"},
        ],
        "schema": {"type": "array"},
    }
    return ChatRequest(**(given | fields))


def test_it_counts_what_it_is_asked() -> None:
    """Calls and tokens both ways, as the estimate shows them."""
    model = StubModel()
    answer = model.complete(request())
    assert isinstance(answer, Completion)
    assert json.loads(answer) == []
    assert (model.calls, model.tokens_in) == (1, tokens_of(request()))
    assert (answer.tokens_in, answer.tokens_out) == (model.tokens_in, model.tokens_out)
    model.complete(request())
    assert model.calls == 2


def test_an_answer_costs_no_more_than_is_allowed() -> None:
    """Whatever its length, `max_tokens` is the most."""
    model = StubModel()
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert model.complete(request(schema=schema, max_tokens=2)).tokens_out == 2  # type: ignore[attr-defined]


def test_threads_are_all_counted() -> None:
    """Eight that ask at once lose no call."""
    model = StubModel()
    threads = [
        threading.Thread(target=lambda: [model.complete(request()) for _ in range(50)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert model.calls == 400
    assert model.tokens_in == 400 * tokens_of(request())
