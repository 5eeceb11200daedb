"""A task memory of slots: every verb is a step of one log, decided inside its transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, get_args

from combray.core.checks import check_name
from combray.core.errors import InputError, RejectedChange, StaleChange, UnknownName, Unsupported
from combray.core.ids import new_id
from combray.core.time import iso, now
from combray.recall.graph.dag import circle_with
from combray.recall.task.slot_reader import Show, SlotReader, named
from combray.recall.task.slots import (
    DONE,
    FAILED,
    OPEN,
    STATUSES,
    LinkKind,
    Slot,
    Slots,
    after_step,
    folded,
)
from combray.store.journal import Change, Journal
from combray.store.store import Store

LINKS: tuple[LinkKind, ...] = get_args(LinkKind)
SECOND = 1_000_000
LEASE = 600.0
"""Seconds that a claim holds."""
Requires = Mapping[str, Sequence[str]]
"""What slots depend on by their titles, as a schema says: {"hotel": ["destination"]}."""


class SlotMemory(SlotReader):
    """The slots of one task of one user, shared by all who open it by its name.

    `by` is who acts where a call names nobody; `requires` are dependencies that slots have from
    the start, by title. `links` are the kinds of links that it may have, and all without it.
    `guard` returns a title or value as it may be stored, or raises InputError; `show` hides of one
    what may not be seen.
    """

    def __init__(
        self,
        store: Store,
        tenant: str,
        name: str,
        *,
        by: str = "user",
        requires: Requires | None = None,
        links: Collection[LinkKind] = LINKS,
        guard: Show | None = None,
        show: Show | None = None,
    ) -> None:
        journal: Journal[Slots] = Journal(store, tenant, name, empty=Slots(), reduce=after_step)
        super().__init__(journal, show)
        self._by = check_name(by, "by")
        self._requires = _read_requires(requires)
        self._links, self._guard = frozenset(links), guard

    # ── what changes it ──────────────────────────────────────────────────────────────────────

    def add(
        self,
        title: str,
        value: Any = None,
        *,
        after: Iterable[str] = (),
        parent: str | None = None,
        blocks: Iterable[str] = (),
        discovered_from: str | None = None,
        by: str | None = None,
    ) -> Slot:
        """Add a slot, with a value if it has one; return it.

        What it comes `after` and does not exist yet is added too, open; what it `blocks` depends on
        it from now on. Raises InputError for a title that is there, and RejectedChange for a
        circle, which is shown.
        """
        self._check_links(
            parent=parent, depends_on=after, blocks=blocks, discovered_from=discovered_from
        )
        with self._changing(by) as change:
            title = self._clean(title)
            if change.state.titled(title) is not None:
                raise InputError(f"{self.name!r} has a slot {title!r} already. Set its value.")
            id_ = self._add(change, title, parent, discovered_from)
            self._depend(change, id_, (*_titles(after), *self._required(title)))
            for other in _titles(blocks):
                self._depend(change, self._find_or_add(change, other), [title])
            if value is not None:
                change.add("set", id=id_, value=self._kept(value), status=OPEN)
        return self._seen(change.state[id_])

    def set(self, title: str, value: Any, *, by: str | None = None) -> Slot:
        """Give a slot another value, adding it when it is new; return it.

        The slots that depend on it are stale until they are set again, or it has the old value.
        """
        with self._changing(by) as change:
            id_ = self._find_or_add(change, title)
            self._settle(change, id_, self._kept(value), OPEN)
        return self._seen(change.state[id_])

    def done(self, title: str, value: Any = None, *, by: str | None = None) -> Slot:
        """Mark a slot as done, with the value that came of it if any; return it."""
        with self._changing(by) as change:
            slot = named(change.state, title)
            self._settle(change, slot.id, slot.value if value is None else self._kept(value), DONE)
        return self._seen(change.state[slot.id])

    def mark(self, title: str, status: str, *, by: str | None = None) -> Slot:
        """Give a slot another status, open, done, failed or dropped, and keep its value."""
        if status not in STATUSES:
            raise UnknownName("status", status, STATUSES)
        if status == DONE:
            return self.done(title, by=by)
        if status not in (OPEN, FAILED):
            return self.drop(title, by=by)
        with self._changing(by) as change:
            slot = named(change.state, title)
            self._check_claim(slot, change)
            change.add("change", id=slot.id, status=status)
        return self._seen(change.state[slot.id])

    def rename(self, title: str, new: str, *, by: str | None = None) -> Slot:
        """Give a slot another title; what refers to it still does."""
        with self._changing(by) as change:
            new = self._clean(new, "new")
            slot, other = named(change.state, title), change.state.titled(new)
            if other is not None and other.id != slot.id:
                raise InputError(f"{self.name!r} has a slot {new!r} already; nothing was renamed.")
            change.add("change", id=slot.id, title=new)
        return self._seen(change.state[slot.id])

    def depend(self, title: str, after: Iterable[str], *, by: str | None = None) -> Slot:
        """Let a slot depend on these, and on no others; return it.

        Raises RejectedChange when that would close a circle, which is shown.
        """
        self._check_links(depends_on=after)
        with self._changing(by) as change:
            slot = named(change.state, title)
            change.add("change", id=slot.id, after=[])
            self._depend(change, slot.id, after)
        return self._seen(change.state[slot.id])

    def drop(self, title: str, *, replaced_by: str | None = None, by: str | None = None) -> Slot:
        """Take a slot out of the task; what depended on it depends on its replacement, if any."""
        self._check_links(replaced_by=replaced_by)
        with self._changing(by) as change:
            slot = named(change.state, title)
            self._check_claim(slot, change)
            new = None if replaced_by is None else named(change.state, replaced_by).id
            needs = {**change.state.needs(), slot.id: [new] if new else []}
            if new and (circle := circle_with(needs, slot.id, [new])):
                raise _circular(change.state, circle)
            change.add("drop", id=slot.id, replaced_by=new)
        return self._seen(change.state[slot.id])

    def rollback(self, title: str, to: int, *, by: str | None = None) -> Slot:
        """Let an earlier version of a slot hold again: its value, its status, and with them what
        was made for it. Versions are numbered from 1; raises InputError for one there is not.
        """
        with self._changing(by) as change:
            slot = named(change.state, title)
            self._check_claim(slot, change)
            known = range(1, len(slot.versions) + 1)
            if isinstance(to, bool) or not isinstance(to, int) or to not in known:
                have = f"versions 1 to {len(known)}" if known else "no value yet"
                raise InputError(f"{slot.title!r} has no version {to!r:.40}: it has {have}.")
            change.add("roll back", id=slot.id, to=to)
        return self._seen(change.state[slot.id])

    def undo(self, *, by: str | None = None) -> None:
        """Take back the last change of the task that was not taken back yet, whoever made it.

        Raises StaleChange when that would change who holds a slot that somebody else holds.
        """
        actor = self._by if by is None else by

        def check(before: Slots, after: Slots) -> None:
            at = now()
            for held, then in ((before, after), (after, before)):
                for slot in held:
                    other = then.by_id.get(slot.id)
                    if _holds(slot, actor, at) and (other is None or other.claim != slot.claim):
                        raise _held(slot)

        self._journal.undo(actor, check)

    # ── who works on it ──────────────────────────────────────────────────────────────────────

    def claim(self, title: str, *, by: str | None = None, seconds: float = LEASE) -> Slot:
        """Hold a slot for some seconds, in which nobody else can claim or settle it.

        The holder may claim it again to hold it longer. Raises StaleChange when somebody else
        holds it, and RejectedChange when it cannot be worked on yet, or nothing is left to do.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
            raise InputError(f"seconds must be a number above zero, not {seconds!r:.40}.")
        with self._changing(by) as change:
            slot = named(change.state, title)
            self._check_claim(slot, change)
            _check_ready(change.state, slot)
            change.add("claim", id=slot.id, until=now() + int(seconds * SECOND))
        return self._seen(change.state[slot.id])

    def release(self, title: str, *, by: str | None = None) -> Slot:
        """Let go of a slot that is held."""
        with self._changing(by) as change:
            slot = named(change.state, title)
            self._check_claim(slot, change)
            if slot.claim is not None:
                change.add("release", id=slot.id)
        return self._seen(change.state[slot.id])

    # ── parts ────────────────────────────────────────────────────────────────────────────────

    def _changing(self, by: str | None) -> AbstractContextManager[Change[Slots]]:
        return self._journal.changing(self._by if by is None else by)

    def _find_or_add(self, change: Change[Slots], title: str) -> str:
        title = self._clean(title)
        found = change.state.titled(title)
        if found is not None:
            return found.id
        id_ = self._add(change, title)
        self._depend(change, id_, self._required(title))
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
            name: None if other is None else named(change.state, other).id
            for name, other in (("parent", parent), ("origin", origin))
        }
        change.add("add", id=id_, title=title, **ends)
        return id_

    def _depend(self, change: Change[Slots], id_: str, after: Iterable[str]) -> None:
        """Add dependencies, by title; those that do not exist are added, open."""
        wanted = [self._find_or_add(change, title) for title in _titles(after)]
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
        if _holds(slot, change.actor, now()):
            raise _held(slot)

    def _check_links(self, **wanted: Any) -> None:
        """Raise Unsupported for a kind of link that the task may not have."""
        for kind, ends in wanted.items():
            if ends and kind not in self._links:
                raise Unsupported(
                    f"{self.name!r} is kept as a tree, in which a slot has no {kind!r}; it may "
                    "have a parent. Open it with system='tme_spatial'."
                )

    def _required(self, title: str) -> Sequence[str]:
        """What a slot depends on by the schema."""
        return self._requires.get(folded(title), ())

    def _kept(self, value: Any) -> Any:
        return value if self._guard is None else self._guard(value)

    def _clean(self, title: str, where: str = "title") -> str:
        """A title as it is stored; InputError for what is none."""
        return str(self._kept(" ".join(check_name(title, where).split())))


def _read_requires(requires: Requires | None) -> dict[str, tuple[str, ...]]:
    """The schema by folded titles; InputError for one of another shape."""
    if not isinstance(requires, Mapping | None):
        raise InputError(f"requires must be a mapping of titles, not {requires!r:.40}.")
    return {
        folded(check_name(title, "a title in requires")): _titles(after)
        for title, after in (requires or {}).items()
    }


def _titles(titles: Iterable[str]) -> tuple[str, ...]:
    """Some titles; InputError for one alone, whose letters would be taken for titles."""
    if isinstance(titles, str) or not isinstance(titles, Iterable):
        raise InputError(f"Give a list of titles, such as [{titles!r:.40}].")
    return tuple(titles)


def _holds(slot: Slot, actor: str, at: int) -> bool:
    """Whether somebody else than an actor holds a slot at a moment."""
    return slot.claim is not None and slot.claim.by != actor and slot.claim.until_us > at


def _check_ready(state: Slots, slot: Slot) -> None:
    """Raise RejectedChange for a slot that waits for others, or that was settled meanwhile."""
    stale = state.stale()
    if slot.settled and slot.id not in stale:
        raise RejectedChange(
            f"Nothing is left to do on {slot.title!r}: it is settled. Take one of ready()."
        )
    before = [state[id_] for id_ in slot.after]
    parts = [part for part in state.live() if part.parent == slot.id]
    waits = [on.title for on in (*before, *parts) if not on.settled or on.id in stale]
    if waits:
        raise RejectedChange(
            f"{slot.title!r} cannot be worked on yet: it waits for {', '.join(waits)}."
        )


def _held(slot: Slot) -> StaleChange:
    claim = slot.claim
    until = "" if claim is None else f" by {claim.by!r} until {iso(claim.until_us)}"
    return StaleChange(
        f"{slot.title!r} is held{until}; nothing was changed. Wait, or take another of ready()."
    )


def _circular(state: Slots, circle: Sequence[str]) -> RejectedChange:
    shown = " → ".join(state[id_].title for id_ in circle)
    return RejectedChange(f"That would be a circle: {shown}. Nothing was changed.")
