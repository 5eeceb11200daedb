"""The two fusion baselines of every table, tuned on the dev split of each set.

The default memory has one ranker for all sets; the baselines that it must beat get an advantage,
their own options for every set, which `fusions.json` holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from combray.bench.common.embedding import Clocked
from combray.bench.common.metrics import score
from combray.bench.datasets.form import Benchmark
from combray.bench.measure.runner import Contender, asked, opened, ranks, remember
from combray.bench.tuning.samples import UNTAUGHT
from combray.core.items import Hit, Item
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.features import DEPTH, DOMAINS, Candidates
from combray.recall.rank.fusion import convex, rrf, top

OPTIONS: tuple[tuple[str, Mapping[str, float]], ...] = (
    *(("hybrid", {"k": k}) for k in (1, 3, 10, 60)),
    *(("convex", {"weight": w / 10}) for w in range(1, 10)),
)
METRIC = "R@5"


@lru_cache(maxsize=1)
def tuned() -> dict[str, dict[str, dict[str, float]]]:
    """The best options by set and fusion."""
    text = files("combray.bench.tuning").joinpath("fusions.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, float]]] = json.loads(text)
    return found


def tune(benchmark: Benchmark, embedder: Clocked) -> dict[str, dict[str, float]]:
    """The options of each fusion with the best mean R@5 at the first level of a set."""
    means = mean_recalls(benchmark, embedder)
    best: dict[str, dict[str, float]] = {}
    for (name, options), _ in sorted(zip(OPTIONS, means, strict=True), key=lambda pair: -pair[1]):
        best.setdefault(name, dict(options))
    return best


def mean_recalls(benchmark: Benchmark, embedder: Clocked) -> list[float]:
    """The mean R@5 of each of OPTIONS, every memory built once."""
    level, found = benchmark.levels[0], []
    for history in benchmark.histories:
        seen: list[list[list[str]]] = []

        def observe(
            context: QueryContext, _found: Candidates, seen: list[list[list[str]]] = seen
        ) -> None:
            seen.append(list(_orders(context, benchmark.depth)))

        options: dict[str, Any] = {"observe": observe, "rules": dict.fromkeys(DOMAINS, UNTAUGHT)}
        with opened(Contender(system="evidence", embedder=embedder, options=options)) as memory:
            units = remember(memory, history)
            for question in history.questions:
                asked(memory, question, 1)
                gold = question.gold[level]
                for order in seen.pop() if gold else ():
                    hits = [
                        Hit(item=Item(id=id_, text=""), score=0.0, evidence=(id_,)) for id_ in order
                    ]
                    found.append(score(ranks(hits, units, level, gold), len(gold))[METRIC])
    means: list[float] = np.reshape(found, (-1, len(OPTIONS))).mean(axis=0).tolist()
    return means


def _orders(context: QueryContext, depth: int) -> Iterator[list[str]]:
    """The ids that each of OPTIONS would answer, best first."""
    rankings = [
        top(context.scores.bm25, DEPTH, context.allowed, positive=True),
        top(context.scores.dense, DEPTH, context.allowed),
    ]
    for name, options in OPTIONS:
        if name == "hybrid":
            fused = rrf(rankings, k=options["k"], size=len(context.view))
        else:
            weights = {"dense": options["weight"], "bm25": 1 - options["weight"]}
            fused = convex(
                {"dense": context.scores.dense, "bm25": context.scores.bm25},
                weights,
                context.allowed,
            )
        rows = top(fused, depth, context.allowed, positive=name == "hybrid")
        yield [context.view.ids[row] for row in rows.tolist()]
