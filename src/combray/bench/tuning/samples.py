"""Samples: the signals of every candidate of every question of a set, gathered once.

    c candidates of a question, f signals

With them a rule is fitted and judged in seconds, without building a memory again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from combray.bench.common.embedding import Clocked
from combray.bench.datasets.form import Benchmark, History, Question, Units
from combray.bench.measure.runner import Contender, asked, opened, remember
from combray.core.ports import Progress
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.features import DOMAINS, Candidates
from combray.recall.rank.linear import LinearRanker

UNTAUGHT = LinearRanker(("fused",), np.ones(1), np.zeros(1), np.ones(1), bias=0.0)
"""A rule to look with before there is one: what the fused ranks say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question's candidates: `values` (c f), `domain` (c,), and `units` (c,) at each level.

    Gold units are numbered 0 … gold - 1 at each level, other units after them.
    """

    set: str
    id: str
    history: str
    kind: str
    split: str
    values: NDArray[np.float32]
    domain: NDArray[np.int64]
    units: Mapping[str, NDArray[np.int64]]
    gold: Mapping[str, int]

    def ranks(self, z: NDArray[np.float64], level: str) -> list[int]:
        """The ranks of the gold units that were candidates, by a score of each candidate (c,)."""
        order = self.units[level][np.argsort(-z, kind="stable")]
        distinct, first = np.unique(order, return_index=True)
        place = np.empty(len(first), np.int64)
        place[np.argsort(first, kind="stable")] = np.arange(1, len(first) + 1)
        return sorted(place[distinct < self.gold[level]].tolist())

    def right(self, level: str) -> NDArray[np.bool_]:
        """Which candidates are gold; (c,)."""
        right: NDArray[np.bool_] = self.units[level] < self.gold[level]
        return right


def gather(
    benchmark: Benchmark, embedder: Clocked, progress: Progress | None = None
) -> list[Sample]:
    """Build every memory of a set, ask every question, and keep what the rule would judge."""
    samples: list[Sample] = []
    for history in benchmark.histories:
        samples += _of_history(benchmark, history, embedder)
        if progress is not None:
            progress(len(samples), benchmark.size)
    return samples


def _of_history(benchmark: Benchmark, history: History, embedder: Clocked) -> list[Sample]:
    seen: list[tuple[list[str], Candidates]] = []

    def observe(context: QueryContext, found: Candidates) -> None:
        seen.append(([context.view.ids[row] for row in found.rows.tolist()], found))

    options = {"observe": observe, "rules": dict.fromkeys(DOMAINS, UNTAUGHT)}
    made = []
    with opened(Contender(system="evidence", embedder=embedder, options=options)) as memory:
        units = remember(memory, history)
        for question in history.questions:
            asked(memory, question, 1)
            ids, found = seen.pop()
            made.append(_sample(benchmark, history, question, found, [units[i] for i in ids]))
    return made


def _sample(
    benchmark: Benchmark,
    history: History,
    question: Question,
    found: Candidates,
    units: Sequence[Units],
) -> Sample:
    return Sample(
        set=benchmark.name,
        id=question.id,
        history=history.id,
        kind=question.kind,
        split=question.split,
        values=found.values,
        domain=found.domain,
        units={
            level: _numbered([unit[level] for unit in units], question.gold[level])
            for level in question.gold
        },
        gold={level: len(gold) for level, gold in question.gold.items()},
    )


def _numbered(units: Sequence[str], gold: frozenset[str]) -> NDArray[np.int64]:
    """A number for each unit, the gold ones first."""
    number = {unit: i for i, unit in enumerate(sorted(gold))}
    return np.array([number.setdefault(unit, len(number)) for unit in units], np.int64)
