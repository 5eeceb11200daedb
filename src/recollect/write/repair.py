"""Repair: everything derived, made again from the user's own words."""

from __future__ import annotations

from dataclasses import replace

from recollect.core.changes import ChangeSet, Patch
from recollect.core.items import Item, Json
from recollect.core.time import now
from recollect.store import verify
from recollect.store.store import Store
from recollect.store.topics import topic_of
from recollect.store.verify import ACTOR, Report
from recollect.write.consolidate import missing_facts
from recollect.write.facts import claims_of
from recollect.write.settle import settle
from recollect.write.timeline import timeline


def check(store: Store) -> Report:
    """Everything `verify` looks at, and whether each fact stands where its timeline says."""
    return verify.verify(store, lambda tenant: _misplaced(store, tenant))


def repair(store: Store) -> Json:
    """Mend the tables, read the rules' facts again from the words, and settle every timeline.

    Returns counts; vectors are completed by whoever has the embedder.
    """
    mended = verify.mend(store)
    facts, dropped = 0, 0
    for tenant in store.tenants():
        added, gone = _derive(store, tenant)
        facts, dropped = facts + added, dropped + gone
    return {"mended": mended, "facts_added": facts, "facts_dropped": dropped}


def _derive(store: Store, tenant: str) -> tuple[int, int]:
    with store.engine.write(tenant) as cursor:
        items = {item.id: item for item in store.items(tenant)}
        live = [item for item in items.values() if item.status == "live"]
        fresh = missing_facts(cursor.run, tenant, [item for item in live if item.is_raw])
        lost = [fact for fact in live if fact.sources and not _rests(fact, items)]
        standing = [fact for fact in live if topic_of(fact) is not None and fact not in lost]
        gone: Json = {"status": "deleted", "known_to": now()}
        dropped = [replace(fact, **gone) for fact in lost]
        settled = settle(cursor.run, tenant, [*standing, *fresh, *dropped])
        change = ChangeSet(
            tenant=tenant,
            actor=ACTOR,
            why="repair",
            patches=[Patch(id=f.id, fields=gone, op="delete", why="lost its source") for f in lost],
        )
        change = settled.join(change)
        if change:
            store.apply_in(cursor, change)
    return len(fresh), len(lost)


def _rests(item: Item, items: dict[str, Item]) -> bool:
    """Whether some source of a derived item is there and live."""
    return any(items[s].status == "live" for s in item.sources if s in items)


def _misplaced(store: Store, tenant: str) -> list[str]:
    """Facts whose interval is not that of their timeline."""
    by_topic: dict[str, list[Item]] = {}
    for item in store.items(tenant):
        topic = topic_of(item)
        if topic is not None and item.status == "live":
            by_topic.setdefault(topic, []).append(item)
    found: list[str] = []
    for fellows in by_topic.values():
        line = timeline(claim for fact in fellows for claim in claims_of(fact))
        found += [
            f"fact {fact.id} is not where its timeline puts it"
            for fact in fellows
            if (fact.valid_from, fact.valid_to) != line.intervals[fact.id]
        ]
    return found
