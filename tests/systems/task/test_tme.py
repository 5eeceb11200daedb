"""A tree of steps: the path is the prompt, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray import InputError, Memory, TaskMemory
from combray.core.errors import Unsupported
from combray.core.text import count_tokens
from tests.words import Words


@pytest.fixture
def tasks() -> Iterator[TaskMemory]:
    """A book: chapters under it, scenes under one of them."""
    with Memory(embedder=Words()) as memory:
        made = memory.user("u").tasks("book", system="tme")
        made.add("book", "a novel")
        made.add("outline", "three parts", parent="book")
        made.add("chapter one", "the storm", parent="book")
        made.add("scene one", "a harbour", parent="chapter one")
        made.add("chapter two", "the calm", parent="book")
        yield made


def test_a_step_stands_under_one_other_and_depends_on_none(tasks: TaskMemory) -> None:
    """Dependencies are refused before anything is written, and the error says what has them."""
    before = tasks.log()
    for given in ({"after": ["outline"]}, {"blocks": ["outline"]}):
        with pytest.raises(Unsupported, match="tme_spatial"):
            tasks.add("chapter three", **given)
    with pytest.raises(Unsupported, match="tme_spatial"):
        tasks.depend("chapter two", ["outline"])
    assert tasks.log() == before
    assert tasks.links("scene one")["parent"] == ["chapter one"]


def test_a_prompt_is_the_path_from_the_root(tasks: TaskMemory) -> None:
    """Every step above, from the root down, and no other branch."""
    assert tasks.prompt("scene one") == (
        "Task book, now: scene one: a harbour\n- book: a novel\n- chapter one: the storm"
    )


@pytest.mark.parametrize("tokens", [15, 20, 25, 30, 60])
def test_the_nearest_steps_are_kept_where_not_all_fit(tasks: TaskMemory, tokens: int) -> None:
    """The budget is kept, and the parent goes before the root."""
    told = tasks.prompt("scene one", tokens=tokens)
    assert count_tokens(told) <= tokens
    assert "book: a novel" not in told or "chapter one: the storm" in told


def test_a_prompt_without_a_title_is_of_the_active_step(tasks: TaskMemory) -> None:
    """The one last changed, whichever came last; of a dropped one the last that is left."""
    tasks.done("scene one", "a harbour at night")
    assert tasks.prompt().startswith("Task book, now: scene one: a harbour at night (done)")
    tasks.drop("scene one")
    assert tasks.prompt().startswith("Task book, now: chapter two")


def test_what_is_told_anew_stands_under_the_root(tasks: TaskMemory) -> None:
    """A form is filled under its first step."""
    assert tasks.tell("deadline: the first of May").intent == "new"
    assert tasks.links("deadline")["parent"] == ["book"]
    with pytest.raises(InputError):
        tasks.tell("")
