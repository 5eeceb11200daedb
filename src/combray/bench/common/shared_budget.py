"""One model for a whole comparison, with one budget and one payment for each question.

Its answers are cached on disk until the comparison is complete, so that an interrupted one resumes
without paying again; afterwards only figures remain.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from combray.bench.common.checkpoint import Checkpoint
from combray.core.ports import Call, ChatModel, ChatRequest, Completion
from combray.models.metered import Expenditure, Metered
from combray.models.openai_chat import OpenAIChat
from combray.models.prices import Price


class SharedBudget:
    """A model under a shared limit; its answers are cached under the name of a set."""

    def __init__(self, chat: ChatModel, spending: Expenditure, kept: str) -> None:
        self.calls: list[Call] = []
        self.again = 0
        self._chat = chat
        self._metered = Metered(chat, self.calls.append, spending)
        self.name = self._metered.name
        self._checkpoint = Checkpoint(f"{kept}-answers", {"model": repr(self)}, "key")

    @property
    def price(self) -> Price | None:
        """US dollars for a million tokens in and out; None if unknown."""
        return self._metered.price

    @property
    def budget(self) -> dict[str, Any] | None:
        """What a memory is told: the price. The limit is kept here."""
        return None if self.price is None else {"price": self.price}

    def __repr__(self) -> str:
        return repr(self._chat)

    def complete(self, request: ChatRequest, /) -> Completion:
        """Return the cached answer, or ask the model and cache its answer."""
        asked = [request.step, [dict(m) for m in request.messages], request.max_tokens]
        digest = hashlib.blake2b(json.dumps(asked).encode(), digest_size=16)
        record = self._checkpoint.done.get(digest.hexdigest())
        if record is not None:
            self.again += 1
            return Completion(record["text"], record["in"], record["out"])
        answer = self._metered.complete(request)
        record = {"key": digest.hexdigest(), "text": str(answer)}
        record |= {"in": answer.tokens_in, "out": answer.tokens_out}
        self._checkpoint.done[record["key"]] = record
        self._checkpoint.add(record)
        return answer

    def close(self, *, done: bool) -> None:
        """Release the model; of a comparison that is done, its answers too."""
        if isinstance(self._chat, OpenAIChat):
            self._chat.close()
        if done:
            self._checkpoint.remove()
