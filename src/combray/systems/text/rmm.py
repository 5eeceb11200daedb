"""Reflective memory management: topics look forward, a reranker taught by citations looks back.

v turn, t its topic, q question, all unit vectors; W_q, W_m and s as in `recall.rank.bilinear`

retriever    r = q · v + λ q · t                          the K = 20 greatest
reranker     s = β (q + W_q q) · (v + W_m v) + β λ q · t      at W = 0 the retriever's order
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.bilinear import LearningRule
from combray.recall.rank.fusion import top
from combray.recall.runtime.derived_rows import derived_rows
from combray.recall.runtime.neighbours import nearest
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.derive.feedback import Lessons
from combray.write.extract.base import Extractor, Topic
from combray.write.extract.factory import RULES

ACTOR, TOPIC = "rmm/1", "topic"
LEARNER = "rmm-citations/1"
TOKENS, MERGE = 60, 0.85
"""The length of a topic's summary, and the cosine from which two topics are one."""


class RMM:
    """Turns found by themselves and by their topics, reordered by what was cited before.

    **Paper** Tan et al., 2025, In Prospect and Retrospect: Reflective Memory Management for
    Long-term Personalized Dialogue Agents.
    **Kept** 1. A session cut into topics that cite their turns. 2. A topic that goes on is merged
    with what it continues, else added. 3. A turn is found by itself and by its topic, the K = 20
    best. 4. They are ordered by s = q' · m', q' = q + W_q q, m' = m + W_m m. 5. Gumbel noise draws
    the order by Plackett and Luce. 6. REINFORCE with +1 for what was cited and -1 for what was not.
    **Left** The paper's step 1e-3 and b = .5, with which W stays near 0 on cosines: here scores
    are scaled by 10, the step is 3e-3, b is the running mean, and each memory is rewarded for
    itself. What is gained grows with the conversations taught and ends at a few points: longer
    steps overshoot, and half a conversation teaches the other half too little to tell. Answers
    are ordered without noise unless `explore`. W is no file: it is replayed from the citations,
    which cite what was shown, so erasing a memory unlearns it. Topics are cut inside what arrives
    together; by rule their summaries are sentences of the turns.
    **Law** The gradient is that of finite differences, Gumbel sampling is Plackett and Luce, and
    at W = 0 the order is the retriever's.
    """

    def __init__(
        self,
        runtime: Runtime,
        extractor: str = RULES,
        topics: float = 0.3,
        k: int = 20,
        explore: bool = False,
        window: int = 2000,
        learning: Mapping[str, float] | None = None,
    ) -> None:
        self._runtime = runtime
        self._topics, self._k, self._explore = topics, k, explore
        self._learning = LearningRule(**(learning or {}))
        self.feedback = Lessons(runtime, LEARNER, self._learning, window)
        self.deriver = Deriver(runtime, ACTOR, self.derive, extractor=extractor, why="topics")

    # ── prospect ─────────────────────────────────────────────────────────────────────────────

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """The topics of new turns, each added or merged with the one it continues."""
        cut = extractor.segment(items)
        summaries = [extractor.summarise(topic.items, TOKENS).text or topic.title for topic in cut]
        vectors = self._runtime.embedder.embed(summaries)
        near = nearest(
            self._runtime, draft.tenant, vectors, kinds=(TOPIC,), created_by=ACTOR, k=5
        )  # fmt: skip
        for topic, text, beside in zip(cut, summaries, near, strict=True):
            close = [each for each in beside if each.cosine >= MERGE]
            same = [item for item in extractor.related(text, close) if item.id not in draft.patches]
            self._add_or_merge(draft, extractor, topic, text, same[:1])

    def _add_or_merge(
        self, draft: Draft, extractor: Extractor, topic: Topic, text: str, same: list[Item]
    ) -> None:
        about = {"title": topic.title}
        if not same:
            draft.put(TOPIC, text, topic.items, metadata=about)
            return
        told = list(self._runtime.store.get(draft.tenant, same[0].sources).values())
        both = extractor.summarise([*told, *topic.items], 2 * TOKENS).text
        draft.merge(same, both or text, topic.items, metadata=about)

    # ── recall ───────────────────────────────────────────────────────────────────────────────

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The K best turns of the retriever, in the order of the reranker."""
        context = self._runtime.query_context(query)
        view = context.view
        if view.embeddings.vectors is None:
            return []
        topical = self._topics * self._topical(context)
        retrieved = top(context.scores.dense + topical, max(self._k, query.limit), context.allowed)
        learned = self.feedback.learned(view, view.embeddings.vectors.values)
        vectors = view.embeddings.vectors.values[retrieved]
        scores = learned.scorer.scores(context.scores.vector, vectors)
        scores = scores / self._learning.scale + topical[retrieved]
        noisy = scores + self._noise(query, len(learned.lessons), len(scores))
        order = np.argsort(-noisy, kind="stable")[: query.limit]
        rank = {int(row): place for place, row in enumerate(retrieved.tolist(), start=1)}
        return self._runtime.hits(
            context,
            retrieved[order].tolist(),
            scores[order].tolist(),
            lambda row: {"retrieved": rank[row], "lessons": len(learned.lessons)},
        )

    def _topical(self, context: QueryContext) -> NDArray[np.float32]:
        """The cosine of each raw row's best topic with the question; 0 without a topic; (n,)."""
        view = context.view
        topics = derived_rows(context, (TOPIC,), ACTOR)
        citing, cited = view.graph.citing.values, view.graph.cited.values
        mine = topics[citing]
        best = np.zeros(len(view), np.float32)
        np.maximum.at(best, cited[mine], context.scores.dense[citing[mine]])
        return best

    def _noise(self, query: Query, lessons: int, size: int) -> NDArray[np.float64]:
        """Gumbel noise at the scale of the scores, the same until something more is learned."""
        if not self._explore:
            return np.zeros(size)
        rng = np.random.default_rng((lessons, zlib.crc32(query.text.encode())))
        return rng.gumbel(size=size) * self._learning.temperature / self._learning.scale
