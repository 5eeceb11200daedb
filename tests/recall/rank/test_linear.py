"""The learned rule: what fitting finds, and what no rule may do."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.recall.rank import linear
from combray.recall.rank.features import DOMAINS, FREE, NAMES, RISING
from combray.recall.rank.linear import Group, LinearRanker, fit, load, save
from tests.words import Words

SIGNALS = ("good", "noise", "against")


def groups(questions: int = 60, seed: int = 0) -> list[Group]:
    """Ten candidates each; the right one has more of `good` and less of `against`."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(questions):
        values = random.normal(size=(10, len(SIGNALS))).astype(np.float32)
        right = np.zeros(10, np.bool_)
        right[0] = True
        values[0] += np.array([2.0, 0.0, -2.0], np.float32)
        made.append((values, right))
    return made


def first(rule_groups: list[Group], scores: list[np.ndarray]) -> float:
    """The share of questions whose right candidate is first."""
    pairs = zip(rule_groups, scores, strict=True)
    return float(np.mean([right[np.argmax(score)] for (_, right), score in pairs]))


def test_fitting_finds_what_tells_right_from_wrong() -> None:
    """The telling signals get the weights, and new questions are answered."""
    rule = fit(SIGNALS, groups())
    assert rule.weights[0] > 3 * abs(rule.weights[1])
    assert rule.weights[2] < 0
    unseen = groups(seed=1)
    assert first(unseen, [rule.score(values) for values, _ in unseen]) > 0.8


def test_a_rising_signal_never_speaks_against() -> None:
    """Its weight stops at zero, and the others are fitted as if it were not there."""
    rule = fit(SIGNALS, groups(), rising=SIGNALS)
    without = fit(SIGNALS[:2], [(v[:, :2], right) for v, right in groups()], rising=SIGNALS)
    assert rule.weights[2] == 0
    assert rule.weights[:2] == pytest.approx(without.weights, rel=0.02, abs=0.02)


def test_the_score_is_how_often_a_candidate_is_right() -> None:
    """Over all candidates the mean probability is the share of right ones."""
    taught = groups(200)
    rule = fit(SIGNALS, taught)
    z = np.concatenate([rule.score(values) for values, _ in taught])
    assert (1 / (1 + np.exp(-z))).mean() == pytest.approx(0.1, abs=0.005)


def test_few_questions_leave_the_prior_standing() -> None:
    """With a strong penalty the weights stay where the prior has them, order and all."""
    prior = fit(SIGNALS, groups(200))
    near = fit(SIGNALS, groups(2, seed=5), prior=prior, penalty=1e6)
    values = groups(1, seed=9)[0][0]
    assert np.argsort(near.score(values)).tolist() == np.argsort(prior.score(values)).tolist()


def test_nothing_to_learn_from_is_refused() -> None:
    """Questions whose candidates are all wrong teach nothing."""
    nothing = [(values, np.zeros_like(right)) for values, right in groups(3)]
    with pytest.raises(InputError, match="marked"):
        fit(SIGNALS, nothing)


def test_a_rule_survives_its_file(tmp_path: Path) -> None:
    """Written and read again it scores the same to five digits."""
    rule = fit(SIGNALS, groups())
    save({"notes": rule}, tmp_path / "rule.json")
    again = load(tmp_path / "rule.json")["notes"]
    values = groups(1)[0][0]
    assert again.score(values) == pytest.approx(rule.score(values), abs=1e-3)


@pytest.mark.parametrize("text", ["{", "[1]", '{"notes": {"bias": 1}}'])
def test_what_is_no_rule_is_refused(tmp_path: Path, text: str) -> None:
    """The error names the file."""
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.json"):
        load(path)


@pytest.mark.parametrize("embedder", ["minilm-l6-v2", "hashed-512"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_first_in_everything_is_first(domain: str, embedder: str) -> None:
    """No shipped weight of a signal that speaks for a candidate is negative.

    So a candidate that no other beats in any of them, and is of the same kind, is beaten by none.
    """
    rule = load(embedder=embedder)[domain]
    assert set(rule.names) <= set(NAMES)
    assert {*RISING, *FREE} == set(NAMES)
    weights = dict(zip(rule.names, rule.weights, strict=True))
    assert not {name: w for name, w in weights.items() if name in RISING and w < 0}
    assert max(weights.values()) > 0


def test_the_plain_note_that_fits_best_is_first() -> None:
    """Twenty notes that differ in one number: the number asked for is answered."""
    with Memory(embedder=Words()) as memory:
        for number in range(20):
            memory.add(f"note number {number}")
        for number in (7, 13):
            assert (
                memory.search(f"note number {number}", limit=1)[0].text == f"note number {number}"
            )


def test_hashed_vectors_have_weights_of_their_own() -> None:
    """Any other embedder, known or not, is judged by those fitted with MiniLM."""
    assert load(embedder="hashed-512") is not load()
    assert load(embedder="somebody-elses") is load() is load(embedder="minilm-l6-v2")
    with Memory(embedder="hashed") as memory:
        memory.add("Ann keeps bees.")
        parts = memory.search("bees")[0].explain["parts"]
    assert parts["bias"] == round(load(embedder="hashed-512")["notes"].bias, 3)


def test_a_turn_far_into_a_conversation_is_as_likely_as_one_after_its_opening() -> None:
    """Only the first turns of a chat stand apart: the same words later weigh the same."""
    with Memory(embedder=Words()) as memory:
        said = [f"filler {number}" for number in range(40)]
        said[12], said[30] = "the vault opens with swordfish", "the vault opens with bluefish"
        memory.add([{"role": "user", "content": text} for text in said], session_id="s")
        hits = memory.search("what opens the vault", limit=2)
    assert {hit.text for hit in hits} == {said[12], said[30]}
    first, second = (hit.explain["parts"] for hit in hits)
    assert first["opening"] == second["opening"]


def ranker(**changed: object) -> LinearRanker:
    """A rule over two signals, in figures that can be worked out by hand."""
    fields = {
        "names": ("good", "bad"),
        "weights": np.array([2.0, -1.0]),
        "means": np.array([1.0, 4.0]),
        "scales": np.array([0.5, 2.0]),
        "bias": 0.25,
        "note": "by hand",
    }
    return LinearRanker(**{**fields, **changed})  # type: ignore[arg-type]


def test_a_score_by_hand() -> None:
    """z = bias + Σ w (x - mean) / scale: .25 + 2·(2 - 1)/.5 - 1·(6 - 4)/2 = 3.25."""
    values = np.array([[2, 6], [1, 4], [0, 0]], np.float32)
    assert ranker().score(values).tolist() == [3.25, 0.25, 0.25 - 4 + 2]


def test_the_score_of_a_candidate_does_not_depend_on_the_others() -> None:
    """Any order and any part of the candidates has the same scores."""
    values = groups(1)[0][0][:, :2]
    whole = ranker().score(values)
    assert ranker().score(values[::-1]).tolist() == whole[::-1].tolist()
    assert ranker().score(values[3:4]).tolist() == whole[3:4].tolist()
    assert ranker().score(values[:0]).shape == (0,)


def test_the_places_of_signals_are_found_by_name() -> None:
    """Wherever they stand among the columns; signals that do not exist are named in the error."""
    assert ranker().places(["x", "bad", "good"]) == [2, 1]
    with pytest.raises(InputError, match="do not exist: bad, good"):
        ranker().places(["x"])


def lost(questions: list[Group], w: np.ndarray, start: np.ndarray, penalty: float) -> float:
    """Σ mean_g log(1 + Σ_j exp(z_j - z_g)) + ½ λ |w - w₀|², written out in loops."""
    total = 0.5 * penalty * sum((a - b) ** 2 for a, b in zip(w, start, strict=True))
    for values, right in questions:
        z = [sum(a * b for a, b in zip(x, w, strict=True)) for x in values.tolist()]
        good = [score for score, mark in zip(z, right, strict=True) if mark]
        wrong = [score for score, mark in zip(z, right, strict=True) if not mark]
        terms = [math.log(1 + sum(math.exp(j - g) for j in wrong)) for g in good]
        total += sum(terms) / len(terms)
    return total


def standard(taught: list[Group]) -> list[Group]:
    """The same questions on standardised signals."""
    x = np.concatenate([values for values, _ in taught]).astype(np.float64)
    return [((values - x.mean(0)) / x.std(0), right) for values, right in taught]


def several(questions: int = 12, seed: int = 3) -> list[Group]:
    """Questions of six candidates with one or two right ones, which no weights tell apart."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(questions):
        values = random.normal(1.0, 2.0, size=(6, 3)).astype(np.float32)
        right = np.arange(6) < 1 + number % 2
        values[right] += np.array([1.0, 0.2, -0.6], np.float32)
        made.append((values, right))
    return made


def least(
    rule: LinearRanker, questions: list[Group], start: np.ndarray, penalty: float
) -> np.ndarray:
    """The weights before the calibration stretched them: of their ray those that lose least."""
    low, high = 1e-2, 1e2
    for _ in range(60):
        one, other = (low ** (1 - part) * high**part for part in (1 / 3, 2 / 3))
        lower = lost(questions, rule.weights / one, start, penalty)
        if lower <= lost(questions, rule.weights / other, start, penalty):
            high = other
        else:
            low = one
    return rule.weights / low


@pytest.mark.parametrize("penalty", [0.5, 10.0])
@pytest.mark.parametrize("rising", [(), ("good", "against")])
def test_the_weights_minimise_the_loss(penalty: float, rising: tuple[str, ...]) -> None:
    """No small move of the direction found, along any weight that may move, loses less."""
    taught, nothing = several(), np.zeros(3)
    questions = standard(taught)
    w = least(fit(SIGNALS, taught, penalty=penalty, rising=rising), questions, nothing, penalty)
    for place in range(3):
        for move in (-0.02, 0.02):
            moved = w + move * np.eye(3)[place]
            if SIGNALS[place] in rising:
                moved = np.maximum(moved, 0)
            assert (
                lost(questions, moved, nothing, penalty)
                >= lost(questions, w, nothing, penalty) - 1e-5
            )


def test_the_calibration_is_the_most_likely_line() -> None:
    """Of all a·z + b, the scores have the greatest likelihood of what was marked."""
    taught = several(30)
    rule = fit(SIGNALS, taught)
    z = np.concatenate([rule.score(values) for values, _ in taught])
    right = np.concatenate([marked for _, marked in taught])

    def likelihood(a: float, b: float) -> float:
        p = 1 / (1 + np.exp(-(a * z + b)))
        return float(np.log(np.where(right, p, 1 - p)).sum())

    best = likelihood(1, 0)
    for a, b in ((1.05, 0), (0.95, 0), (1, 0.05), (1, -0.05)):
        assert likelihood(a, b) < best


def test_a_rule_keeps_the_mean_and_the_scale_of_each_signal() -> None:
    """Those of all candidates of all questions; a signal that never changes has the scale 1."""
    taught = [(np.c_[v[:, :2], np.full(len(v), 7, np.float32)], r) for v, r in several()]
    rule = fit(SIGNALS, taught, note="from a test")
    x = np.concatenate([values for values, _ in taught])
    assert rule.means == pytest.approx(x.mean(axis=0), rel=1e-5)
    assert rule.scales[:2] == pytest.approx(x[:, :2].std(axis=0), rel=1e-5)
    assert rule.scales[2] == 1
    assert rule.weights[2] == pytest.approx(0, abs=1e-9)
    assert (rule.names, rule.note) == (SIGNALS, "from a test")


def test_fitting_does_not_depend_on_the_order_of_candidates_or_questions() -> None:
    """The same marked questions, turned around, teach the same rule."""
    taught = several()
    turned = [(values[::-1], right[::-1]) for values, right in taught[::-1]]
    one, other = fit(SIGNALS, taught), fit(SIGNALS, turned)
    assert one.weights == pytest.approx(other.weights, rel=1e-3)
    assert one.bias == pytest.approx(other.bias, rel=1e-3)


def test_questions_that_mark_all_or_nothing_move_no_weight() -> None:
    """They count for the means and for how often a candidate is right, not for the order."""
    values, right = groups(1, seed=8)[0]
    taught = several()
    more = [*taught, (values, np.ones_like(right)), (values, np.zeros_like(right))]
    one, other = fit(SIGNALS, taught, penalty=1e-3), fit(SIGNALS, more, penalty=1e-3)
    raw = [rule.weights / rule.scales for rule in (one, other)]
    unit = [w / np.linalg.norm(w) for w in raw]
    assert unit[0] == pytest.approx(unit[1], abs=1e-2)


def test_a_strong_prior_is_carried_over_to_other_scales() -> None:
    """Where nothing may move, a signal weighs what it weighed before, a new one nothing."""
    prior = ranker(names=("good", "gone"))
    taught = several()
    rule = fit(SIGNALS, taught, prior=prior, penalty=1e9)
    raw = rule.weights / rule.scales
    assert raw[0] > 0
    assert raw[1:] == pytest.approx([0, 0], abs=1e-6)


def test_a_prior_against_a_rising_signal_is_cut_at_zero() -> None:
    """A weight below zero that came from before does not stay when the signal may only rise."""
    prior = ranker(names=("good", "against"))
    taught = several()
    assert fit(SIGNALS, taught, prior=prior, penalty=1e9).weights[2] < 0
    assert fit(SIGNALS, taught, prior=prior, penalty=1e9, rising=["against"]).weights[2] == 0


def test_a_saved_rule_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Names, five digits of every figure, and the note, for every domain of the file."""
    rules = {"notes": ranker(), "chät": ranker(bias=123.4567, note='say "ü"')}
    save(rules, tmp_path / "rule.json")
    again = load(tmp_path / "rule.json")
    assert list(again) == ["notes", "chät"]
    for domain, rule in rules.items():
        assert again[domain].names == rule.names
        assert again[domain].weights.tolist() == rule.weights.tolist()
        assert again[domain].means.tolist() == rule.means.tolist()
        assert again[domain].scales.tolist() == rule.scales.tolist()
        assert again[domain].note == rule.note
    assert (again["notes"].bias, again["chät"].bias) == (0.25, 123.46)


def test_a_saved_rule_has_a_line_for_each_signal(tmp_path: Path) -> None:
    """A person reads it: one signal a line, in JSON."""
    path = tmp_path / "rule.json"
    save({"notes": ranker()}, path)
    text = path.read_text(encoding="utf-8")
    assert '      "good": {"weight": 2.0, "mean": 1.0, "scale": 0.5},\n' in text
    assert json.loads(text)["notes"]["note"] == "by hand"
    save(load(path), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text(encoding="utf-8") == text


def test_a_rule_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    """The path and the system's reason are told."""
    with pytest.raises(InputError, match=r"Cannot read the rule .*nowhere\.json: No such file"):
        load(tmp_path / "nowhere.json")


def test_a_fit_without_a_question_that_tells_is_not_nearly_one() -> None:
    """One right candidate and one wrong are enough."""
    values = np.array([[1, 0, 0], [0, 0, 0]], np.float32)
    rule = fit(SIGNALS, [(values, np.array([True, False]))])
    assert rule.weights[0] > 0
    assert rule.weights[1:].tolist() == pytest.approx([0, 0])
    z = rule.score(values)
    assert z[0] > z[1]


def test_separable_questions_leave_finite_weights() -> None:
    """Right candidates that stand above all others by far do not send the weights off."""
    taught = groups(5)
    for values, right in taught:
        values[right, 0] += 50
    rule = fit(SIGNALS, taught, penalty=1e-6)
    assert np.isfinite(rule.weights).all()
    assert math.isfinite(rule.bias)
    assert first(taught, [rule.score(values) for values, _ in taught]) == 1


def test_the_derivatives_are_those_of_finite_differences() -> None:
    """Gradient and curvature of the loss, at weights that are no optimum."""
    questions, w, step = standard(several(4)), np.array([0.3, -0.7, 0.2]), 1e-4

    def at(move: np.ndarray) -> float:
        return lost(questions, w + move, np.zeros(3), 0.0)

    gradient, curvature = linear._derivatives(questions, w)
    each = step * np.eye(3)
    for i in range(3):
        slope = (at(each[i]) - at(-each[i])) / (2 * step)
        assert gradient[i] == pytest.approx(slope, abs=1e-5)
        for j in range(3):
            corners = [at(a * each[i] + b * each[j]) * a * b for a in (1, -1) for b in (1, -1)]
            assert curvature[i, j] == pytest.approx(sum(corners) / (4 * step**2), abs=1e-4)


def test_a_prior_is_what_the_penalty_draws_to() -> None:
    """The loss that is least has the distance from the prior in it, on the scales of today."""
    taught = several()
    prior = ranker(names=SIGNALS, weights=np.array([0.4, 0.9, -0.3]), scales=np.array([2, 0.5, 4]),
                   means=np.zeros(3))  # fmt: skip
    rule = fit(SIGNALS, taught, prior=prior, penalty=3.0)
    x = np.concatenate([values for values, _ in taught]).astype(np.float64)
    start = prior.weights / prior.scales * x.std(axis=0)
    questions = standard(taught)
    w = least(rule, questions, start, 3.0)
    for place in range(3):
        for move in (-0.02, 0.02):
            moved = w + move * np.eye(3)[place]
            assert lost(questions, moved, start, 3.0) >= lost(questions, w, start, 3.0) - 1e-5


@pytest.mark.parametrize("rising", [(), SIGNALS])
def test_the_minimum_does_not_depend_on_where_the_search_begins(rising: tuple[str, ...]) -> None:
    """From weights far too large, of either sign, steps are shortened until they lead down."""
    taught = several(40)
    for far in (np.array([60.0, 40, 20]), np.array([-60.0, 0.5, 0.5])):
        prior = ranker(names=SIGNALS, weights=far, scales=np.ones(3), means=np.zeros(3))
        one = fit(SIGNALS, taught, penalty=1e-4, prior=prior, rising=rising)
        other = fit(SIGNALS, taught, penalty=1e-4, rising=rising)
        assert one.weights == pytest.approx(other.weights, rel=0.02, abs=0.02)


def test_a_signal_that_hardly_changes_has_its_own_scale() -> None:
    """A spread of a hundredth is a scale; what never changes has one of 1."""
    taught = [(np.c_[v[:, :2], v[:, 2:] / 1000], right) for v, right in several()]
    x = np.concatenate([values for values, _ in taught])
    assert 1e-3 < x[:, 2].std() < 0.01
    assert fit(SIGNALS, taught).scales[2] == pytest.approx(x[:, 2].std(), rel=1e-4)


def test_the_raw_weights_of_a_prior_are_carried() -> None:
    """Where nothing may move, two signals weigh per unit in the proportion they had."""
    prior = ranker(names=("noise", "good"), weights=np.array([3.0, 2.0]), scales=np.array([4, 0.5]))
    rule = fit(SIGNALS, several(), prior=prior, penalty=1e9)
    raw = rule.weights / rule.scales
    assert raw[1] / raw[0] == pytest.approx((3 / 4) / (2 / 0.5), rel=1e-4)
