"""Store new raw items and the facts that rules read in them, in one transaction.

Plain text that repeats a known memory returns that memory with its count raised: the same words in
the same scope, at no other time, with no other metadata, stating nothing that does not stand any
more. Nothing else is merged; what only looks alike is stored and linked. A turn of a dialogue is
always stored as its own evidence, and its facts are read. Rules never make an add fail: when the
facts that they derive cannot be applied, the words are stored without them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.errors import RejectedChange
from combray.core.facts import Fact
from combray.core.fold import same_words
from combray.core.items import Item, Link, Status
from combray.store.engine import Cursor
from combray.store.store import Store
from combray.store.tables.queries import first_alike, items_by_id, same_text, sources_of
from combray.store.tables.rows import likeness
from combray.write.change.echo import Echoes, repeats
from combray.write.change.last_words import LastWords
from combray.write.change.order import in_order, said_before
from combray.write.change.resend import find_resent
from combray.write.facts.facts import Triple, facts_of, given_facts
from combray.write.facts.update_timelines import update_timelines
from combray.write.messages.guard import hold_back_all
from combray.write.messages.sources import is_trusted

_log = logging.getLogger("combray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The checked raw items of one call, and what the caller gave with them.

    `timed` is true when the caller gave a time or an interval: equal words of another time are
    another event. `trusted` are the words of sources whose orders are none.
    """

    tenant: str
    items: Sequence[Item]
    facts: Sequence[Triple] = ()
    timed: bool = False
    jobs: Sequence[NewJob] = ()
    trusted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ingested:
    """The result of an intake: one stored item for each given one, and which of them are new."""

    items: list[Item]
    fresh: list[Item]
    facts: list[Item]
    change_id: str | None


def ingest(store: Store, batch: Batch, echoes: Echoes) -> Ingested:
    """Store the items of a batch, or find the memories that they repeat, in one transaction."""
    if not batch.items:
        return Ingested([], [], [], None)
    try:
        with store.engine.write(batch.tenant) as cursor:
            return _ingest(store, cursor, batch, echoes, derive=True)
    except RejectedChange as error:
        _log.warning("Stored %d items without their facts: %s", len(batch.items), error)
    with store.engine.write(batch.tenant) as cursor:
        return _ingest(store, cursor, batch, echoes, derive=False)


def _ingest(
    store: Store, cursor: Cursor, batch: Batch, echoes: Echoes, *, derive: bool
) -> Ingested:
    batch = replace(batch, items=in_order(cursor.run, batch.tenant, batch.items))
    last = LastWords(cursor.run, batch.tenant)
    gate = _Gate(batch, echoes, _candidates(cursor, batch, echoes), last)
    resent = find_resent(cursor.run, batch.items, timed=batch.timed)
    placed = [resent.get(item.id) or gate.admit(item) for item in batch.items]
    fresh = gate.fresh()
    change = ChangeSet(
        tenant=batch.tenant,
        actor="user",
        why="add",
        puts=fresh,
        patches=gate.patches(),
        links=gate.links,
        jobs=batch.jobs if fresh else (),
    )
    facts: list[Item] = []
    if derive:
        stated = [fact for item in fresh for fact in gate.facts[item.id]]
        given = _new_facts(store, batch, given_facts(batch.facts, placed), all_new=bool(fresh))
        given, stated, held = _held_apart(cursor, batch, placed, given, stated)
        change = replace(change, puts=[*change.puts, *held])
        facts = _without_repeats(given, stated)
        late, patches = said_before(cursor.run, batch.tenant, facts)
        change = replace(change, patches=[*change.patches, *patches])
        timelines = update_timelines(cursor.run, batch.tenant, [*facts, *late])
        change, facts = timelines.join(change), timelines.puts
    change_id = store.apply_in(cursor, change) if change else None
    return Ingested(gate.with_counts(placed), fresh, facts, change_id)


def _held_apart(
    cursor: Cursor,
    batch: Batch,
    placed: Sequence[Item],
    given: list[Item],
    stated: list[Item],
) -> tuple[list[Item], list[Item], list[Item]]:
    """Return the live facts that were given, those of the rules, and those of both held back.

    Held back are facts that give orders, and given ones beside a text that is held back. Whoever
    sends known words again is asked about as if the words were new.
    """
    known = sources_of(cursor.run, batch.tenant, placed)
    for new, old in zip(batch.items, placed, strict=True):
        known[old.id] = old if is_trusted(new, batch.trusted) else new
    if any(item.status == Status.QUARANTINED for item in placed):
        given = [replace(fact, status=Status.QUARANTINED) for fact in given]
    given = hold_back_all(given, known, batch.trusted)
    stated = hold_back_all(stated, known, batch.trusted)
    held = [fact for fact in (*given, *stated) if fact.status != Status.LIVE]
    return _live(given), _live(stated), held


def _live(facts: Sequence[Item]) -> list[Item]:
    return [fact for fact in facts if fact.status == Status.LIVE]


def _new_facts(store: Store, batch: Batch, given: list[Item], *, all_new: bool) -> list[Item]:
    """Return the given facts; without those already stored when their words are not new."""
    if all_new or not given:
        return given
    standing = store.citing(batch.tenant, given[0].sources)
    known = {_value(item) for item in standing if item.kind == "fact"}
    return [item for item in given if _value(item) not in known]


def _without_repeats(given: Sequence[Item], stated: Sequence[Item]) -> list[Item]:
    """Return the given facts, and the rules' facts about other subjects and relations."""
    about = {Fact.of(item).about for item in given}
    return [*given, *(item for item in stated if Fact.of(item).about not in about)]


def _value(item: Item) -> tuple[str, str, str]:
    """Return the subject, relation and object of a fact."""
    fact = Fact.of(item)
    return *fact.about, fact.object


def _candidates(cursor: Cursor, batch: Batch, echoes: Echoes) -> list[Item]:
    """Return the live items that plain texts of the batch may repeat or look like."""
    plain = [item for item in batch.items if item.kind == "text"]
    rows: dict[str, Item] = {}
    for item in plain:
        found = first_alike(cursor.run, batch.tenant, item.text)
        recalled = echoes.recalled(batch.tenant, item.text)
        found += same_text(cursor.run, batch.tenant, item, anybodys=recalled)
        rows |= {other.id: other for other in found}
    read = [lines for item in plain for lines in echoes.readings(batch.tenant, item.text)]
    if ids := {id_ for lines in read for id_, _ in lines}:
        cited = items_by_id(cursor.run, batch.tenant, ids)
        rows |= {id_: item for id_, item in cited.items() if item.status == Status.LIVE}
    return sorted(rows.values(), key=lambda item: item.seq)


class _Gate:
    """Decides which items of a batch are new, beside the known items and each other."""

    def __init__(
        self, batch: Batch, echoes: Echoes, known: Sequence[Item], last: LastWords
    ) -> None:
        self.links: list[Link] = []
        self.facts: dict[str, list[Item]] = {}
        self._batch, self._echoes, self._last = batch, echoes, last
        self._fresh: list[Item] = []
        self._repeats: dict[str, int] = {}
        self._known = {item.id: item for item in known}
        self._alike: dict[str, list[Item]] = {}
        for item in known:
            self._file(item)

    def admit(self, item: Item) -> Item:
        """Return the item itself when it is new, else the item that it repeats."""
        facts = self.facts[item.id] = facts_of(item)
        if item.kind != "text" or item.status != Status.LIVE:
            return self._take(item)
        same = self._cited(item) or self._repeated(item, facts)
        for other in same:
            self._count(other)
        if same:
            return same[0]
        near = [other for other in self._alike.get(likeness(item.text), ()) if other.is_raw]
        if near:
            self.links.append(Link(src=item.id, dst=near[0].id, kind="similar"))
        self._file(item)
        return self._take(item)

    def fresh(self) -> list[Item]:
        """Return the new items, each with its count."""
        return self.with_counts(self._fresh)

    def patches(self) -> list[Patch]:
        """Return the patches that raise the counts of repeated stored items."""
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

    def with_counts(self, placed: Iterable[Item]) -> list[Item]:
        """Return items with their counts as they are after the change."""
        more = self._repeats
        return [replace(i, count=i.count + more[i.id]) if i.id in more else i for i in placed]

    def _take(self, item: Item) -> Item:
        self._fresh.append(item)
        self._last.take(self.facts[item.id])
        return item

    def _file(self, item: Item) -> None:
        self._alike.setdefault(likeness(item.text), []).append(item)

    def _count(self, item: Item) -> None:
        self._repeats[item.id] = self._repeats.get(item.id, 0) + 1

    def _cited(self, item: Item) -> list[Item]:
        """Return the memories of our own context block, when the text is one and nothing else."""
        if self._batch.timed or item.metadata:
            return []
        for lines in self._echoes.readings(self._batch.tenant, item.text):
            if all(id_ in self._known and repeats(words, self._known[id_]) for id_, words in lines):
                return [self._known[id_] for id_, _ in lines]
        return []

    def _repeated(self, item: Item, facts: Sequence[Item]) -> list[Item]:
        """Return the item with exactly these words that the text is counted on, if any.

        It is plain text too, or anybody's that was recalled lately. What is told at no other time
        is told once more only while what it states is the last that was told of it.
        """
        recalled = self._echoes.recalled(self._batch.tenant, item.text)
        for other in self._alike.get(likeness(item.text), ()):
            mine = (other.kind, other.role, other.name) == (item.kind, item.role, item.name)
            if not ((mine or recalled) and self._agrees(item, other)):
                continue
            if self._batch.timed or self._last.hold(facts, other):
                return [other]
        return []

    def _agrees(self, item: Item, other: Item) -> bool:
        """Whether a text has the words and scope of another, and no other time or metadata."""
        times = [(i.first_at_us, i.valid_from_us, i.valid_to_us) for i in (item, other)]
        return (
            same_words(item.text) == same_words(other.text)
            and item.scope == other.scope
            and (not self._batch.timed or times[0] == times[1])
            and (not item.metadata or _told(item) == _told(other))
        )


def _told(item: Item) -> str:
    """The metadata of an item as text, in which True is not 1."""
    return json.dumps(dict(item.metadata), sort_keys=True)
