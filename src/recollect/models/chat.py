"""The port to language models: any OpenAI-compatible endpoint, or an object of the user's."""

from __future__ import annotations

from typing import Any

from recollect.core.errors import InputError
from recollect.core.ports import ChatModel


def resolve_chat(choice: Any) -> ChatModel | None:
    """The language model of `openai:MODEL` or an object with `complete(request)`; None for none."""
    if choice is None:
        return None
    if callable(getattr(choice, "complete", None)):
        model: ChatModel = choice
        return model
    raise InputError(
        f"llm must be None or an object with complete(request) -> str, not {choice!r}."
    )
