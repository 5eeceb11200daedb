"""Place facts on their timelines and change the facts beside them accordingly.

This runs in the transaction that stores the facts, so that two concurrent writers cannot leave two
values of a relation valid at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from combray.core.changes import ChangeSet, Patch
from combray.core.items import SUPERSEDES, Item, Json, Link, Status
from combray.store.engine import Run
from combray.store.tables.fact_keys import links_from, on_topics, topic_of
from combray.write.facts.facts import claims_of
from combray.write.facts.one_user import with_persons
from combray.write.facts.timeline import timeline


@dataclass(frozen=True, slots=True)
class TimelineChange:
    """New facts with their final intervals, and the changes to the facts beside them."""

    puts: list[Item] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    unlinks: list[tuple[str, str, str]] = field(default_factory=list)

    def join(self, change: ChangeSet) -> ChangeSet:
        """Return a change with these changes added."""
        return replace(
            change,
            puts=[*change.puts, *self.puts],
            patches=[*change.patches, *self.patches],
            links=[*change.links, *self.links],
            unlinks=[*change.unlinks, *self.unlinks],
        )


def update_timelines(run: Run, tenant: str, facts: Sequence[Item]) -> TimelineChange:
    """Return how the timelines change to which some facts belong.

    `facts` are new facts (without a `seq`), and stored facts as they are after the change, with
    another status or another stated interval.
    """
    facts = with_persons(run, tenant, facts)
    change = TimelineChange([fact for fact in facts if not fact.seq and topic_of(fact) is None])
    touched = {fact.id: fact for fact in facts if topic_of(fact) is not None}
    if not touched:
        return change
    topics = dict.fromkeys(str(topic_of(fact)) for fact in touched.values())
    stored = {fact.id: fact for fact in on_topics(run, tenant, topics)}
    by_topic: dict[str, list[Item]] = {topic: [] for topic in topics}
    for fact in {**stored, **touched}.values():
        if fact.status == Status.LIVE:
            by_topic[str(topic_of(fact))].append(fact)
    wanted: set[tuple[str, str]] = set()
    for fellows in by_topic.values():
        wanted |= _set_intervals(fellows, change)
    _relink(run, tenant, {**stored, **touched}, wanted, change)
    return change


def _set_intervals(fellows: Sequence[Item], change: TimelineChange) -> set[tuple[str, str]]:
    """Set the intervals of the facts of one topic; return the (later, earlier) pairs."""
    line = timeline(claim for fact in fellows for claim in claims_of(fact))
    pairs = {(a.rstrip("#"), b.rstrip("#")) for a, b in line.successions}
    pairs = {(later, earlier) for later, earlier in pairs if later != earlier}
    by = {earlier: later for later, earlier in sorted(pairs)}
    for fact in fellows:
        start, end = line.intervals[fact.id]
        if not fact.seq:
            change.puts.append(replace(fact, valid_from_us=start, valid_to_us=end))
        elif (fact.valid_from_us, fact.valid_to_us) != (start, end):
            change.patches.append(_patch(fact, start, end, by.get(fact.id)))
    return pairs


def _patch(fact: Item, start: int | None, end: int | None, successor: str | None) -> Patch:
    fields: Json = {"valid_from": start, "valid_to": end}
    changed = {name: value for name, value in fields.items() if value != fact.field(name)}
    if end is None:
        return Patch(id=fact.id, fields=changed, op="reopen", why="nothing supersedes it any more")
    if successor is None:
        return Patch(id=fact.id, fields=changed, op="retime", why="its timeline changed")
    return Patch(id=fact.id, fields=changed, op="supersede", why=f"superseded by {successor}")


def _relink(
    run: Run,
    tenant: str,
    facts: dict[str, Item],
    wanted: set[tuple[str, str]],
    change: TimelineChange,
) -> None:
    old = {(link.src, link.dst) for link in links_from(run, tenant, SUPERSEDES, _stored(facts))}
    # A link to an item of no touched topic was made by a person and stays.
    old = {pair for pair in old if pair[1] in facts}
    change.links.extend(
        Link(src=later, dst=earlier, kind=SUPERSEDES) for later, earlier in sorted(wanted - old)
    )
    change.unlinks.extend((later, earlier, SUPERSEDES) for later, earlier in sorted(old - wanted))


def _stored(facts: dict[str, Item]) -> Iterable[str]:
    return (id_ for id_, fact in facts.items() if fact.seq)
