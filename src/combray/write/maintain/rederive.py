"""Reading a file under another system: jobs for the words that it has not read yet."""

from __future__ import annotations

from dataclasses import dataclass

from combray.core.items import RAW_KINDS, Item, Json, Status
from combray.core.ports import DeriverLike
from combray.core.time import now
from combray.recall.runtime.runtime import Runtime
from combray.store.engine import Run
from combray.store.tables.jobs import enqueue
from combray.store.tables.processed import forget_reading, unread
from combray.store.tables.queries import items_of
from combray.write.maintain.estimate import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederived:
    """What reading anew was expected to cost, and what came of its jobs."""

    estimate: Estimate
    done: int = 0
    failed: int = 0
    waiting: int = 0

    def as_dict(self) -> Json:
        """Plain data."""
        counts = {"done": self.done, "failed": self.failed, "waiting": self.waiting}
        return {"estimate": self.estimate.as_dict(), **counts}


def to_read(run: Run, tenant: str, deriver: DeriverLike, *, anew: bool = False) -> list[Item]:
    """The raw items that a system has not read and no job names; with `anew` all live ones."""
    if not anew:
        return unread(run, tenant, deriver.actor)
    live = (item for item in items_of(run, tenant) if item.status == Status.LIVE)
    return [item for item in live if item.kind in RAW_KINDS]


def queue_reading(
    runtime: Runtime, tenant: str, deriver: DeriverLike, *, anew: bool = False
) -> None:
    """Queue the jobs that read what is to be read, all in one transaction.

    What the system derived from it before is taken back by the jobs themselves, so that an
    interruption loses nothing.
    """
    with runtime.store.engine.write(tenant) as cursor:
        items = to_read(cursor.run, tenant, deriver, anew=anew)
        forget_reading(cursor, tenant, deriver.actor, [item.id for item in items])
        enqueue(cursor, tenant, deriver.jobs(items), now())
