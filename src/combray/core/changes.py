"""Changes as values, which rules, models and users propose and the store applies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from combray.core.items import Item, Json, Link, shown
from combray.core.time import iso, to_datetime

MUTABLE = frozenset(
    {
        "text",
        "metadata",
        "valid_from",
        "valid_to",
        "known_to",
        "first_at",
        "last_at",
        "strength",
        "last_recalled",
        "count",
        "status",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """New values for some fields of one item. `op` names the change in its history.

    `why` is the reason for this item alone; without one, that of the whole change is kept.
    """

    id: str
    fields: Mapping[str, Any]
    op: str = "update"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """Work for later, queued in the transaction of the change that asks for it."""

    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work. `state` is waiting, running or failed; a job that is done is gone.

    One that failed is dead: it was given up, and is tried again on request only. `due_at` is when
    it may be claimed (again). `error` is the last one, and of a running job who does it.
    """

    seq: int
    tenant: str
    kind: str
    payload: Mapping[str, Any]
    state: str
    attempts: int
    error: str | None
    created_at_us: int
    updated_at_us: int
    due_at_us: int

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def created_at(self) -> datetime:
        """When it was queued."""
        return to_datetime(self.created_at_us)

    @property
    def updated_at(self) -> datetime:
        """When somebody last worked on it."""
        return to_datetime(self.updated_at_us)

    @property
    def due_at(self) -> datetime:
        """When it may be claimed, again or for the first time."""
        return to_datetime(self.due_at_us)

    def as_dict(self) -> Json:
        """Plain data with ISO times."""
        return {
            "job": self.seq,
            "user_id": self.tenant or None,
            "kind": self.kind,
            "payload": dict(self.payload),
            "state": self.state,
            "attempts": self.attempts,
            "error": self.error,
            "created_at": iso(self.created_at_us),
            "updated_at": iso(self.updated_at_us),
            "due_at": iso(self.due_at_us),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """What one step changes in one tenant: applied whole, or not at all; undone as one.

    `seen` is the number of the tenant's last event when that was read on which the change rests.
    """

    tenant: str
    actor: str
    why: str = ""
    puts: Sequence[Item] = ()
    patches: Sequence[Patch] = ()
    links: Sequence[Link] = ()
    unlinks: Sequence[tuple[str, str, str]] = field(default=())
    jobs: Sequence[NewJob] = ()
    seen: int | None = None

    def __bool__(self) -> bool:
        return bool(self.puts or self.patches or self.links or self.unlinks or self.jobs)
