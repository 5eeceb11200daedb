"""Fitting the rule: learned from samples whose answer is known, judged where it never looked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from combray.bench.common.embedding import Clocked
from combray.bench.datasets.form import Benchmark
from combray.bench.tuning import tune
from combray.bench.tuning.samples import gather
from combray.core.errors import InputError
from combray.recall.rank.features import DOMAINS
from combray.recall.rank.linear import load
from tests.bench.tuning.made import sample, samples
from tests.words import Words


def test_a_rule_is_learned_and_judged_in_folds(small: Benchmark) -> None:
    """What is learned ranks the questions of the other folds, and is no worse than plain fusion."""
    samples = gather(small.only("all"), Clocked(Words()))
    by = tune.folded("dialogue", samples)
    assert tune.mean(samples, by, "R@5") >= tune.mean(samples, tune.fusion, "R@5")


def test_where_only_sessions_are_marked_their_best_turn_counts() -> None:
    """The best turn of the gold session is right, its others are left out, the rest are wrong."""
    right, keep = tune._best_turns(np.array([0, 0, 1, 2]), np.array([0.1, 0.9, 0.5, 0.2]), gold=1)
    assert right.tolist() == [False, True, False, False]
    assert keep.tolist() == [False, True, True, True]


def test_every_set_of_a_domain_is_left_out(
    small: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One judgement for each set, with what fusion reaches and what the unseen rule reaches."""
    samples = gather(small.only("all"), Clocked(Words()))
    sources = {"dialogue": ("one", "two")}
    monkeypatch.setattr(tune, "SOURCES", sources)
    judged = tune.left_out({"one": samples, "two": samples})
    assert [(j.domain, j.set, j.n) for j in judged] == [
        ("dialogue", "one", 4),
        ("dialogue", "two", 4),
    ]
    assert all(0 <= j.left_out <= 1 for j in judged)


# ── samples in which the right answer is known ───────────────────────────────────────────────────


@pytest.mark.parametrize("best", ["dense", "bm25", "coverage"])
def test_the_signal_that_is_right_gets_the_weight(best: str) -> None:
    """Learned from questions that one signal decides, the rule ranks new ones by it."""
    rule = tune.learn("notes", samples(40, best=best))
    weights = dict(zip(rule.names, rule.weights, strict=True))
    assert max(weights, key=lambda name: abs(weights[name])) == best
    fresh = [sample(number, best=best) for number in range(100, 140)]
    assert tune.mean(fresh, tune.scorer(rule), "R@1") == 1.0
    assert tune.mean(fresh, tune.fusion, "R@1") < 0.5


def test_learning_is_the_same_in_any_order() -> None:
    """Weights do not depend on the order of questions, and the note names the sets."""
    some = samples(30)
    one, other = tune.learn("notes", some), tune.learn("notes", some[::-1])
    assert np.allclose(one.weights, other.weights)
    assert one.note == "notes: made"
    assert one.names == tune.WEIGHED["notes"]


def test_a_prior_stands_where_little_is_taught() -> None:
    """A great penalty keeps the weights of the prior, a small one lets the questions move them."""
    prior = tune.learn("notes", samples(60, best="bm25"))
    few = samples(4, best="dense")
    near = tune.learn("notes", few, names=prior.names, prior=prior, penalty=1e4)
    far = tune.learn("notes", few, names=prior.names, prior=prior, penalty=0.1)
    fresh = [sample(n, best="bm25") for n in range(100, 140)]
    assert tune.mean(fresh, tune.scorer(near), "R@1") == 1.0
    bm25, dense = prior.names.index("bm25"), prior.names.index("dense")
    share = [float(r.weights[dense] / r.weights[bm25]) for r in (prior, near, far)]
    assert share[1] == pytest.approx(share[0], abs=0.05)
    assert share[2] > share[1] + 0.1


def test_nothing_right_or_nothing_wrong_teaches_nothing() -> None:
    """Questions whose gold was no candidate cannot be learned from."""
    lost = [replace(s, units={k: v + 1 for k, v in s.units.items()}) for s in samples(5)]
    with pytest.raises(InputError, match="both right and wrong candidates"):
        tune.learn("notes", lost)
    everything = [replace(s, units={k: v * 0 for k, v in s.units.items()}) for s in samples(5)]
    with pytest.raises(InputError, match="both right and wrong candidates"):
        tune.learn("notes", everything)


def test_where_only_sessions_are_marked_the_right_turn_is_found() -> None:
    """Every turn of a session of two is gold; by its best turn the right signal is learned."""
    marked = []
    for one in samples(40):
        units = one.units["session"].copy()
        place = int(np.flatnonzero(units == 0)[0])
        units[(place + 1) % len(units)] = 0
        gold = {"turn": 0, "session": 1}
        marked.append(replace(one, units={"turn": one.units["turn"], "session": units}, gold=gold))
    assert {tune.level_of(one) for one in marked} == {"session"}
    rule = tune.learn("notes", marked)
    assert tune.mean(samples(80)[40:], tune.scorer(rule), "R@1") >= 0.9


def test_the_finest_marked_level_counts() -> None:
    """Turns where some are marked, else sessions."""
    one = sample(0)
    assert tune.level_of(one) == "turn"
    assert tune.level_of(replace(one, gold={"session": 1, "turn": 0})) == "session"
    assert tune.level_of(replace(one, gold={"passage": 2})) == "passage"


def test_folds_leave_out_the_question_s_own_history() -> None:
    """No question is judged by a rule that was taught its history; every fold is used."""
    taught: list[set[str]] = []
    learn = tune.learn

    def noted(domain: str, given: Any, **more: Any) -> Any:
        taught.append({one.history for one in given})
        return learn(domain, given, **more)

    some = samples(36)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tune, "learn", noted)
        by = tune.folded("notes", some)
    whole = {one.history for one in some}
    left = [whole - each for each in taught]
    assert len(taught) == tune.FOLDS
    assert set().union(*left) == whole
    assert sum(map(len, left)) == len(whole)
    assert tune.mean(some, by, "R@1") == 1.0


def test_few_histories_are_folded_by_question() -> None:
    """With one history there would be nothing to learn from."""
    one = [replace(each, history="h") for each in samples(24)]
    assert tune.mean(one, tune.folded("notes", one), "R@1") >= 0.9


def test_a_set_with_other_histories_is_judged_by_the_others_alone() -> None:
    """The rule of other sets is one rule; where histories are shared, folds are taken."""
    mine = samples(20)
    others = [replace(each, history=f"o{each.history}", set="other") for each in samples(40)]
    by = tune.unseen("notes", mine, others)
    alone = tune.scorer(tune.learn("notes", others))
    assert all(np.allclose(by(each), alone(each)) for each in mine)
    shared = tune.unseen("notes", mine, [replace(each, set="other") for each in samples(40)])
    assert tune.mean(mine, shared, "R@1") == 1.0


def test_a_gain_has_an_interval_question_by_question() -> None:
    """Means before and after, and the interval of their difference."""
    some = samples(40, best="dense")
    good = tune.scorer(tune.learn("notes", some))
    before, after, low, high = tune.compared(some, tune.fusion, good, "R@1")
    assert after == 1.0 > before
    assert low <= after - before <= high
    same = tune.compared(some, good, good, "R@1")
    assert same == (1.0, 1.0, 0.0, 0.0)


def test_questions_without_gold_have_no_value() -> None:
    """At the level that is asked for, or at their finest."""
    some = [sample(0), replace(sample(1), gold={"turn": 0, "session": 0})]
    assert len(tune.values(some, tune.fusion)) == 1
    assert len(tune.values(some, tune.fusion, level="passage")) == 0


def test_judgements_make_one_table() -> None:
    """A row for each set that was left out, with the command."""
    judged = tune.Judgement(
        domain="notes", set="made", n=3, fusion=0.12344, left_out=0.5, folds=1.0
    )
    (table,) = tune.report([judged], "make rule")["tables"]
    assert table["command"] == "make rule"
    assert table["rows"] == [
        {"system": "evidence", "domain": "notes", "left out": "made", "n": 3,
         "fusion R@5": 0.1234, "R@5": 0.5, "in folds R@5": 1.0}
    ]  # fmt: skip


def test_rules_are_learned_and_written_for_each_domain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From all sets of the domain; read back, they rank as before; a wrong place is said."""
    monkeypatch.setattr(tune, "SOURCES", {"notes": ("one", "two"), "chat": ("one",)})
    some = {"one": samples(20), "two": samples(40)[20:]}
    rules = tune.rules_of(some, ["notes"])
    assert list(rules) == ["notes"]
    whole = tune.learn("notes", [*some["one"], *some["two"]])
    assert np.allclose(rules["notes"].weights, whole.weights)
    path = tmp_path / "rules.json"
    tune.write(dict.fromkeys(DOMAINS, whole), path)
    again = load(path)["notes"]
    fresh = samples(60)[40:]
    assert tune.mean(fresh, tune.scorer(again), "R@1") == 1.0
    with pytest.raises(InputError, match="Cannot write"):
        tune.write(rules, tmp_path / "none" / "rules.json")


def test_samples_of_every_set_are_gathered_once(
    small: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each dev split with its limit, notes from the plain form; passages by the kind they are."""
    asked: list[str] = []

    def one(name: str) -> Benchmark:
        asked.append(name)
        return replace(small, name=name)

    monkeypatch.setattr(tune, "load", one)
    found = tune.gathered(Clocked(Words()))
    assert sorted(asked) == sorted(
        ["locomo", "lihua", "longmemeval-user", "longmemeval", "multihop", "locomo",
         "longmemeval-user"]
    )  # fmt: skip
    assert {s.set for s in found["locomo-plain"]} == {"locomo-plain"}
    assert [s.id for s in found["locomo"]] == ["bob:0", "bob:1"]
    # The kinds of `multihop` are its sets; the made-up one has the kind "one".
    assert {s.set for s in found["one"]} == {"one"}
