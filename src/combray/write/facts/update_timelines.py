"""Place facts on their timelines and change the facts beside them accordingly.

This runs in the transaction that stores the facts, so that two concurrent writers cannot leave two
values of a relation valid at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from combray.core.changes import ChangeSet, Patch
from combray.core.items import SUPERSEDES, Item, Json, Link, Status
from combray.store.engine import Run
from combray.store.tables.fact_keys import ALWAYS, BESIDE, links_to, on_topics, topic_of
from combray.write.facts.facts import claims_of
from combray.write.facts.nearby import first_change, is_enough, may_end, stands
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
    by_topic: dict[str, list[Item]] = {}
    for fact in touched.values():
        by_topic.setdefault(str(topic_of(fact)), []).append(fact)
    moment = first_change(touched.values())
    near = {} if moment is None else _near(run, tenant, by_topic, moment)
    rest = by_topic.keys() - near.keys()
    _settle(run, tenant, touched, near, moment, change)
    _settle(run, tenant, touched, _grouped(on_topics(run, tenant, rest), rest), None, change)
    return change


def _near(
    run: Run, tenant: str, new: Mapping[str, Sequence[Item]], moment: int
) -> dict[str, list[Item]]:
    """Return the stored facts that something new may change, of the topics where that is known."""
    last = BESIDE if any(may_end(fact) for facts in new.values() for fact in facts) else ALWAYS
    found = _grouped(on_topics(run, tenant, new, unsettled=(moment, last)), new)
    return {topic: some for topic, some in found.items() if is_enough(some, moment)}


def _grouped(facts: Iterable[Item], topics: Iterable[str]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {topic: [] for topic in topics}
    for fact in facts:
        found[str(topic_of(fact))].append(fact)
    return found


def _settle(
    run: Run,
    tenant: str,
    touched: dict[str, Item],
    stored: dict[str, list[Item]],
    moment: int | None,
    change: TimelineChange,
) -> None:
    """Set the intervals and links of some topics, but of nothing that ended before a moment."""
    facts = {fact.id: fact for some in stored.values() for fact in some}
    facts |= {id_: fact for id_, fact in touched.items() if topic_of(fact) in stored}
    wanted: set[tuple[str, str]] = set()
    live = [fact for fact in facts.values() if fact.status == Status.LIVE]
    for fellows in _grouped(live, stored).values():
        wanted |= _set_intervals(fellows, moment, change)
    _relink(run, tenant, facts, moment, wanted, change)


def _set_intervals(
    fellows: Sequence[Item], moment: int | None, change: TimelineChange
) -> set[tuple[str, str]]:
    """Set the intervals of the facts of one topic; return the (later, earlier) pairs."""
    line = timeline(claim for fact in fellows for claim in claims_of(fact))
    moved = {fact.id: fact for fact in fellows if not stands(fact, moment)}
    pairs = {(a.rstrip("#"), b.rstrip("#")) for a, b in line.successions}
    pairs = {(later, earlier) for later, earlier in pairs if later != earlier and earlier in moved}
    by = {earlier: later for later, earlier in sorted(pairs)}
    for fact in moved.values():
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
    moment: int | None,
    wanted: set[tuple[str, str]],
    change: TimelineChange,
) -> None:
    moved = [id_ for id_, fact in facts.items() if fact.seq and not stands(fact, moment)]
    # A link to or from an item of no touched topic was made by a person and stays.
    links = links_to(run, tenant, SUPERSEDES, moved)
    old = {(link.src, link.dst) for link in links if link.src in facts}
    change.links.extend(
        Link(src=later, dst=earlier, kind=SUPERSEDES) for later, earlier in sorted(wanted - old)
    )
    change.unlinks.extend((later, earlier, SUPERSEDES) for later, earlier in sorted(old - wanted))
