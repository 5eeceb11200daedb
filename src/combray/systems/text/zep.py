"""Zep: a graph of facts between the things that messages name, each with when it held.

An edge is a fact: a sentence, what it names, when it held in the world and when that was known.
Entities are the names on edges, spellings of one joined (`recall.entities.resolution`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from combray.core.arrays import Mask, Rows
from combray.core.dates.zones import day_of
from combray.core.entities import entities, normal_name
from combray.core.errors import InputError, UnknownName
from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.index.groups import OPEN_END, OPEN_START
from combray.index.view import View
from combray.recall.entities.resolution import EntityIndex, NamesOfViews
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import mmr, rrf, top
from combray.recall.runtime.derived_rows import answerable, keywords, shown
from combray.recall.runtime.neighbours import nearest
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.derive.communities import Communities
from combray.write.derive.deriver import Deriver
from combray.write.derive.entity_resolution import recognise
from combray.write.derive.update import spoken
from combray.write.extract.base import NONE, SUPERSEDE, Decision, Extractor, Statement
from combray.write.extract.factory import RULES

ACTOR, EDGE = "zep/1", "edge"
RECIPES = ("rrf", "mmr", "node_distance", "episode_mentions", "cross_encoder")
FAR = 3
"""Hops within which distance is told apart."""
Cross = Callable[[str, Sequence[str]], Sequence[float]]


class Zep:
    """Episodes, facts as edges with four times, communities, and recipes to search them.

    **Paper** Rasmussen et al., 2025, Zep: A Temporal Knowledge Graph Architecture for Agent Memory;
    steps as in Graphiti.
    **Kept** 1. Edges with valid and known times, and one edge for what is said again, which cites
    every episode. 2. Of two that contradict each other the earlier ends where the later begins,
    whichever arrived first. 3. Names by exact spelling, entropy gate, MinHash and Jaccard ≥ 0.9.
    4. Then a model's word on names that spelling leaves apart. 5. Candidates from cosine, BM25 and
    a walk (`depth` hops, 0 by default), 4 · limit of each. 6. Ranked by RRF Σ 1 / (k + rank),
    greedy MMR λ q·d - (1 - λ) max d·d', distance, mentions, or a cross-encoder. 7. Communities by
    label propagation, each with a summary.
    **Left** Typed entities, entity nodes and their summaries, earlier episodes in the prompt; names
    that are new in one batch are asked about beside those known before it, not beside each other.
    By rule an edge is a sentence as it was said, and contradicts only in a functional relation;
    names that spelling leaves apart stay apart; a turn that states nothing stands for itself.
    **Law** At most one value of a functional relation holds at any instant; the timeline does not
    depend on the order of arrival; nothing is destroyed; label propagation ends.
    """

    def __init__(
        self,
        runtime: Runtime,
        extractor: str = RULES,
        *,
        recipe: str = "rrf",
        k: float = 1.0,
        balance: float = 0.8,
        depth: int = 0,
        cross: Cross | None = None,
    ) -> None:
        if recipe not in RECIPES:
            raise UnknownName("recipe", recipe, RECIPES)
        if recipe == "cross_encoder" and cross is None:
            raise InputError("The recipe cross_encoder needs cross=…, (question, texts) → scores.")
        self._runtime, self._extractor = runtime, extractor
        self._recipe, self._k, self._balance = recipe, k, balance
        self._depth, self._cross = depth, cross
        self._names = NamesOfViews(runtime.store, (EDGE,), ACTOR)
        self._communities = Communities(runtime, extractor, ACTOR, EDGE, self._names)
        self.deriver = Deriver(
            runtime,
            ACTOR,
            self.derive,
            extractor=extractor,
            why="read edges",
            more={self._communities.job: self._communities.make},
        )

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """The edges of new episodes, and what they end."""
        said = extractor.extract(items)
        twins = self._runtime.store.same_text(draft.tenant, [each.text for each in said])
        for each in said:
            old = [*twins[each.text], *draft.puts.values()]
            self._edge(
                draft, extractor, each, [item for item in old if item.id not in draft.patches]
            )
        if self._extractor != RULES:
            recognise(
                self._runtime, draft, extractor, self._names.of(self._runtime.view(draft.tenant))
            )
        self._communities.follow(draft)

    def _edge(
        self, draft: Draft, extractor: Extractor, said: Statement, old: Sequence[Item]
    ) -> None:
        """One more edge, or one more episode of an edge that says the same in the same words.

        Values of a functional relation are all kept, since its timeline needs every claim.
        """
        if not said.about.get("functional"):
            for item in old:
                same = item.created_by == ACTOR and item.name == said.speaker
                if same and item.text == said.text and item.valid_to_us == said.end:
                    starts = (item.valid_from_us, said.start)
                    first = min(item.first_at_us if s is None else s for s in starts)
                    sources = sorted(
                        said.sources, key=lambda source: (source.first_at_us, source.id)
                    )
                    draft.merge([item], item.text, sources, valid_from=first)
                    return
        if self._extractor == RULES:
            draft.state(EDGE, said)
            return
        decision = self._decide(draft, extractor, said)
        if decision.op == NONE and decision.target is not None:
            draft.merge([decision.target], decision.target.text, said.sources)
        else:
            op = decision.op if decision.op == SUPERSEDE else "ADD"
            draft.take(EDGE, said, replace(decision, op=op, text=said.text))

    def _decide(self, draft: Draft, extractor: Extractor, said: Statement) -> Decision:
        """What a model makes of an edge beside the nearest stored ones."""
        vectors = self._runtime.embedder.embed([spoken(said)])
        near = nearest(self._runtime, draft.tenant, vectors, kinds=(EDGE,), created_by=ACTOR, k=10)[
            0
        ]
        return extractor.decide(said, [each for each in near if each.item.id not in draft.patches])

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The edges that the recipe ranks highest."""
        context = self._runtime.query_context(query)
        allowed = answerable(context, (EDGE,), ACTOR)
        # Twice as deep as Graphiti: a turn stands beside the edges that were read from it.
        wide = 4 * query.limit
        found = {
            "cosine": top(context.scores.dense, wide, allowed),
            "bm25": top(keywords(context, allowed), wide, allowed, positive=True),
        }
        names = self._names.of(context.view)
        if self._depth:
            seeds = np.concatenate([rows[: query.limit] for rows in found.values()])
            far = names.distances(seeds.tolist(), self._depth)
            found["graph"] = _nearest_first(far, allowed, wide)
        fused = rrf(list(found.values()), k=self._k, size=len(context.view))
        rows, scores = self._ranked(context, names, top(fused, 3 * wide, positive=True), fused)
        score_of = dict(zip(rows, scores, strict=True))
        rows = shown(context, rows, query.limit)

        place = {name: {row: i for i, row in enumerate(r.tolist(), 1)} for name, r in found.items()}

        def explain(row: int) -> Mapping[str, Any]:
            ranks = {name: at[row] for name, at in place.items() if row in at}
            return {
                "channels": ranks,
                "names": names.of(row),
                "interval": interval(context.view, row, context.query.zone),
            }

        return self._runtime.hits(context, rows, [score_of[row] for row in rows], explain)

    def _ranked(
        self,
        context: QueryContext,
        names: EntityIndex,
        rows: Rows,
        fused: np.ndarray[Any, np.dtype[np.float32]],
    ) -> tuple[list[int], list[float]]:
        """The candidates in the order of the recipe, with the number it orders by."""
        listed = rows.tolist()
        if self._recipe == "mmr" and context.view.embeddings.vectors is not None and listed:
            # A turn beside the edge that was read from it would be the least diverse of all.
            listed = shown(context, listed, len(listed))
            rows = np.array(listed, np.int64)
            vectors = context.view.embeddings.vectors.values[rows]
            order = mmr(context.scores.dense[rows], vectors, len(rows), balance=self._balance)
            return [listed[i] for i in order], [
                float(context.scores.dense[listed[i]]) for i in order
            ]
        if self._recipe == "node_distance":
            start = [names.classes.of(normal_name(n)) for n in entities(context.query.text)]
            far = names.distances([r for name in start for r in names.holders(name)], FAR)
            score = {row: 1.0 / (1 + far.get(row, 2 * FAR)) for row in listed}
        elif self._recipe == "episode_mentions":
            spread = np.bincount(context.view.graph.citing.values, minlength=len(context.view))
            score = {row: float(spread[row]) for row in listed}
        elif self._cross is not None and self._recipe == "cross_encoder":
            items = self._runtime.store.get(
                context.query.scope.tenant, [context.view.ids[r] for r in listed]
            )
            texts = [items[context.view.ids[row]].text for row in listed]
            score = dict(
                zip(listed, map(float, self._cross(context.query.text, texts)), strict=True)
            )
        else:
            score = {row: float(fused[row]) for row in listed}
        order = sorted(listed, key=lambda row: -score[row])
        return order, [score[row] for row in order]


def interval(view: View, row: int, zone: str) -> str:
    """When an edge held, in days of a zone: `2024-03-02 – present`."""
    start, end = int(view.times.valid_from.values[row]), int(view.times.valid_to.values[row])
    first = "…" if start == OPEN_START else day_of(start, zone)
    return f"{first} – {'present' if end == OPEN_END else day_of(end, zone)}"


def _nearest_first(far: Mapping[int, int], allowed: Mask, most: int) -> Rows:
    """What a walk reached beyond its start, by hops, then the newest."""
    rows = [row for row, steps in far.items() if steps and allowed[row]]
    return np.array(sorted(rows, key=lambda row: (far[row], -row))[:most], np.int64)
