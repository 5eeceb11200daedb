"""What a system costs beside the plainest memory, measured in one run: a guard against blunders."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from combray import Memory
from combray.systems import names
from tests.words import Words

SYSTEMS = names("text")
MESSAGES, BATCH, QUESTIONS = 80, 20, 10
WRITE, SEARCH = 60, 20
"""So many times the cost of `dense`: several times what the dearest system takes."""
PLAIN = ("bm25", "dense", "hybrid", "convex")


class Wide(Words):
    """The words of `Words`, 384 numbers wide as those of a real embedder."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Rows of unit length, shape (n, 384)."""
        return np.tile(super().embed(texts), 6) / np.float32(6**0.5)


@cache
def cost(system: str) -> tuple[float, float]:
    """CPU seconds to add the messages, and the least that a search took."""
    verbs = ("visited", "painted", "bought", "heard about", "dreamt of")
    said = [
        {"role": "user", "name": "Ann" if n % 2 else "Ben", "timestamp": 1_700_000_000 + 600 * n}
        | {"content": f"I {verbs[n % 5]} the house of Zork{n} with my friend Plover{n % 9}."}
        for n in range(MESSAGES)
    ]
    with Memory(system=system, embedder=Wide()) as memory:
        begun = time.process_time()
        for start in range(0, MESSAGES, BATCH):
            memory.add(said[start : start + BATCH], session_id=f"s{start}")
        added = time.process_time() - begun
        memory.search("the first search builds the view")
        times = []
        for n in range(QUESTIONS):
            begun = time.process_time()
            memory.search(f"Who visited the house of Zork{n}?")
            times.append(time.process_time() - begun)
    return added, min(times)


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name not in PLAIN])
def test_a_system_costs_no_more_than_so_many_times_the_plainest(system: str) -> None:
    """Adding and searching stay within a generous ratio of `dense`, which derives nothing."""
    # The plainest first: what is done once in a process is not charged to a system.
    plain_added, plain_searched = cost("dense")
    added, searched = cost(system)
    assert added < WRITE * plain_added
    assert searched < SEARCH * plain_searched
