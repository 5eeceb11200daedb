"""Messages in the shapes that interfaces of models use."""

from __future__ import annotations

from typing import Any

import pytest

from recollect import InputError, Memory
from tests.words import Words

CALL = {"id": "c1", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}


@pytest.mark.parametrize("blank", [{"content": None}, {"content": ""}, {}])
def test_a_message_that_only_calls_tools_is_kept(blank: dict[str, Any]) -> None:
    """An assistant's call has no words: it is kept as what it calls, and its answer beside it."""
    said = [
        {"role": "user", "content": "Is it warm in Rome?"},
        {"role": "assistant", "tool_calls": [CALL], **blank},
        {"role": "tool", "tool_call_id": "c1", "content": "24 degrees"},
    ]
    with Memory(embedder=Words()) as memory:
        items = memory.add(said, user_id="u")
    assert [item.text for item in items][1:] == ['weather({"city": "Rome"})', "24 degrees"]
    assert items[1].metadata["tool_calls"] == [CALL]


@pytest.mark.parametrize("calls", [None, [], [{}], [{"function": None}], ["weather"]])
def test_a_message_without_words_or_calls_is_refused(calls: Any) -> None:
    """Nothing that can be remembered: the error names the message."""
    with Memory(embedder=Words()) as memory, pytest.raises(InputError, match=r"content\[0\]"):
        memory.add([{"role": "assistant", "content": None, "tool_calls": calls}], user_id="u")
