"""A task memory of slots: every verb is a step of one log, decided inside its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from combray.core.checks import check_name
from combray.core.errors import InputError, RejectedChange, StaleChange, UnknownName
from combray.core.ids import new_id
from combray.core.time import iso, now
from combray.recall.graph.dag import circle_with, turned
from combray.recall.task.slots import DONE, FAILED, OPEN, STATUSES, Slot, Slots, after_step, folded
from combray.store.journal import Change, Journal
from combray.store.store import Store
from combray.store.tables.steps import Step

SECOND = 1_000_000
LEASE = 600.0
"""Seconds that a claim holds."""
Requires = Mapping[str, Sequence[str]]
"""What slots depend on by their titles, as a schema says: {"hotel": ["destination"]}."""


class SlotMemory:
    """The slots of one task of one user, shared by all who open it by its name.

    `by` is who acts where a call names nobody; `requires` are dependencies that slots have from
    the start, by title.
    """

    def __init__(
        self,
        store: Store,
        tenant: str,
        name: str,
        *,
        by: str = "user",
        requires: Requires | None = None,
    ) -> None:
        self._journal: Journal[Slots] = Journal(
            store, tenant, name, empty=Slots(), reduce=after_step
        )
        self._by = check_name(by, "by")
        self._requires = {folded(title): tuple(after) for title, after in (requires or {}).items()}

    @property
    def name(self) -> str:
        """The name of the task."""
        return self._journal.name

    # ── what there is ────────────────────────────────────────────────────────────────────────

    def slots(self) -> list[Slot]:
        """Return the slots that were not dropped, in the order in which they came."""
        return self._journal.state().live()

    def get(self, title: str) -> Slot:
        """Return the slot of a title; raise UnknownName with the nearest titles."""
        return _named(self._journal.state(), title)

    def stale(self) -> list[str]:
        """Return the titles of slots whose value was made for what is no longer so."""
        state = self._journal.state()
        return [state[id_].title for id_ in sorted(state.stale(), key=list(state.by_id).index)]

    def ready(self) -> list[str]:
        """Return the titles of what can be worked on now.

        Something is left to do on them, all they depend on is settled and fresh, no part of them
        is open, and nobody holds them.
        """
        state, at = self._journal.state(), now()
        stale = state.stale()
        open_ = {s.id for s in state.live() if not s.settled or s.id in stale}
        parts = turned({s.id: [s.parent] for s in state.live() if s.parent is not None})
        return [
            slot.title
            for slot in state.live()
            if slot.id in open_
            and slot.status != FAILED
            and open_.isdisjoint(slot.after)
            and open_.isdisjoint(parts.get(slot.id, ()))
            and (slot.claim is None or slot.claim.until_us <= at)
        ]

    def log(self) -> Sequence[Step]:
        """Return every step of the task, oldest first."""
        return self._journal.steps()

    # ── what changes it ──────────────────────────────────────────────────────────────────────

    def add(
        self,
        title: str,
        value: Any = None,
        *,
        after: Iterable[str] = (),
        parent: str | None = None,
        discovered_from: str | None = None,
        by: str | None = None,
    ) -> Slot:
        """Add a slot, with a value if it has one; return it.

        What it comes `after` and does not exist yet is added too, open. Raises InputError for a
        title that is there, and RejectedChange for a circle, which is shown.
        """
        with self._changing(by) as change:
            if change.state.titled(check_name(title, "title")) is not None:
                raise InputError(f"{self.name!r} has a slot {title!r} already. Set its value.")
            id_ = self._add(change, title, parent, discovered_from)
            self._depend(change, id_, (*after, *self._requires.get(folded(title), ())))
            if value is not None:
                change.add("set", id=id_, value=value, status=OPEN)
        return change.state[id_]

    def set(self, title: str, value: Any, *, by: str | None = None) -> Slot:
        """Give a slot another value, adding it when it is new; return it.

        The slots that depend on it are stale until they are set again, or it has the old value.
        """
        with self._changing(by) as change:
            id_ = self._find_or_add(change, title)
            self._settle(change, id_, value, OPEN)
        return change.state[id_]

    def done(self, title: str, value: Any = None, *, by: str | None = None) -> Slot:
        """Mark a slot as done, with the value that came of it if any; return it."""
        with self._changing(by) as change:
            slot = _named(change.state, title)
            self._settle(change, slot.id, slot.value if value is None else value, DONE)
        return change.state[slot.id]

    def mark(self, title: str, status: str, *, by: str | None = None) -> Slot:
        """Give a slot another status, open, done, failed or dropped, and keep its value."""
        if status not in STATUSES:
            raise UnknownName("status", status, STATUSES)
        if status == DONE:
            return self.done(title, by=by)
        if status not in (OPEN, FAILED):
            return self.drop(title, by=by)
        with self._changing(by) as change:
            slot = _named(change.state, title)
            self._check_claim(slot, change)
            change.add("change", id=slot.id, status=status)
        return change.state[slot.id]

    def rename(self, title: str, new: str, *, by: str | None = None) -> Slot:
        """Give a slot another title; what refers to it still does."""
        with self._changing(by) as change:
            slot, other = _named(change.state, title), change.state.titled(check_name(new, "new"))
            if other is not None and other.id != slot.id:
                raise InputError(f"{self.name!r} has a slot {new!r} already; nothing was renamed.")
            change.add("change", id=slot.id, title=new)
        return change.state[slot.id]

    def depend(self, title: str, after: Iterable[str], *, by: str | None = None) -> Slot:
        """Let a slot depend on these, and on no others; return it.

        Raises RejectedChange when that would close a circle, which is shown.
        """
        with self._changing(by) as change:
            slot = _named(change.state, title)
            change.add("change", id=slot.id, after=[])
            self._depend(change, slot.id, after)
        return change.state[slot.id]

    def drop(self, title: str, *, replaced_by: str | None = None, by: str | None = None) -> Slot:
        """Take a slot out of the task; what depended on it depends on its replacement, if any."""
        with self._changing(by) as change:
            slot = _named(change.state, title)
            self._check_claim(slot, change)
            new = None if replaced_by is None else _named(change.state, replaced_by).id
            needs = {**change.state.needs(), slot.id: [new] if new else []}
            if new and (circle := circle_with(needs, slot.id, [new])):
                raise _circular(change.state, circle)
            change.add("drop", id=slot.id, replaced_by=new)
        return change.state[slot.id]

    def rollback(self, title: str, to: int, *, by: str | None = None) -> Slot:
        """Let an earlier version of a slot hold again: its value, its status, and with them what
        was made for it. Versions are numbered from 1; raises InputError for one there is not.
        """
        with self._changing(by) as change:
            slot = _named(change.state, title)
            self._check_claim(slot, change)
            known = range(1, len(slot.versions) + 1)
            if isinstance(to, bool) or not isinstance(to, int) or to not in known:
                have = f"versions 1 to {len(known)}" if known else "no value yet"
                raise InputError(f"{slot.title!r} has no version {to!r:.40}: it has {have}.")
            change.add("roll back", id=slot.id, to=to)
        return change.state[slot.id]

    def undo(self, *, by: str | None = None) -> None:
        """Take back the last step of the task that was not taken back yet."""
        self._journal.undo(by or self._by)

    # ── who works on it ──────────────────────────────────────────────────────────────────────

    def claim(self, title: str, *, by: str | None = None, seconds: float = LEASE) -> Slot:
        """Hold a slot for some seconds, in which nobody else can claim or settle it.

        The holder may claim it again to hold it longer. Raises StaleChange when somebody else
        holds it, and RejectedChange when it cannot be worked on yet.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
            raise InputError(f"seconds must be a number above zero, not {seconds!r:.40}.")
        with self._changing(by) as change:
            slot = _named(change.state, title)
            self._check_claim(slot, change)
            stale = change.state.stale()
            waits = [
                on.title
                for on in map(change.state.__getitem__, slot.after)
                if not on.settled or on.id in stale
            ]
            if waits:
                raise RejectedChange(
                    f"{slot.title!r} cannot be worked on yet: it waits for {', '.join(waits)}."
                )
            change.add("claim", id=slot.id, until=now() + int(seconds * SECOND))
        return change.state[slot.id]

    def release(self, title: str, *, by: str | None = None) -> Slot:
        """Let go of a slot that is held."""
        with self._changing(by) as change:
            slot = _named(change.state, title)
            self._check_claim(slot, change)
            if slot.claim is not None:
                change.add("release", id=slot.id)
        return change.state[slot.id]

    # ── parts ────────────────────────────────────────────────────────────────────────────────

    def _changing(self, by: str | None) -> AbstractContextManager[Change[Slots]]:
        return self._journal.changing(self._by if by is None else by)

    def _find_or_add(self, change: Change[Slots], title: str) -> str:
        found = change.state.titled(check_name(title, "title"))
        if found is not None:
            return found.id
        id_ = self._add(change, title)
        self._depend(change, id_, self._requires.get(folded(title), ()))
        return id_

    def _add(
        self,
        change: Change[Slots],
        title: str,
        parent: str | None = None,
        origin: str | None = None,
    ) -> str:
        id_ = new_id()
        ends = {
            name: None if other is None else _named(change.state, other).id
            for name, other in (("parent", parent), ("origin", origin))
        }
        change.add("add", id=id_, title=" ".join(title.split()), **ends)
        return id_

    def _depend(self, change: Change[Slots], id_: str, after: Iterable[str]) -> None:
        """Add dependencies, by title; those that do not exist are added, open."""
        if isinstance(after, str):
            raise InputError(f"after must be a list of titles, such as [{after!r}].")
        wanted = [self._find_or_add(change, title) for title in after]
        circle = circle_with(change.state.needs(), id_, wanted)
        if circle:
            raise _circular(change.state, circle)
        held = change.state[id_].after
        if wanted:
            change.add("change", id=id_, after=list(dict.fromkeys([*held, *wanted])))

    def _settle(self, change: Change[Slots], id_: str, value: Any, status: str) -> None:
        """Set a value, unless it is there already and was made for what is so now."""
        slot = change.state[id_]
        self._check_claim(slot, change)
        if slot.claim is not None and status == DONE:
            change.add("release", id=id_)
        same = slot.version is not None and (slot.value, slot.status) == (value, status)
        if not same or id_ in change.state.stale():
            change.add("set", id=id_, value=value, status=status)

    def _check_claim(self, slot: Slot, change: Change[Slots]) -> None:
        """Raise StaleChange when somebody else holds a slot."""
        held = slot.claim
        if held is not None and held.by != change.actor and held.until_us > now():
            raise StaleChange(
                f"{slot.title!r} is held by {held.by!r} until {iso(held.until_us)}; nothing was "
                "changed. Wait, or take another of ready()."
            )


def _named(state: Slots, title: str) -> Slot:
    found = state.titled(check_name(title, "title"))
    if found is None:
        raise UnknownName("slot", title, [slot.title for slot in state.live()])
    return found


def _circular(state: Slots, circle: Sequence[str]) -> RejectedChange:
    shown = " → ".join(state[id_].title for id_ in circle)
    return RejectedChange(f"That would be a circle: {shown}. Nothing was changed.")
