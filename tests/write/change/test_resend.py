"""Histories that are sent again: only what is new is stored, and nobody's repetition is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from combray import Memory
from tests.words import Words

Turn = dict[str, Any]


def turn(role: str, content: str, **more: Any) -> Turn:
    """One message."""
    return {"role": role, "content": content, **more}


HISTORY = [turn("user", "Hi."), turn("assistant", "Hello."), turn("user", "The kettle whistles.")]


@pytest.fixture
def memory() -> Iterator[Memory]:
    """An empty memory."""
    with Memory(embedder=Words()) as made:
        yield made


def texts(memory: Memory, **scope: Any) -> list[str]:
    """What is stored, in order."""
    return [item.text for item in memory.list(user_id="u", kinds=["turn", "text"], **scope)][::-1]


def test_a_history_that_grows_is_stored_once(location: str) -> None:
    """Sent whole with each call; the items of what is stored already are given back."""
    more = [*HISTORY, turn("assistant", "Noted."), turn("user", "Which tea?")]
    with Memory(location, embedder=Words()) as memory:
        first = memory.add(HISTORY, user_id="u", session_id="s")
        second = memory.add(more, user_id="u", session_id="s")
        assert texts(memory) == [message["content"] for message in more]
        assert [item.id for item in second[:3]] == [item.id for item in first]


def test_ids_tell_what_is_stored() -> None:
    """Also of a window that begins later, or that says nothing new."""
    named = [{**message, "id": f"m{n}"} for n, message in enumerate(HISTORY)]
    with Memory(embedder=Words()) as memory:
        memory.add(named, user_id="u")
        memory.add(named[1:], user_id="u")
        memory.add([*named[2:], turn("assistant", "Noted.", id="m9")], user_id="u")
        assert len(texts(memory)) == 4
        memory.add(turn("user", "Hi.", id="m10"), user_id="u")
        assert len(texts(memory)) == 5


@pytest.mark.parametrize(
    "again",
    [
        [HISTORY[0]],
        HISTORY[:2],
        HISTORY,
        [turn("user", "Hi."), turn("assistant", "Hello!"), *HISTORY],
        [{**message, "name": "Ann"} for message in HISTORY] + HISTORY,
        HISTORY[1:] + HISTORY,
    ],
)
def test_who_says_it_again_is_heard(memory: Memory, again: list[Turn]) -> None:
    """A repetition in a new call, and what differs in a word or a name, are turns of their own."""
    memory.add(HISTORY, user_id="u")
    memory.add(again, user_id="u")
    assert len(texts(memory)) == len(HISTORY) + len(again)


def test_one_stored_turn_is_no_history(memory: Memory) -> None:
    """Who greets again and goes on has greeted twice."""
    memory.add(HISTORY[:1], user_id="u")
    memory.add(HISTORY, user_id="u")
    assert len(texts(memory)) == 4


@pytest.mark.parametrize("other", [{"session_id": "t"}, {"agent_id": "a"}, {"user_id": "v"}])
def test_another_conversation_is_another_one(memory: Memory, other: dict[str, str]) -> None:
    """The same words to another agent, in another session, of another user."""
    memory.add(HISTORY, user_id="u", session_id="s")
    made = memory.add(
        [*HISTORY, turn("user", "More.")], **{"user_id": "u", "session_id": "s"} | other
    )
    assert len({item.id for item in made}) == 4
    assert sum(memory.users().values()) == 7


def test_another_time_is_another_event(memory: Memory) -> None:
    """The same dialogue of another day is told again."""
    more = [*HISTORY, turn("user", "More.")]
    memory.add(HISTORY, user_id="u", timestamp="2024-05-01")
    memory.add(more, user_id="u", timestamp="2024-05-02")
    assert len(texts(memory)) == 7


def test_what_was_deleted_does_not_come_back(memory: Memory) -> None:
    """A history that holds it is sent again, and it stays away."""
    items = memory.add(HISTORY, user_id="u")
    memory.delete(items[2].id)
    memory.add([*HISTORY, turn("user", "More.")], user_id="u")
    assert texts(memory) == ["Hi.", "Hello.", "More."]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_prompts_are_no_memories_unless_asked_for(memory: Memory, role: str) -> None:
    """Left out of a history and of a call of their own; `roles` names what is kept."""
    prompt = turn(role, "You are a pirate.")
    assert [item.text for item in memory.add([prompt, *HISTORY], user_id="u")] == texts(memory)
    assert memory.add(prompt, user_id="u") == []
    assert len(memory.add([prompt, *HISTORY[1:2]], user_id="u", roles=[role])) == 1
    assert texts(memory) == ["Hi.", "Hello.", "The kettle whistles.", "You are a pirate."]


def test_with_a_prompt_before_it_a_history_is_one(memory: Memory) -> None:
    """The prompt counts on neither side."""
    prompt = turn("system", "You are a pirate.")
    memory.add([prompt, *HISTORY], user_id="u")
    memory.add([prompt, *HISTORY, turn("assistant", "Aye.")], user_id="u")
    assert len(texts(memory)) == 4
