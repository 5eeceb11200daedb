"""What can be seen of a task of slots, without changing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from combray.core.checks import check_name
from combray.core.errors import UnknownName
from combray.core.time import now
from combray.recall.graph.dag import turned
from combray.recall.task.slots import FAILED, LinkKind, Slot, Slots, Version
from combray.store.journal import Journal
from combray.store.tables.steps import Step

Show = Callable[[Any], Any]
"""What may be seen of a value, or of a title."""


class SlotReader:
    """The slots of one task, each named by its title; all who opened it see the same.

    `show` hides of a title or value what may not be seen.
    """

    def __init__(self, journal: Journal[Slots], show: Show | None = None) -> None:
        self._journal, self._show = journal, show

    @property
    def name(self) -> str:
        """The name of the task."""
        return self._journal.name

    def state(self) -> Slots:
        """Return all slots as they are now, those too that were dropped, by their ids."""
        state = self._journal.state()
        if self._show is None:
            return state
        return replace(state, by_id={id_: self._seen(s) for id_, s in state.by_id.items()})

    def slots(self) -> list[Slot]:
        """Return the slots that were not dropped, in the order in which they came."""
        return self.state().live()

    def get(self, title: str) -> Slot:
        """Return the slot of a title; raise UnknownName with the nearest titles."""
        slot = named(self._journal.state(), title)
        return slot if self._show is None else self._seen(slot)

    def history(self, title: str) -> Sequence[Version]:
        """Return every value that a slot had, oldest first."""
        return self.get(title).versions

    def links(self, title: str) -> dict[LinkKind, list[str]]:
        """Return the titles of what a slot is linked with, by kind of link."""
        state = self.state()
        found = state.links(named(self._journal.state(), title).id)
        return {kind: [state[id_].title for id_ in ids] for kind, ids in found.items()}

    def stale(self) -> list[str]:
        """Return the titles of slots whose value was made for what is no longer so."""
        state, stale = self.state(), self._journal.state().stale()
        return [slot.title for slot in state.live() if slot.id in stale]

    def ready(self) -> list[str]:
        """Return the titles of what can be worked on now.

        Something is left to do on them, all they depend on is settled and fresh, no part of them
        is open, and nobody holds them.
        """
        state, at = self.state(), now()
        stale = self._journal.state().stale()
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
        steps = self._journal.steps()
        if self._show is None:
            return steps
        return [replace(step, value=self._show(dict(step.value))) for step in steps]

    def _seen(self, slot: Slot) -> Slot:
        show = self._show
        if show is None:
            return slot
        versions = tuple(
            replace(v, value=show(v.value), basis=show(dict(v.basis))) for v in slot.versions
        )
        return replace(slot, title=show(slot.title), versions=versions)


def named(state: Slots, title: str) -> Slot:
    """Return the live slot of a title; raise UnknownName with the nearest titles."""
    found = state.titled(check_name(title, "title"))
    if found is None:
        raise UnknownName("slot", title, [slot.title for slot in state.live()])
    return found
