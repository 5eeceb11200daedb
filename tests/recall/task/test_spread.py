"""How much other slots matter to one: the best path counts, and its every edge."""

from __future__ import annotations

import pytest

from combray import Memory
from combray.recall.task.spread import NEED, PARENT, activation
from tests.words import Words


def test_the_best_path_counts() -> None:
    """A product over its edges; what is not reached does not matter."""
    with Memory(embedder=Words()) as memory:
        tasks = memory.user("u").tasks("trip")
        tasks.add("plan", "x")
        tasks.add("city", "x", parent="plan")
        tasks.add("hotel", "x", parent="plan", after=["city"])
        tasks.add("apart", "x", after=["hotel"])
        state = tasks.state()
        found = {state[i].title: a for i, a in activation(state, tasks.get("hotel").id).items()}
    assert found == {
        "hotel": 1.0,
        "city": pytest.approx(NEED),
        "plan": pytest.approx(max(PARENT, NEED * PARENT)),
    }
