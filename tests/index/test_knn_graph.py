"""Near neighbours: pairs above a threshold, the same however they are built."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.index import knn_graph
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


def test_a_weight_is_the_cosine_of_its_pair() -> None:
    """Each pair has the product of its two vectors, and the smaller number first."""
    vectors = unit(3, 12)
    a, b, cosine = similar_pairs(vectors, floor=-1.0)
    assert len(a) == 12 * 11 / 2
    for i, j, weight in zip(a.tolist(), b.tolist(), cosine.tolist(), strict=True):
        assert i < j
        pairs = zip(vectors[i].tolist(), vectors[j].tolist(), strict=True)
        assert weight == pytest.approx(sum(x * y for x, y in pairs), abs=1e-6)


def test_a_pair_at_the_floor_is_in() -> None:
    """From the floor on: a cosine of just so much is enough."""
    vectors = np.array([[1, 0], [0.5, 0.75**0.5], [0, 1]], np.float32)
    a, b, cosine = similar_pairs(vectors, floor=0.5)
    assert (0, 1) in zip(a.tolist(), b.tolist(), strict=True)
    assert cosine.min() >= 0.5
    assert (0, 2) not in zip(a.tolist(), b.tolist(), strict=True)


@pytest.mark.parametrize("block", [1, 3, 7, 100])
def test_pairs_do_not_depend_on_the_size_of_a_block(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is multiplied at once, the same pairs come in the same order."""
    vectors = unit(4, 20)
    whole = [part.tolist() for part in similar_pairs(vectors, floor=0.3, since=5)]
    monkeypatch.setattr(knn_graph, "BLOCK", block)
    parts = [part.tolist() for part in similar_pairs(vectors, floor=0.3, since=5)]
    assert parts[:2] == whole[:2]
    assert parts[2] == pytest.approx(whole[2])


def test_what_is_known_is_not_paired_again() -> None:
    """Pairs among the first `since` are left out; with all of them known there are none."""
    vectors = unit(5, 10)
    _, b, _ = similar_pairs(vectors, floor=-1.0, since=7)
    assert set(b.tolist()) == {7, 8, 9}
    assert len(similar_pairs(vectors, floor=-1.0, since=10)[0]) == 0


@settings(max_examples=60, deadline=None)
@given(
    edges=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 3)), max_size=18),
    k=st.integers(1, 4),
)
def test_the_strongest_are_the_best_of_either_end(
    edges: list[tuple[int, int, int]], k: int
) -> None:
    """For each node its k heaviest pairs, of equal ones those listed first; no other stays."""
    edges = [edge for edge in edges if edge[0] != edge[1]]
    kept = set()
    for node in range(7):
        mine = [i for i, (a, b, _) in enumerate(edges) if node in (a, b)]
        kept |= set(sorted(mine, key=lambda i: (-edges[i][2], i))[:k])
    a, b, weight = (np.array([edge[i] for edge in edges], np.intp) for i in range(3))
    found = strongest(a, b, weight.astype(np.float64), k)
    assert np.flatnonzero(found).tolist() == sorted(kept)


def test_no_pairs_have_no_strongest() -> None:
    """An empty selection of an empty list."""
    nothing = np.zeros(0, np.intp)
    assert strongest(nothing, nothing, np.zeros(0), 3).tolist() == []
