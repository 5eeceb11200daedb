"""Every verb of a memory, of a user's handle, of both for asyncio and of the store."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from combray import (
    AsyncMemory,
    AsyncUserMemory,
    Memory,
    StoreError,
    TaskMemory,
    UserMemory,
)
from combray.store.store import Store
from tests.fuzz.strategies import STORE, STRATEGIES, TASKS
from tests.fuzz.world import (
    World,
    arguments,
    attempt,
    files,
    fill,
    parameters,
    public,
    world,
)
from tests.stores import place
from tests.words import Words

EXAMPLES = int(os.environ.get("COMBRAY_FUZZ", "2"))
"""How many calls are drawn; they are the same each time unless a number is given."""
APART = {
    "close": "ends the memory; see test_a_closed_memory_says_so",
    "apply_in": "takes an open transaction; `apply` opens one",
}
DOORS: dict[str, type] = {
    "memory": Memory, "user": UserMemory, "store": Store, "task": TaskMemory,
}  # fmt: skip
OWN = {"store": STORE, "task": TASKS}
VERBS = [(door, verb) for door, kind in DOORS.items() for verb in public(kind) if verb not in APART]
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="COMBRAY_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)


def test_every_parameter_of_every_verb_has_a_strategy() -> None:
    """So that a new verb is fuzzed by itself, and a new parameter is not forgotten."""
    unknown = {
        f"{kind.__name__}.{verb}({name})"
        for kind in (*DOORS.values(), AsyncMemory, AsyncUserMemory)
        for verb in public(kind)
        if verb not in APART
        for name in parameters(kind, verb)
        if name not in (TASKS if kind is TaskMemory else STRATEGIES)
        and name not in ("narrowed", "given")
    }
    assert unknown == set()


def drawn(data: st.DataObject, door: str, verb: str) -> list[tuple[str, dict[str, Any]]]:
    """A few calls of one verb, and of others of the same door after them."""
    kind, own = DOORS[door], OWN.get(door)
    others = st.sampled_from([other for at, other in VERBS if at == door])
    calls = st.tuples(st.just(verb), arguments(kind, verb, own))
    more = others.flatmap(lambda v: st.tuples(st.just(v), arguments(kind, v, own)))
    return [
        *data.draw(st.lists(calls, min_size=1, max_size=3)),
        *data.draw(st.lists(more, max_size=2)),
    ]


def run(here: World, door: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Do the calls, and see that nobody is harmed."""
    mine = here.memory.user("u")
    doors = {
        "memory": here.memory, "user": mine, "store": here.memory._store,
        "task": mine.tasks("trip"),
    }  # fmt: skip
    for verb, values in calls:
        walled = door != "memory" or values.get("user_id") is not None
        attempt(doors[door], verb, here.given(values, walled=walled))
    here.check()


@pytest.mark.parametrize(("door", "verb"), VERBS)
@often
@given(st.data())
def test_a_verb_works_or_refuses_in_words(door: str, verb: str, data: st.DataObject) -> None:
    """Whatever it is given; then the memory is whole, and the other user sees no difference."""
    with world() as here:
        run(here, door, drawn(data, door, verb))


@pytest.mark.postgres
@pytest.mark.parametrize(("door", "verb"), [(door, v) for door, v in VERBS if door != "user"])
@settings(often, max_examples=1 + EXAMPLES // 4)
@given(st.data())
def test_a_verb_does_so_on_a_server(
    postgres_server: str, door: str, verb: str, data: st.DataObject
) -> None:
    """The same in PostgreSQL, each example in a memory of its own."""
    with files() as folder, Memory(place(postgres_server), embedder=Words()) as memory:
        run(World(memory, fill(memory), folder), door, drawn(data, door, verb))


@pytest.mark.parametrize("verb", public(UserMemory))
@settings(often, max_examples=1 + EXAMPLES // 4)
@given(st.data())
def test_an_awaited_verb_works_or_refuses_in_words(verb: str, data: st.DataObject) -> None:
    """Of the asyncio memory, and of the asyncio handle of one user."""
    values = data.draw(arguments(UserMemory, verb))
    with world() as here:
        whole = AsyncMemory.__new__(AsyncMemory)
        whole._memory = here.memory
        attempt(whole, verb, here.given({"user_id": "u", **values}))
        attempt(whole.user("u"), verb, here.given(values))
        here.check()


@pytest.mark.parametrize("verb", [verb for verb in public(Memory) if verb not in APART])
@settings(often, max_examples=1 + EXAMPLES // 4)
@given(st.data())
def test_a_closed_memory_says_so(verb: str, data: st.DataObject) -> None:
    """Every verb of it and of its handles, and closing it again does nothing."""
    values = data.draw(arguments(Memory, verb))
    with world() as here:
        handle = here.memory.user("u")
        here.memory.close()
        here.memory.close()
        attempt(here.memory, verb, here.given(values))
        if hasattr(handle, verb):
            attempt(handle, verb, here.given({n: v for n, v in values.items() if n != "user_id"}))
        with pytest.raises(StoreError, match="closed"):
            here.memory.list()
