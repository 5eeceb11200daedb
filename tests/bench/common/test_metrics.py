"""Metrics from the ranks of the gold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.bench.common.metrics import auroc, ece, interval, score, summary, tenths


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


def test_what_is_said_is_compared_with_what_is_so_by_tenths() -> None:
    """Each tenth has its mean of both; 1 belongs to the last one."""
    rows = tenths([0.05, 0.15, 0.19, 1.0, 0.95], [False, False, True, True, True])
    assert [(row["from"], row["n"]) for row in rows] == [(0.0, 1), (0.1, 2), (0.9, 2)]
    assert rows[1]["said"] == pytest.approx(0.17)
    assert [row["so"] for row in rows] == [0, 0.5, 1]


def test_the_calibration_error_weighs_tenths_by_how_many_they_are() -> None:
    """Right on average in each tenth is no error; sure and wrong is the whole of it."""
    assert ece([0.5, 0.5], [True, False]) == 0
    assert ece([1.0, 0.0], [False, True]) == 1
    assert ece([0.9, 0.2, 0.2, 0.2], [True, False, False, False]) == pytest.approx(
        (0.1 + 3 * 0.2) / 4
    )


def test_shuffled_labels_discern_nothing() -> None:
    """Of many scores in no order, the chance that one of each kind is above the other is a half."""
    scores = [n / 1000 for n in range(1000)]
    mixed = [hash_ % 2 == 0 for hash_ in (n * 2654435761 % 2**32 >> 16 for n in range(1000))]
    yes = [s for s, ok in zip(scores, mixed, strict=True) if ok]
    no = [s for s, ok in zip(scores, mixed, strict=True) if not ok]
    assert auroc(yes, no) == pytest.approx(0.5, abs=0.05)
    assert auroc(scores[500:], scores[:500]) == 1
