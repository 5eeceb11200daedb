"""The learned reranker: its gradient, its sampling and its start are what the paper says."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from combray.recall.rank.bilinear import Bilinear, LearningRule

D, K = 5, 6


def drawn(seed: int, k: int = K) -> tuple[Bilinear, np.ndarray, np.ndarray]:
    """A scorer with random weights, a query and k candidates of unit length."""
    rng = np.random.default_rng(seed)
    scorer = Bilinear(D, LearningRule(scale=2.0))
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
    scorer = Bilinear(D, LearningRule(rate=0.02))
    last = int(np.argmin(m @ q))
    for _ in range(60):
        if how == "logistic":
            scorer.logistic(q, m, np.eye(K)[last])
        else:
            order = [int(i) for i in np.argsort(-scorer.scores(q, m))]
            scorer.reinforce(q, m, order, [1.0 if o == last else -1.0 for o in order])
    assert int(np.argmax(scorer.scores(q, m))) == last


def scored(scorer: Bilinear, q: list[float], m: list[list[float]]) -> list[float]:
    """s of each candidate as the equations have it, number by number."""

    def bent(w: np.ndarray, v: list[float]) -> list[float]:
        return [v[i] + sum(w[i, j] * v[j] for j in range(D)) for i in range(D)]

    told = bent(scorer.w_q, q)
    return [
        scorer.learning.scale
        * sum(a * b for a, b in zip(told, bent(scorer.w_m, each), strict=True))
        for each in m
    ]


def log_p(logits: list[float], order: list[int]) -> float:
    """log of the chance of an order when each is chosen among those that are left."""
    left, total = set(range(len(logits))), 0.0
    for o in order:
        total += logits[o] - math.log(sum(math.exp(logits[i]) for i in left))
        left.remove(o)
    return total


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_the_bent_vectors(seed: int) -> None:
    """s = β (q + W_q q) · (m + W_m m), though no product of matrices is computed."""
    scorer, q, m = drawn(seed)
    assert scorer.scores(q, m).tolist() == pytest.approx(scored(scorer, q.tolist(), m.tolist()))


def test_the_probability_is_a_chain_of_choices() -> None:
    """log P = Σ log softmax over what is left, at the temperature; an empty order is certain."""
    scorer, q, m = drawn(5)
    logits = [s / scorer.learning.temperature for s in scored(scorer, q.tolist(), m.tolist())]
    assert scorer.learning.temperature == 0.5
    for order in ([2], [4, 0, 1], list(range(K))):
        assert scorer.log_probability(q, m, order) == pytest.approx(log_p(logits, order))
    assert scorer.log_probability(q, m, []) == 0


def test_large_scores_do_not_overflow() -> None:
    """A hundredfold scale gives a certain first choice and no infinity."""
    _, q, m = drawn(6)
    steep = Bilinear(D, LearningRule(scale=1e5))
    first = int(np.argmax(m @ q))
    assert steep.log_probability(q, m, [first]) == pytest.approx(0)
    assert np.isfinite(steep.gradient(q, m, [first], [1.0])[0]).all()


def test_the_gradient_weighs_each_served_candidate() -> None:
    """∇ of Σ weight_j log P_j is the weighted sum of the gradients of its terms."""
    scorer, q, m = drawn(7)
    order, weights = [3, 0, 5], [0.4, -1.0, 2.0]
    step = 1e-6

    def told() -> float:
        logits = scorer.scores(q, m) / scorer.learning.temperature
        parts = [log_p(logits.tolist(), order[: n + 1]) for n in range(3)]
        each = [parts[0], parts[1] - parts[0], parts[2] - parts[1]]
        return sum(w * p for w, p in zip(weights, each, strict=True))

    exact = scorer.gradient(q, m, order, weights)
    for matrix, slope in zip((scorer.w_q, scorer.w_m), exact, strict=True):
        kept = matrix[1, 2]
        matrix[1, 2] = kept + step
        above = told()
        matrix[1, 2] = kept - step
        below = told()
        matrix[1, 2] = kept
        assert slope[1, 2] == pytest.approx((above - below) / (2 * step), abs=1e-5)


def test_the_logistic_step_follows_its_own_finite_differences() -> None:
    """A step of `logistic` is η ∇ Σ label log σ(s) + (1 - label) log σ(-s), s less its mean."""
    scorer, q, m = drawn(8)
    labels = np.array([1, 0, 0, 1, 0, 0.5])

    def told() -> float:
        s = scorer.scores(q, m)
        p = 1 / (1 + np.exp(-(s - s.mean())))
        return float((labels * np.log(p) + (1 - labels) * np.log(1 - p)).sum())

    step, slopes = 1e-6, []
    for matrix in (scorer.w_q, scorer.w_m):
        slope = np.zeros((D, D))
        for i in range(D):
            for j in range(D):
                kept = matrix[i, j]
                matrix[i, j] = kept + step
                above = told()
                matrix[i, j] = kept - step
                slope[i, j] = (above - told()) / (2 * step)
                matrix[i, j] = kept
        slopes.append(slope)
    before = scorer.w_q.copy(), scorer.w_m.copy()
    scorer.logistic(q, m, labels)
    for old, new, slope in zip(before, (scorer.w_q, scorer.w_m), slopes, strict=True):
        assert (new - old) / scorer.learning.rate == pytest.approx(slope, abs=1e-4)


def test_reinforcing_is_a_step_along_the_gradient_of_the_advantages() -> None:
    """ΔW = η ∇ with r - b as weights, and b moves to the rewards one after another."""
    scorer, q, m = drawn(9)
    learning = scorer.learning
    order, rewards = [1, 4], [1.0, -1.0]
    slopes = scorer.gradient(q, m, order, [1.0 + 0.6, -1.0 + 0.6])
    before = scorer.w_q.copy(), scorer.w_m.copy()
    scorer.reinforce(q, m, order, rewards)
    for old, new, slope in zip(before, (scorer.w_q, scorer.w_m), slopes, strict=True):
        assert new - old == pytest.approx(learning.rate * slope)
    first = -0.6 + 0.02 * (1.0 + 0.6)
    assert scorer.baseline == pytest.approx(first + 0.02 * (-1.0 - first))


def test_decay_draws_the_weights_to_zero_before_a_step() -> None:
    """W ← (1 - decay) W + η ∇; without decay what was learned stays whole."""
    scorer, q, m = drawn(10)
    worn = Bilinear(D, LearningRule(scale=2.0, decay=0.25))
    worn.w_q, worn.w_m = scorer.w_q.copy(), scorer.w_m.copy()
    before = scorer.w_q.copy()
    labels = np.eye(K)[0]
    scorer.logistic(q, m, labels)
    worn.logistic(q, m, labels)
    assert worn.w_q == pytest.approx(scorer.w_q - 0.25 * before)


def test_a_sample_is_k_different_candidates() -> None:
    """No candidate twice, all of them when k is more than there are, none for k = 0."""
    scorer, q, m = drawn(11)
    rng = np.random.default_rng(0)
    assert len(set(scorer.sample(q, m, 4, rng))) == 4
    assert sorted(scorer.sample(q, m, 99, rng)) == list(range(K))
    assert scorer.sample(q, m, 0, rng) == []


def test_the_same_randomness_samples_the_same() -> None:
    """What is drawn follows from the generator alone."""
    scorer, q, m = drawn(12)
    draws = [scorer.sample(q, m, 3, np.random.default_rng(5)) for _ in range(2)]
    assert draws[0] == draws[1]


def test_one_candidate_is_certain_and_teaches_nothing() -> None:
    """Without a choice the probability is 1 and the gradient 0."""
    scorer, q, m = drawn(13, k=1)
    assert scorer.log_probability(q, m, [0]) == pytest.approx(0)
    for slope in scorer.gradient(q, m, [0], [1.0]):
        assert slope == pytest.approx(np.zeros((D, D)), abs=1e-12)


def test_scores_follow_their_candidates() -> None:
    """Another order of the rows is the same order of their scores."""
    scorer, q, m = drawn(14)
    assert scorer.scores(q, m[::-1]) == pytest.approx(scorer.scores(q, m)[::-1])


def test_an_order_and_its_weights_are_of_one_length() -> None:
    """A reward for each of the served: less or more is refused."""
    scorer, q, m = drawn(15)
    with pytest.raises(ValueError, match="argument"):
        scorer.reinforce(q, m, [0, 1], [1.0])


def test_the_constants_that_ship() -> None:
    """Cosines are scaled by ten; nothing decays; the baseline begins below zero."""
    learning = LearningRule()
    assert (learning.scale, learning.temperature, learning.rate) == (10.0, 0.5, 3e-3)
    assert (learning.baseline, learning.momentum, learning.decay) == (-0.6, 0.02, 0.0)
    assert Bilinear(2).baseline == -0.6
