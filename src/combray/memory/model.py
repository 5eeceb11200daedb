"""The work of models: what it costs or would cost, and reading a file under another system."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from combray.core.items import Json
from combray.core.ports import Call
from combray.memory.base import MemoryBase, scope_of, tenant_guard, tenant_of
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
        return ledger.calls(self._store.engine, tenant, limit=limit)

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
        items = read_content(content, MessageDefaults(scope=scope, metadata=dict(metadata or {})))
        return self._estimate(items)

    def rederive(
        self, *, user_id: str | None = None, anew: bool = False, dry_run: bool = False
    ) -> Rederived:
        """Let the present system read what it has not read yet of a user's words.

        With `anew` it reads everything again and takes back what it made of it before. A dry run
        only says what it would cost, with the jobs that wait already. Interrupted, the jobs that
        are left are done by the next `rederive` or `consolidate`.
        """
        tenant, deriver = tenant_of(user_id), self._deriver
        if deriver is None:
            return Rederived(estimate=self._estimate([]))
        kinds, wanted = [deriver.actor], to_read(self._runtime, tenant, deriver, anew=anew)
        queued = [job for job in queue.jobs(self._store.engine, tenant) if job.kind in kinds]
        ids = builtins.list({str(id_) for job in queued for id_ in job.payload.get("ids", ())})
        unread = {item.id: item for item in wanted}
        expected = self._estimate([*{**self._store.get(tenant, ids), **unread}.values()])
        if dry_run:
            return Rederived(estimate=expected)
        queue_reading(self._runtime, tenant, deriver, wanted)
        outcomes = builtins.list(self._due(tenant, kinds=kinds))
        failed = sum(outcome.error is not None for outcome in outcomes)
        left = [job for job in queue.jobs(self._store.engine, tenant) if job.kind in kinds]
        return Rederived(
            estimate=expected, done=len(outcomes) - failed, failed=failed, waiting=len(left)
        )

    def _estimate(self, items: builtins.list[Any]) -> Estimate:
        price = self._chat.price if isinstance(self._chat, Metered) else None
        return estimate(
            self._runtime, lambda trial: make(self._name, trial, **self._options), items, price
        )
