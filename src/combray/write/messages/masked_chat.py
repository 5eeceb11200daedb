"""A chat model that is shown no personal identifiers: what `pii: mask` hides, it never sees."""

from __future__ import annotations

from dataclasses import replace

from combray.core.ports import ChatModel, ChatRequest
from combray.write.messages.guard import show_data


class MaskedChat:
    """Asks another model about texts whose personal identifiers are hidden."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """Which model, for the ledger."""
        return self._chat.name

    def complete(self, request: ChatRequest, /) -> str:
        """The answer of the model to what it is shown."""
        return self._chat.complete(replace(request, messages=show_data(request.messages)))
