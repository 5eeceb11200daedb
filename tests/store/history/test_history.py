"""Random histories: the state is their replay, undo has an opposite, and exports go round."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.core.errors import CombrayError, InputError
from combray.core.items import Item
from combray.core.time import now, to_datetime
from tests.words import Words

TEXTS = (
    "I live in Rome.",
    "I moved to Paris.",
    "I no longer live in Paris.",
    "I used to live in Oslo.",
    "I work at Acme.",
    "I have worked at Globex since 2023-05-01.",
    "We like jazz.",
    "we like JAZZ",
)
MONTH = st.integers(1, 12)
PLACE = st.integers(0, 30)
STEP = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(TEXTS), MONTH),
    st.tuples(st.just("turn"), st.sampled_from(TEXTS), MONTH),
    st.tuples(st.just("update"), PLACE, st.sampled_from(TEXTS)),
    st.tuples(st.just("delete"), PLACE, st.none()),
    st.tuples(st.just("supersede"), PLACE, PLACE),
    st.tuples(st.just("undo"), PLACE, st.none()),
    st.tuples(st.just("summary"), PLACE, PLACE),
    st.tuples(st.just("drop"), PLACE, st.none()),
    st.tuples(st.just("erase"), PLACE, st.none()),
)


def everything(memory: Memory) -> list[Item]:
    """Every item of the user, whatever its status, oldest first."""
    return memory._store.items("u")


def visible(memory: Memory) -> list[tuple[Any, ...]]:
    """What can be seen: words, standing, both ends and count of every live item."""
    return [
        (i.id, i.text, i.valid_from_us, i.valid_to_us, i.count, dict(i.metadata))
        for i in everything(memory)
        if i.status == "live"
    ]


def changes(memory: Memory) -> list[str]:
    """The ids of all changes, oldest first."""
    return list(dict.fromkeys(event.change_id for event in memory._store.events("u")))


def act(memory: Memory, step: tuple[str, Any, Any]) -> None:
    """Do one step; numbers name items or changes, counted round and round."""
    verb, one, two = step
    if verb in ("add", "turn"):
        content = one if verb == "add" else [{"role": "user", "content": one}]
        memory.add(content, user_id="u", timestamp=f"2024-{two:02}-01")
        return
    items = everything(memory)
    if not items:
        return
    first = items[one % len(items)]
    second = items[two % len(items)] if isinstance(two, int) else first
    made = changes(memory)
    if verb == "update":
        memory.update(first.id, text=two)
    elif verb == "delete":
        memory.delete(first.id)
    elif verb == "supersede":
        memory.supersede(first.id, second.id)
    elif verb == "undo":
        memory.undo(made[one % len(made)])
    elif verb == "summary":
        answer = '{"summaries": [{"text": "In short", "sources": [1, 2]}]}'
        memory.propose(answer, [first.id, second.id])
    elif verb == "drop":
        memory.propose('{"deletions": [{"id": 1, "why": "no use"}]}', [first.id])
    else:
        memory.erase(first.id)


def tell(memory: Memory, steps: list[tuple[str, Any, Any]]) -> None:
    """Do all steps; what is refused must change nothing."""
    for step in steps:
        before = (visible(memory), len(memory._store.events("u")))
        try:
            act(memory, step)
        except CombrayError:
            assert (visible(memory), len(memory._store.events("u"))) == before


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=14))
def test_the_state_is_the_replay_of_the_history(steps: list[tuple[str, Any, Any]]) -> None:
    """After any history the tables are what the events make, and every fact is in its place."""
    with Memory(embedder=Words()) as memory:
        tell(memory, steps)
        assert memory.verify().problems == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=8), STEP)
def test_undo_has_an_opposite(steps: list[tuple[str, Any, Any]], last: Any) -> None:
    """Undoing the last change gives what was there before, and undoing that gives what was after.

    An erasure has no opposite.
    """
    with Memory(embedder=Words()) as memory:
        tell(memory, steps)
        before, known = visible(memory), changes(memory)
        try:
            act(memory, last)
        except CombrayError:
            return
        made = [change for change in changes(memory) if change not in known]
        if not made or last[0] == "erase":
            return
        after = visible(memory)
        (undone,) = memory.undo(made[-1])
        assert visible(memory) == before
        memory.undo(undone)
        assert visible(memory) == after
        assert memory.verify().problems == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=6), st.lists(STEP, max_size=8))
def test_undo_since_goes_back_to_that_moment(before: list[Any], after: list[Any]) -> None:
    """All changes since a moment undone give what was there then, without what was erased since."""
    with Memory(embedder=Words()) as memory:
        tell(memory, before)
        known, moment = visible(memory), to_datetime(now())
        tell(memory, after)
        try:
            memory.undo(since=moment, user_id="u")
        except InputError:
            assert visible(memory) == known or any(step[0] == "erase" for step in after)
            return
        if not any(step[0] == "erase" for step in after):
            assert visible(memory) == known
        assert memory.verify().problems == ()


@pytest.mark.parametrize("since", ["1970-01-01", "1969-07-20", 0])
def test_undo_since_a_moment_up_to_1970_undoes_everything(since: Any) -> None:
    """0 and what is before are moments, so all that was changed goes back."""
    with Memory(embedder=Words()) as memory:
        memory.add("I live in Rome.", user_id="u")
        memory.undo(since=since, user_id="u")
        assert visible(memory) == []
        with pytest.raises(InputError, match="one of them"):
            memory.undo(user_id="u")
        with pytest.raises(InputError, match="one of them"):
            memory.undo("c", since=since, user_id="u")


def test_undo_since_leaves_what_was_erased() -> None:
    """An erasure in between does not stop the rest from going back."""
    with Memory(embedder=Words()) as memory:
        homes = [
            memory.add(text, user_id="u", timestamp=when)[0]
            for when, text in (
                ("2024-01-01", "I live in Rome."),
                ("2024-03-01", "I moved to Paris."),
                ("2024-06-01", "I moved to Berlin."),
            )
        ]
        moment = to_datetime(now())
        memory.erase(homes[1].id)
        memory.delete(homes[2].id)
        memory.undo(since=moment, user_id="u")
        facts = {f.text: f.as_dict()["valid_to"] for f in memory.list(user_id="u", kinds=["fact"])}
        assert facts == {"u lives in Rome": "2024-06-01T00:00:00Z", "u lives in Berlin": None}
        assert memory.verify().problems == ()


@settings(max_examples=20, deadline=None)
@given(st.lists(STEP, max_size=12))
def test_exports_go_round(steps: list[tuple[str, Any, Any]]) -> None:
    """Whatever happened, export → import → export gives the same bytes and a whole memory."""
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "one.jsonl"), Path(folder, "two.jsonl")
        with Memory(embedder=Words()) as memory:
            tell(memory, steps)
            memory.export(one)
        with Memory(embedder=Words()) as other:
            other.import_(one)
            other.export(two)
            assert other.verify().problems == ()
        assert one.read_bytes() == two.read_bytes()
