"""One tenant in memory: columns, vectors and postings that follow the change log.

    n rows (one for each item), d width of a vector

A view is per process and holds one tenant only, so no score, count or neighbour can cross the wall.
Another process's change is seen by the next `refresh`. What a view holds equals what a fresh load
would hold: rows whose text changed are marked dead and appended again. While somebody reads a frame
of it, a view is not changed: a fork of it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from combray.core.entities import entities, title_entity
from combray.core.items import RAW_KINDS, Item
from combray.core.text import MOST_WORDS, emoji, index_text, terms_of, words
from combray.index.columns import Codes, Column
from combray.index.conversations import Chains
from combray.index.gc_pause import gc_paused
from combray.index.postings import Postings
from combray.index.scan import Scan
from combray.store.store import Store
from combray.store.tables import vectors as vector_store
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.queries import changed_after, head_of, items_by_id, items_of
from combray.store.tables.vectors import Generation

Mask = NDArray[np.bool_]
T = TypeVar("T")
_AMENDED = ("alive", "valid_from", "valid_to", "strength", "recalled", "topic")
"""Columns whose rows change in place."""
PART = 1024
OPEN_START, OPEN_END = -(2**62), 2**62


class View:
    """The rows of one tenant, ready to be scored."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store = store
        self.tenant = tenant
        self.head = 0
        self._start()

    def _start(self) -> None:
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self.kinds, self.agents, self.sessions, self.speakers = (Codes() for _ in range(4))
        self.creators, self.creator = Codes(), Column(np.int32)
        self.postings = Postings()
        self.seq, self.first_at = Column(np.int64), Column(np.int64)
        self.valid_from, self.valid_to = Column(np.int64), Column(np.int64)
        self.known_from = Column(np.int64)
        self.kind, self.agent = Column(np.int32), Column(np.int32)
        self.session, self.speaker = Column(np.int32), Column(np.int32)
        self.alive, self.raw = Column(np.bool_), Column(np.bool_)
        self.length, self.traits = Column(np.int32), Column(np.int8)
        self.strength, self.recalled = Column(np.float32), Column(np.int64)
        self.chains = Chains()
        self.citing, self.cited = Column(np.int32), Column(np.int32)
        self.topics, self.topic = Codes(), Column(np.int32)
        self.names = Codes()
        self.named: list[tuple[int, ...]] = []
        self.mentions: dict[int, list[int]] = {}
        self.title, self.titled = Column(np.int32), set[int]()
        self._texts: list[int] = []
        self._light: dict[int, Item] = {}
        self.generation: int | None = None
        self.embedder: str | None = None
        self.vectors: Column | None = None
        self.scan = Scan()
        self._missing: set[int] = set()
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.seq)

    def refresh(self, *, shared: bool = False) -> View:
        """The view with everything committed until now: itself, or a fork when it is shared."""
        head, generation = self._store.head(self.tenant), vector_store.active(self._store.engine)
        stale = generation is not None and (generation.seq != self.generation or self._missing)
        if head == self.head and not stale:
            return self
        view = self.fork() if shared else self
        view._take(head, generation)
        return view

    def fork(self) -> View:
        """The same rows, to go on from; the original stays as it is."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Column):
                setattr(other, name, value.fork(own=name in _AMENDED))
        other.chains, other.postings = self.chains.fork(), self.postings.fork()
        other.row_of, other.mentions = dict(self.row_of), dict(self.mentions)
        other._light, other._missing = dict(self._light), set(self._missing)
        return other

    def frame(self) -> View:
        """The view as it is now, for one reader."""
        return copy(self)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made of this state of the view before, or is made now."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def _take(self, head: int, generation: Generation | None) -> None:
        self._kept = {}
        with nullcontext() if self.head else gc_paused():
            if head != self.head:
                self._catch_up()
            if generation is not None:
                self._load_vectors(generation)

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

    def light(self) -> list[Item]:
        """Every row's item without its text, for filters; loaded at the first use."""
        if len(self._light) < len(self):
            missing = [self.ids[row] for row in range(len(self)) if row not in self._light]
            found = self._store.get(self.tenant, missing)
            gone = Item(id="", text="", status="erased")
            for row in range(len(self)):
                if row not in self._light:
                    self._light[row] = replace(found.get(self.ids[row], gone), text="")
        return [self._light[row] for row in range(len(self))]

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        columns = [v for v in vars(self).values() if isinstance(v, Column)]
        return sum(c.values.nbytes for c in columns) + self.postings.nbytes() + self.scan.nbytes()

    # ── following the log ────────────────────────────────────────────────────────────────────

    def _follow(self, ids: Sequence[str], found: Mapping[str, Item]) -> None:
        fresh: list[Item] = []
        for id_ in ids:
            row, item = self.row_of.get(id_), found.get(id_)
            if item is None or row is None or self._texts[row] != hash(item.text):
                if row is not None:
                    self._kill(row)
                if item is not None:
                    fresh.append(item)
            else:
                self._amend(row, item)
        self._append(sorted(fresh, key=lambda item: item.seq))
        if len(self) > 1000 and self.alive.values.sum() < len(self) // 2:
            self._start()
            self._append(self._store.items(self.tenant))

    def _kill(self, row: int) -> None:
        self.alive.values[row] = False
        self.row_of.pop(self.ids[row], None)
        self._missing.discard(row)
        self._light.pop(row, None)
        self.chains.remove(row)

    def _amend(self, row: int, item: Item) -> None:
        """Take over what can change without touching the text."""
        self.alive.values[row] = item.status == "live"
        self.valid_from.values[row] = _start(item.valid_from_us)
        self.valid_to.values[row] = _end(item.valid_to_us)
        self.strength.values[row] = item.strength
        self.recalled.values[row] = _recalled(item)
        self.topic.values[row] = self.topics.of(_topic(item))
        self._light.pop(row, None)

    def _append(self, items: Sequence[Item]) -> None:
        if not items:
            return
        first = len(self)
        texts = [index_text(i.text, i.metadata) if i.metadata else i.text for i in items]
        lowered = [words(text.lower()) for text in texts]
        documents = [terms_of(each) for each in lowered]
        self.postings.add(first, [d + emoji(t) for d, t in zip(documents, texts, strict=True)])
        self.length.extend([len(document) for document in documents])
        ids = [item.id for item in items]
        self.ids += ids
        self.row_of.update(zip(ids, range(first, len(self.ids)), strict=True))
        self._texts += [hash(item.text) for item in items]
        self.seq.extend([item.seq for item in items])
        self.first_at.extend([item.first_at_us for item in items])
        self.valid_from.extend([_start(item.valid_from_us) for item in items])
        self.valid_to.extend([_end(item.valid_to_us) for item in items])
        self.known_from.extend([item.known_from_us for item in items])
        self.kind.extend([self.kinds.of(item.kind) for item in items])
        self.creator.extend([self.creators.of(item.created_by) for item in items])
        self.agent.extend([self.agents.of(item.scope.agent_id) for item in items])
        self.session.extend([self.sessions.of(item.scope.session_id) for item in items])
        self.speaker.extend([self.speakers.of(_speaker(item)) for item in items])
        self.alive.extend([item.status == "live" for item in items])
        self.raw.extend([item.kind in RAW_KINDS for item in items])
        self.traits.extend(
            [
                _traits(item, said if text is item.text else words(item.text.lower()))
                for item, text, said in zip(items, texts, lowered, strict=True)
            ]
        )
        self.strength.extend([item.strength for item in items])
        self.recalled.extend([_recalled(item) for item in items])
        self.topic.extend([self.topics.of(_topic(item)) for item in items])
        self.chains.extend(
            [(_chain(item), item.first_at_us, item.seq) if item.is_raw else None for item in items]
        )
        self._missing.update(range(first, len(self)))
        self._cite(first, items)
        self._name(first, items)

    def _cite(self, first: int, items: Sequence[Item]) -> None:
        for row, item in enumerate(items, start=first):
            sources = [self.row_of[s] for s in item.sources if s in self.row_of]
            if sources:
                self.citing.extend([row] * len(sources))
                self.cited.extend(sources)

    def _name(self, first: int, items: Sequence[Item]) -> None:
        """Which names each row mentions, and which one it is about."""
        titles: list[int] = []
        holding: dict[int, list[int]] = {}
        for row, item in enumerate(items, start=first):
            title = title_entity(item.metadata)
            titles.append(self.names.of(title))
            self.titled.add(titles[-1])
            codes = dict.fromkeys(map(self.names.of, entities(item.text)))
            if title is not None:
                codes[titles[-1]] = None
            self.named.append(tuple(codes))
            for code in codes:
                holding.setdefault(code, []).append(row)
        # A new list each time: readers of an older state keep theirs.
        self.mentions.update((c, [*self.mentions.get(c, ()), *r]) for c, r in holding.items())
        self.title.extend(titles)

    # ── vectors ──────────────────────────────────────────────────────────────────────────────

    def _load_vectors(self, generation: Generation) -> None:
        if generation.seq != self.generation:
            self.generation, self.embedder = generation.seq, generation.embedder
            self.vectors, self.scan = Column(np.float32, width=generation.dim), Scan()
            self._missing = {row for row in range(len(self)) if self.ids[row] in self.row_of}
        assert self.vectors is not None
        grow = len(self) - len(self.vectors)
        if grow:
            self.vectors.extend(np.zeros((grow, generation.dim), np.float32))
        if self._missing:
            self._fill(generation.seq)

    def _fill(self, generation: int) -> None:
        assert self.vectors is not None
        missing = list(self._missing)
        row_of_seq = dict(zip(self.seq.values[missing].tolist(), missing, strict=True))
        few = None if len(row_of_seq) > len(self) // 2 else list(row_of_seq)
        found = [
            (row_of_seq[seq], data)
            for seq, data in vector_store.load(self._store.engine, self.tenant, generation, few)
            if seq in row_of_seq
        ]
        filled = [row for row, _ in found]
        for start in range(0, len(found), PART):
            data = b"".join([data for _, data in found[start : start + PART]])
            vectors = np.frombuffer(data, np.float32).reshape(-1, self.vectors.values.shape[1])
            self.vectors.values[filled[start : start + PART]] = vectors
        self._missing.difference_update(filled)
        self.chains.measure(self.vectors.values, filled)
        self.scan.follow(self.vectors.values, filled)


def _start(moment: int | None) -> int:
    return OPEN_START if moment is None else moment


def _end(moment: int | None) -> int:
    return OPEN_END if moment is None else moment


def _recalled(item: Item) -> int:
    return item.first_at_us if item.last_recalled_us is None else item.last_recalled_us


def _topic(item: Item) -> str | None:
    """What a fact is about; what a published system derived for itself makes nothing past."""
    return topic_of(item) if item.kind == "fact" else None


def _speaker(item: Item) -> str | None:
    return item.name or item.role


def _chain(item: Item) -> str | None:
    """Which conversation a raw item is part of: a named session, the unnamed talk, or none."""
    if item.scope.session_id is not None:
        return f"{item.scope.agent_id or ''}\0{item.scope.session_id}"
    return "" if item.kind == "turn" else None


QUESTION, IMAGE, TIMED, OWN = 1, 2, 4, 8
_TIME_WORDS = frozenset(
    "yesterday today tonight tomorrow ago last next week weeks weekend weekends month months year "
    "years day night monday tuesday wednesday thursday friday saturday sunday january february "
    "march april june july august september october november december".split()
)
_OWN_WORDS = frozenset("i my me mine we our".split())
_IMAGE_KEYS = frozenset(("image", "images", "image_url", "img_url", "caption"))
_PART = re.compile(r"[^\W_]+")


class _Hints(dict[str, int]):
    """What a lower-case word says about its utterance, as bits; looked up without a call."""

    def __missing__(self, word: str) -> int:
        if len(self) >= MOST_WORDS:
            self.clear()
        parts = _PART.findall(word)
        timed = 0 if _TIME_WORDS.isdisjoint(parts) else TIMED
        self[word] = hint = timed | (0 if _OWN_WORDS.isdisjoint(parts) else OWN)
        return hint


_HINTS = _Hints()


def _traits(item: Item, lowered: Sequence[str]) -> int:
    """Bits that say what kind of utterance it is, from its words in lower case."""
    traits = 0
    for hint in {*map(_HINTS.__getitem__, lowered)}:
        traits |= hint
    if "?" in item.text or "？" in item.text:
        traits |= QUESTION
    return traits if _IMAGE_KEYS.isdisjoint(item.metadata) else traits | IMAGE
