"""The learned rule: what fitting finds, and what no rule may do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.recall.rank.features import DOMAINS, FREE, NAMES, RISING
from combray.recall.rank.linear import Group, fit, load, save
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
