"""Messages as objects of other libraries, and the times that messages tell of themselves.

The reports behind it: oceanbase/powercontext#135 (the time of a message under its usual name).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from openai.types.chat import ChatCompletionMessage

from combray import InputError, Memory
from combray.core.time import iso
from combray.write.messages.objects import TIMES, as_mapping, own_time
from tests.words import Words


@dataclass
class Spoken:
    """A message of another library, with attributes."""

    role: str
    content: Any
    name: str | None = None


class Dumped:
    """One with a method that gives a dict."""

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    def to_dict(self) -> dict[str, Any]:
        """Its fields."""
        return self._fields


@dataclass
class Block:
    """A part of a message that is an object."""

    text: str
    type: str = "text"
    extra: dict[str, Any] = field(default_factory=dict)

    def model_dump(self) -> dict[str, Any]:
        """Its fields."""
        return {"type": self.type, "text": self.text}


MESSAGES = (
    ChatCompletionMessage(role="assistant", content="I see."),
    Spoken("assistant", "I see."),
    Dumped(role="assistant", content="I see."),
    Dumped(type="ai", content="I see."),
    SimpleNamespace(type="ai", content="I see."),
    Spoken("assistant", [Block("I see.")]),
    {"type": "ai", "content": "I see."},
    {"role": "Assistant", "content": [{"text": "I see."}]},
    {"role": "model", "parts": [{"text": "I see."}]},
    {"role": "assistant", "parts": [{"type": "text", "text": "I see."}]},
    {"kind": "response", "parts": [{"part_kind": "text", "content": "I see."}]},
    SimpleNamespace(kind="response", parts=[SimpleNamespace(part_kind="text", content="I see.")]),
    {"from": "gpt", "value": "I see."},
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_objects_are_messages(message: Any) -> None:
    """OpenAI's, LangChain's by its type, and whatever has a role and a content; alone or listed."""
    with Memory(embedder=Words()) as memory:
        alone = memory.add(message, user_id="u")
        listed = memory.add(["x", message], user_id="u")
    assert [(i.role, i.text) for i in (*alone, listed[1])] == [("assistant", "I see.")] * 2
    assert dict(alone[0].metadata) == {}


def test_the_parts_of_a_request_are_read_by_their_kind() -> None:
    """Those of pydantic-ai: a prompt is not kept, and what a tool returns is the tool's."""
    prompt = {"part_kind": "system-prompt", "content": "Be kind."}
    said = {"part_kind": "user-prompt", "content": "Hello."}
    returned = {"part_kind": "tool-return", "tool_name": "f", "content": 42}
    with Memory(embedder=Words()) as memory:
        turns = memory.add(
            [
                {"kind": "request", "parts": [prompt, said]},
                {"kind": "request", "parts": [returned]},
                ("user", "Bye."),
            ],
            user_id="u",
        )
    assert [(turn.role, turn.text) for turn in turns] == [
        ("user", "Hello."),
        ("tool", "42"),
        ("user", "Bye."),
    ]


def test_an_object_that_calls_tools_keeps_them() -> None:
    """The call stands in its place, and its ids in the metadata."""
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    message = ChatCompletionMessage(role="assistant", content=None, tool_calls=[call])  # type: ignore[list-item]
    with Memory(embedder=Words()) as memory:
        item = memory.add(message, user_id="u")[0]
    assert item.text == "weather({})"
    assert item.metadata["tool_calls"] == [call]


@pytest.mark.parametrize("thing", [5, None, b"x", {1}, object(), Spoken, ChatCompletionMessage])
def test_what_is_no_message_is_refused(thing: Any) -> None:
    """By its type; a class is not one of its objects."""
    assert as_mapping(thing) is None
    with Memory(embedder=Words()) as memory:
        with pytest.raises(InputError, match="content must be text, a message"):
            memory.add(thing)
        with pytest.raises(InputError, match=r"content\[0\] must be text or a message"):
            memory.add([thing])


MAY = "2024-05-01T10:00:00Z"


@pytest.mark.parametrize("key", TIMES)
@pytest.mark.parametrize("value", [MAY, 1714557600, "2024-05-01T12:00:00+02:00"])
def test_a_message_tells_its_time_under_any_usual_name(key: str, value: Any) -> None:
    """As text or seconds; it is the time of the turn, and no longer in the metadata."""
    with Memory(embedder=Words()) as memory:
        item = memory.add({"role": "user", "content": "Hi.", key: value}, timestamp="2020-01-01")[0]
    assert iso(item.first_at_us) == MAY
    assert key not in item.metadata


@pytest.mark.parametrize("key", TIMES)
def test_the_offset_of_a_message_is_kept_and_else_it_is_of_the_zone(key: str) -> None:
    """Under every name, and as a mail writes it under each but `timestamp`."""
    said = {"role": "user", "content": "Hi."}
    with Memory(embedder=Words(), timezone="Asia/Tokyo") as memory:
        there, here, seconds = memory.add(
            [
                {**said, key: "2024-05-01T12:00:00+02:00"},
                {**said, key: "2024-05-01T19:00:00"},
                {**said, key: 1714557600},
            ]
        )
        mail = memory.add({**said, "date": "Wed, 01 May 2024 12:00:00 +0200"})[0]
    assert [iso(item.first_at_us) for item in (there, here, seconds, mail)] == [MAY] * 4
    places = [item.metadata["utc_offset"] for item in (there, here, seconds, mail)]
    assert places == ["+02:00", "+09:00", "+09:00", "+02:00"]


@pytest.mark.parametrize(
    "value",
    [1714557600000, "1714557600", "1714557600.000000", "Wed, 01 May 2024 10:00:00 +0000"],
)
def test_milliseconds_texts_of_numbers_and_dates_of_mails_are_times(value: Any) -> None:
    """As JavaScript, Slack and mail write them."""
    assert own_time({"ts": value}, "x") == ("ts", 1714557600_000_000, None)


@pytest.mark.parametrize("value", ["soon", 5, "", [], True, {"a": 1}, "9" * 400])
def test_what_is_no_time_stays_in_the_metadata(value: Any) -> None:
    """Unless it stands under `timestamp`, which can be nothing else."""
    assert own_time({"date": value}, "x") is None
    with Memory(embedder=Words()) as memory:
        item = memory.add({"role": "user", "content": "Hi.", "date": value})[0]
        assert item.metadata["date"] == value
        with pytest.raises(InputError, match="timestamp"):
            memory.add({"role": "user", "content": "Hi.", "timestamp": "soon"})
