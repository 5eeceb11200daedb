"""Self-controlled memory: the gate, the flash, and a budget that is kept exactly."""

from __future__ import annotations

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.core.text import count_tokens
from combray.testing.story import tell
from tests.words import Words


def opened(**options: object) -> Memory:
    """A memory with a controller."""
    return Memory(system="scm", embedder=Words(), options=options)


def long_turn(topic: str, sentences: int = 40) -> str:
    """A turn long enough to be summarised."""
    return " ".join(f"The {topic} number {i} was seen near the old mill." for i in range(sentences))


def test_long_turns_get_a_summary_that_cites_them() -> None:
    """A turn over 300 tokens has a short form; a short one has none."""
    with opened() as memory:
        items = memory.add(
            [{"role": "user", "content": long_turn("heron")}, {"role": "user", "content": "Hi."}],
            user_id="u1",
        )
        summaries = memory.list(user_id="u1", kinds=["summary"])
        assert [item.sources for item in summaries] == [(items[0].id,)]
        assert count_tokens(summaries[0].text) <= 80 < 300 < count_tokens(items[0].text)


@pytest.mark.parametrize("tokens", [1, 30, 100, 500, 2500])
def test_the_budget_is_never_exceeded(tokens: int) -> None:
    """Whatever the budget, the tokens of what comes back are within it."""
    with opened(tokens=tokens) as memory:
        for topic in ("heron", "badger", "otter", "owl"):
            memory.add(long_turn(topic), user_id="u1")
        tell(memory)
        for question in ("heron near the mill", "cats", "pottery"):
            hits = memory.search(question, user_id="u1", limit=8)
            assert sum(count_tokens(hit.text) for hit in hits) <= tokens


def test_a_tight_budget_turns_full_into_short() -> None:
    """What does not fit in full comes by its summary, and cites the turn."""
    with opened(tokens=200) as memory:
        said = [memory.add(long_turn(topic), user_id="u1")[0] for topic in ("heron", "badger")]
        hits = memory.search("heron badger mill", user_id="u1")
        assert {hit.explain["form"] for hit in hits} == {"short"}
        assert {hit.evidence[0] for hit in hits} == {item.id for item in said}


def test_the_choice_is_the_best_that_fits() -> None:
    """Two turns by their summaries are worth more than one of them in full, which would fit."""
    with opened(tokens=550) as memory:
        for topic in ("heron", "badger"):
            item = memory.add(long_turn(topic), user_id="u1")[0]
            assert count_tokens(item.text) <= 550
        hits = memory.search("What was seen near the old mill?", user_id="u1")
        assert [hit.explain["form"] for hit in hits] == ["short", "short"]


def test_the_nearest_turn_comes_back() -> None:
    """Of six turns the one that is asked about is found."""
    with opened() as memory:
        ids = tell(memory)
        hits = memory.search("the grey cat called Misty", user_id="u1", limit=1)
        assert [(hit.id, hit.explain["memory"]) for hit in hits] == [(ids[0], "archived")]


def test_the_gate_stays_closed_when_nothing_is_asked_of_memory() -> None:
    """An input without a word of the memory finds nothing; one that looks back does."""
    with opened() as memory:
        tell(memory)
        assert memory.search("zyx qwv", user_id="u1") == []
        assert memory.search("marathon", user_id="u1")
        assert memory.search("What was said earlier?", user_id="u1")
    with opened(gate=False) as memory:
        tell(memory)
        assert memory.search("zyx qwv", user_id="u1")


def test_inside_a_session_the_turn_before_is_always_there() -> None:
    """A question of a session comes with its last turn, gate open or not."""
    with opened() as memory:
        ids = tell(memory)
        hits = memory.search("zyx qwv", user_id="u1", session_id="s2")
        assert [(hit.id, hit.explain["memory"]) for hit in hits] == [(ids[4], "flash")]


def test_a_budget_of_nothing_is_refused() -> None:
    """The budget is at least one token."""
    with pytest.raises(InputError, match="at least 1"):
        opened(tokens=0)
