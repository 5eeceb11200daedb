"""MemoRAG, the half that works on text: a global memory gives clues, and clues retrieve.

score(i) = Σ over keywords and vectors of 1 / (k + rank_i)
         + w · Σ over clues of weight(clue) / (k + rank_i by the clue)
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from combray.core.errors import ModelError
from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.core.text import terms
from combray.recall.query import scores as row_scores
from combray.recall.query.query_context import Ask
from combray.recall.query.scores import Scores
from combray.recall.rank.fusion import Rows, rrf, top
from combray.recall.runtime.derived_rows import derived_rows
from combray.recall.runtime.query_expansion import Cue, llm_cues, names_beside, rules_cues
from combray.recall.runtime.runtime import Workbench
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriving
from combray.write.extract.base import RULES, Judge

_log = logging.getLogger("combray")
ACTOR, KIND = "memorag/1", "gist"
BLOCK, TOKENS = 16, 100
"""Turns in one gist, and its length."""
GISTS, SHOWN = 2, 8
"""Gists that lead to their block, and those that a model is shown."""
DEPTH, K = 200, 3


class MemoRAG:
    """Retrieval led by clues drawn from a memory of the whole.

    **Paper** Qian et al., 2025, MemoRAG: Boosting Long Context Processing with Global
    Memory-Enhanced Retrieval Augmentation.
    **Kept** A global memory made once; clues for each question; retrieval by the question and by
    every clue; the union of what they find.
    **Left** The memory model and its compressed key-value cache: by rule the global memory is the
    statistics of the corpus (RM3 terms, names that go together) and the gists of its blocks; with
    a model it is the gists, which it sees when it writes clues. Union in the order of the document
    throws the ranks away; here they are fused. No draft answer.
    **Law** A clue adds documents and drops none; without clues the order is the plain retriever's.
    """

    def __init__(
        self, bench: Workbench, engine: str = RULES, weight: float = 0.1, clues: bool = True
    ) -> None:
        self._bench, self._engine, self._weight, self._clues = bench, engine, weight, clues
        self._writer = Deriving(bench, ACTOR, self.derive, engine=engine, why="gists")

    def write(self, experience: Experience, /) -> None:
        """Take what was said into the global memory, now."""
        self._writer.write(experience)

    def derive(self, draft: Draft, judge: Judge, items: Sequence[Item]) -> None:
        """A gist for each block of what is new."""
        for _, block in groupby(enumerate(items), key=lambda pair: pair[0] // BLOCK):
            said = [item for _, item in block]
            text = judge.summarise(said, TOKENS).text
            if text:
                draft.put(KIND, text, said)

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """What the question and its clues find, their ranks fused."""
        ask = self._bench.ask(query)
        plain = [
            top(ask.bm25, DEPTH, ask.allowed, positive=True),
            top(ask.dense, DEPTH, ask.allowed),
        ]
        fused = rrf(plain, k=K, size=len(ask.view))
        cues = self._cues(ask) if self._clues else []
        for weight, ranking in self._led(ask, cues):
            fused += np.float32(self._weight * weight) * rrf([ranking], k=K, size=len(ask.view))
        rows = top(fused, query.limit, ask.allowed, positive=True)
        told = [f"{cue.kind}: {cue.text}" for cue in cues]
        return self._bench.hits(ask, rows.tolist(), fused[rows].tolist(), lambda _: {"clues": told})

    def _cues(self, ask: Ask) -> list[Cue]:
        """Clues of the global memory: a model's, or those of the statistics and the gists."""
        gists = self._gists(ask)
        if self._engine != RULES:
            found = self._bench.store.get(ask.view.tenant, [ask.view.ids[row] for row in gists])
            shown = [item.text for item in found.values()][:SHOWN]
            asker = self._bench.asker(ACTOR, ask.query.scope.tenant)
            try:
                return llm_cues(asker, ask.query.text, shown)
            except ModelError as error:
                # The memory answers without clues rather than not at all.
                _log.warning("No clues for a question: %s", error)
                return []
        found_gists = [
            Cue(text=ask.view.ids[row], weight=float(max(ask.dense[row], 0)), kind="gist")
            for row in gists[:GISTS]
        ]
        return [*rules_cues(ask), *names_beside(ask), *found_gists]

    def _gists(self, ask: Ask) -> list[int]:
        """The rows of the gists nearest to the question."""
        rows: list[int] = top(ask.dense, SHOWN, derived_rows(ask, (KIND,), ACTOR)).tolist()
        return rows

    def _led(self, ask: Ask, cues: Sequence[Cue]) -> Iterator[tuple[float, Rows]]:
        """The documents that the clues lead to, best first, each ranking with its weight."""
        view = ask.view
        for kind in ("term", "name"):
            same = [cue for cue in cues if cue.kind == kind]
            if same:
                yield 1.0, top(self._expanded(ask, same), DEPTH, ask.allowed, positive=True)
        for cue in cues:
            if cue.kind == "gist" and view.vectors is not None:
                vector = view.vectors.values[view.row_of[cue.text]]
                yield cue.weight, top(row_scores.dense(view, vector), DEPTH, ask.allowed)
            if cue.kind == "clue":
                [vector] = self._bench.embedder.embed([cue.text])
                yield cue.weight, top(row_scores.dense(view, vector), DEPTH, ask.allowed)

    def _expanded(self, ask: Ask, cues: Sequence[Cue]) -> Scores:
        """RM3: half the score of the question, half that of its clues by their weights; (n,)."""
        total = sum(cue.weight for cue in cues)
        scores: Scores = ask.bm25 * np.float32(0.5)
        for cue in cues:
            words = [cue.text] if cue.kind == "term" else terms(cue.text)
            postings = row_scores.query_postings(ask.view, ask.corpus, words)
            share = len(ask.terms) * cue.weight / total / 2
            scores += np.float32(share) * row_scores.bm25(ask.corpus, postings)
        return scores
