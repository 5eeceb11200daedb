"""Near neighbours: pairs above a threshold, the same however they are built."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.index.knn_graph import similar_pairs, strongest


def unit(seed: int, n: int, d: int = 4) -> np.ndarray:
    """Random rows of unit length."""
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), cuts=st.lists(st.integers(0, 30), max_size=4))
def test_one_by_one_is_all_at_once(seed: int, cuts: list[int]) -> None:
    """Adding vectors in parts finds the pairs that adding them together finds."""
    vectors = unit(seed, 30)
    whole = set(zip(*(x.tolist() for x in similar_pairs(vectors, floor=0.5)[:2]), strict=True))
    parts: set[tuple[int, int]] = set()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 30], strict=True):
        a, b, _ = similar_pairs(vectors[:end], floor=0.5, since=start)
        parts |= set(zip(a.tolist(), b.tolist(), strict=True))
    exact = vectors @ vectors.T
    assert whole == parts
    assert whole == {(i, j) for j in range(30) for i in range(j) if exact[i, j] >= 0.5}


def test_the_strongest_keep_what_either_end_prefers() -> None:
    """A pair stays when it is among the k best of one of its ends."""
    a, b = np.array([0, 0, 0, 1]), np.array([1, 2, 3, 2])
    weight = np.array([0.9, 0.8, 0.7, 0.95])
    assert strongest(a, b, weight, 1).tolist() == [True, False, True, True]
    assert strongest(a, b, weight, 3).all()


def test_nothing_is_near_to_nothing() -> None:
    """No vectors, no pairs."""
    empty = np.zeros((0, 4), np.float32)
    assert len(similar_pairs(empty, floor=0.5)[0]) == 0
