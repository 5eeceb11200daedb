"""The fusions in every table: each set's own best options, judged on memories built once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from combray.bench.common.embedding import Clocked
from combray.bench.datasets import SETS
from combray.bench.datasets.form import Benchmark, History, Question, Session
from combray.bench.measure.runner import Contender, asked, opened, ranks, remember
from combray.bench.tuning import fusions
from combray.bench.tuning.fusions import OPTIONS, mean_recalls, tune, tuned
from combray.core.items import Hit
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
    monkeypatch.setattr(fusions, "mean_recalls", lambda *_: means)
    assert tune(small, Clocked(Words())) == {"hybrid": {"k": 3}, "convex": {"weight": 0.5}}


class Contrary:
    """An embedder that says nothing of words, so that the two rankings disagree."""

    name = "contrary"

    def embed(self, texts: Sequence[str], /) -> np.ndarray:
        """Rows of unit length, drawn from each text's digest, shape (n, 8)."""
        drawn = [np.random.default_rng(zlib.crc32(t.encode())).normal(size=8) for t in texts]
        rows = np.asarray(drawn, np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def notes() -> Benchmark:
    """Nine notes that share more or less with a question, and two questions."""
    texts = [
        "A red kettle.",
        "A red kettle and a lamp in the hall.",
        "The lamp is old, old, old.",
        "Kettle, kettle, kettle everywhere in this house of mine.",
        "The hall has a red door and a red carpet.",
        "Nothing of this kind.",
        "An old lamp beside the red kettle in the hall of my house.",
        "House rules hang in the hall.",
        "My carpet is old.",
    ]
    sessions = [
        Session(content=[text], units=[{"turn": str(i)}], timestamp="2024-01-01T00:00:00Z")
        for i, text in enumerate(texts)
    ]
    asked = ("Where is the red kettle of the house?", "How old is the lamp in the hall?")
    gold = {"turn": frozenset({"0"})}
    questions = [Question(id=text, text=text, kind="one", gold=gold) for text in asked]
    histories = [History(id="h", sessions=sessions, questions=questions)]
    return Benchmark(name="notes", histories=histories, levels=("turn",), shown=())


def test_judging_is_what_the_systems_themselves_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each question, the same notes in the same order as the system with that option."""
    benchmark = notes()
    orders: list[list[str]] = []

    def noted(hits: Sequence[Hit], units: Any, level: str, gold: Any) -> list[int]:
        orders.append([units[hit.id][level] for hit in hits])
        return ranks(hits, units, level, gold)

    monkeypatch.setattr(fusions, "ranks", noted)
    assert len(mean_recalls(benchmark, Clocked(Contrary()))) == len(OPTIONS)
    assert len({tuple(order) for order in orders[: len(OPTIONS)]}) > 1
    for i, option in enumerate(OPTIONS):
        assert orders[i :: len(OPTIONS)] == list(_answered(benchmark, *option)), option


def _answered(
    benchmark: Benchmark, system: str, options: Mapping[str, float]
) -> Iterator[list[str]]:
    """The turns that a fusion answers with to every question, best first."""
    contender = Contender(system=system, embedder=Clocked(Contrary()), options=options)
    for history in benchmark.histories:
        with opened(contender) as memory:
            units = remember(memory, history)
            for question in history.questions:
                hits = asked(memory, question, benchmark.depth)
                yield [units[hit.id]["turn"] for hit in hits]


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
    assert mean_recalls(replace(with_, histories=histories), embedder) == mean_recalls(
        without, embedder
    )
