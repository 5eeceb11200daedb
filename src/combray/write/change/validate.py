"""The validator: it checks what rules and models propose against invariants, and applies it.

1. A change stays in one tenant, and everything it cites exists there (the store checks this too).
2. A change neither rewrites nor removes the user's own words.
3. A derived item is removed only with a successor in the same change, or with a reason.
4. A derived item cites its sources and has their span.
5. A change removes a bounded share of the derived items, never all of them. An item that it puts
   back in the same words, with at least the same sources, does not count as removed.
6. No item supersedes itself, directly or through others.

What a change rests on must still be as it was when it was read (`ChangeSet.seen`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from combray.core.changes import ChangeSet, Job, Patch
from combray.core.errors import RejectedChange, StaleChange
from combray.core.items import RAW_KINDS, SUPERSEDES, Item, Json, Status, with_times
from combray.core.time import iso
from combray.store.engine import Cursor, Run
from combray.store.history.history import LINK_OPS
from combray.store.store import Store
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.jobs import finish, held
from combray.store.tables.queries import events_after, items_by_id
from combray.write.change.supersession import supersedes
from combray.write.facts.update_timelines import update_timelines
from combray.write.messages.guard import hold_back_derived

FREE_REMOVALS = 5
SHARE = 0.25
"""One change may take away FREE_REMOVALS derived items, or this share of them when that is more."""
_COUNTS = frozenset({"strength", "last_recalled", "count"})
"""What may change about any memory at any time: it changes no word, and hides nothing."""
REREAD = "reread"
"""The operation by which a system withdraws what it reads again; models cannot use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change set would do, or did; `change_id` is None for a dry run."""

    change: ChangeSet
    problems: tuple[str, ...] = ()
    change_id: str | None = None

    def as_dict(self) -> Json:
        """Return plain data: additions, changes with their reasons, links and problems."""
        change = self.change
        return {
            "change_id": self.change_id,
            "actor": change.actor,
            "why": change.why,
            "adds": [item.as_dict() for item in change.puts],
            "changes": [
                {"id": p.id, "op": p.op, "why": p.why, "fields": with_times(p.fields, iso)}
                for p in change.patches
            ],
            "links": [[link.src, link.kind, link.dst] for link in change.links],
            "unlinks": [[src, kind, dst] for src, dst, kind in change.unlinks],
            "problems": list(self.problems),
        }


def propose(
    store: Store, change: ChangeSet, *, dry_run: bool = False, job: Job | None = None
) -> Preview:
    """Check a proposed change and apply it in one transaction, or with `dry_run` only preview it.

    The job that made the change is finished in the same transaction. Raises RejectedChange, and
    applies nothing, when an invariant is broken or when another process has taken over the job, and
    StaleChange when what the change rests on was changed meanwhile; a dry run returns the problems
    instead.
    """
    with store.engine.write(change.tenant) as cursor:
        if job is not None and not dry_run and not held(cursor, job):
            raise RejectedChange(
                f"Job {job.seq} took so long that another process has taken it over. Nothing was "
                "applied."
            )
        stale = changed_meanwhile(cursor.run, change)
        if stale and not dry_run:
            raise StaleChange(f"{'; '.join(stale)}. Nothing was applied.")
        found = [*stale, *problems(cursor.run, change)]
        if not found:
            change = _with_timelines(cursor, _guarded(cursor, change))
        if dry_run:
            return Preview(change=change, problems=tuple(found))
        if found:
            raise RejectedChange(f"{'; '.join(found)}. Nothing was applied.")
        change_id = store.apply_in(cursor, change) if change else None
        if job is not None:
            finish(cursor, job)
    return Preview(change=change, change_id=change_id)


def _with_timelines(cursor: Cursor, change: ChangeSet) -> ChangeSet:
    """Return the change with the updated timelines of all facts that it adds or patches."""
    patched = items_by_id(cursor.run, change.tenant, (patch.id for patch in change.patches))
    after = [patched[patch.id].with_fields(patch.fields) for patch in change.patches]
    facts = [i for i in change.puts if topic_of(i) is not None and i.status == Status.LIVE]
    plain = [item for item in change.puts if item not in facts]
    timelines = update_timelines(cursor.run, change.tenant, [*facts, *after])
    return timelines.join(replace(change, puts=plain))


def _guarded(cursor: Cursor, change: ChangeSet) -> ChangeSet:
    """Return the change with what repeats the orders of untrusted sources held back."""
    cited = {source for item in change.puts for source in item.sources}
    sources = items_by_id(cursor.run, change.tenant, cited)
    return replace(change, puts=hold_back_derived(change.puts, sources))


def changed_meanwhile(run: Run, change: ChangeSet) -> list[str]:
    """Return a sentence for each thing that a change rests on and that is not as it was read.

    That is what it patches and cites, and what its actor derived from the same words. How often
    something was told or recalled is no part of it.
    """
    if change.seen is None:
        return []
    cited = {source for item in change.puts for source in item.sources}
    touched = cited | {patch.id for patch in change.patches}
    touched |= {end for link in change.links for end in (link.src, link.dst)}
    found: dict[str, None] = {}
    for event in events_after(run, change.tenant, change.seen):
        before, after = event.before_us, event.after_us or {}
        rival = after.get("created_by") == change.actor and cited & {*after.get("sources", ())}
        if event.op not in LINK_OPS and (before is None and rival):
            found[f"{event.item_id} was derived meanwhile from the same words"] = None
        elif event.item_id in touched and not _COUNTS.issuperset(after or {"erased": True}):
            found[f"{event.item_id} was changed meanwhile"] = None
    return list(found)


def problems(run: Run, change: ChangeSet) -> list[str]:
    """Return a sentence for each invariant that a change would break."""
    wanted = {patch.id for patch in change.patches}
    wanted |= {source for item in change.puts for source in item.sources}
    wanted |= {end for link in change.links for end in (link.src, link.dst)}
    known = items_by_id(run, change.tenant, wanted)
    new = {item.id: item for item in change.puts}
    known_or_new = {**known, **new}
    found = [f"{id_} does not exist here" for id_ in sorted(wanted - known_or_new.keys())]
    for item in change.puts:
        found += _new_item(item, change, known_or_new)
    succeeded = {link.dst for link in change.links if link.kind == SUPERSEDES}
    for patch in change.patches:
        if patch.id in known:
            found += _patch(known[patch.id], patch, succeeded)
    for later in {link.src for link in change.links if link.kind == SUPERSEDES} & known.keys():
        if known[later].status != Status.LIVE:
            found.append(f"{later} is {known[later].status}, so it supersedes nothing")
    return found + _cycles(run, change) + _too_many(run, change, known)


def _new_item(item: Item, change: ChangeSet, known: dict[str, Item]) -> list[str]:
    if item.scope.tenant != change.tenant:
        return [f"the new item {item.id} belongs to another user"]
    if item.kind in RAW_KINDS or not item.sources:
        return [f"the new {item.kind} {item.text[:40]!r} cites no source"]
    sources = [known[source] for source in item.sources if source in known]
    span = (
        min((s.first_at_us for s in sources), default=0),
        max((s.last_at_us for s in sources), default=0),
    )
    if sources and (item.first_at_us, item.last_at_us) != span:
        return [f"the new {item.kind} {item.text[:40]!r} has not the span of its sources"]
    dead = [source.id for source in sources if source.status != Status.LIVE]
    return (
        [f"the new {item.kind} cites {dead[0]}, which is {known[dead[0]].status}"] if dead else []
    )


def _patch(item: Item, patch: Patch, succeeded: set[str]) -> list[str]:
    if _COUNTS.issuperset(patch.fields):
        return []
    if item.kind in RAW_KINDS:
        return [f"{item.id} is the user's own words; a proposal may not {patch.op} them"]
    if item.status != Status.LIVE:
        return [f"{item.id} is {item.status}; a proposal may not {patch.op} it"]
    end = patch.fields.get("valid_to")
    if end is not None and item.valid_from_us is not None and end < item.valid_from_us:
        return [f"{item.id} would end before it begins"]
    leaves = patch.fields.get("status", Status.LIVE) != Status.LIVE
    if leaves and item.id not in succeeded and not patch.why.strip():
        return [f"{item.id} would vanish without a successor or a reason"]
    return []


def _cycles(run: Run, change: ChangeSet) -> list[str]:
    """Return a sentence for each item that would supersede itself."""
    pairs = {(link.src, link.dst) for link in change.links if link.kind == SUPERSEDES}
    # No stored link leads to what is new, so a chain comes back to it only by a link proposed here.
    new = {item.id for item in change.puts} - {earlier for _, earlier in pairs}
    starts = sorted({later for later, _ in pairs} - new)
    return [
        f"{start} would supersede itself"
        for start in starts
        if supersedes(run, change.tenant, start, start, pairs)
    ]


def _too_many(run: Run, change: ChangeSet, known: dict[str, Item]) -> list[str]:
    back: dict[str, set[str]] = {}
    for put in change.puts:
        back.setdefault(put.text, set()).update(put.sources)
    leaving = [
        known[patch.id]
        for patch in change.patches
        if patch.id in known
        and patch.fields.get("status", Status.LIVE) != Status.LIVE
        and patch.op != REREAD
    ]
    gone = [
        item
        for item in leaving
        if item.status == Status.LIVE
        and not (item.text in back and back[item.text].issuperset(item.sources))
    ]
    if len(gone) < 2:
        return []
    rows = run(
        "SELECT count(*) FROM items WHERE tenant = ? AND status = 'live' AND sources <> '[]'",
        (change.tenant,),
    )
    there = int(rows[0][0])
    allowed = max(FREE_REMOVALS, int(SHARE * there))
    if len(gone) > allowed:
        return [f"it would take away {len(gone)} memories at once, and at most {allowed} may go"]
    if len(gone) == there and not change.puts:
        return ["it would take away everything that is derived and put nothing in its place"]
    return []
