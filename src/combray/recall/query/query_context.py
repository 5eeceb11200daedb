"""One question under way: what it asks, what it may be answered with, and how well rows fit it.

What time has to say is its `TimeFrame`, and what the words and vectors have to say its `Scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from combray.core.arrays import FloatArray, Mask
from combray.core.items import Item
from combray.core.ports import Embedder, Query
from combray.core.text import terms
from combray.index.corpus import Corpus, corpus_of, rows_of
from combray.index.view import View
from combray.recall.query.cues import Cues, find_cues
from combray.recall.query.known_names import known_names
from combray.recall.query.query_terms import query_terms
from combray.recall.query.scores import Scores
from combray.recall.query.time import TimeFrame
from combray.store.store import Store

T = TypeVar("T")
_SHARED = ("cues", "corpus", "scores", "first_person", "allowed")


@dataclass(frozen=True)
class QueryContext:
    """A query against one view; every property is computed at its first use and kept."""

    query: Query
    view: View
    store: Store
    embedder: Embedder
    time: TimeFrame
    _vectors: dict[str, FloatArray] = field(default_factory=dict, repr=False)
    _computed: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def cues(self) -> Cues:
        """Who, when and what kind of answer the question asks for."""
        speakers = self.view.who.speaker.names
        return find_cues(
            self.query.text,
            asked_at=self.time.asked_at,
            speakers=speakers,
            zone=self.time.zone_info,
            day_first=self.query.day_first,
        )

    @cached_property
    def names(self) -> dict[int, float]:
        """The known names in the question by code, each weighted by how few rows mention it."""
        return known_names(self.view, self.query.text)

    @cached_property
    def terms(self) -> list[str]:
        """The stemmed content words of the question as the memory spells them, and its emoji."""
        return query_terms(self.view, self.query.text)

    @cached_property
    def corpus(self) -> Corpus:
        """The rows that count for the keyword statistics."""
        return corpus_of(self.view, self.query.kinds, self.query.created_by)

    @cached_property
    def scores(self) -> Scores:
        """How well every row fits the question as it is put."""
        return self._scores(self.query.text, self.terms)

    @cached_property
    def first_person(self) -> Scores:
        """How well every row fits the question as the speaker it names would put it.

        Without the names of speakers, who seldom name themselves.
        """
        names = set(terms(" ".join(self.cues.name_words)))
        told, words = self.cues.first_person, [t for t in self.terms if t not in names]
        same = told == self.query.text and words == self.terms
        return self.scores if same else self._scores(told, words or self.terms)

    @cached_property
    def allowed(self) -> Mask:
        """The rows that may be answered: right kind, scope, time and filter; shape (n,)."""
        view, query = self.view, self.query
        allowed = rows_of(view, query.kinds, query.created_by) & self.time.allowed
        if query.scope.agent_id is not None:
            allowed &= view.who.agent.values == view.who.agent.find(query.scope.agent_id)
        if query.scope.session_id is not None:
            allowed &= view.who.session.values == view.who.session.find(query.scope.session_id)
        if query.matches is not None:
            allowed[np.flatnonzero(allowed)] = self._matching(np.flatnonzero(allowed).tolist())
        return allowed

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """The vectors of texts (t d); none is embedded twice, and the question goes with them."""
        wanted = dict.fromkeys([self.query.text, *texts])
        fresh = [text for text in wanted if text not in self._vectors]
        if fresh:
            rows = np.asarray(self.embedder.embed(fresh), np.float32)
            self._vectors.update(zip(fresh, rows, strict=True))
        width = len(self._vectors[self.query.text])
        return np.array([self._vectors[text] for text in texts], np.float32).reshape(-1, width)

    def items(self, ids: Sequence[str]) -> dict[str, Item]:
        """The items by id, as they were believed to be; none is read twice for a question."""
        read = self.compute_once("items", dict[str, Item])
        missing = [id_ for id_ in ids if id_ not in read]
        if missing:
            read.update(self.time.believed(self.store.get(self.query.scope.tenant, missing)))
        return {id_: read[id_] for id_ in ids if id_ in read}

    def compute_once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for this question before, or is made now."""
        if key not in self._computed:
            self._computed[key] = make()
        found: T = self._computed[key]
        return found

    def with_limit(self, limit: int) -> QueryContext:
        """The same question for another number of answers; what either computes, both have."""
        other = replace(self, query=replace(self.query, limit=limit))
        vars(other).update({name: getattr(self, name) for name in _SHARED})
        return other

    def _scores(self, text: str, words: Sequence[str]) -> Scores:
        return Scores(self.view, self.corpus, words, lambda: self.embed([text])[0])

    def _matching(self, rows: Sequence[int]) -> list[bool]:
        """Which rows the filter lets pass, each as it was believed to be."""
        light, matches = self.view.light(), self.query.matches
        assert matches is not None
        found = self.time.believed({self.view.ids[row]: light[row] for row in rows})
        return [matches(found[self.view.ids[row]]) for row in rows]
