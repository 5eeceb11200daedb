"""The port to language models: any OpenAI-compatible endpoint, or an object of the user's."""

from __future__ import annotations

from typing import Any

from combray.core.errors import InputError, quoted
from combray.core.ports import ChatModel


def resolve_chat(choice: Any) -> ChatModel | None:
    """The language model of a choice: None, "openai:MODEL", "MODEL", or an object.

    An object needs `complete(request) -> str`. A name goes to OPENAI_BASE_URL, else to OpenAI.
    """
    if choice is None:
        return None
    if isinstance(choice, str):
        model = choice.removeprefix("openai:").strip()
        if not model:
            raise InputError("llm is empty. Give a model, such as 'openai:gpt-4o-mini'.")
        # Imported here: the package is small, but its reader may have no model at all.
        from combray.models.openai_chat import OpenAIChat

        return OpenAIChat(model)
    if callable(getattr(choice, "complete", None)):
        found: ChatModel = choice
        return found
    raise InputError(
        "llm must be None, a model such as 'openai:gpt-4o-mini', or an object with "
        f"complete(request) -> str, not {quoted(choice)}."
    )
