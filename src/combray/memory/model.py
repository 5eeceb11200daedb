"""The work of models: what it costs or would cost, and reading a file under another system."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from combray.core.changes import Job
from combray.core.checks import check_data
from combray.core.items import Item, Json
from combray.core.ports import Call, DeriverLike
from combray.memory.base import MemoryBase, maybe_limit, scope_of, tenant_guard
from combray.models.metered import Metered
from combray.store.tables import jobs as queue
from combray.store.tables import ledger
from combray.systems.text import make
from combray.write.maintain.estimate import Estimate, estimate
from combray.write.maintain.rederive import Rederived, queue_reading, to_read
from combray.write.messages.messages import Content, MessageDefaults, read_content


class ModelVerbs(MemoryBase):
    """What a model does for the memory."""

    def ledger(
        self, *, user_id: str | None = None, limit: int | None = None
    ) -> builtins.list[Call]:
        """Every call of a model, the newest first.

        Without a `user_id` those for all users.
        """
        tenant = tenant_guard(user_id)
        return ledger.calls(self._store.engine, tenant, limit=maybe_limit(limit))

    def spent(self, *, user_id: str | None = None) -> builtins.list[Json]:
        """The ledger added up by system, step and model: calls, tokens, ms, US dollars.

        Without a `user_id` that of all users.
        """
        tenant = tenant_guard(user_id)
        return ledger.totals(self._store.engine, tenant)

    def estimate(
        self,
        content: Content,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Estimate:
        """What it would cost to add this: calls of a model, tokens, US dollars; nothing is stored.

        An upper estimate: a model that states less than it is told costs less.
        """
        scope = scope_of(user_id, None, session_id)
        items = read_content(content, MessageDefaults(scope=scope, metadata=check_data(metadata)))
        return self._estimate(items)

    def rederive(
        self, *, user_id: str | None = None, anew: bool = False, dry_run: bool = False
    ) -> Rederived:
        """Let the present system read the words of a user that it has not read yet.

        With `anew` it reads everything again and takes back what it made of it before. A dry run
        only says what it would cost, with the jobs that wait already. Interrupted, the jobs that
        are left are done by the next `rederive` or `consolidate`. Without a `user_id` it reads the
        words of all users.
        """
        deriver = self._deriver
        if deriver is None:
            return Rederived(estimate=self._estimate([]))
        wanted = {
            tenant: to_read(self._store.engine.tenant_reader(tenant), tenant, deriver, anew=anew)
            for tenant in self._tenants(user_id)
        }
        unread = {item.id: item for items in wanted.values() for item in items}
        expected = self._estimate([*{**self._queued(deriver, user_id), **unread}.values()])
        if dry_run:
            return Rederived(estimate=expected)
        for tenant in wanted:
            queue_reading(self._runtime, tenant, deriver, anew=anew)
        outcomes = [*self._due(tenant_guard(user_id), kinds=[deriver.actor])]
        failed = sum(outcome.error is not None for outcome in outcomes)
        left = len(self._reading_jobs(deriver, user_id))
        return Rederived(
            estimate=expected, done=len(outcomes) - failed, failed=failed, waiting=left
        )

    def _reading_jobs(self, deriver: DeriverLike, user_id: str | None) -> builtins.list[Job]:
        """The jobs that wait for the present system."""
        found = queue.jobs(self._store.engine, tenant_guard(user_id))
        return [job for job in found if job.kind == deriver.actor]

    def _queued(self, deriver: DeriverLike, user_id: str | None) -> dict[str, Item]:
        """The items that the waiting jobs will read, by id."""
        items: dict[str, Item] = {}
        for job in self._reading_jobs(deriver, user_id):
            ids = [str(id_) for id_ in job.payload.get("ids", ())]
            items.update(self._store.get(job.tenant, ids))
        return items

    def _estimate(self, items: builtins.list[Any]) -> Estimate:
        price = self._chat.price if isinstance(self._chat, Metered) else None
        return estimate(
            self._runtime, lambda trial: make(self._name, trial, **self._options), items, price
        )
