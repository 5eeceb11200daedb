"""The `deriver` of a system: durable jobs behind the user's words.

With every arrival a job is queued in the transaction that stores the words. With rules it is done
at once, by whoever added them; with a model by `consolidate` or a worker. A job that fails stays,
with its error, and is tried again; the words and everything derived before are as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from combray.core.changes import ChangeSet, Job, NewJob, Patch
from combray.core.items import RAW_KINDS, Item, Status
from combray.core.ports import Handler
from combray.core.time import now
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.change.validate import REREAD
from combray.write.extract.base import Extractor
from combray.write.extract.factory import RULES, check_extractor, extractor_of

WINDOW = 10
"""At most so many items in one job of a model, so that one prompt holds them."""
RULES_WINDOW = 500

Derive = Callable[[Draft, Extractor, Sequence[Item]], None]


class Deriver:
    """Reads raw items for one system, whose `derive` says what follows from them.

    `derive` gets a draft to fill, an extractor, and live raw items of one tenant and scope in order
    of time. It only looks: the draft is checked and applied by whoever runs the job. `actor` marks
    everything it makes. `more` are the handlers of the other jobs of the system, by their kinds.
    """

    def __init__(
        self,
        runtime: Runtime,
        actor: str,
        derive: Derive,
        *,
        extractor: str = RULES,
        why: str = "derive",
        window: int | None = None,
        more: Mapping[str, Handler] = MappingProxyType({}),
    ) -> None:
        check_extractor(runtime, extractor)
        self.actor = actor
        self.inline = extractor == RULES
        self._runtime = runtime
        self._extractor, self._why = extractor, why
        self._derive = derive
        self._window = window or (RULES_WINDOW if self.inline else WINDOW)
        self.handlers: Mapping[str, Handler] = MappingProxyType({actor: self._do, **more})

    def change(self, items: Sequence[Item], /) -> ChangeSet:
        """What follows from raw items of one tenant; nothing is applied."""
        tenant = items[0].scope.tenant
        draft = Draft(tenant, self.actor, self._why)
        self._derive(draft, extractor_of(self._runtime, self._extractor, self.actor, tenant), items)
        return draft.change()

    def jobs(self, items: Sequence[Item], /) -> list[NewJob]:
        """The jobs that read these raw items; of what waits for review none."""
        ready = [item for item in items if item.status == Status.LIVE and item.kind in RAW_KINDS]
        return [
            NewJob(kind=self.actor, payload={"ids": [item.id for item in window]})
            for window in _windows(ready, self._window)
        ]

    def _do(self, job: Job) -> ChangeSet | None:
        """What follows from a job's items; first, what was read from them before is taken back."""
        store = self._runtime.store
        ids = [str(id_) for id_ in job.payload["ids"]]
        before = [
            item
            for item in store.citing(job.tenant, ids)
            if item.created_by == self.actor and item.status == Status.LIVE
        ]
        if before:
            return self._again(job, ids, before)
        live = [item for item in store.get(job.tenant, ids).values() if item.status == Status.LIVE]
        if not live:
            return None
        return self.change(sorted(live, key=lambda item: (item.first_at_us, item.seq)))

    def _again(self, job: Job, ids: list[str], before: Sequence[Item]) -> ChangeSet:
        """Take back what rests on the items, and queue a job for all that it rested on."""
        wanted = dict.fromkeys([*ids, *(source for item in before for source in item.sources)])
        fields = {"status": Status.RETIRED, "known_to": now()}
        return ChangeSet(
            tenant=job.tenant,
            actor=self.actor,
            why="read again",
            patches=[
                Patch(id=item.id, fields=fields, op=REREAD, why="read again from the words")
                for item in before
            ],
            jobs=[NewJob(kind=self.actor, payload={"ids": list(wanted)})],
        )


def _windows(items: Sequence[Item], size: int) -> list[list[Item]]:
    """Runs of at most `size` items of one scope, in order."""
    found: list[list[Item]] = []
    for item in items:
        if not found or len(found[-1]) >= size or found[-1][0].scope != item.scope:
            found.append([])
        found[-1].append(item)
    return found
