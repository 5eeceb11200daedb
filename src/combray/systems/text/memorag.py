"""MemoRAG, the half that works on text: a global memory gives clues, and clues retrieve.

score(i) = Σ over keywords and vectors of 1 / (k + rank_i)
         + Σ over a model's clues of 1 / (k + rank_i by the clue)
         + w · Σ over other clues of weight(clue) / (k + rank_i by the clue)
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from combray.core.arrays import Rows, RowScores
from combray.core.errors import ModelError
from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.core.text import terms
from combray.recall.query import scores as row_scores
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import rrf, top
from combray.recall.runtime.derived_rows import derived_rows
from combray.recall.runtime.query_expansion import Cue, llm_cues, names_beside, rules_cues
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.extract.base import Extractor
from combray.write.extract.factory import RULES

_log = logging.getLogger("combray")
ACTOR, KIND = "memorag/1", "gist"
BLOCK, TOKENS = 16, 100
"""Turns in one gist, and its length."""
GISTS, SHOWN = 2, 8
"""Gists that lead to their block, and those that a model is shown."""
DEPTH, K = 200, 3


class MemoRAG:
    """Retrieval led by clues drawn from a memory of the whole.

    **Paper** Qian et al., 2024, MemoRAG: Moving towards Next-Gen RAG Via Memory-Inspired Knowledge
    Discovery; in later versions, with other authors, MemoRAG: Boosting Long Context Processing with
    Global Memory-Enhanced Retrieval Augmentation (WWW 2025).
    **Kept** 1. A global memory made once: a gist of each block. 2. Clues for each question.
    3. Retrieval by the question and by every clue: a model's weigh as much as the question, those
    of the statistics `weight`. 4. The union of what they find.
    **Left** The memory model and its compressed key-value cache: by rule the global memory is the
    statistics of the corpus (RM3 terms, names that go together) and the gists of its blocks; with
    a model it is the gists, which it sees when it writes clues. Union in the order of the document
    throws the ranks away; here they are fused. No draft answer.
    **Law** A clue adds documents and drops none; without clues the order is the plain retriever's.
    """

    def __init__(
        self, runtime: Runtime, extractor: str = RULES, weight: float = 0.1, clues: bool = True
    ) -> None:
        self._runtime, self._extractor = runtime, extractor
        self._weight, self._clues = weight, clues
        self.deriver = Deriver(runtime, ACTOR, self.derive, extractor=extractor, why="gists")

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """A gist for each block of what is new."""
        for _, block in groupby(enumerate(items), key=lambda pair: pair[0] // BLOCK):
            said = [item for _, item in block]
            text = extractor.summarise(said, TOKENS).text
            if text:
                draft.put(KIND, text, said)

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """What the question and its clues find, their ranks fused."""
        context = self._runtime.query_context(query)
        plain = [
            top(context.scores.bm25, DEPTH, context.allowed, positive=True),
            top(context.scores.dense, DEPTH, context.allowed),
        ]
        fused = rrf(plain, k=K, size=len(context.view))
        cues = self._cues(context) if self._clues else []
        for weight, ranking in self._led(context, cues):
            fused += np.float32(weight) * rrf([ranking], k=K, size=len(context.view))
        rows = top(fused, query.limit, context.allowed, positive=True)
        told = [f"{cue.kind}: {cue.text}" for cue in cues]
        return self._runtime.hits(
            context, rows.tolist(), fused[rows].tolist(), lambda _: {"clues": told}
        )

    def _cues(self, context: QueryContext) -> list[Cue]:
        """Clues of the global memory: a model's, or those of the statistics and the gists."""
        gists = self._gists(context)
        if self._extractor != RULES:
            found = self._runtime.store.get(
                context.view.tenant, [context.view.ids[row] for row in gists]
            )
            shown = [item.text for item in found.values()][:SHOWN]
            asker = self._runtime.asker(ACTOR, context.query.scope.tenant)
            try:
                return llm_cues(asker, context.query.text, shown)
            except ModelError as error:
                # The memory answers without clues rather than not at all.
                _log.warning("No clues for a question: %s", error)
                return []
        found_gists = [
            Cue(
                text=context.view.ids[row],
                weight=float(max(context.scores.dense[row], 0)),
                kind="gist",
            )
            for row in gists[:GISTS]
        ]
        return [*rules_cues(context), *names_beside(context), *found_gists]

    def _gists(self, context: QueryContext) -> list[int]:
        """The rows of the gists nearest to the question."""
        rows: list[int] = top(
            context.scores.dense, SHOWN, derived_rows(context, (KIND,), ACTOR)
        ).tolist()
        return rows

    def _led(self, context: QueryContext, cues: Sequence[Cue]) -> Iterator[tuple[float, Rows]]:
        """The documents that the clues lead to, best first, each ranking with its weight."""
        view = context.view
        for kind in ("term", "name"):
            same = [cue for cue in cues if cue.kind == kind]
            if same:
                yield (
                    self._weight,
                    top(self._expanded(context, same), DEPTH, context.allowed, positive=True),
                )
        for cue in cues:
            if cue.kind == "gist" and view.embeddings.vectors is not None:
                vector = view.embeddings.vectors.values[view.row_of[cue.text]]
                near = top(row_scores.dense(view, vector), DEPTH, context.allowed)
                yield self._weight * cue.weight, near
            if cue.kind == "clue":
                postings = row_scores.query_postings(view, context.corpus, terms(cue.text))
                words = row_scores.bm25(context.corpus, postings)
                yield cue.weight, top(words, DEPTH, context.allowed, positive=True)
                [vector] = self._runtime.embedder.embed([cue.text])
                yield cue.weight, top(row_scores.dense(view, vector), DEPTH, context.allowed)

    def _expanded(self, context: QueryContext, cues: Sequence[Cue]) -> RowScores:
        """RM3: half the score of the question, half that of its clues by their weights; (n,)."""
        total = sum(cue.weight for cue in cues)
        scores: RowScores = context.scores.bm25 * np.float32(0.5)
        for cue in cues:
            words = [cue.text] if cue.kind == "term" else terms(cue.text)
            postings = row_scores.query_postings(context.view, context.corpus, words)
            share = len(context.terms) * cue.weight / total / 2
            scores += np.float32(share) * row_scores.bm25(context.corpus, postings)
        return scores
