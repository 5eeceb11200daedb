"""One tenant in memory: columns, vectors and postings that follow the change log.

    n rows (one for each item), d width of a vector

A view is per process and holds one tenant only, so no score, count or neighbour can cross the wall.
Another process's change is seen by the next `refresh`. What a view holds equals what a fresh load
would hold: rows whose text changed are marked dead and appended again. While somebody reads a frame
of it, a view is not changed: a fork of it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.items import Item, Status
from combray.index.conversations import Conversations
from combray.index.gc_pause import gc_paused
from combray.index.groups import (
    Embeddings,
    GraphColumns,
    NameColumns,
    RowColumns,
    TimeColumns,
    WhoColumns,
    WordColumns,
)
from combray.store.store import Store
from combray.store.tables import vectors as vector_store
from combray.store.tables.queries import changed_after, head_of, items_by_id, items_of
from combray.store.tables.vectors import Generation

T = TypeVar("T")
PART = 1024
"""Vectors read at a time."""
MANY = 1000
"""A view of more rows than this is loaded afresh when most of them were replaced or erased."""


class View:
    """The rows of one tenant, ready to be scored."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store = store
        self.tenant = tenant
        self.head = 0
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self.rows, self.times, self.who = RowColumns(), TimeColumns(), WhoColumns()
        self.words, self.names = WordColumns(), NameColumns()
        self.graph, self.conversations = GraphColumns(), Conversations()
        self.embeddings = Embeddings()
        self._light: dict[int, Item] = {}
        self._computed: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.rows.seq)

    def refresh(self, *, shared: bool = False) -> View:
        """The view with everything committed until now.

        Returns itself, a fork when it is shared, or a view loaded afresh when most of its rows were
        replaced or erased.
        """
        head, generation = self._store.head(self.tenant), vector_store.active(self._store.engine)
        embeddings = self.embeddings
        stale = generation is not None and (
            generation.seq != embeddings.generation or embeddings.missing
        )
        if head == self.head and not stale:
            return self
        view = self.fork() if shared else self
        return view._advance(head, generation)

    def fork(self) -> View:
        """The same rows, to go on from; the original stays as it is."""
        other = copy(self)
        other.rows, other.times, other.who = self.rows.fork(), self.times.fork(), self.who.fork()
        other.words, other.names = self.words.fork(), self.names.fork()
        other.graph, other.conversations = self.graph.fork(), self.conversations.fork()
        other.embeddings = self.embeddings.fork()
        other.row_of, other._light = dict(self.row_of), dict(self._light)
        return other

    def frame(self) -> View:
        """The view as it is now, for one reader."""
        return copy(self)

    def compute_once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made of this state of the view before, or is made now."""
        if key not in self._computed:
            self._computed[key] = make()
        found: T = self._computed[key]
        return found

    def light(self) -> list[Item]:
        """Every row's item without its text, for filters; loaded at the first use."""
        if len(self._light) < len(self):
            missing = [self.ids[row] for row in range(len(self)) if row not in self._light]
            found = self._store.get(self.tenant, missing)
            gone = Item(id="", text="", status=Status.ERASED)
            for row in range(len(self)):
                if row not in self._light:
                    self._light[row] = replace(found.get(self.ids[row], gone), text="")
        return [self._light[row] for row in range(len(self))]

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        groups = (self.rows, self.times, self.who, self.words, self.names, self.graph)
        return sum(group.nbytes() for group in (*groups, self.embeddings))

    # ── following the log ────────────────────────────────────────────────────────────────────

    def _advance(self, head: int, generation: Generation | None) -> View:
        self._computed = {}
        with nullcontext() if self.head else gc_paused():
            if head != self.head:
                self._catch_up()
                if len(self) > MANY and len(self.row_of) < len(self) // 2:
                    return View(self._store, self.tenant).refresh()
            if generation is not None:
                self._load_vectors(generation)
        return self

    def _catch_up(self) -> None:
        """Follow the log to its end as of one moment, so that no change is taken in by half."""
        with self._store.engine.read_snapshot(self.tenant) as run:
            head = head_of(run, self.tenant)
            changed = changed_after(run, self.tenant, self.head) if self.head else []
            found = items_by_id(run, self.tenant, changed)
            everything = [] if self.head else items_of(run, self.tenant)
        self._append(everything)
        self._follow(changed, found)
        self.head = head

    def _follow(self, ids: Sequence[str], found: Mapping[str, Item]) -> None:
        fresh: list[Item] = []
        for id_ in ids:
            row, item = self.row_of.get(id_), found.get(id_)
            if item is None or row is None or not self.words.same_text(row, item):
                if row is not None:
                    self._kill(row)
                if item is not None:
                    fresh.append(item)
            else:
                self.rows.amend(row, item)
                self.times.amend(row, item)
                self._light.pop(row, None)
        self._append(sorted(fresh, key=lambda item: item.seq))

    def _kill(self, row: int) -> None:
        self.rows.alive.values[row] = False
        self.row_of.pop(self.ids[row], None)
        self.embeddings.missing.discard(row)
        self._light.pop(row, None)
        self.conversations.remove(row)

    def _append(self, items: Sequence[Item]) -> None:
        if not items:
            return
        first = len(self)
        ids = [item.id for item in items]
        self.ids += ids
        self.row_of.update(zip(ids, range(first, len(self.ids)), strict=True))
        for group in (self.words, self.rows, self.times, self.who, self.names):
            group.append(items)
        self.conversations.extend(
            [
                (_conversation(item), item.first_at_us, item.seq) if item.is_raw else None
                for item in items
            ]
        )
        self.embeddings.missing.update(range(first, len(self)))
        for row, item in enumerate(items, start=first):
            sources = [self.row_of[s] for s in item.sources if s in self.row_of]
            if sources:
                self.graph.append(row, sources)

    # ── vectors ──────────────────────────────────────────────────────────────────────────────

    def _load_vectors(self, generation: Generation) -> None:
        if generation.seq != self.embeddings.generation:
            live = {row for row in range(len(self)) if self.ids[row] in self.row_of}
            self.embeddings.start(generation, live)
        vectors = self.embeddings.vectors
        assert vectors is not None
        grow = len(self) - len(vectors)
        if grow:
            vectors.extend(np.zeros((grow, generation.dim), np.float32))
        filled = self._fill(vectors.values, generation.seq) if self.embeddings.missing else []
        self.embeddings.missing.difference_update(filled)
        # Without a new vector too: a row that was erased leaves other windows around it.
        self.conversations.measure(vectors.values, filled)
        self.embeddings.scan.follow(vectors.values, filled)

    def _fill(self, vectors: FloatArray, generation: int) -> list[int]:
        """Read the vectors (n d) of missing rows; returns the rows that have theirs now."""
        missing = list(self.embeddings.missing)
        row_of_seq = dict(zip(self.rows.seq.values[missing].tolist(), missing, strict=True))
        few = None if len(row_of_seq) > len(self) // 2 else list(row_of_seq)
        found = [
            (row_of_seq[seq], data)
            for seq, data in vector_store.load(self._store.engine, self.tenant, generation, few)
            if seq in row_of_seq
        ]
        filled = [row for row, _ in found]
        for start in range(0, len(found), PART):
            data = b"".join([data for _, data in found[start : start + PART]])
            part = np.frombuffer(data, np.float32).reshape(-1, vectors.shape[1])
            vectors[filled[start : start + PART]] = part
        return filled


def _conversation(item: Item) -> str | None:
    """Which conversation a raw item is part of: a named session, the unnamed talk, or none.

    A document that is told in between, with a title, is no part of the talk.
    """
    if item.scope.session_id is not None:
        return f"{item.scope.agent_id or ''}\0{item.scope.session_id}"
    return "" if item.kind == "turn" and "title" not in item.metadata else None
