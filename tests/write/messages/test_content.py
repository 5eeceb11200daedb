"""The words of a message: of its parts, of the tools it calls, or what stands for a picture."""

from __future__ import annotations

from typing import Any

import pytest

from combray.core.errors import InputError
from combray.write.messages.content import LONGEST_ADDRESS, PICTURE, describe_calls, words_of

WEATHER = {"name": "weather", "arguments": '{"city": "Rome"}'}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"tool_calls": [{"function": WEATHER}]}, 'weather({"city": "Rome"})'),
        (
            {"tool_calls": [{"name": "weather", "args": {"city": "Köln"}}]},
            'weather({"city": "Köln"})',
        ),
        ({"function_call": WEATHER}, 'weather({"city": "Rome"})'),
        ({"tool_calls": [{"name": "now"}]}, "now()"),
        ({"refusal": "I cannot."}, "I cannot."),
        ({"audio": {"transcript": "Hello."}}, "Hello."),
    ],
)
def test_a_message_without_content_says_what_it_calls_or_spoke(
    message: dict[str, Any], words: str
) -> None:
    """Calls of every shape, a refusal, and what was spoken."""
    assert describe_calls(message) == words


def test_several_calls_stand_on_lines_of_their_own() -> None:
    """In their order, then the old form of a call, then the refusal."""
    message = {
        "tool_calls": [{"name": "a"}, {"name": "b"}],
        "function_call": {"name": "c"},
        "refusal": "No.",
    }
    assert describe_calls(message) == "a()\nb()\nc()\nNo."


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"tool_calls": None},
        {"tool_calls": ["weather", {"function": None}, {"name": 5}]},
        {"refusal": ""},
        {"refusal": 5},
        {"audio": "x"},
        {"audio": {"transcript": None}},
    ],
)
def test_what_names_nothing_says_nothing(message: dict[str, Any]) -> None:
    """Calls without a name, empty refusals and audio without words."""
    assert describe_calls(message) == ""


@pytest.mark.parametrize("content", ["Hello.", "", 5, None, {"a": 1}])
def test_content_that_is_no_list_is_given_back(content: Any) -> None:
    """Whether it can be used is checked by who asked."""
    assert words_of(content, "content") == (content, [])


@pytest.mark.parametrize("kind", ["text", "input_text", "output_text", "summary_text"])
def test_the_words_of_text_parts_are_joined_by_lines(kind: str) -> None:
    """Blank ones are left out; plain strings count as text."""
    parts = [{"type": kind, "text": "one"}, {"type": kind, "text": " "}, "two"]
    assert words_of(parts, "content") == ("one\ntwo", [])
    assert words_of(tuple(parts), "content") == ("one\ntwo", [])


@pytest.mark.parametrize("kind", ["thinking", "redacted_thinking", "reasoning", "cache_control"])
def test_what_a_model_thinks_is_not_remembered(kind: str) -> None:
    """Thoughts and marks for caches have no words for others."""
    assert words_of([{"type": kind, "text": "Hm."}], "content") == ("", [])


@pytest.mark.parametrize("kind", ["image", "image_url", "input_image"])
@pytest.mark.parametrize("where", ["image_url", "source"])
def test_the_address_of_a_picture_is_found(kind: str, where: str) -> None:
    """As an object with a url, under either key, or as plain text."""
    url = "https://x.org/a.png"
    assert words_of([{"type": kind, where: {"url": url}}], "content") == (PICTURE, [url])
    assert words_of([{"type": kind, where: url}], "content") == (PICTURE, [url])


@pytest.mark.parametrize(
    "source",
    [None, "", 5, {}, {"data": "AAAA"}, "data:image/png;base64,AAAA", "x" * LONGEST_ADDRESS],
)
def test_a_picture_without_an_address_is_data(source: Any) -> None:
    """Neither its bytes nor an endless address are kept."""
    assert words_of([{"type": "image", "source": source}], "content") == (PICTURE, ["data"])
    address = "x" * (LONGEST_ADDRESS - 1)
    assert words_of([{"type": "image", "source": address}], "content")[1] == [address]


def test_pictures_beside_words_leave_the_words() -> None:
    """Two pictures and a line: the line. Two pictures alone: one mark."""
    picture = {"type": "image", "source": "https://x.org/a.png"}
    assert words_of([picture, "See.", picture], "content")[0] == "See."
    assert words_of([picture, picture], "content") == (PICTURE, ["https://x.org/a.png"] * 2)


def test_a_call_and_its_result_are_words() -> None:
    """A result may hold parts, pictures among them."""
    picture = {"type": "image", "source": "https://x.org/a.png"}
    parts = [
        {"type": "tool_use", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_result", "content": ["24 degrees", picture]},
    ]
    assert words_of(parts, "content") == (
        'weather({"city": "Rome"})\n24 degrees', ["https://x.org/a.png"],
    )  # fmt: skip
    assert words_of([{"type": "tool_result", "content": ""}], "content")[0] == "[no result]"


@pytest.mark.parametrize(
    ("part", "mark"),
    [
        ({"type": "file", "filename": "notes.pdf"}, "[file notes.pdf]"),
        ({"type": "document", "name": "notes"}, "[document notes]"),
        ({"type": "input_audio"}, "[audio]"),
        ({"type": "file", "filename": 5}, "[file]"),
        ({"type": "tool_use"}, "[tool_use]"),
    ],
)
def test_a_part_without_words_keeps_its_place(part: dict[str, Any], mark: str) -> None:
    """Its kind stands in brackets, with its name when it has one."""
    assert words_of([part], "content") == (mark, [])


@pytest.mark.parametrize(
    "part", [5, None, {}, {"type": 5}, {"type": "text"}, {"type": "text", "text": 5}]
)
def test_what_is_no_part_is_refused_by_its_place(part: Any) -> None:
    """The error names where it stands, also inside a result."""
    with pytest.raises(InputError, match=r"^content\[1\] is "):
        words_of(["x", part], "content")
    with pytest.raises(InputError, match=r"^content\[0\]\.content\[0\] is "):
        words_of([{"type": "tool_result", "content": [part]}], "content")
