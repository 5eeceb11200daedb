"""Items, links, events, hits and contexts: what they say of themselves."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from combray.core.errors import InputError
from combray.core.items import Context, Event, Hit, Item, Link, Scope
from combray.core.time import to_micros

MAY, JUNE = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
FULL = Item(
    id="1",
    text="I live in Rome.",
    kind="text",
    scope=Scope("u", "a", "s"),
    role="user",
    name="Ann",
    first_at_us=to_micros(MAY),
    last_at_us=to_micros(JUNE),
    valid_from_us=to_micros(MAY),
    valid_to_us=to_micros(JUNE),
    known_from_us=to_micros(MAY),
    known_to_us=to_micros(JUNE),
    last_recalled_us=to_micros(JUNE),
    metadata={"n": 1},
    sources=("0",),
)


def test_the_shared_tenant_is_the_empty_name() -> None:
    """Nobody's memories have a place of their own."""
    assert Scope().tenant == Scope(None, "a", "s").tenant == ""
    assert Scope("u").tenant == "u"


def test_times_are_datetimes_in_utc() -> None:
    """Each by its name, and in pairs."""
    assert FULL.timestamp == FULL.first_at == MAY
    assert FULL.last_at == FULL.last_recalled == JUNE
    assert FULL.span == FULL.valid == FULL.known == (MAY, JUNE)
    assert FULL.first_at.tzinfo is UTC
    assert (FULL.valid_from, FULL.valid_to) == (FULL.known_from, FULL.known_to) == (MAY, JUNE)


def test_an_open_end_is_none() -> None:
    """What holds still, was always so, or was never recalled has no moment for it."""
    item = Item(id="1", text="x")
    assert item.valid == (None, None)
    assert item.known[1] is item.known_to is item.last_recalled is None
    assert item.valid_from is item.valid_to is None


@pytest.mark.parametrize(
    ("name", "value"), [("valid_to", 5), ("text", "y"), ("last_recalled", None), ("count", 2)]
)
def test_fields_go_by_their_names_in_the_store(name: str, value: Any) -> None:
    """Read and replaced alike; the item itself stays as it was."""
    changed = FULL.with_fields({name: value})
    assert changed.field(name) == value
    assert FULL.field(name) != value
    assert changed.id == FULL.id


def test_an_item_cannot_be_changed_in_place() -> None:
    """Whoever holds one holds what was stored."""
    with pytest.raises(FrozenInstanceError):
        FULL.text = "other"  # type: ignore[misc]


def test_words_of_the_user_rest_on_nothing() -> None:
    """What cites sources is derived."""
    assert Item(id="1", text="x").is_raw
    assert not FULL.is_raw


def test_a_stored_digest_makes_no_difference() -> None:
    """Two items with the same fields are equal, whether or not one came from the store."""
    assert Item(id="1", text="x", digest="d") == Item(id="1", text="x")
    assert "digest" not in repr(Item(id="1", text="x", digest="d"))


def test_an_item_as_plain_data() -> None:
    """ISO times, every public field, ready for JSON, and copies of what is inside."""
    told = FULL.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["timestamp"] == "2024-05-01T00:00:00Z"
    assert told["span"] == ["2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z"]
    assert (told["user_id"], told["agent_id"], told["session_id"]) == ("u", "a", "s")
    told["metadata"]["n"] = 2
    told["sources"].append("9")
    assert FULL.metadata == {"n": 1}
    assert FULL.sources == ("0",)


def test_plain_data_has_no_number_of_the_store() -> None:
    """`seq` counts other users' items too, and would say how many there are."""
    assert "seq" not in FULL.as_dict()
    event = Event(
        seq=9, change_id="c", item_id="1", op="add", at_us=to_micros(MAY), actor="user", why="",
        before_us=None, after_us={"text": "x"},
    )  # fmt: skip
    told = event.as_dict()
    assert "seq" not in told
    assert (told["id"], told["at"], told["after"]) == ("1", "2024-05-01T00:00:00Z", {"text": "x"})
    assert event.at == MAY


def test_a_link_has_the_times_of_an_item() -> None:
    """Valid and known, open where there is no end."""
    link = Link(src="1", dst="2", kind="k", valid_from_us=to_micros(MAY))
    assert (link.valid_from, link.valid_to, link.known_to) == (MAY, None, None)
    assert link.known_from == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_hit_speaks_for_its_item() -> None:
    """Id and text are the item's; as data it carries the whole item."""
    hit = Hit(item=FULL, score=0.5, evidence=("1",), explain={"words": ["rome"]}, superseded=True)
    assert (hit.id, hit.text) == (FULL.id, FULL.text)
    told = hit.as_dict()
    assert told["item"] == FULL.as_dict()
    assert (told["evidence"], told["superseded"]) == (["1"], True)
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("style", ["openai", "anthropic"])
def test_a_context_is_put_before_a_conversation(style: str) -> None:
    """One message that holds the block."""
    block = Context(text="Ann lives in Rome.", items=[FULL], tokens=5, budget=9)
    (message,) = block.messages(style)
    assert "Ann lives in Rome." in json.dumps(message)
    assert message["role"] == {"openai": "system", "anthropic": "user"}[style]
    assert str(block) == "Ann lives in Rome."


@pytest.mark.parametrize("style", ["openai", "anthropic"])
@pytest.mark.parametrize("text", ["", "(nothing relevant is remembered)"])
def test_a_context_without_a_memory_gives_no_message(style: str, text: str) -> None:
    """A model is not told that nothing is remembered; a reader of the text is."""
    assert Context(text=text, items=[], tokens=6, budget=9).messages(style) == []


def test_a_context_for_anthropic_may_be_cached() -> None:
    """Its text block says so."""
    block = Context(text="x", items=[FULL], tokens=1, budget=9)
    assert block.messages("anthropic")[0]["content"][0]["cache_control"] == {"type": "ephemeral"}


def test_another_style_is_refused() -> None:
    """The message names those there are, also for an empty context."""
    with pytest.raises(InputError, match="openai, anthropic"):
        Context(text="", items=[], tokens=0, budget=9).messages("gemini")
