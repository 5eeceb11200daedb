"""Mem0: short facts, each decided against its nearest neighbours before it is kept.

s = cosine of the question and a fact (0…1), b its BM25, n the facts that hold an entity

score = min(1, (s + σ(slope (b - middle)) + ½ max_e 1 / (1 + 0.001 (n_e - 1)²)) / most)
most  = 1, and 1 more when a word of the question occurs, and ½ more when an entity of it does
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from combray.core.arrays import Mask, Rows, RowScores
from combray.core.entities import entities, normal_name
from combray.core.items import Hit
from combray.core.ports import Experience, Query
from combray.recall.entities.resolution import EntityIndex, NamesOfViews
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import rrf, top
from combray.recall.runtime.derived_rows import answerable, best_shown, keywords
from combray.recall.runtime.runtime import Runtime
from combray.write.derive.deriver import Deriver
from combray.write.derive.update import Updater
from combray.write.extract.factory import RULES

ACTOR, KIND = "mem0/1", "memory"
SIGMOIDS = ((3, 5.0, 0.7), (6, 7.0, 0.6), (9, 9.0, 0.5), (15, 10.0, 0.5))
"""Up to so many words of a question: where half of the keyword score is, and how steep it rises."""
LONG = (12.0, 0.5)
MOST_ENTITIES, RELATIONS = 8, 5
"""Entities of a question that are followed, and facts around them that are fused in."""


class Mem0:
    """Facts drawn from messages, each kept by ADD, UPDATE, SUPERSEDE or NONE.

    **Paper** Chhikara et al., 2025, Mem0: Building Production-Ready AI Agents with Scalable
    Long-Term Memory.
    **Kept** 1. Each fact is decided against its k = 5 nearest: ADD, UPDATE when it says more, NONE
    when it says the same. 2. SUPERSEDE stands for the paper's DELETE: the old fact ends where the
    new one begins, and stays true of its own time. 3. The nearest facts answer, not the turns they
    were drawn from. 4. With `additive`, cosine, a sigmoid of BM25 and a boost for shared entities
    are added up, as above, in the manner of the open-source successor. 5. With `graph`, the facts
    around the entities of the question, the 5 best by BM25, are fused in.
    **Left** A rolling summary in the prompt; types of entities; a store of its own for the graph.
    Keywords and entities may add candidates, not only re-score those of the vectors. By rule a fact
    is a sentence as it was said, and a turn that states nothing stands for itself. By rule `tim`
    draws the same sentences and sees the same contradictions, so the figures of the two agree.
    **Law** The same input twice changes nothing; replaying the decisions gives the same memory; the
    added score stays in 0…1 and rises with each signal.
    """

    def __init__(
        self,
        runtime: Runtime,
        extractor: str = RULES,
        k: int = 5,
        *,
        additive: bool = False,
        graph: bool = False,
    ) -> None:
        self._runtime = runtime
        self._additive, self._graph = additive, graph
        self._names = NamesOfViews(runtime.store, (KIND,), ACTOR)
        decide = Updater(runtime=runtime, kind=KIND, k=k).derive
        self.deriver = Deriver(runtime, ACTOR, decide, extractor=extractor, why="decide")

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The facts that are nearest, or that have the greatest sum of signals."""
        context = self._runtime.query_context(query)
        allowed = answerable(context, (KIND,), ACTOR)
        signals = self._signals(context, allowed) if self._additive or self._graph else {}
        scores = combined(signals) if self._additive else context.scores.dense
        rows = best_shown(context, scores, allowed, query.limit)
        if self._graph:
            rows = self._with_relations(context, rows, signals["entity"], allowed)

        def explain(row: int) -> Mapping[str, Any]:
            return {name: round(float(part[row]), 4) for name, part in signals.items()}

        return self._runtime.hits(context, rows.tolist(), scores[rows].tolist(), explain)

    def _signals(self, context: QueryContext, allowed: Mask) -> dict[str, RowScores]:
        """Cosine, keyword and entity signal of every row, each in 0…1 and 0…½; (n,)."""
        words = keywords(context, allowed)
        middle, slope = next(
            ((m, s) for most, m, s in SIGMOIDS if len(context.terms) <= most), LONG
        )
        keyword = np.where(words > 0, 1 / (1 + np.exp(-slope * (words - middle))), 0)
        return {
            "semantic": np.clip(context.scores.dense, 0, 1),
            "keyword": keyword.astype(np.float32),
            "entity": self._boost(context),
        }

    def _with_relations(
        self, context: QueryContext, rows: Rows, boost: RowScores, allowed: Mask
    ) -> Rows:
        """The rows, fused with the best by keyword among those that name what is asked about."""
        near = top(keywords(context, allowed & (boost > 0)), RELATIONS, positive=True)
        fused = rrf([rows, near], k=1, size=len(boost))
        return best_shown(context, fused, fused > 0, context.query.limit)

    def _boost(self, context: QueryContext) -> RowScores:
        """½ / (1 + 0.001 (n - 1)²) for the rows that name an entity of the question; (n,)."""
        names = self._names.of(context.view)
        boost = np.zeros(len(context.view), np.float32)
        for name in entities(context.query.text)[:MOST_ENTITIES]:
            rows = [r for r in _holders(names, name) if context.view.rows.alive.values[r]]
            if rows:
                boost[rows] = np.maximum(boost[rows], 0.5 / (1 + 0.001 * (len(rows) - 1) ** 2))
        return boost


def combined(signals: Mapping[str, RowScores]) -> RowScores:
    """The sum of the signals over the most it can be, at most 1; (n,)."""
    most = 1.0 + float(signals["keyword"].any()) + 0.5 * float(signals["entity"].any())
    total: RowScores = np.minimum(sum(signals.values()) / most, 1).astype(np.float32)
    return total


def _holders(names: EntityIndex, name: str) -> list[int]:
    return names.holders(names.classes.of(normal_name(name)))
