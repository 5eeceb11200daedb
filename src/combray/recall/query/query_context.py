"""One question under way: its vector, cues, candidates' mask and channels, each computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from combray.core.arrays import FloatArray, Mask
from combray.core.items import Item
from combray.core.ports import Embedder, Query
from combray.core.text import emoji, terms
from combray.core.time import now
from combray.index.corpus import Corpus, corpus_of
from combray.index.view import View
from combray.recall.query import scores
from combray.recall.query.cues import Cues, find_cues
from combray.recall.query.known_names import known_names
from combray.recall.query.scores import Postings, Scores
from combray.recall.query.superseded import Superseded, find_superseded
from combray.store.store import Store
from combray.store.tables.fact_keys import links_to


@dataclass(frozen=True)
class QueryContext:
    """A query against one view; every property is computed at its first use and kept."""

    query: Query
    view: View
    store: Store
    embedder: Embedder

    @cached_property
    def vector(self) -> FloatArray:
        """The query's embedding, shape (d,)."""
        vector: FloatArray = np.asarray(self.embedder.embed([self.query.text])[0], np.float32)
        return vector

    @cached_property
    def first_person(self) -> FloatArray:
        """The embedding of the question as the speaker it names would put it, shape (d,)."""
        same = self.cues.first_person == self.query.text
        return self.vector if same else embedded(self, [self.cues.first_person])[0]

    @cached_property
    def terms(self) -> list[str]:
        """The stemmed content words of the query, and its emoji."""
        return terms(self.query.text) + emoji(self.query.text)

    @cached_property
    def first_person_terms(self) -> list[str]:
        """The content words without the names of speakers, who seldom name themselves."""
        names = set(terms(" ".join(self.cues.name_words)))
        return [term for term in self.terms if term not in names] or self.terms

    @cached_property
    def cues(self) -> Cues:
        """Who, when and what kind of answer the question asks for."""
        query = self.query
        return find_cues(query.text, asked_at=query.asked_at, speakers=self.view.who.speaker.names)

    @cached_property
    def corpus(self) -> Corpus:
        """The rows that count for the keyword statistics."""
        return corpus_of(self.view, self.query.kinds, self.query.created_by)

    @cached_property
    def postings(self) -> list[Postings]:
        """Where the query's words stand."""
        return scores.query_postings(self.view, self.corpus, self.terms)

    @cached_property
    def first_person_postings(self) -> list[Postings]:
        """Where the words of the told question stand."""
        return scores.query_postings(self.view, self.corpus, self.first_person_terms)

    @cached_property
    def dense(self) -> Scores:
        """Cosine of every row with the query."""
        return scores.dense(self.view, self.vector)

    @cached_property
    def first_person_dense(self) -> Scores:
        """Cosine of every row with the told question."""
        same = self.cues.first_person == self.query.text
        return self.dense if same else scores.dense(self.view, self.first_person)

    @cached_property
    def names(self) -> dict[int, float]:
        """The known names in the question by code, each weighted by how few rows mention it."""
        return known_names(self.view, self.query.text)

    @cached_property
    def bm25(self) -> Scores:
        """BM25 of every row with the query."""
        return scores.bm25(self.corpus, self.postings)

    @cached_property
    def allowed(self) -> Mask:
        """The rows that may be answered: right kind, scope, time and filter; shape (n,)."""
        view, query = self.view, self.query
        allowed = self.corpus.inside.copy()
        if self._past:
            wanted = set(query.kinds or ()) | {view.rows.kind.names[k] for k in self._raw_kinds()}
            for id_, fields in self._past.items():
                row = view.row_of.get(id_)
                if row is not None and view.rows.kind.names[view.rows.kind.values[row]] in wanted:
                    allowed[row] = fields.get("status", "live") == "live"
        if query.scope.agent_id is not None:
            allowed &= view.who.agent.values == view.who.agent.find(query.scope.agent_id)
        if query.scope.session_id is not None:
            allowed &= view.who.session.values == view.who.session.find(query.scope.session_id)
        if query.known_at is not None:
            allowed &= view.times.known_from.values <= query.known_at
        if query.as_of is not None:
            allowed &= self.held(query.as_of) | self.superseded.held
        if query.matches is not None:
            allowed &= self._matching(allowed)
        return allowed

    @cached_property
    def superseded(self) -> Superseded:
        """What the facts of the memory say about its rows at the moment asked about."""
        query = self.query
        moment = query.as_of or query.asked_at or now()
        known = self._known(query.known_at)
        return find_superseded(self.view, self.held(moment), known, moment, self._successors)

    def _successors(self, row: int) -> list[int]:
        tenant, id_ = self.query.scope.tenant, self.view.ids[row]
        later = links_to(self.store.engine.tenant_reader(tenant), tenant, "supersedes", [id_])
        return [self.view.row_of[link.src] for link in later if link.src in self.view.row_of]

    def _known(self, known_at: int | None) -> Mask:
        """The live rows, by what was known at a moment; shape (n,)."""
        alive = self.view.rows.alive.values.copy()
        for id_, fields in self._past.items():
            row = self.view.row_of.get(id_)
            if row is not None and "status" in fields:
                alive[row] = fields["status"] == "live"
        return (
            alive if known_at is None else alive & (self.view.times.known_from.values <= known_at)
        )

    def believed(self, items: Mapping[str, Item]) -> dict[str, Item]:
        """The items as they were believed to be at `known_at`."""
        return {
            id_: replace(item.with_fields(self._past[id_]), digest="")
            if id_ in self._past
            else item
            for id_, item in items.items()
        }

    @cached_property
    def _past(self) -> dict[str, dict[str, Any]]:
        """For items that changed after `known_at`: the fields as they were then."""
        if self.query.known_at is None:
            return {}
        past: dict[str, dict[str, Any]] = {}
        for event in self.store.events(self.query.scope.tenant):
            if event.at_us > self.query.known_at and event.before and event.op not in _LINKS:
                known = past.setdefault(event.item_id, {})
                for name, value in event.before.items():
                    known.setdefault(name, value)
        return past

    def _raw_kinds(self) -> list[int]:
        return (
            []
            if self.query.kinds
            else sorted(set(self.view.rows.kind.values[self.view.rows.raw.values]))
        )

    def held(self, moment: int) -> Mask:
        """Rows that were valid at a moment, by what was believed at `known_at`."""
        start, end = self.view.times.valid_from.values, self.view.times.valid_to.values
        held: Mask = (start <= moment) & (moment < end)
        for id_, fields in self._past.items():
            row = self.view.row_of.get(id_)
            if row is not None and ("valid_from" in fields or "valid_to" in fields):
                begin = fields.get("valid_from", int(start[row]))
                finish = fields.get("valid_to", int(end[row]))
                held[row] = (begin is None or begin <= moment) and (
                    finish is None or moment < finish
                )
        return held

    def _matching(self, allowed: Mask) -> Mask:
        """Rows that pass the metadata filter."""
        matches = self.query.matches
        light = self.view.light()
        passed = np.zeros(len(allowed), np.bool_)
        for row in np.flatnonzero(allowed).tolist():
            passed[row] = matches is None or matches(light[row])
        return passed


_LINKS = ("link", "unlink")


def embedded(context: QueryContext, texts: Sequence[str]) -> FloatArray:
    """The embeddings of texts (t d), made in one call of the model with that of the question."""
    asked = [] if "vector" in vars(context) else [context.query.text]
    made = np.asarray(context.embedder.embed([*asked, *texts]), np.float32)
    if asked:
        vars(context)["vector"] = made[0]
    return made[len(asked) :]
