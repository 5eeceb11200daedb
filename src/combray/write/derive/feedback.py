"""What was cited teaches a reranker: citations kept as items, and replayed into a scorer.

A lesson is a derived item that cites what was shown, so erasing a memory unlearns it, and a scorer
is no file: it follows from the lessons that stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from combray.core.arrays import FloatArray, Mask
from combray.core.items import Item
from combray.core.ports import Citation
from combray.index.corpus import members
from combray.index.tenant_cache import LRUCache
from combray.index.view import View
from combray.recall.rank.bilinear import Bilinear, LearningRule
from combray.recall.runtime.runtime import Runtime
from combray.write.change.apply import derive
from combray.write.change.draft import Draft

KIND = "feedback"


@dataclass(frozen=True, slots=True)
class _Lesson:
    """The rows of a question and of what was shown for it, in order, with their rewards."""

    question: int
    shown: tuple[int, ...]
    rewards: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """A scorer, the lessons that made it, and which of all rows were alive then."""

    scorer: Bilinear
    ids: list[str]
    lessons: list[_Lesson]
    alive: Mask

    def holds(self, view: View, questions: Sequence[int]) -> bool:
        """Whether nothing that it learned from has changed, and nothing was added."""
        if self.ids is not view.ids:
            return False
        rows = [row for lesson in self.lessons for row in lesson.shown]
        return [lesson.question for lesson in self.lessons] == list(questions) and bool(
            (view.rows.alive.values[rows] == self.alive[rows]).all()
        )


class Lessons:
    """The last lessons of each tenant, each replayed once; `actor` keeps them.

    They are the last `window`, or up to half as many more: the oldest go half a window at a time,
    since without the first of them all others have to be replayed.
    """

    def __init__(self, runtime: Runtime, actor: str, learning: LearningRule, window: int) -> None:
        self._runtime, self._actor = runtime, actor
        self._learning, self._window = learning, window
        self._cache: LRUCache[Learned] = LRUCache()

    def cite(self, citation: Citation) -> None:
        """Keep which of the memories shown for a question were of use; the next recall knows it."""
        tenant = citation.scope.tenant
        found = self._runtime.store.get(tenant, citation.shown)
        shown = [found[id_] for id_ in citation.shown if id_ in found and found[id_].is_raw]
        if not shown:
            return
        used = [item.id for item in shown if item.id in citation.cited]
        draft = Draft(tenant, self._actor, "cited")
        about: dict[str, Any] = {"order": [item.id for item in shown], "cited": used}
        draft.put(KIND, citation.query, shown, metadata=about)
        derive(self._runtime, draft.change())

    def learned(self, view: View, vectors: FloatArray) -> Learned:
        """The scorer that the lessons of a view make; vectors (n d) are those of its rows."""
        every = np.flatnonzero(members(view, (KIND,), self._actor))
        over = max(0, len(every) - self._window)
        rows = every[over - over % max(1, self._window // 2) :].tolist()
        with self._cache.lock:
            kept = self._cache.get(view.tenant)
            if kept is not None and kept.holds(view, rows):
                return kept
            return self._cache.put(view.tenant, self._learn(view, vectors, rows, kept))

    def _learn(
        self, view: View, vectors: FloatArray, rows: Sequence[int], kept: Learned | None
    ) -> Learned:
        """A scorer that replayed the lessons of these rows, going on from one that had some."""
        found = self._runtime.store.get(view.tenant, [view.ids[row] for row in rows])
        lessons = [_lesson(view, row, found[view.ids[row]]) for row in rows]
        done = 0 if kept is None or kept.ids is not view.ids else len(kept.lessons)
        if kept is None or not done or kept.lessons != lessons[:done]:
            done, scorer = 0, Bilinear(vectors.shape[1], self._learning)
        else:
            scorer = kept.scorer
        for lesson in lessons[done:]:
            q, m = vectors[lesson.question], vectors[list(lesson.shown)]
            scorer.reinforce(q, m, range(len(m)), lesson.rewards)
        return Learned(scorer, view.ids, lessons, view.rows.alive.values.copy())


def _lesson(view: View, row: int, feedback: Item) -> _Lesson:
    order = [id_ for id_ in feedback.metadata["order"] if id_ in view.row_of]
    cited = set(feedback.metadata["cited"])
    return _Lesson(
        question=row,
        shown=tuple(view.row_of[id_] for id_ in order),
        rewards=tuple(1.0 if id_ in cited else -1.0 for id_ in order),
    )
