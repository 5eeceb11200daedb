"""Choosing a language model: none, a name, or an object of the user's."""

from __future__ import annotations

from typing import Any

import pytest

from combray.core.errors import InputError, MissingExtra
from combray.models.chat import resolve_chat
from combray.models.stub_model import StubModel


def test_without_a_choice_there_is_no_model() -> None:
    """Memory works without one, and none is looked for."""
    assert resolve_chat(None) is None


def test_an_object_that_answers_is_a_model() -> None:
    """Taken as it is, whatever else it can do."""
    model = StubModel()
    assert resolve_chat(model) is model


@pytest.mark.parametrize("name", ["openai:small", "small", " small ", "openai: small"])
def test_a_name_is_a_model_at_the_endpoint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With or without the prefix; nothing is asked yet."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    chat = resolve_chat(name)
    assert chat is not None
    assert chat.name == "small"


def test_a_name_keeps_its_colons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ollama's models have tags."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    chat = resolve_chat("openai:qwen3:4b")
    assert chat is not None
    assert chat.name == "qwen3:4b"


@pytest.mark.parametrize("wrong", ["", " ", "openai:", 7, object(), ["small"], False])
def test_what_is_no_model_is_refused(wrong: Any) -> None:
    """The message says what one is."""
    with pytest.raises(InputError, match="openai:"):
        resolve_chat(wrong)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name needs the client; an object does not."""
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingExtra, match=r"combray\[llm\]"):
        resolve_chat("small")
    assert resolve_chat(StubModel()) is not None
