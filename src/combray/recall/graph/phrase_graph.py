"""The phrase graph of one tenant: phrases, the facts and likeness between them, who holds them.

    P phrases, n rows of the view, passages are raw rows

The graph follows its view and only grows: what is live is decided when the matrix is asked for, so
a memory that was added and deleted leaves no trace in any answer, and one write at a time builds
what all at once would. A passage holds the phrases of its facts and the names in it; where the user
gave its facts, of the names only its title. Between two phrases: 1 for each passage that states a
fact of both, plus the cosine where they are alike. Between a passage and a phrase of it: 1.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Mask, Numbers
from combray.core.items import Item
from combray.index.columns import Codes, Column
from combray.index.knn_graph import similar_pairs, strongest
from combray.index.tenant_cache import LRUCache
from combray.index.view import View
from combray.recall.graph.pagerank import Walk, walk_on
from combray.store.store import Store

ALIKE, MOST_ALIKE, SHORTEST = 0.8, 100, 3
"""The cosine from which phrases are joined, to how many each, and the letters of the shortest."""
PhraseOf = Callable[[str], str]


@dataclass(frozen=True)
class GraphSnapshot:
    """What is live of the graph: nodes are P phrases, then the passages in the order of rows.

    `passages` (R,) rows; a mention is (`holder` place of the passage, `held` phrase); a fact is a
    `fact` row with its two phrases `ends` (f 2); `spread` (P,) is how many passages hold a phrase;
    `voiced` phrases (v,) have their vectors in the rows `voices` (v,).
    """

    passages: Numbers
    holder: Numbers
    held: Numbers
    fact: Numbers
    ends: NDArray[np.intp]
    spread: NDArray[np.intp]
    voiced: Numbers
    voices: Numbers
    phrase_walk: Walk
    full_walk: Walk


class PhraseGraph:
    """Phrases and their edges, following one view and its forks."""

    def __init__(self, store: Store, phrase_of: PhraseOf, view: View) -> None:
        self._store, self._phrase_of = store, phrase_of
        self._lock = threading.Lock()
        self._ids, self._generation = view.ids, view.embeddings.generation
        self._rows = 0
        self.phrases = Codes()
        self._of_name: list[int] = []
        self._naming, self._named = Column(np.intp), Column(np.intp)
        self._about, self._given = Column(np.bool_), Column(np.bool_)
        self._stating, self._source = Column(np.intp), Column(np.intp)
        self._ends, self._relation = Column(np.intp, width=2), Column(np.intp)
        self._relations = Codes()
        self._waiting: dict[int, int] = {}
        self._entities: set[int] = set()
        self.vector_row: dict[int, int] = {}
        self._alike: list[int] = []
        self._a, self._b = Column(np.intp), Column(np.intp)
        self._cosine = Column(np.float64)
        self._snapshot: tuple[tuple[int, int], GraphSnapshot] | None = None

    def fits(self, view: View) -> bool:
        """Whether the rows and vectors of a view are those that are followed here."""
        return view.ids is self._ids and view.embeddings.generation == self._generation

    def follow(self, view: View) -> None:
        """Take in the rows that the view has gained."""
        with self._lock:
            if self._rows < len(view):
                self._add_rows(view, range(self._rows, len(view)))
                self._rows = len(view)

    def has_entity(self, phrase: str) -> bool:
        """Whether a phrase is stored as an entity, so that it has a vector or will have one."""
        return self.phrases.find(phrase) in self._entities

    def snapshot(self, view: View, inside: Mask) -> GraphSnapshot:
        """The live graph over some of the raw rows, (n,); that of all live ones is kept."""
        with self._lock:
            if view.embeddings.vectors is not None and self._waiting:
                self._link_similar(view.embeddings.vectors.values)
            # Vectors may come after the rows that they are of.
            state = view.head, len(self.vector_row)
            whole = bool((inside == (view.rows.alive.values & view.rows.raw.values)).all())
            if whole and self._snapshot is not None and self._snapshot[0] == state:
                return self._snapshot[1]
            snapshot = self._build(inside, view.rows.alive.values)
            if whole:
                self._snapshot = (state, snapshot)
            return snapshot

    # ── taking in ────────────────────────────────────────────────────────────────────────────

    def _add_rows(self, view: View, rows: range) -> None:
        fact, entity = view.rows.kind.find("fact"), view.rows.kind.find("entity")
        kinds = view.rows.kind.values
        derived = [row for row in rows if kinds[row] in (fact, entity)]
        items = self._store.get(view.tenant, [view.ids[row] for row in derived])
        for row in rows:
            if view.rows.raw.values[row]:
                codes = [self._code_of_name(view, name) for name in view.names.named[row]]
                held = [code for code in dict.fromkeys(codes) if code >= 0]
                title = self._code_of_name(view, int(view.names.title.values[row]))
                self._naming.extend([row] * len(held))
                self._named.extend(held)
                self._about.extend([code == title for code in held])
            elif (item := items.get(view.ids[row])) is not None:
                if kinds[row] == fact:
                    self._add_fact(view, row, item)
                else:
                    self._waiting[row] = self._code(item.text)
                    self._entities.add(self._waiting[row])

    def _add_fact(self, view: View, row: int, item: Item) -> None:
        subject, value = (str(item.metadata.get(part) or "") for part in ("subject", "object"))
        ends = [self._code(subject), self._code(value)]
        sources = [view.row_of[id_] for id_ in item.sources if id_ in view.row_of]
        sources = [source for source in sources if view.rows.raw.values[source]]
        if min(ends) >= 0:
            relation = self._relations.of(str(item.metadata.get("relation")))
            self._stating.extend([row] * len(sources))
            self._source.extend(sources)
            self._ends.extend(np.tile(ends, (len(sources), 1)))
            self._relation.extend([relation] * len(sources))
            self._given.extend([item.created_by == "user"] * len(sources))

    def _code(self, name: str) -> int:
        return self.phrases.of(self._phrase_of(name) or None)

    def _code_of_name(self, view: View, name: int) -> int:
        if name < 0:
            return -1
        for each in view.names.codes.names[len(self._of_name) : name + 1]:
            self._of_name.append(self._code(each))
        return self._of_name[name]

    def _link_similar(self, vectors: FloatArray) -> None:
        """Link similar phrases among those that have a vector now; vectors (n d)."""
        since = len(self._alike)
        for row, code in list(self._waiting.items()):
            if row < len(vectors) and vectors[row].any():
                del self._waiting[row]
                if code not in self.vector_row and len(self.phrases.names[code]) >= SHORTEST:
                    self._alike.append(code)
                self.vector_row.setdefault(code, row)
        if len(self._alike) > since:
            mine = vectors[[self.vector_row[code] for code in self._alike]]
            a, b, cosine = similar_pairs(mine, floor=ALIKE, since=since)
            codes = np.array(self._alike, np.intp)
            self._a.extend(codes[a])
            self._b.extend(codes[b])
            self._cosine.extend(cosine)

    # ── giving out ───────────────────────────────────────────────────────────────────────────

    def _build(self, inside: Mask, alive: Mask) -> GraphSnapshot:
        size = len(self.phrases.names)
        passages = np.flatnonzero(inside)
        place = np.full(len(inside), -1, np.intp)
        place[passages] = np.arange(len(passages))
        # A view that is held is read as it was: rows that came later are not in it.
        stating, source = self._stating.values, self._source.values
        known = np.flatnonzero((stating < len(alive)) & (source < len(alive)))
        known = known[(place[source[known]] >= 0) & alive[stating[known]]]
        fact, source, ends = stating[known], place[source[known]], self._ends.values[known]
        once = _first(source, self._relation.values[known], ends[:, 0], ends[:, 1])
        given = np.zeros(len(passages), np.bool_)
        given[source[self._given.values[known]]] = True
        then = np.flatnonzero(self._naming.values < len(alive))
        then = then[place[self._naming.values[then]] >= 0]
        naming, named = place[self._naming.values[then]], self._named.values[then]
        own = ~given[naming] | self._about.values[then]
        holder = np.concatenate([source, source, naming[own]])
        held = np.concatenate([ends[:, 0], ends[:, 1], named[own]])
        one = _first(holder, held)
        holder, held = holder[one], held[one]
        spread = np.bincount(held, minlength=size)
        voiced, voices = self._voices(spread, len(alive))
        a, b, weight = self._between(ends[once], spread)
        return GraphSnapshot(
            passages=passages,
            holder=holder,
            held=held,
            fact=fact,
            ends=ends,
            spread=spread,
            voiced=voiced,
            voices=voices,
            phrase_walk=walk_on(size, a, b, weight),
            full_walk=walk_on(
                size + len(passages),
                np.concatenate([a, holder + size]),
                np.concatenate([b, held]),
                np.concatenate([weight, np.ones(len(held))]),
            ),
        )

    def _voices(self, spread: NDArray[np.intp], size: int) -> tuple[Numbers, Numbers]:
        """The phrases that some passage holds and that have a vector, and the rows of those."""
        codes = np.fromiter(self.vector_row, np.intp, len(self.vector_row))
        rows = np.fromiter(self.vector_row.values(), np.intp, len(codes))
        there = (rows < size) & (spread[codes] > 0)
        return codes[there], rows[there]

    def _between(
        self, ends: NDArray[np.intp], spread: NDArray[np.intp]
    ) -> tuple[Numbers, Numbers, NDArray[np.float64]]:
        """Edges between phrases: facts, then the likeness of phrases that some passage holds."""
        ends = ends[ends[:, 0] != ends[:, 1]]
        a, b, cosine = self._a.values, self._b.values, self._cosine.values
        live = (spread[a] > 0) & (spread[b] > 0)
        a, b, cosine = a[live], b[live], cosine[live]
        best = strongest(a, b, cosine, MOST_ALIKE)
        return (
            np.concatenate([ends[:, 0], a[best]]),
            np.concatenate([ends[:, 1], b[best]]),
            np.concatenate([np.ones(len(ends)), cosine[best]]),
        )


class Graphs:
    """The phrase graph of each tenant used lately."""

    def __init__(self, store: Store, phrase_of: PhraseOf) -> None:
        self._store, self._phrase_of = store, phrase_of
        self._cache: LRUCache[PhraseGraph] = LRUCache()

    def of(self, view: View) -> PhraseGraph:
        """The graph of a tenant, with at least what a view of it holds."""
        with self._cache.lock:
            graph = self._cache.get(view.tenant)
            if graph is None or not graph.fits(view):
                graph = PhraseGraph(self._store, self._phrase_of, view)
                self._cache.put(view.tenant, graph)
        graph.follow(view)
        return graph


def _first(*keys: Numbers) -> Numbers:
    """The first place of each distinct combination of keys, each (e,)."""
    order = np.lexsort(keys)
    new = np.zeros(len(order), np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= np.diff(key[order]) != 0
    first: Numbers = np.sort(order[new])
    return first
