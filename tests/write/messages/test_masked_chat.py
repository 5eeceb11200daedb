"""A model that is shown no personal identifiers."""

from __future__ import annotations

from combray.core.ports import ChatRequest
from combray.write.messages.masked_chat import MaskedChat


class Echo:
    """A model that answers with what it is shown."""

    name = "echo"

    def complete(self, request: ChatRequest, /) -> str:
        """The last message."""
        return request.messages[-1]["content"]


def test_the_model_sees_marks_in_place_of_identifiers() -> None:
    """Its name stays that of the model itself."""
    chat = MaskedChat(Echo())
    said = [{"role": "user", "content": "Ann is ann@example.com, version 1.2.3.4"}]
    request = ChatRequest(system="s", step="t", messages=said)
    assert chat.complete(request) == "Ann is [e-mail], version 1.2.3.4"
    assert chat.name == "echo"
