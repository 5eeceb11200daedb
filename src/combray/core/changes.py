"""Changes as values: what a rule, a model or a user proposes, before the store checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from combray.core.items import Item, Link

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
class ChangeSet:
    """What one step changes in one tenant: applied whole, or not at all; undone as one."""

    tenant: str
    actor: str
    why: str = ""
    puts: Sequence[Item] = ()
    patches: Sequence[Patch] = ()
    links: Sequence[Link] = ()
    unlinks: Sequence[tuple[str, str, str]] = field(default=())
    jobs: Sequence[NewJob] = ()

    def __bool__(self) -> bool:
        return bool(self.puts or self.patches or self.links or self.unlinks or self.jobs)
