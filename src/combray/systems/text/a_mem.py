"""A-MEM: each memory is a note that links to its neighbours and lets them evolve.

note m = (content c, keywords K, tags G, context X, embedding e, links L)

e = E(canonical text of c, K, G, X), at all times
L = those of the 5 nearest notes that belong together, both ways
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.core.text import embed_text, terms
from combray.recall.query.query_context import QueryContext
from combray.recall.runtime.derived_rows import answerable, best_shown, shown
from combray.recall.runtime.neighbours import Neighbour, nearest
from combray.recall.runtime.runtime import Runtime
from combray.store.tables.fact_keys import links_from, links_to
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.extract.base import Extractor, Gist
from combray.write.extract.factory import RULES

ACTOR, KIND, LINK = "a_mem/1", "note", "similar"
TAGS = 8
"""A note evolves to at most so many tags."""


class AMem:
    """Notes with keywords, tags and context; links, evolution, and a read of one hop.

    **Paper** Xu et al., 2025, A-MEM: Agentic Memory for LLM Agents.
    **Kept** 1. A note for each turn, embedded with all its fields. 2. Links to those of its 5
    nearest that belong with it. 3. Evolution of these neighbours. 4. At a question the nearest
    notes and what is linked to them, within one limit.
    **Left** The authors' positions in place of ids, which rewrite the oldest notes, and links that
    are cut before they are read. Context is not rewritten, and a note takes only tags that stand
    in its own words: so what one memory says never stays in another when it is erased. What
    arrives at once is compared as it was first written. By rule nothing is re-interpreted;
    evolution stresses the words that linked notes share.
    **Law** Links are symmetric and alive; evolving touches true neighbours only and is undone by
    `undo`; the embedding is that of the canonical text.
    """

    def __init__(
        self, runtime: Runtime, extractor: str = RULES, k: int = 5, hop: float = 0.2
    ) -> None:
        self._runtime = runtime
        self._k, self._hop = k, hop
        self.deriver = Deriver(
            runtime, ACTOR, self.derive, extractor=extractor, why="note, link, evolve"
        )

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """A note for each item, its links, and what its neighbours become."""
        notes = [_note(draft, item, extractor.gist(item)) for item in items]
        vectors = self._runtime.embedder.embed([embed_text(n.text, {}, n.name) for n in notes])
        stored = nearest(
            self._runtime, draft.tenant, vectors, kinds=(KIND,), created_by=ACTOR, k=self._k
        )  # fmt: skip
        now = {each.item.id: each.item for near in stored for each in near}
        now |= {note.id: note for note in notes}
        for i, (note, old) in enumerate(zip(notes, stored, strict=True)):
            beside = [replace(each, item=now[each.item.id]) for each in old]
            beside += _earlier([now[n.id] for n in notes[:i]], vectors[: i + 1])
            near = sorted(beside, key=lambda each: -each.cosine)[: self._k]
            cosines = {each.item.id: each.cosine for each in near}
            for other in extractor.related(str(note.metadata["content"]), near):
                draft.link(note, other, LINK, cosines[other.id])
                now[other.id] = _evolve(draft, extractor, other, note)

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The nearest notes, and in the last places those that are linked to the best of them."""
        context = self._runtime.query_context(query)
        rows = answerable(context, (KIND,), ACTOR)
        best = best_shown(context, context.scores.dense, rows, query.limit).tolist()
        linked = self._linked(context, best, rows)[: int(self._hop * query.limit)]
        first = best_shown(context, context.scores.dense, rows, query.limit - len(linked)).tolist()
        found = shown(context, [*first, *(reached.row for reached in linked)], query.limit)
        scores = {row: float(context.scores.dense[row]) for row in first}
        scores |= {reached.row: reached.score for reached in linked}
        through = {reached.row: reached.through for reached in linked}
        return self._runtime.hits(
            context,
            found,
            [scores[row] for row in found],
            lambda row: {"linked": through[row]} if row in through else {},
        )

    def _linked(
        self, context: QueryContext, best: Sequence[int], rows: np.ndarray
    ) -> list[_Reached]:
        """Notes one link from the best, not among them; the strongest link of the best first."""
        view, read = context.view, self._runtime.store.engine.read
        ids = [view.ids[row] for row in best if not view.rows.raw.values[row]]
        links = [*links_from(read, view.tenant, LINK, ids), *links_to(read, view.tenant, LINK, ids)]
        place = {id_: i for i, id_ in enumerate(ids)}
        reached: dict[int, _Reached] = {}
        for link in links:
            for here, there in ((link.src, link.dst), (link.dst, link.src)):
                row = view.row_of.get(there)
                if here not in place or there in place or row is None or not rows[row]:
                    continue
                score = float(context.scores.dense[view.row_of[here]]) * link.weight
                if row not in reached or score > reached[row].score:
                    reached[row] = _Reached(row, score, here)
        return sorted(reached.values(), key=lambda each: (-each.score, each.row))


@dataclass(frozen=True, slots=True)
class _Reached:
    """A row that a link leads to, its score, and the id of the note that it is linked to."""

    row: int
    score: float
    through: str


def canonical(about: Mapping[str, Any]) -> str:
    """The one text of a note, from all of its fields."""
    parts = [str(about["content"])]
    if about["context"] and about["context"] not in parts[0]:
        parts.append(str(about["context"]))
    words = dict.fromkeys([*about["keywords"], *about["tags"]])
    return f"{' '.join(parts)} [{', '.join(words)}]" if words else parts[0]


def _note(draft: Draft, item: Item, gist: Gist) -> Item:
    about = {
        "content": item.text,
        "keywords": list(gist.keywords),
        "tags": list(gist.tags),
        "context": gist.context,
    }
    return draft.put(KIND, canonical(about), [item], metadata=about, name=item.name)


def _earlier(notes: Sequence[Item], vectors: FloatArray) -> list[Neighbour]:
    """The notes of this batch before the last of the vectors, as neighbours of it."""
    cosines = vectors[:-1] @ vectors[-1]
    return [Neighbour(note, float(c)) for note, c in zip(notes, cosines, strict=True)]


def _evolve(draft: Draft, extractor: Extractor, old: Item, new: Item) -> Item:
    """The neighbour with the tags that both notes together suggest, of its own words."""
    content = str(old.metadata["content"])
    both = replace(old, text=f"{content}\n{new.metadata['content']}")
    own, known = set(terms(content)), [str(tag) for tag in old.metadata["tags"]]
    gist = extractor.gist(both)
    more = [tag for tag in (*gist.tags, *gist.keywords) if set(terms(tag)) <= own]
    tags = list(dict.fromkeys([*known, *more]))[:TAGS]
    if tags == known:
        return old
    about = {**old.metadata, "tags": tags}
    evolved = replace(old, text=canonical(about), metadata=about)
    fields = {"text": evolved.text, "metadata": about}
    draft.patch(old, "evolve", fields, f"linked to {new.id}")
    return evolved
