"""Messages in the shapes that interfaces of models use."""

from __future__ import annotations

from typing import Any

import pytest

from combray import InputError, Memory
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


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}], "[image]"),
        ([{"type": "image", "source": {"type": "base64", "data": "AAAA"}}], "[image]"),
        ([{"type": "tool_use", "name": "weather", "input": {"c": "Rom"}}], 'weather({"c": "Rom"})'),
        ([{"type": "tool_result", "content": [{"type": "text", "text": "24°"}]}], "24°"),
        ([{"type": "tool_result", "tool_use_id": "c1"}], "[no result]"),
        ([{"type": "input_audio", "input_audio": {"data": "AAAA"}}], "[audio]"),
        ([{"type": "file", "filename": "notes.pdf"}], "[file notes.pdf]"),
        ([{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}], "Yes."),
        (["See:", {"type": "image", "source": {"url": "https://x.org/a.png"}}], "See:"),
    ],
)
def test_a_part_without_words_keeps_its_place(content: Any, text: str) -> None:
    """A picture, a call or a file does not refuse the batch: what it is stands in its place."""
    said = [{"role": "user", "content": content}, {"role": "assistant", "content": "I see."}]
    with Memory(embedder=Words()) as memory:
        items = memory.add(said, user_id="u")
    assert [item.text for item in items] == [text, "I see."]
    assert all("AAAA" not in str(item.metadata) for item in items)


def test_where_a_picture_is_can_be_looked_up() -> None:
    """The address of a picture is kept; one given as data is known to have been there."""
    urls = ("https://x.org/a.png", "data:image/png;base64,AAAA")
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    with Memory(embedder=Words()) as memory:
        item = memory.add({"role": "user", "content": parts}, user_id="u")[0]
    assert item.metadata["images"] == ["https://x.org/a.png", "data"]


@pytest.mark.parametrize("part", [7, None, {"text": "no type"}])
def test_what_is_no_part_is_refused(part: Any) -> None:
    """The error names the place, and nothing is stored."""
    said = [{"role": "user", "content": "Hello"}, {"role": "user", "content": [part]}]
    with Memory(embedder=Words()) as memory:
        with pytest.raises(InputError, match=r"content\[1\].content\[0\]"):
            memory.add(said, user_id="u")
        assert memory.list(user_id="u") == []
