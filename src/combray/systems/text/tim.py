"""Think-in-Memory: thoughts instead of turns, recalled from the buckets of a hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from combray.core.items import Hit
from combray.core.ports import Experience, Query
from combray.index.lsh import HashFamily, Index
from combray.recall.rank.fusion import top
from combray.recall.runtime.derived_rows import answerable, shown
from combray.recall.runtime.neighbours import Neighbour
from combray.recall.runtime.runtime import Runtime
from combray.write.derive.deriver import Deriver
from combray.write.derive.update import Updater
from combray.write.extract.base import ADD, NONE, UPDATE, Decision, Statement
from combray.write.extract.factory import RULES
from combray.write.extract.same_claim import said_in

ACTOR, KIND = "tim/1", "thought"
LEAST = 500
"""At least so many candidates are looked at: a memory of this size is searched exactly."""
MERGE = 0.9
"""The cosine from which two thoughts of one speaker are one."""


class TiM:
    """One sentence for each thing stated; new thoughts insert, forget or merge older ones.

    **Paper** Liu et al., 2023, Think-in-Memory: Recalling and Post-thinking Enable LLMs with
    Long-Term Memory.
    **Kept** 1. Thoughts of one sentence drawn from turns. 2. They are hashed by F(x) = argmax
    [xR ; -xR] and recalled by the query's buckets, then by cosine inside them. 3. Post-thinking
    inserts what is new; 4. forgets what another thought contradicts; 5. merges what one speaker
    says in nearly the same words (cosine ≥ 0.9): the longer of the two cites the turns of both.
    **Left** One table and one bucket, which lose what lies over an edge: here 24 tables are
    probed at 4 buckets, and 4 of them must agree. Forgetting and merging look at the nearest
    thoughts, not at one bucket, and forgetting ends a thought's validity; it destroys nothing.
    By rule a thought is a sentence as it was said, and a contradiction is another value of a
    relation that has one; a turn that states nothing stands for itself. By rule these are the
    sentences and contradictions of `mem0`, so the figures of the two agree: what differs is
    merging, after which fewer thoughts cite more turns, and the hash, which loses little.
    **Law** The chance to share a bucket falls with the angle; recall@10 is at least .95 with at
    most a fifth of the vectors looked at.
    """

    def __init__(
        self,
        runtime: Runtime,
        extractor: str = RULES,
        k: int = 5,
        hashing: Mapping[str, int] | None = None,
    ) -> None:
        self._runtime = runtime
        self._index = Index(HashFamily(**(hashing or {})))
        think = Updater(runtime=runtime, kind=KIND, k=k, second=merging).derive
        self.deriver = Deriver(runtime, ACTOR, think, extractor=extractor, why="post-think")

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The nearest thoughts among those in the buckets of the question."""
        context = self._runtime.query_context(query)
        rows = answerable(context, (KIND,), ACTOR)
        if context.view.embeddings.vectors is None:
            return []
        least = max(LEAST, query.limit)
        found = self._index.candidates(context.view, rows, context.scores.vector, least)
        cosines = np.vecdot(context.view.embeddings.vectors.values[found], context.scores.vector)
        ranked = found[top(cosines, len(found))].tolist()
        place = {row: i for i, row in enumerate(found.tolist())}
        best = [place[row] for row in shown(context, ranked, query.limit)]
        looked: Mapping[str, Any] = {"scanned": len(found), "of": int(rows.sum())}
        return self._runtime.hits(
            context, found[best].tolist(), cosines[best].tolist(), lambda _row: looked
        )


def merging(decision: Decision, said: Statement, near: Sequence[Neighbour]) -> Decision:
    """A decision in which what is said again, or nearly, becomes one thought with what said it.

    Values of a relation that has one at a time are left to its timeline.
    """
    if decision.op not in (ADD, NONE) or said.about.get("functional"):
        return decision
    near_enough = [each.item for each in near if each.cosine >= MERGE]
    alike = [item for item in near_enough if item.name == said.speaker]
    for item in alike if decision.target is None else [decision.target]:
        shorter, longer = sorted((item.text, said.text), key=len)
        if not item.metadata.get("functional") and said_in(shorter, longer):
            return replace(decision, op=UPDATE, text=longer, target=item, why="says the same")
    return decision
