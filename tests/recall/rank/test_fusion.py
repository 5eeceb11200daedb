"""Ranking parts: each is what its formula says, worked out in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.recall.rank.fusion import convex, mmr, ranks, rrf, top

few = settings(max_examples=60, deadline=None)
tied = st.lists(st.integers(-3, 3), max_size=40)


def sorted_rows(scores: list[int], k: int, allowed: list[bool], positive: bool) -> list[int]:
    """The rows of a full sort, greater scores first and then the lower row."""
    rows = [r for r, s in enumerate(scores) if allowed[r] and (s > 0 or not positive)]
    return sorted(rows, key=lambda r: (-scores[r], r))[:k]


@few
@given(scores=tied, k=st.integers(0, 12), positive=st.booleans(), data=st.data())
def test_the_best_rows_are_those_of_a_full_sort(
    scores: list[int], k: int, positive: bool, data: st.DataObject
) -> None:
    """With ties, with rows that are not allowed, and with a k of none or more than there are."""
    allowed = data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    found = top(np.array(scores, np.float32), k, np.array(allowed, np.bool_), positive=positive)
    assert found.tolist() == sorted_rows(scores, k, allowed, positive)


def test_without_a_mask_every_row_is_allowed() -> None:
    """And a row that scores nothing, or less, is still among the best when few are better."""
    assert top(np.array([-1, 0, 2], np.float32), 3).tolist() == [2, 1, 0]
    assert top(np.array([-1, 0, 2], np.float32), 3, positive=True).tolist() == [2]


def test_ties_at_the_last_place_go_to_the_lower_rows() -> None:
    """A cut through equal scores keeps the first of them, however many rows there are."""
    scores = np.zeros(1000, np.float32)
    scores[[500, 900]] = 1
    assert top(scores, 4).tolist() == [500, 900, 0, 1]


def test_the_mask_is_not_changed() -> None:
    """Leaving out rows that score nothing leaves the caller's mask as it was."""
    allowed = np.ones(3, np.bool_)
    top(np.array([1, 0, 1], np.float32), 2, allowed, positive=True)
    assert allowed.all()


@few
@given(size=st.integers(1, 30), seed=st.integers(0, 99), missing=st.integers(-1, 300))
def test_ranks_are_places_in_the_list(size: int, seed: int, missing: int) -> None:
    """The rank of a row is its index in the ranking, or `missing` when it is not in it."""
    random = np.random.default_rng(seed)
    best = random.permutation(size)[: int(random.integers(0, size + 1))]
    asked = random.integers(0, size + 5, 20)
    places = best.tolist()
    exact = [places.index(row) if row in places else missing for row in asked.tolist()]
    assert ranks(best, asked, missing=missing).tolist() == exact


def test_ranks_in_an_empty_ranking_are_all_missing() -> None:
    """No best rows, no places; no rows asked, no answers."""
    nothing = np.zeros(0, np.int64)
    assert ranks(nothing, np.array([4, 0]), missing=9).tolist() == [9, 9]
    assert ranks(np.array([4, 0]), nothing, missing=9).tolist() == []


def test_reciprocal_rank_fusion_by_hand() -> None:
    """Row 2 is first and second: 1/61 + 1/62; row 0 is second: 1/62; row 3 is nowhere: 0."""
    fused = rrf([np.array([2, 0]), np.array([1, 2])], size=4)
    assert fused.tolist() == pytest.approx([1 / 62, 1 / 61, 1 / 61 + 1 / 62, 0])
    assert fused.dtype == np.float32


@few
@given(seed=st.integers(0, 99), k=st.floats(0, 100), lists=st.integers(0, 4))
def test_reciprocal_rank_fusion_is_its_formula(seed: int, k: float, lists: int) -> None:
    """Σ 1 / (k + rank) over the rankings that hold a row, ranks counted from 1."""
    random = np.random.default_rng(seed)
    rankings = [random.permutation(9)[: int(random.integers(0, 10))] for _ in range(lists)]
    exact = [0.0] * 9
    for ranking in rankings:
        for rank, row in enumerate(ranking.tolist(), start=1):
            exact[row] += 1 / (k + rank)
    assert rrf(rankings, k=k, size=9).tolist() == pytest.approx(exact, rel=1e-4)


def test_fusing_does_not_depend_on_the_order_of_the_rankings() -> None:
    """Every channel counts the same, whichever is named first."""
    one, other, third = np.array([3, 1, 0]), np.array([0, 2]), np.array([2, 3])
    assert rrf([one, other, third], size=4) == pytest.approx(rrf([third, one, other], size=4))


def test_convex_fusion_by_hand() -> None:
    """Each channel is scaled to 0…1 over the allowed rows, then weighted and added up."""
    channels = {
        "words": np.array([1, 3, 5, 100], np.float32),
        "dense": np.array([0.8, 0.2, 0.4, -9], np.float32),
        "unused": np.array([9, 9, 9, 9], np.float32),
    }
    allowed = np.array([True, True, True, False])
    fused = convex(channels, {"words": 2.0, "dense": 0.5}, allowed)
    exact = [2 * 0 + 0.5 * 1, 2 * 0.5 + 0.5 * 0, 2 * 1 + 0.5 / 3]
    assert fused[:3].tolist() == pytest.approx(exact)


def test_convex_fusion_of_one_value_adds_nothing() -> None:
    """A channel that tells no rows apart gives each of them 0, not a division by nothing."""
    same = {"words": np.full(3, 7, np.float32)}
    assert convex(same, {"words": 1.0}, np.ones(3, np.bool_)).tolist() == [0, 0, 0]
    assert convex(same, {"words": 1.0}, np.zeros(3, np.bool_)).tolist() == [0, 0, 0]


def test_convex_fusion_leaves_the_scale_of_a_channel_out() -> None:
    """A channel times ten, plus seven, is the same channel."""
    values = np.array([0.1, 0.5, 0.2, 0.9], np.float32)
    allowed = np.ones(4, np.bool_)
    plain = convex({"c": values}, {"c": 0.3}, allowed)
    assert convex({"c": 10 * values + 7}, {"c": 0.3}, allowed) == pytest.approx(plain, abs=1e-6)
    assert plain.max() == pytest.approx(0.3)
    near = convex({"c": values / 1000}, {"c": 0.3}, allowed)
    assert near == pytest.approx(plain, abs=1e-5)


def greedy(relevance: list[float], vectors: list[list[float]], k: int, balance: float) -> list[int]:
    """Maximal marginal relevance as the paper writes it, one choice after another."""
    chosen: list[int] = []
    while len(chosen) < min(k, len(relevance)):
        best, pick = -math.inf, -1
        for i in range(len(relevance)):
            if i in chosen:
                continue
            near = [sum(a * b for a, b in zip(vectors[i], vectors[j], strict=True)) for j in chosen]
            gain = balance * relevance[i] - (1 - balance) * max(near, default=0.0)
            if gain > best:
                best, pick = gain, i
        chosen.append(pick)
    return chosen


@few
@given(
    seed=st.integers(0, 999), k=st.integers(0, 9), balance=st.sampled_from([0.0, 0.31, 0.7, 1.0])
)
def test_mmr_is_the_greedy_choice(seed: int, k: int, balance: float) -> None:
    """Each choice has the greatest gain over what was chosen before it."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((7, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    relevance = random.random(7).astype(np.float32)
    found = mmr(relevance, vectors, k, balance=balance)
    assert found == greedy(relevance.tolist(), vectors.tolist(), k, balance)


def test_mmr_takes_another_topic_before_a_copy() -> None:
    """The copy of the first choice comes last though it is the second most relevant."""
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    relevance = np.array([1.0, 0.9, 0.6], np.float32)
    assert mmr(relevance, vectors, 3) == [0, 2, 1]
    assert mmr(relevance, vectors, 3, balance=1.0) == [0, 1, 2]


def test_mmr_weighs_relevance_seven_to_three() -> None:
    """At .7 a loss of .3 in relevance is worth a gain of .7 in novelty, and no more."""
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert mmr(np.array([1.0, 1.0, 0.58], np.float32), vectors, 2) == [0, 2]
    assert mmr(np.array([1.0, 1.0, 0.56], np.float32), vectors, 2) == [0, 1]


def test_mmr_of_nothing_is_nothing() -> None:
    """No candidates, no choice."""
    assert mmr(np.zeros(0, np.float32), np.zeros((0, 2), np.float32), 3) == []
