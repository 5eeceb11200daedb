"""Messages in the shapes that interfaces of models use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from combray import InputError, Memory
from combray.core.items import Scope
from combray.write.messages.guard import Policy
from combray.write.messages.messages import (
    MessageDefaults,
    read_content,
    read_facts,
    read_interval,
)
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


@pytest.mark.parametrize("part", [7, None, {"words": "no type"}])
def test_what_is_no_part_is_refused(part: Any) -> None:
    """The error names the place, and nothing is stored."""
    said = [{"role": "user", "content": "Hello"}, {"role": "user", "content": [part]}]
    with Memory(embedder=Words()) as memory:
        with pytest.raises(InputError, match=r"content\[1\].content\[0\]"):
            memory.add(said, user_id="u")
        assert memory.list(user_id="u") == []


# ── reading what is given ────────────────────────────────────────────────────────────────────────

NOW = 1_700_000_000_000_000
SHARED = MessageDefaults(scope=Scope("u", "a", "s"), said_at=NOW, metadata={"topic": "x"})


def test_text_becomes_a_text_and_a_message_a_turn() -> None:
    """Alone or in a list, in order; all share the scope, the time and the metadata."""
    message = {"role": "user", "content": "Hello."}
    assert [item.kind for item in read_content("Hello.", SHARED)] == ["text"]
    assert [item.kind for item in read_content(message, SHARED)] == ["turn"]
    items = read_content([message, "Good day."], SHARED)
    assert [(item.kind, item.text) for item in items] == [("turn", "Hello."), ("text", "Good day.")]
    for item in items:
        assert (item.scope, item.first_at_us, item.last_at_us) == (SHARED.scope, NOW, NOW)
        assert item.metadata["topic"] == "x"
    assert (items[0].role, items[1].role) == ("user", None)


@pytest.mark.parametrize("content", [None, 5, {"a", "b"}, b"bytes"])
def test_content_of_another_type_is_refused(content: Any) -> None:
    """The error says what content may be."""
    with pytest.raises(InputError, match="content must be text, a message"):
        read_content(content, SHARED)


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (5, r"content\[0\] must be text or a message, not int"),
        ({"role": "user"}, r"content\[0\] has no 'content'"),
        ({"content": "x", "role": "boss"}, r"content\[0\].role is 'boss'. Known roles: user"),
        ({"content": "x", "role": 5}, r"content\[0\].role is 5"),
        ({"content": "x", "name": " "}, r"content\[0\].name is empty"),
        ({"content": "x", "metadata": 5}, r"content\[0\].metadata must be a mapping"),
        ({"content": "x", "timestamp": "soon"}, r"content\[0\].timestamp 'soon' is not a time"),
        ({"content": " "}, r"content\[0\].content is empty"),
        ({"content": "x", "extra": {1, 2}}, r"content\[0\] cannot be kept as JSON"),
    ],
)
def test_the_error_names_the_message_and_the_field(message: Any, place: str) -> None:
    """What is wrong is said with where it is wrong."""
    with pytest.raises(InputError, match=place):
        read_content([message], SHARED)


def test_a_message_has_its_own_name_time_and_metadata() -> None:
    """They stand before those that all messages share; keys that we do not know are kept."""
    message = {
        "role": "human",
        "name": "Ann",
        "content": "Hello.",
        "timestamp": "2024-01-01",
        "metadata": {"topic": "y", "mood": "good"},
        "id": "m1",
    }
    (item,) = read_content(message, SHARED)
    assert (item.role, item.name) == ("user", "Ann")
    assert item.as_dict()["timestamp"] == "2024-01-01T00:00:00Z"
    assert dict(item.metadata) == {"topic": "y", "mood": "good", "id": "m1"}


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        (None, None, (NOW, None)),
        (5, None, (5, None)),
        (5, 9, (5, 9)),
        (None, NOW + 1, (NOW, NOW + 1)),
        (None, NOW, (None, NOW)),
        (None, 9, (None, 9)),
    ],
)
def test_a_memory_holds_from_when_it_was_said(
    start: int | None, end: int | None, holds: tuple[int | None, int | None]
) -> None:
    """Unless it is told from when; with an end before that, its start is unknown."""
    incoming = replace(SHARED, valid_from=start, valid_to=end)
    (item,) = read_content("Hello.", incoming)
    assert (item.valid_from_us, item.valid_to_us) == holds


def test_without_a_time_it_is_said_now() -> None:
    """The moment of saying is the moment of learning."""
    (item,) = read_content("Hello.", replace(SHARED, said_at=None))
    assert item.first_at_us == item.known_from_us == item.valid_from_us
    assert item.first_at_us > NOW
    assert read_content("Hello.", SHARED)[0].known_from_us > NOW


def test_an_interval_ends_after_it_begins() -> None:
    """Both ends may be open; equal ends are refused."""
    assert read_interval(None, None) == (None, None)
    assert read_interval(1, None) == (1_000_000, None)
    assert read_interval(1, 2) == (1_000_000, 2_000_000)
    for end in (1, 0):
        with pytest.raises(InputError, match="is not after valid_from"):
            read_interval(1, end)


def test_facts_are_triples_of_text() -> None:
    """Blanks at their ends go; the policy masks them; anything else is named by its place."""
    assert read_facts(None, Policy()) == []
    assert read_facts([(" Ann ", "likes", "tea")], Policy()) == [("Ann", "likes", "tea")]
    masked = read_facts([["Ann", "says", "password: hunter22"]], Policy(secrets="mask"))
    assert masked == [("Ann", "says", "password: [password]")]
    with pytest.raises(InputError, match="facts must be a list"):
        read_facts("Ann likes tea", Policy())
    for bad in ("abc", ("Ann", "likes")):
        with pytest.raises(InputError, match=r"facts\[1\] must be"):
            read_facts([("a", "b", "c"), bad], Policy())
    with pytest.raises(InputError, match=r"facts\[0\] is empty"):
        read_facts([("a", " ", "c")], Policy())
