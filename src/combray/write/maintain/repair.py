"""Repair a store: derive everything again from the user's own words.

The tables are rebuilt from the history, rules read their facts again, all timelines are updated,
and jobs make each system read all raw items again. `reindex` makes the vectors again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.items import Item, Json, Status
from combray.core.time import now
from combray.store.engine import Run
from combray.store.history import verify
from combray.store.history.mend import ACTOR, mend
from combray.store.history.verify import Report
from combray.store.store import Store
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.queries import items_of
from combray.write.facts.facts import ACTOR as RULES
from combray.write.facts.facts import claim_key, claims_of, facts_of
from combray.write.facts.timeline import timeline
from combray.write.facts.update_timelines import update_timelines
from combray.write.maintain.run_jobs import missing_facts

_LOST = "nothing that is remembered says so any more"
Jobs = Callable[[Sequence[Item]], Sequence[NewJob]]


def check(store: Store) -> Report:
    """Run `verify`, and check that each fact has the interval of its timeline."""
    return verify.verify(store, _misplaced)


def repair(store: Store, jobs: Jobs) -> Json:
    """Mend the tables, read the rules' facts again, and update all timelines; return counts.

    `jobs` returns the jobs by which a system reads raw items again.
    """
    mended = mend(store)
    facts, dropped, queued = 0, 0, 0
    for tenant in store.tenants():
        added, gone = _derive(store, tenant)
        facts, dropped = facts + added, dropped + gone
        raw = [item for item in store.items(tenant) if item.is_raw and item.status == Status.LIVE]
        wanted = jobs(raw)
        queued += len(wanted)
        if wanted:
            store.apply(ChangeSet(tenant=tenant, actor=ACTOR, why="repair", jobs=wanted))
    return {"mended": mended, "facts_added": facts, "facts_dropped": dropped, "jobs": queued}


def _derive(store: Store, tenant: str) -> tuple[int, int]:
    """Derive facts and timelines again; only for what is wrong others have to wait."""
    if not _rederived(store.engine.tenant_reader(tenant), tenant)[2]:
        return 0, 0
    with store.engine.write(tenant) as cursor:
        fresh, lost, change = _rederived(cursor.run, tenant)
        if change:
            store.apply_in(cursor, change)
    return fresh, lost


def _rederived(run: Run, tenant: str) -> tuple[int, int, ChangeSet]:
    """How many facts are missing, how many nothing says any more, and the change they need."""
    items = {item.id: item for item in items_of(run, tenant)}
    live = [item for item in items.values() if item.status == Status.LIVE]
    fresh = missing_facts(run, tenant, [item for item in live if item.is_raw])
    lost = [fact for fact in live if fact.sources and not _rests(fact, items)]
    gone_ids = {fact.id for fact in lost}
    lost += [fact for fact in live if fact.id not in gone_ids and not _still_read(fact, items)]
    gone_ids = {fact.id for fact in lost}
    standing = [fact for fact in live if topic_of(fact) is not None and fact.id not in gone_ids]
    gone: Json = {"status": Status.DELETED, "known_to": now()}
    dropped = [fact.with_fields(gone) for fact in lost]
    timelines = update_timelines(run, tenant, [*standing, *fresh, *dropped])
    change = ChangeSet(
        tenant=tenant,
        actor=ACTOR,
        why="repair",
        patches=[Patch(id=f.id, fields=gone, op="delete", why=_LOST) for f in lost],
    )
    return len(fresh), len(lost), timelines.join(change)


def _rests(item: Item, items: dict[str, Item]) -> bool:
    """Return whether some source of a derived item exists and is live."""
    return any(items[s].status == Status.LIVE for s in item.sources if s in items)


def _still_read(fact: Item, items: dict[str, Item]) -> bool:
    """Return whether the rules still read a fact of theirs from its sources; True for others."""
    if fact.created_by != RULES:
        return True
    return any(
        claim_key(fact) == claim_key(one) for s in fact.sources for one in facts_of(items[s])
    )


def _misplaced(items: Sequence[Item]) -> list[str]:
    """Return a sentence for each fact whose interval is not that of its timeline."""
    by_topic: dict[str, list[Item]] = {}
    for item in items:
        topic = topic_of(item)
        if topic is not None and item.status == Status.LIVE:
            by_topic.setdefault(topic, []).append(item)
    found: list[str] = []
    for fellows in by_topic.values():
        line = timeline(claim for fact in fellows for claim in claims_of(fact))
        found += [
            f"fact {fact.id} is not where its timeline puts it"
            for fact in fellows
            if (fact.valid_from_us, fact.valid_to_us) != line.intervals[fact.id]
        ]
    return found
