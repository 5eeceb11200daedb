"""What can be seen of a task: links, history, what is ready, and what a policy hides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray import Memory, TaskMemory, UnknownName
from tests.words import Words


@pytest.fixture
def tasks() -> Iterator[TaskMemory]:
    """A task with a part, a dependency and a find."""
    with Memory(embedder=Words()) as memory:
        made = memory.user("u").tasks("trip")
        made.add("plan")
        made.add("city", "Rome", parent="plan")
        made.add("hotel", after=["city"], parent="plan")
        made.add("visa", blocks=["hotel"], discovered_from="city")
        yield made


def test_links_are_typed_and_seen_from_both_ends(tasks: TaskMemory) -> None:
    """What depends on a slot is what it blocks."""
    assert tasks.links("hotel") == {
        "parent": ["plan"],
        "depends_on": ["city", "visa"],
        "blocks": [],
        "discovered_from": [],
        "replaced_by": [],
    }
    assert tasks.links("visa")["blocks"] == ["hotel"]
    assert tasks.links("visa")["discovered_from"] == ["city"]


def test_what_waits_is_not_ready(tasks: TaskMemory) -> None:
    """For a dependency, for a part, for who holds it; and what failed is left."""
    assert tasks.ready() == ["visa"]
    tasks.claim("visa", by="ann", seconds=60)
    assert tasks.ready() == []
    tasks.done("visa", "granted", by="ann")
    assert tasks.ready() == ["hotel"]
    tasks.mark("hotel", "failed")
    assert tasks.ready() == []
    tasks.mark("hotel", "open")
    tasks.done("hotel", "Roma")
    assert tasks.ready() == ["plan"]


def test_a_lease_ends(tasks: TaskMemory) -> None:
    """A slot whose holder does not come back is ready again, and can be taken."""
    tasks.claim("visa", by="ann", seconds=1e-6)
    assert tasks.ready() == ["visa"]
    assert tasks.claim("visa", by="bob").claim.by == "bob"  # type: ignore[union-attr]


def test_a_history_is_every_value(tasks: TaskMemory) -> None:
    """With who gave it, and the nearest name for one that is not there."""
    tasks.set("city", "Porto", by="ann")
    assert [(v.value, v.by) for v in tasks.history("CITY ")] == [("Rome", "user"), ("Porto", "ann")]
    with pytest.raises(UnknownName, match="'hotel'"):
        tasks.history("hotels")
