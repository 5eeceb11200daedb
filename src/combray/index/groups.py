"""The columns of a view in groups: each takes in items, forks and measures itself.

    n rows, one for each item

`append` adds rows, `amend` takes over what can change in a row whose text stays. A fork goes on
from the rows there are; columns that `amend` writes to are copied for it, so that readers
of the original see no change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from combray.core.dates.spans import told_of
from combray.core.dates.zones import place_of, to_wall, zone_of
from combray.core.entities import entities, title_entity
from combray.core.items import RAW_KINDS, Item, Status
from combray.core.text import emoji, folded_words, hints_of, index_text, spellings, terms_of
from combray.index.columns import Codes, Column, Labels
from combray.index.postings import Postings
from combray.index.scan import Scan
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.vectors import Generation

OPEN_START, OPEN_END = -(2**62), 2**62
NEVER = -(2**61)
QUESTION, IMAGE = 1, 2
_int32, _int64 = partial(Column, np.int32), partial(Column, np.int64)
_float32, _bool = partial(Column, np.float32), partial(Column, np.bool_)
_IMAGE_KEYS = frozenset(("image", "images", "image_url", "img_url", "caption"))


@dataclass(slots=True)
class RowColumns:
    """What each row is: `seq` in the store, `alive`, `raw`, `kind`, `strength`, and its `topic`.

    The topic is what a functional fact is about; nothing else has one.
    """

    seq: Column = field(default_factory=_int64)
    kind: Labels = field(default_factory=Labels)
    topic: Labels = field(default_factory=Labels)
    alive: Column = field(default_factory=_bool)
    raw: Column = field(default_factory=_bool)
    strength: Column = field(default_factory=_float32)

    def append(self, items: Sequence[Item]) -> None:
        """Add a row for each item."""
        self.seq.extend([item.seq for item in items])
        self.kind.extend([item.kind for item in items])
        self.topic.extend([_topic(item) for item in items])
        self.alive.extend([item.status == Status.LIVE for item in items])
        self.raw.extend([item.kind in RAW_KINDS for item in items])
        self.strength.extend([item.strength for item in items])

    def amend(self, row: int, item: Item) -> None:
        """Take over the status, strength and topic of an item."""
        self.alive.values[row] = item.status == Status.LIVE
        self.strength.values[row] = item.strength
        self.topic.replace(row, _topic(item))

    def fork(self) -> RowColumns:
        """The same rows, to go on from."""
        return RowColumns(
            seq=self.seq.fork(),
            kind=self.kind.fork(),
            topic=self.topic.fork(own=True),
            alive=self.alive.fork(own=True),
            raw=self.raw.fork(),
            strength=self.strength.fork(own=True),
        )

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        columns = (self.seq, self.kind, self.topic, self.alive, self.raw, self.strength)
        return sum(column.values.nbytes for column in columns)


@dataclass(slots=True)
class TimeColumns:
    """When each row was said, held, became known and was last recalled; in microseconds UTC.

    `about_from` and `about_to` are the days that its words name, such as yesterday or 5 March;
    NEVER where they name none. `elsewhen` says that it is about those and not about the day when
    it was said. `offset` is how far the clock was ahead of UTC where it was said, NEVER where
    nobody told.
    """

    first_at: Column = field(default_factory=_int64)
    about_from: Column = field(default_factory=_int64)
    about_to: Column = field(default_factory=_int64)
    elsewhen: Column = field(default_factory=_bool)
    offset: Column = field(default_factory=_int64)
    known_from: Column = field(default_factory=_int64)
    valid_from: Column = field(default_factory=_int64)
    valid_to: Column = field(default_factory=_int64)
    recalled: Column = field(default_factory=_int64)

    def append(self, items: Sequence[Item]) -> None:
        """Add a row for each item."""
        self.first_at.extend([item.first_at_us for item in items])
        about = [told_of(item.text, item.first_at_us, item.metadata) for item in items]
        self.about_from.extend([NEVER if span is None else span.start for span in about])
        self.about_to.extend([NEVER if span is None else span.end for span in about])
        self.elsewhen.extend([span is not None and not span.named for span in about])
        self.offset.extend([_offset(item) for item in items])
        self.known_from.extend([item.known_from_us for item in items])
        self.valid_from.extend([_start(item) for item in items])
        self.valid_to.extend([_end(item) for item in items])
        self.recalled.extend([_recalled(item) for item in items])

    def amend(self, row: int, item: Item) -> None:
        """Take over when an item was said, when it holds and when it was last recalled."""
        self.first_at.values[row] = item.first_at_us
        self.valid_from.values[row] = _start(item)
        self.valid_to.values[row] = _end(item)
        self.recalled.values[row] = _recalled(item)

    def fork(self) -> TimeColumns:
        """The same rows, to go on from."""
        return TimeColumns(
            first_at=self.first_at.fork(own=True),
            about_from=self.about_from.fork(),
            about_to=self.about_to.fork(),
            elsewhen=self.elsewhen.fork(),
            offset=self.offset.fork(),
            known_from=self.known_from.fork(),
            valid_from=self.valid_from.fork(own=True),
            valid_to=self.valid_to.fork(own=True),
            recalled=self.recalled.fork(own=True),
        )

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        said = (self.first_at, self.about_from, self.about_to, self.elsewhen, self.offset)
        held = (self.known_from, self.valid_from, self.valid_to, self.recalled)
        return sum(column.values.nbytes for column in (*said, *held))


@dataclass(slots=True)
class WhoColumns:
    """Who said each row, to which agent, in which session, and who stored it."""

    speaker: Labels = field(default_factory=Labels)
    agent: Labels = field(default_factory=Labels)
    session: Labels = field(default_factory=Labels)
    creator: Labels = field(default_factory=Labels)

    def append(self, items: Sequence[Item]) -> None:
        """Add a row for each item."""
        self.speaker.extend([item.name or item.role for item in items])
        self.agent.extend([item.scope.agent_id for item in items])
        self.session.extend([item.scope.session_id for item in items])
        self.creator.extend([item.created_by for item in items])

    def fork(self) -> WhoColumns:
        """The same rows, to go on from."""
        return WhoColumns(
            speaker=self.speaker.fork(),
            agent=self.agent.fork(),
            session=self.session.fork(),
            creator=self.creator.fork(),
        )

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        columns = (self.speaker, self.agent, self.session, self.creator)
        return sum(column.values.nbytes for column in columns)


@dataclass(slots=True)
class WordColumns:
    """The words of each row: `postings` by term, `length` in terms, and `traits` as bits."""

    postings: Postings = field(default_factory=Postings)
    length: Column = field(default_factory=_int32)
    traits: Column = field(default_factory=partial(Column, np.int8))
    _hashes: list[int] = field(default_factory=list)

    def append(self, items: Sequence[Item]) -> None:
        """Index the words of each item as a new row."""
        first = len(self.length)
        texts = [index_text(i.text, i.metadata) if i.metadata else i.text for i in items]
        lowered = [folded_words(text) for text in texts]
        documents = [terms_of(each) for each in lowered]
        beside = [emoji(text) + spellings(text) for text in texts]
        self.postings.add(first, [d + b for d, b in zip(documents, beside, strict=True)])
        self.length.extend([len(document) for document in documents])
        self.traits.extend(
            [
                _traits(item, said if text is item.text else folded_words(item.text))
                for item, text, said in zip(items, texts, lowered, strict=True)
            ]
        )
        self._hashes += [_hash(item) for item in items]

    def same_text(self, row: int, item: Item) -> bool:
        """Whether a row has the text of an item, and its title, caption and pictures."""
        return self._hashes[row] == _hash(item)

    def fork(self) -> WordColumns:
        """The same rows, to go on from."""
        return WordColumns(
            self.postings.fork(), self.length.fork(), self.traits.fork(), self._hashes
        )

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        columns = self.length.values.nbytes + self.traits.values.nbytes
        return columns + self.postings.nbytes()


@dataclass(slots=True)
class NameColumns:
    """Names in the texts, by the code of each.

    `named` holds the names of each row and `mentions` the rows of each name; `title` is the name
    that a row is about, and `titled` holds every name that is some row's title.
    """

    codes: Codes = field(default_factory=Codes)
    named: list[tuple[int, ...]] = field(default_factory=list)
    mentions: dict[int, list[int]] = field(default_factory=dict)
    title: Column = field(default_factory=_int32)
    titled: set[int] = field(default_factory=set)

    def append(self, items: Sequence[Item]) -> None:
        """Find the names of each item, for a new row."""
        first = len(self.title)
        titles: list[int] = []
        holding: dict[int, list[int]] = {}
        for row, item in enumerate(items, start=first):
            title = title_entity(item.metadata)
            titles.append(self.codes.of(title))
            self.titled.add(titles[-1])
            codes = dict.fromkeys(map(self.codes.of, entities(item.text)))
            if title is not None:
                codes[titles[-1]] = None
            self.named.append(tuple(codes))
            for code in codes:
                holding.setdefault(code, []).append(row)
        # A new list each time: readers of an older state keep theirs.
        self.mentions.update((c, [*self.mentions.get(c, ()), *r]) for c, r in holding.items())
        self.title.extend(titles)

    def fork(self) -> NameColumns:
        """The same rows, to go on from."""
        return NameColumns(
            self.codes, self.named, dict(self.mentions), self.title.fork(), self.titled
        )

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        return self.title.values.nbytes


@dataclass(slots=True)
class GraphColumns:
    """Which row cites which: edge by edge, the row `citing` and the row `cited`; both (e,)."""

    citing: Column = field(default_factory=_int32)
    cited: Column = field(default_factory=_int32)

    def append(self, row: int, sources: Sequence[int]) -> None:
        """Add the edges from one row to its sources."""
        self.citing.extend([row] * len(sources))
        self.cited.extend(sources)

    def fork(self) -> GraphColumns:
        """The same edges, to go on from."""
        return GraphColumns(self.citing.fork(), self.cited.fork())

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        return self.citing.values.nbytes + self.cited.values.nbytes


@dataclass(slots=True)
class Embeddings:
    """The vectors of one generation: `vectors` (n d), None before there is a generation.

    `missing` are live rows that have no vector yet.
    """

    generation: int | None = None
    embedder: str | None = None
    vectors: Column | None = None
    scan: Scan = field(default_factory=Scan)
    missing: set[int] = field(default_factory=set)

    def start(self, generation: Generation, missing: set[int]) -> None:
        """Begin with another generation, of which every row is missing."""
        self.generation, self.embedder = generation.seq, generation.embedder
        self.vectors, self.scan = Column(np.float32, width=generation.dim), Scan()
        self.missing = missing

    def fork(self) -> Embeddings:
        """The same vectors, to go on from."""
        vectors = None if self.vectors is None else self.vectors.fork()
        return Embeddings(self.generation, self.embedder, vectors, self.scan, set(self.missing))

    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        held = 0 if self.vectors is None else self.vectors.values.nbytes
        return held + self.scan.nbytes()


def _start(item: Item) -> int:
    return OPEN_START if item.valid_from_us is None else item.valid_from_us


def _end(item: Item) -> int:
    return OPEN_END if item.valid_to_us is None else item.valid_to_us


def _recalled(item: Item) -> int:
    return item.first_at_us if item.last_recalled_us is None else item.last_recalled_us


def _offset(item: Item) -> int:
    place = place_of(item.metadata, "") if item.metadata else ""
    return to_wall(item.first_at_us, zone_of(place)) - item.first_at_us if place else NEVER


def _topic(item: Item) -> str | None:
    """What a fact is about; what a published system derived for itself makes nothing past."""
    return topic_of(item) if item.kind == "fact" else None


def _hash(item: Item) -> int:
    """A number for everything that the words, the names and the vector of a row are made of."""
    titles = [repr(item.metadata.get(key)) for key in ("title", "caption")]
    return hash((item.text, *titles, _IMAGE_KEYS.isdisjoint(item.metadata)))


def _traits(item: Item, lowered: Sequence[str]) -> int:
    """Bits that say what kind of utterance it is, from its words in lower case."""
    traits = hints_of(lowered)
    if "?" in item.text or "？" in item.text:
        traits |= QUESTION
    return traits if _IMAGE_KEYS.isdisjoint(item.metadata) else traits | IMAGE
