"""The verbs that open tasks and list them."""

from __future__ import annotations

import pytest

from combray import InputError, Memory
from tests.words import Words


def test_names_are_those_of_one_user() -> None:
    """In order, and of nobody without a user."""
    with Memory(embedder=Words()) as memory:
        for user, name in (("u", "b"), ("u", "a"), ("v", "c")):
            memory.tasks(name, user_id=user).set("x", 1)
        memory.tasks("shared").set("x", 1)
        assert memory.task_names(user_id="u") == ["a", "b"]
        assert memory.task_names() == ["shared"]
        assert memory.user("v").task_names() == ["c"]


@pytest.mark.parametrize("name", ["", " ", None, 3, "x" * 3000])
def test_a_name_is_a_name(name: object) -> None:
    """Anything else is refused before it is opened."""
    with Memory(embedder=Words()) as memory:
        with pytest.raises(InputError, match="name of a task memory"):
            memory.tasks(name, user_id="u")  # type: ignore[arg-type]


def test_who_acts_is_named_once() -> None:
    """`by` before the agent, the agent before the user."""
    with Memory(embedder=Words()) as memory:
        for given, actor in (({}, "user"), ({"agent_id": "a"}, "a"), ({"by": "b"}, "b")):
            tasks = memory.tasks(f"of {actor}", user_id="u", **given)
            tasks.set("x", 1)
            assert {step.actor for step in tasks.log()} == {actor}
