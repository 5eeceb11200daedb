"""The learned reranker: its gradient, its sampling and its start are what the paper says."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from combray.recall.rank.bilinear import Bilinear, Learning

D, K = 5, 6


def drawn(seed: int, k: int = K) -> tuple[Bilinear, np.ndarray, np.ndarray]:
    """A scorer with random weights, a query and k candidates of unit length."""
    rng = np.random.default_rng(seed)
    scorer = Bilinear(D, Learning(scale=2.0))
    scorer.w_q, scorer.w_m = 0.3 * rng.standard_normal((2, D, D))
    vectors = rng.standard_normal((k + 1, D))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return scorer, vectors[0], vectors[1:]


@pytest.mark.parametrize("name", ["w_q", "w_m"])
def test_the_gradient_is_that_of_finite_differences(name: str) -> None:
    """Moving one weight a little changes log P as the gradient says, for every weight."""
    scorer, q, m = drawn(0)
    order, step = [3, 0, 5], 1e-6
    exact = scorer.gradient(q, m, order, [1.0, 1.0, 1.0])[("w_q", "w_m").index(name)]
    weights = getattr(scorer, name)
    for i in range(D):
        for j in range(D):
            kept = weights[i, j]
            weights[i, j] = kept + step
            above = scorer.log_probability(q, m, order)
            weights[i, j] = kept - step
            below = scorer.log_probability(q, m, order)
            weights[i, j] = kept
            assert exact[i, j] == pytest.approx((above - below) / (2 * step), abs=1e-5)


def test_the_probabilities_of_all_orders_add_up_to_one() -> None:
    """P is a distribution over ordered choices."""
    scorer, q, m = drawn(1, k=4)
    total = sum(np.exp(scorer.log_probability(q, m, order)) for order in permutations(range(4), 2))
    assert total == pytest.approx(1)


def test_gumbel_noise_samples_plackett_and_luce() -> None:
    """A chi-square test on the 12 ordered pairs of 4 candidates does not tell them apart."""
    scorer, q, m = drawn(2, k=4)
    rng = np.random.default_rng(7)
    n = 20_000
    counts = Counter(tuple(scorer.sample(q, m, 2, rng)) for _ in range(n))
    chi = 0.0
    for order in permutations(range(4), 2):
        expected = n * np.exp(scorer.log_probability(q, m, order))
        chi += (counts[order] - expected) ** 2 / expected
    assert chi < 24.7, "the 1 % point of chi-square with 11 degrees"


def test_at_zero_it_is_the_retriever() -> None:
    """With W = 0 the order is that of the cosine."""
    _, q, m = drawn(3)
    assert np.argsort(-Bilinear(D).scores(q, m)).tolist() == np.argsort(-(m @ q)).tolist()


@pytest.mark.parametrize("how", ["reinforce", "logistic"])
def test_what_is_rewarded_rises(how: str) -> None:
    """After some steps the candidate that is always cited comes first."""
    _, q, m = drawn(4)
    scorer = Bilinear(D, Learning(rate=0.02))
    last = int(np.argmin(m @ q))
    for _ in range(60):
        if how == "logistic":
            scorer.logistic(q, m, np.eye(K)[last])
        else:
            order = [int(i) for i in np.argsort(-scorer.scores(q, m))]
            scorer.reinforce(q, m, order, [1.0 if o == last else -1.0 for o in order])
    assert int(np.argmax(scorer.scores(q, m))) == last
