"""Taking in: the gate, the words, and the facts in them, in one transaction.

Plain text that is known already gives back the memory that exists, counted once more; nothing is
dropped unseen. A turn of a dialogue is always kept as its own evidence. Rules never fail an add:
when what they derived cannot be applied, the words are stored without it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.errors import RejectedChange
from combray.core.facts import Fact
from combray.core.items import Item, Link, Status
from combray.store.engine import Cursor
from combray.store.store import Store
from combray.store.tables.rows import ITEM_COLUMNS, digest, in_chunks, item_from_row
from combray.write.change.echo import Echoes, cited, repeats
from combray.write.facts.facts import Triple, facts_of, given_facts
from combray.write.facts.update_timelines import update_timelines

_log = logging.getLogger("combray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Checked raw items of one call, and what was given with them.

    `timed` says that the caller gave a time or an interval: then equal words are another event.
    """

    tenant: str
    items: Sequence[Item]
    facts: Sequence[Triple] = ()
    timed: bool = False
    jobs: Sequence[NewJob] = ()


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of an arrival: one item for each that came in, and which of them are new."""

    items: list[Item]
    fresh: list[Item]
    facts: list[Item]
    change_id: str | None


def ingest(store: Store, arrival: Batch, echoes: Echoes) -> Ingested:
    """Store what arrived, or find it among what is known; atomic."""
    if not arrival.items:
        return Ingested([], [], [], None)
    try:
        with store.engine.write(arrival.tenant) as cursor:
            return _take(store, cursor, arrival, echoes, derive=True)
    except RejectedChange as error:
        _log.warning("Stored %d items without their facts: %s", len(arrival.items), error)
    with store.engine.write(arrival.tenant) as cursor:
        return _take(store, cursor, arrival, echoes, derive=False)


def _take(
    store: Store, cursor: Cursor, arrival: Batch, echoes: Echoes, *, derive: bool
) -> Ingested:
    gate = _Gate(arrival, echoes, _candidates(cursor, arrival, echoes))
    placed = [gate.admit(item) for item in arrival.items]
    fresh = gate.fresh()
    change = ChangeSet(
        tenant=arrival.tenant,
        actor="user",
        why="add",
        puts=fresh,
        patches=gate.patches(),
        links=gate.links,
        jobs=arrival.jobs if fresh else (),
    )
    facts: list[Item] = []
    if derive:
        stated = [fact for item in fresh for fact in _read(item, arrival.tenant, echoes)]
        given = _news(store, arrival, given_facts(arrival.facts, placed), all_new=bool(fresh))
        settled = update_timelines(cursor.run, arrival.tenant, _without_repeats(given, stated))
        change, facts = settled.join(change), settled.puts
    change_id = store.apply_in(cursor, change) if change else None
    return Ingested(gate.counted(placed), fresh, facts, change_id)


def _read(item: Item, tenant: str, echoes: Echoes) -> list[Item]:
    """The facts a new item states; none when it only echoes what was just recalled."""
    if echoes.source(tenant, item.text) is not None:
        return []
    return facts_of(item)


def _news(store: Store, arrival: Batch, given: list[Item], *, all_new: bool) -> list[Item]:
    """Given facts without those that stand already, when they came with words that do."""
    if all_new or not given:
        return given
    standing = store.citing(arrival.tenant, given[0].sources)
    known = {_value(item) for item in standing if item.kind == "fact"}
    return [item for item in given if _value(item) not in known]


def _without_repeats(given: Sequence[Item], stated: Sequence[Item]) -> list[Item]:
    """Given facts stand for what the rules read about the same subject and relation."""
    about = {Fact.of(item).about for item in given}
    return [*given, *(item for item in stated if Fact.of(item).about not in about)]


def _value(item: Item) -> tuple[str, str, str]:
    """What a fact is about, and its object."""
    fact = Fact.of(item)
    return *fact.about, fact.object


def _candidates(cursor: Cursor, arrival: Batch, echoes: Echoes) -> list[Item]:
    """The live items that plain text of this arrival may repeat."""
    plain = [item.text for item in arrival.items if item.kind == "text"]
    if not plain:
        return []
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? AND status = 'live'"
    recalled = [echoes.source(arrival.tenant, text) for text in plain]
    ids = [id_ for id_ in recalled if id_] + [id_ for text in plain for id_, _ in cited(text)]
    rows = in_chunks(cursor.run, query, arrival.tenant, map(digest, plain), column="digest")
    if ids:
        rows += in_chunks(cursor.run, query, arrival.tenant, ids)
    return sorted((item_from_row(row) for row in rows), key=lambda item: item.seq)


class _Gate:
    """The decisions about one arrival, against what is known and what came before in it."""

    def __init__(self, arrival: Batch, echoes: Echoes, known: Sequence[Item]) -> None:
        self.links: list[Link] = []
        self._arrival, self._echoes = arrival, echoes
        self._fresh: list[Item] = []
        self._repeats: dict[str, int] = {}
        self._known = {item.id: item for item in known}
        self._same: dict[str, list[Item]] = {}
        for item in known:
            self._file(item)

    def admit(self, item: Item) -> Item:
        """The item itself when it is new, else the one that it repeats."""
        if item.kind != "text" or item.status != Status.LIVE:
            self._fresh.append(item)
            return item
        same = self._echoed(item) or self._repeated(item)
        for other in same:
            self._count(other)
        if same:
            return same[0]
        near = self._same.get(digest(item.text))
        if near:
            self._count(near[0])
            self.links.append(Link(src=item.id, dst=near[0].id, kind="similar"))
        self._fresh.append(item)
        self._file(item)
        return item

    def fresh(self) -> list[Item]:
        """What is new, each with how often it came."""
        return self.counted(self._fresh)

    def patches(self) -> list[Patch]:
        """The counts of what was repeated and was stored before."""
        return [
            Patch(
                id=id_,
                fields={"count": self._known[id_].count + times},
                op="repeat",
                why="the same words came again as plain text",
            )
            for id_, times in self._repeats.items()
            if id_ in self._known
        ]

    def counted(self, placed: Iterable[Item]) -> list[Item]:
        """The items with their counts as they are after the change."""
        more = self._repeats
        return [replace(i, count=i.count + more[i.id]) if i.id in more else i for i in placed]

    def _file(self, item: Item) -> None:
        self._same.setdefault(digest(item.text), []).append(item)

    def _count(self, item: Item) -> None:
        self._repeats[item.id] = self._repeats.get(item.id, 0) + 1

    def _echoed(self, item: Item) -> list[Item]:
        """What the text echoes: something just recalled, or a block of our own context."""
        source = self._echoes.source(self._arrival.tenant, item.text)
        if source in self._known:
            return [self._known[source]]
        lines = cited(item.text)
        if all(i in self._known and repeats(words, self._known[i]) for i, words in lines):
            return [self._known[id_] for id_, _ in lines]
        return []

    def _repeated(self, item: Item) -> list[Item]:
        """The memory with exactly these words, of the same scope, time and metadata."""
        if self._arrival.timed:
            return []
        for other in self._same.get(digest(item.text), ()):
            same_words = other.text.split() == item.text.split()
            same_data = not item.metadata or dict(item.metadata) == dict(other.metadata)
            if same_words and same_data and other.scope == item.scope and not other.sources:
                return [other]
        return []
