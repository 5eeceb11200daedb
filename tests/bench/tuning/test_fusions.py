"""The fusions in every table: each set's own best options, judged on memories built once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from combray.bench.common.embedding import Clocked
from combray.bench.common.metrics import score
from combray.bench.measure.runner import Contender, run
from combray.bench.sets import SETS
from combray.bench.sets.form import Benchmark
from combray.bench.tuning import fusions
from combray.bench.tuning.fusions import OPTIONS, judged, tune, tuned
from tests.words import Words


def test_every_set_has_its_options() -> None:
    """For both fusions, among the ones that were tried; read once."""
    assert set(tuned()) == set(SETS)
    for name, options in tuned().items():
        assert set(options) == {"hybrid", "convex"}, name
        assert ("hybrid", options["hybrid"]) in OPTIONS
        assert ("convex", options["convex"]) in OPTIONS
    assert tuned() is tuned()


def test_weights_and_ranks_are_tried() -> None:
    """Four k of reciprocal ranks, nine weights in tenths."""
    assert [o["k"] for name, o in OPTIONS if name == "hybrid"] == [1, 3, 10, 60]
    assert [o["weight"] for name, o in OPTIONS if name == "convex"] == pytest.approx(
        [w / 10 for w in range(1, 10)]
    )


def test_the_best_of_each_fusion_is_taken(
    small: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The greatest mean; of equal ones the first that was tried."""
    means = [0.1, 0.4, 0.4, 0.2, *[0.3] * 4, 0.9, *[0.3] * 4]
    monkeypatch.setattr(fusions, "judged", lambda *_: means)
    assert tune(small, Clocked(Words())) == {"hybrid": {"k": 3}, "convex": {"weight": 0.5}}


def test_judging_is_what_the_systems_themselves_reach(small: Benchmark) -> None:
    """The mean R@5 of each option is that of a run of the system with this option."""
    benchmark = _harder(small)
    found = judged(benchmark, Clocked(Words()))
    assert len(found) == len(OPTIONS)
    for (name, options), mean in zip(OPTIONS, found, strict=True):
        if options in ({"k": 3}, {"weight": 0.1}, {"weight": 0.9}):
            contender = Contender(system=name, embedder=Clocked(Words()), options=options)
            answers = [a for r in run(benchmark, contender, resume=False) for a in r["answers"]]
            ranks = [a["levels"]["turn"]["ranks"] for a in answers]
            wanted = sum(score(r, 1)["R@5"] for r in ranks) / len(ranks)
            assert mean == pytest.approx(wanted), name


def _harder(small: Benchmark) -> Benchmark:
    """All three questions of each person, the last about something only hinted at."""
    histories = []
    for history in small.histories:
        first, second, third = history.questions
        hinted = replace(third, text="How lovely was the third thing?", gold=second.gold)
        histories.append(replace(history, questions=[first, second, hinted]))
    return replace(small, histories=histories)


def test_questions_without_gold_are_not_counted(small: Benchmark) -> None:
    """The mean is over the others."""
    with_, without = small.only("all", unanswerable=True), small.only("all")
    histories = [
        replace(
            h, questions=[replace(q, gold=q.gold or {"turn": frozenset()}) for q in h.questions]
        )
        for h in with_.histories
    ]
    embedder = Clocked(Words())
    assert judged(replace(with_, histories=histories), embedder) == judged(without, embedder)
