"""Text memories by name or by class, with options that are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from combray import InputError, Memory, UnknownName
from combray.core.items import Hit, Scope
from combray.core.ports import Experience, Query
from combray.recall.runtime.runtime import Runtime
from combray.store.connect import connect
from combray.systems import find, names
from combray.systems.text import TIER, make, options_of
from combray.systems.text.tim import TiM
from tests.words import Words


class Mine:
    """A text memory of somebody's own."""

    def __init__(self, runtime: Runtime, factor: float = 2.0, *, deep: bool = False) -> None:
        self.runtime, self.factor, self.deep = runtime, factor, deep

    def write(self, experience: Experience, /) -> None:
        """Nothing."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Nothing."""
        return []


@pytest.fixture
def runtime() -> Runtime:
    """A runtime without a model."""
    return Runtime(connect(":memory:"), Words())


@pytest.mark.parametrize("name", names(TIER))
def test_every_name_makes_its_class(name: str, runtime: Runtime) -> None:
    """Each works over a runtime alone, and an empty one answers emptily."""
    made: Any = make(name, runtime)
    assert type(made) is find(name)
    assert callable(made.write)
    asked = Query(text="anything", scope=Scope("u"), limit=3)
    assert list(made.recall(asked)) == []


def test_a_class_stands_for_a_name(runtime: Runtime) -> None:
    """It gets the runtime first and its options by name."""
    made: Any = make(Mine, runtime, factor=3.0, deep=True)
    assert (made.runtime, made.factor, made.deep) == (runtime, 3.0, True)
    with Memory(system=Mine, embedder=Words(), options={"factor": 4.0}) as memory:
        assert memory.search("anything") == []


class Deaf(Mine):
    """What cannot be written to."""

    write = None  # type: ignore[assignment]


class Mute(Mine):
    """What answers nothing."""

    recall = None  # type: ignore[assignment]


@pytest.mark.parametrize("wrong", [Deaf, Mute, int, object, dict, lambda runtime: None])
def test_a_class_that_makes_no_text_memory_is_refused(wrong: Any) -> None:
    """When the memory is opened, not when the first words are stored."""
    with pytest.raises(InputError, match=r"is no text memory.*write\(experience\)"):
        Memory(system=wrong, embedder=Words())


def test_options_are_those_of_the_constructor() -> None:
    """All but the runtime, of a name and of a class alike."""
    assert options_of(Mine) == ["factor", "deep"]
    assert options_of("tim") == options_of(TiM)
    assert "extractor" in options_of("tim")
    assert "runtime" not in options_of("evidence")


def test_an_unknown_option_is_refused_with_the_nearest(runtime: Runtime) -> None:
    """Nothing is made; a memory without any options says that it has none."""
    with pytest.raises(UnknownName, match=r"option of Mine.*'factr'.*'factor'"):
        make(Mine, runtime, factr=1.0)
    with pytest.raises(UnknownName, match="option of tim"):
        make("tim", runtime, magic=1)
    with pytest.raises(UnknownName, match="none"):
        make("bm25", runtime, magic=1)


def test_an_unknown_name_is_refused_with_the_nearest(runtime: Runtime) -> None:
    """So is a name of another tier."""
    with pytest.raises(UnknownName, match=r"text memory.*'evidence'"):
        make("evidnce", runtime)
    with pytest.raises(UnknownName, match="text memory"):
        options_of("h2o")
