"""HippoRAG: memories joined by the phrases they share, and a walk from what the question names.

P phrases, R passages, E the embedder, d damping, df(p) the passages that hold phrase p

1   reset(p) = 1 / df(p)         for the phrase p nearest to each name in the question
    mass(i)  = Σ of the walk over the phrases that passage i holds
2   reset(p) = mean over the linked facts of p of s(fact) / df(p)
    reset(i) = weight · s(passage i)                    s = cosine scaled to 0…1
    mass(i)  = the walk on phrases and passages together
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import RowScores, Weights
from combray.core.entities import entities, title_entity
from combray.core.facts import Fact
from combray.core.items import Hit, Item, Status
from combray.core.ports import Experience, Query
from combray.recall.graph.phrase_graph import Graphs, GraphSnapshot, PhraseGraph
from combray.recall.query import scores
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import rrf, top
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.extract.base import Extractor
from combray.write.extract.factory import RULES, check_extractor
from combray.write.extract.triples import (
    Triple,
    model_triples,
    phrase_item,
    phrase_of,
    rule_triples,
    triple_item,
)

DEPTH = 200
LONGEST = 6
"""Words of the longest phrase that is looked for in a question."""
GIVEN = "given"


class _Indexed:
    """What both versions write: triples as facts, and phrases with their vectors.

    Triples that came with a text are its triples, and their phrases and the title all that it
    holds; else they are read by rule, by a model, or not, and it holds the names in it too.
    """

    def __init__(self, runtime: Runtime, name: str, extractor: str) -> None:
        self.runtime, self._name, self._extractor = runtime, name, extractor
        self.graphs = Graphs(runtime.store, phrase_of)
        chosen = RULES if extractor == GIVEN else extractor
        self.deriver = Deriver(runtime, name, self._derive, extractor=chosen, why="index")

    def _derive(self, draft: Draft, _extractor: Extractor, items: Sequence[Item]) -> None:
        """The triples of items that came without any, and a vector for each new phrase."""
        known = self.runtime.store.citing(draft.tenant, [item.id for item in items])
        facts = [fact for fact in known if fact.kind == "fact" and fact.status == Status.LIVE]
        given = {id_ for fact in facts if fact.created_by == "user" for id_ in fact.sources}
        made = [
            triple_item(triple, item, actor=self._name)
            for item in items
            if item.id not in given
            for triple in self._read(item)
        ]
        phrases = self._new_phrases(draft.tenant, items, [*facts, *made], given)
        draft.puts |= {item.id: item for item in (*made, *phrases)}

    def _read(self, item: Item) -> list[Triple]:
        if self._extractor == RULES:
            return rule_triples(item)
        if self._extractor == GIVEN:
            return []
        return model_triples(self.runtime.asker(self._name, item.scope.tenant), item)

    def _new_phrases(
        self, tenant: str, items: Sequence[Item], facts: Sequence[Item], given: Set[str]
    ) -> list[Item]:
        """An entity for every phrase of these items and facts that has no vector yet."""
        by_id = {item.id: item for item in items}
        graph = self.graphs.of(self.runtime.view(tenant))
        holders: dict[str, dict[str, Item]] = {}
        for item in items:
            named = () if item.id in given else entities(item.text)
            for name in (*named, title_entity(item.metadata) or ""):
                holders.setdefault(phrase_of(name), {})[item.id] = item
        for fact in facts:
            about = Fact.of(fact)
            for part in (about.subject, about.object):
                sources = {id_: by_id[id_] for id_ in fact.sources if id_ in by_id}
                holders.setdefault(phrase_of(part), {}).update(sources)
        return [
            phrase_item(phrase, list(sources.values()), actor=self._name)
            for phrase, sources in holders.items()
            if phrase and sources and not graph.has_entity(phrase)
        ]


class HippoRAG:
    """Names in the question seed a walk over the phrases of all memories.

    **Paper** Gutiérrez, Shu, Gu, Yasunaga and Su, 2024, HippoRAG: Neurobiologically Inspired
    Long-Term Memory for Large Language Models.
    **Kept** 1. Phrase nodes with edges from triples. 2. Edges from likeness ≥ .8. 3. Each name
    linked to its nearest phrase. 4. Reset 1 / df. 5. PPR with d = .5; a passage's mass is that of
    its phrases.
    **Left** IRCoT. Names are found by rule; triples by rule unless given, or `extractor` is "llm".
    Likeness is added to facts, not put in their place, and a name that is like nothing (cosine
    under `floor`) is linked to nothing.
    **Law** Adding and deleting equals never adding; without links the order is that of the cosine.
    """

    def __init__(
        self, runtime: Runtime, *, extractor: str = RULES, damping: float = 0.5,
        floor: float = 0.5, fused: bool = False,
    ) -> None:  # fmt: skip
        self._index = _Indexed(runtime, "hipporag", extractor)
        self.deriver = self._index.deriver
        self._damping, self._floor, self._fused = damping, floor, fused

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The passages whose phrases the walk reaches most; `fused` with the cosine by rank."""
        runtime = self._index.runtime
        context = runtime.query_context(query)
        graph = self._index.graphs.of(context.view)
        snapshot = graph.snapshot(context.view, _raw(context))
        links = _linked_names(context, graph, snapshot, self._floor)
        reset = np.zeros(len(snapshot.spread))
        for code in links:
            reset[code] += 1 / snapshot.spread[code]
        walked = snapshot.phrase_walk.pagerank(reset, damping=self._damping)
        mass = np.asarray(
            np.bincount(snapshot.holder, walked[snapshot.held], len(snapshot.passages)), np.float64
        )
        names = {graph.phrases.names[code]: cosine for code, cosine in links.items()}
        return _answer(runtime, context, snapshot, mass, {"names": names}, fused=self._fused)


class HippoRAG2:
    """Facts near to the question, and all passages a little, seed a walk over both.

    **Paper** Gutiérrez, Shu, Qi, Zhou and Su, 2025, From RAG to Memory: Non-Parametric Continual
    Learning for Large Language Models.
    **Kept** 1. Passage nodes beside the phrases. 2. The query linked to its 5 nearest triples.
    3. Recognition: of these the ones that help; without any, the cosine alone answers. 4. A phrase
    is seeded by the mean of its facts' scores over df, the 5 best are. 5. Passages are seeded by
    .05 of their scaled cosine. 6. PPR with d = .5.
    **Left** The tuned prompt of recognition: a cosine from `floor` recognises, or a model when
    `recognise` is "llm".
    **Law** One write at a time builds the graph that one batch builds; mass sums to 1.
    """

    def __init__(
        self, runtime: Runtime, *, extractor: str = RULES, damping: float = 0.5,
        facts: int = 5, floor: float = 0.5, passage_weight: float = 0.05,
        recognise: str = RULES, fused: bool = False,
    ) -> None:  # fmt: skip
        check_extractor(runtime, recognise)
        self._index = _Indexed(runtime, "hipporag2", extractor)
        self.deriver = self._index.deriver
        self._damping, self._facts, self._floor = damping, facts, floor
        self._weight, self._recognise, self._fused = passage_weight, recognise, fused

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The passages that the walk reaches most; `fused` with the cosine by rank."""
        runtime = self._index.runtime
        context = runtime.query_context(query)
        graph = self._index.graphs.of(context.view)
        snapshot = graph.snapshot(context.view, _raw(context))
        linked = self._linked_facts(context, snapshot)
        size = len(snapshot.spread)
        reset = np.zeros(size + len(snapshot.passages))
        if linked:
            reset[:size] = _phrase_reset(snapshot, linked, self._facts)
            reset[size:] = self._weight * _scaled(context.scores.dense[snapshot.passages])
        mass = snapshot.full_walk.pagerank(reset, damping=self._damping)[size:]
        texts = dict(zip(_fact_texts(context, snapshot, linked), linked.values(), strict=True))
        return _answer(runtime, context, snapshot, mass, {"facts": texts}, fused=self._fused)

    def _linked_facts(self, context: QueryContext, snapshot: GraphSnapshot) -> dict[int, float]:
        """The recognised facts, each with its scaled cosine, best first."""
        if not len(snapshot.fact):
            return {}
        cosines = context.scores.dense[snapshot.fact]
        scaled = _scaled(cosines)
        best = [int(i) for i in top(cosines, self._facts)]
        if self._recognise == RULES:
            best = [i for i in best if cosines[i] >= self._floor]
        else:
            best = self._asked(context, snapshot, best)
        return {i: float(scaled[i]) for i in best}

    def _asked(
        self, context: QueryContext, snapshot: GraphSnapshot, best: Sequence[int]
    ) -> list[int]:
        """Those of the facts that a model says help to answer."""
        asker = self._index.runtime.asker("hipporag2", context.query.scope.tenant)
        facts = _fact_texts(context, snapshot, best)
        data = {
            "question": context.query.text,
            "facts": [{"n": n, "text": text} for n, text in enumerate(facts, 1)],
        }
        useful = set(asker.ask("combray.recall", "recognise", data, max_tokens=200)["useful"])
        return [i for n, i in enumerate(best, 1) if n in useful]


def _raw(context: QueryContext) -> NDArray[np.bool_]:
    """The raw rows that the walk may use: what may be answered, when that is raw."""
    inside: NDArray[np.bool_] = context.allowed & context.view.rows.raw.values
    return inside


def _linked_names(
    context: QueryContext, graph: PhraseGraph, snapshot: GraphSnapshot, floor: float
) -> dict[int, float]:
    """The phrases that the names of the question are linked to, with cosines.

    A question without names, such as one in small letters, is linked to the phrases it spells.
    """
    links: dict[int, float] = {}
    unknown: list[str] = []
    for name in dict.fromkeys(map(phrase_of, entities(context.query.text))):
        code = graph.phrases.find(name)
        if code >= 0 and snapshot.spread[code]:
            links[code] = 1.0
        elif name:
            unknown.append(name)
    words = [] if links or unknown else phrase_of(context.query.text).split()
    for size in range(min(LONGEST, len(words)), 1, -1):
        for start in range(len(words) - size + 1):
            code = graph.phrases.find(" ".join(words[start : start + size]))
            if code >= 0 and snapshot.spread[code]:
                links[code] = 1.0
    if unknown and len(snapshot.voiced):
        for vector in context.embed(unknown):
            cosines = scores.dense(context.view, vector)[snapshot.voices]
            best = int(np.argmax(cosines))
            if cosines[best] >= floor:
                links.setdefault(int(snapshot.voiced[best]), float(cosines[best]))
    return links


def _phrase_reset(snapshot: GraphSnapshot, linked: Mapping[int, float], most: int) -> Weights:
    """The weight of each phrase of the linked facts, of the best few; (P,)."""
    total, count = np.zeros(len(snapshot.spread)), np.zeros(len(snapshot.spread))
    for i, score in linked.items():
        for code in set(snapshot.ends[i].tolist()):
            total[code] += score / max(int(snapshot.spread[code]), 1)
            count[code] += 1
    reset = total / np.maximum(count, 1)
    keep = top(reset.astype(np.float32), most, positive=True)
    kept = np.zeros(len(reset))
    kept[keep] = reset[keep]
    return kept


def _scaled(values: RowScores) -> Weights:
    """Min-max to 0…1; all ones when they are equal."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    if high <= low:
        return np.ones(len(values))
    return (values.astype(np.float64) - low) / (high - low)


def _fact_texts(context: QueryContext, snapshot: GraphSnapshot, facts: Iterable[int]) -> list[str]:
    ids = [context.view.ids[int(snapshot.fact[i])] for i in facts]
    found = context.store.get(context.query.scope.tenant, ids)
    return [found[id_].text if id_ in found else "" for id_ in ids]


def _answer(
    runtime: Runtime,
    context: QueryContext,
    snapshot: GraphSnapshot,
    mass: Weights,
    linked: Mapping[str, Any],
    *,
    fused: bool,
) -> list[Hit]:
    """Hits by the mass of the passages; equal mass, and none at all, goes by the cosine."""
    score = np.zeros(len(context.view), np.float32)
    score[snapshot.passages] = mass / max(float(mass.max(initial=0)), 1e-12)
    rankings = {
        "graph": top(score + 1e-6 * context.scores.dense, DEPTH, context.allowed & (score > 0)),
        "dense": top(context.scores.dense, DEPTH, context.allowed),
    }
    if fused and len(rankings["graph"]):
        score = rrf(list(rankings.values()), k=1, size=len(score))
    order = top(score + 1e-6 * context.scores.dense, context.query.limit, context.allowed)
    places = {name: {int(r): n for n, r in enumerate(rows, 1)} for name, rows in rankings.items()}

    def explain(row: int) -> Mapping[str, Any]:
        ranks = {name: place[row] for name, place in places.items() if row in place}
        return {"channels": ranks, **linked}

    return runtime.hits(context, order.tolist(), score[order].tolist(), explain)
