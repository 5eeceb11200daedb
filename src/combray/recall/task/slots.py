"""Slots: what a task is made of, with every value that each had and what it depends on.

A slot is stale when what it depends on is not what it was when the slot got its value, or is stale
itself. Nobody marks that: it follows from the values. So going back to an old value makes what was
made for it fresh again, and only that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from combray.core.checks import moment_problem
from combray.core.items import Json, shown
from combray.core.time import iso
from combray.recall.graph.dag import circle_with, in_order
from combray.store.tables.steps import Step

OPEN, DONE, FAILED, DROPPED = "open", "done", "failed", "dropped"
STATUSES = (OPEN, DONE, FAILED, DROPPED)
LinkKind = Literal["parent", "depends_on", "blocks", "discovered_from", "replaced_by"]
"""What one slot may be to another; what depends on a slot is what that slot blocks."""
_NOTHING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One value that a slot had; `basis` is what its dependencies were then, by their ids."""

    number: int
    value: Any
    status: str
    by: str
    at_us: int
    basis: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who works on a slot, and until when nobody else may (microseconds since 1970)."""

    by: str
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One part of a task: a title, its value if it has one, and what it depends on.

    `parent`, `after` (what it depends on), `origin` (where it was discovered) and `replaced_by`
    are ids, which a renaming leaves alone.
    """

    id: str
    title: str
    parent: str | None = None
    after: tuple[str, ...] = ()
    origin: str | None = None
    replaced_by: str | None = None
    versions: tuple[Version, ...] = ()
    current: int = 0
    status: str = OPEN
    claim: Claim | None = None

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def version(self) -> Version | None:
        """The version that holds now."""
        return self.versions[self.current - 1] if self.current else None

    @property
    def value(self) -> Any:
        """The value that holds now; None when there is none."""
        return None if self.version is None else self.version.value

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to do: it has a value that holds, or is done."""
        return self.status == DONE or (self.status == OPEN and self.value is not None)

    def as_dict(self) -> Json:
        """Plain data with ISO times."""
        return {
            "id": self.id,
            "title": self.title,
            "value": self.value,
            "status": self.status,
            "version": self.current or None,
            "parent": self.parent,
            "after": list(self.after),
            "discovered_from": self.origin,
            "replaced_by": self.replaced_by,
            "claimed_by": self.claim and self.claim.by,
            "claimed_until": self.claim and iso(self.claim.until_us),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The state of one task memory: its slots by id, in the order in which they came."""

    by_id: Mapping[str, Slot] = field(default_factory=dict)
    active: str | None = None
    """The slot that the last step was about."""

    def __iter__(self) -> Iterator[Slot]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    def __getitem__(self, id_: str) -> Slot:
        return self.by_id[id_]

    def live(self) -> list[Slot]:
        """The slots that were not dropped."""
        return [slot for slot in self if slot.status != DROPPED]

    def titled(self, title: str) -> Slot | None:
        """The live slot of a title, whatever its case and white space."""
        wanted = folded(title)
        return next((slot for slot in self.live() if folded(slot.title) == wanted), None)

    def needs(self) -> dict[str, tuple[str, ...]]:
        """The dependencies of each slot, by ids."""
        return {slot.id: slot.after for slot in self}

    def path(self, id_: str) -> list[str]:
        """The ids from the root of a slot down to it, by parents."""
        found: list[str] = []
        at: str | None = id_
        while at is not None and at not in found:
            found.append(at)
            at = self[at].parent
        return found[::-1]

    def links(self, id_: str) -> dict[LinkKind, list[str]]:
        """The ids of the slots that one is linked with, by what they are to it."""
        slot = self[id_]
        return {
            "parent": [] if slot.parent is None else [slot.parent],
            "depends_on": list(slot.after),
            "blocks": [other.id for other in self.live() if id_ in other.after],
            "discovered_from": [] if slot.origin is None else [slot.origin],
            "replaced_by": [] if slot.replaced_by is None else [slot.replaced_by],
        }

    def basis_of(self, after: Sequence[str]) -> dict[str, Any]:
        """What some dependencies are now."""
        return {id_: self[id_].value for id_ in after}

    def stale(self) -> set[str]:
        """The ids of the slots whose values were made for what is no longer so."""
        found: set[str] = set()
        for id_ in in_order(self.needs()):
            slot = self[id_]
            if slot.version is None:
                continue
            basis = slot.version.basis
            moved = any(basis.get(on, _NOTHING) != self[on].value for on in slot.after)
            if moved or not found.isdisjoint(slot.after):
                found.add(id_)
        return found


def folded(title: str) -> str:
    """A title as titles are compared."""
    return " ".join(title.casefold().split())


def after_step(slots: Slots, step: Step) -> Slots:
    """The state after a step: what a journal of slots is reduced by.

    Raises LookupError, TypeError or ValueError for a step that cannot follow on the state, as one
    of a file that others made may be.
    """
    value: Json = dict(step.value)
    if not value.keys() <= _KEYS[step.op]:
        raise ValueError(f"it says {', '.join(sorted(value.keys() - _KEYS[step.op]))}")
    if not isinstance(value.get("title", ""), str):
        raise TypeError(f"its title is {value['title']!r:.40}")
    if "until" in value and moment_problem(value["until"]) is not None:
        raise ValueError(f"it is held until {value['until']!r:.40}")
    if value.get("status", OPEN) not in STATUSES:
        raise ValueError(f"its status is {value['status']!r:.40}")
    for name in ("parent", "origin", "replaced_by", "after"):
        ends = value.get(name)
        for id_ in ends if name == "after" and ends is not None else [ends]:
            if id_ is not None and id_ not in slots.by_id:
                raise LookupError(f"there is no slot {id_!r:.40}")
    made = _STEPS[step.op](slots, step, value)
    if value.get("after") and circle_with(slots.needs(), value["id"], value["after"]):
        raise ValueError("its dependencies are a circle")
    return replace(made, active=value["id"])


def _put(slots: Slots, *changed: Slot) -> Slots:
    return replace(slots, by_id={**slots.by_id, **{slot.id: slot for slot in changed}})


def _add(slots: Slots, _step: Step, value: Json) -> Slots:
    if not isinstance(value["id"], str) or value["id"] in slots.by_id:
        raise ValueError(f"its slot {value['id']!r:.40} cannot be added")
    return _put(slots, Slot(**{**value, "after": tuple(value.get("after", ()))}))


def _set(slots: Slots, step: Step, value: Json) -> Slots:
    slot = slots[value["id"]]
    version = Version(
        number=len(slot.versions) + 1,
        value=value["value"],
        status=value["status"],
        by=step.actor,
        at_us=step.at_us,
        basis=slots.basis_of(slot.after),
    )
    kept = (*slot.versions, version)
    return _put(slots, replace(slot, versions=kept, current=version.number, status=version.status))


def _change(slots: Slots, _step: Step, value: Json) -> Slots:
    """Another title, parent, status or dependencies; a new dependency is said of the present."""
    value = dict(value)
    slot = slots[value.pop("id")]
    if "after" in value:
        value["after"] = tuple(value["after"])
        value["versions"] = tuple(
            replace(one, basis={**slots.basis_of(value["after"]), **one.basis})
            if one.number == slot.current
            else one
            for one in slot.versions
        )
    return _put(slots, replace(slot, **value))


def _roll_back(slots: Slots, _step: Step, value: Json) -> Slots:
    """An earlier version holds again, with the status that it had."""
    slot = slots[value["id"]]
    if not 1 <= value["to"] <= len(slot.versions):
        raise LookupError(f"there is no version {value['to']!r:.40}")
    old = slot.versions[value["to"] - 1]
    return _put(slots, replace(slot, current=old.number, status=old.status))


def _claim(slots: Slots, step: Step, value: Json) -> Slots:
    claim = Claim(by=step.actor, until_us=value["until"])
    return _put(slots, replace(slots[value["id"]], claim=claim))


def _release(slots: Slots, _step: Step, value: Json) -> Slots:
    return _put(slots, replace(slots[value["id"]], claim=None))


def _drop(slots: Slots, _step: Step, value: Json) -> Slots:
    """Out of the task; what depended on it depends on what takes its place, if anything does.

    So do its parts, unless that is one of them, or below one: then they go to its own parent.
    """
    gone, new = value["id"], value.get("replaced_by")
    above = slots[gone].parent
    heir = above if new is None or gone in slots.path(new) else new
    moved = [
        replace(
            slot,
            after=_without(slot.after, gone, new),
            parent=heir if slot.parent == gone else slot.parent,
        )
        for slot in slots
        if gone in slot.after or slot.parent == gone
    ]
    dropped = replace(slots[gone], status=DROPPED, replaced_by=new, claim=None)
    return _put(slots, dropped, *moved)


def _without(after: Sequence[str], gone: str, new: str | None) -> tuple[str, ...]:
    kept = [new if id_ == gone else id_ for id_ in after]
    return tuple(dict.fromkeys(id_ for id_ in kept if id_ is not None))


_STEPS: Mapping[str, Callable[[Slots, Step, Json], Slots]] = {
    "add": _add,
    "set": _set,
    "change": _change,
    "roll back": _roll_back,
    "claim": _claim,
    "release": _release,
    "drop": _drop,
}
_KEYS: Mapping[str, frozenset[str]] = {
    "add": frozenset({"id", "title", "parent", "origin", "after"}),
    "set": frozenset({"id", "value", "status"}),
    "change": frozenset({"id", "title", "parent", "status", "after"}),
    "roll back": frozenset({"id", "to"}),
    "claim": frozenset({"id", "until"}),
    "release": frozenset({"id"}),
    "drop": frozenset({"id", "replaced_by"}),
}
"""What a step of each kind may say."""
