"""Metrics from the ranks of the gold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.bench.common.metrics import auroc, interval, score, summary


def test_scores_of_a_known_ranking() -> None:
    """Two of three gold units at ranks 1 and 4 give what the definitions say."""
    found = score([1, 4], gold=3)
    assert found["R@1"] == pytest.approx(1 / 3)
    assert found["R@5"] == pytest.approx(2 / 3)
    assert (found["any@1"], found["all@10"]) == (1.0, 0.0)
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert found["NDCG@10"] == pytest.approx((1 + 1 / math.log2(5)) / ideal)
    assert found["MRR"] == 1.0


@given(st.sets(st.integers(1, 60), max_size=8), st.integers(0, 4))
def test_every_metric_lies_between_0_and_1(ranks: set[int], more: int) -> None:
    """Whatever was found, no metric leaves its range, and R@k never falls with k."""
    found = score(sorted(ranks), gold=len(ranks) + more)
    assert all(0 <= value <= 1 + 1e-12 for value in found.values())
    if found:
        assert found["R@1"] <= found["R@5"] <= found["R@10"] <= found["R@50"]


def test_a_question_without_gold_is_not_counted() -> None:
    """It has no score, and the mean is over the others."""
    assert score([], gold=0) == {}
    made = summary([score([1], 1), {}, score([], 1)])
    assert made["R@5"]["mean"] == 0.5
    assert made["R@5"]["n"] == 2


def test_the_interval_is_the_same_each_time_and_holds_the_mean() -> None:
    """The seed is fixed; the mean lies inside."""
    values = [0.0, 1.0, 1.0, 0.5] * 10
    low, high = interval(values)
    assert (low, high) == interval(values)
    assert low < sum(values) / len(values) < high


def test_auroc_counts_pairs() -> None:
    """The share of pairs in the right order, ties for half."""
    assert auroc([2, 3], [1, 2]) == pytest.approx(3.5 / 4)
    assert math.isnan(auroc([], [1]))
