"""Look without changing: get, list, history, stats, users, review, jobs."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from combray.core.changes import Job
from combray.core.dates.zones import check_zone, zone_of
from combray.core.filters import compile_filter
from combray.core.items import Event, Item, Json, Status
from combray.memory.base import (
    MemoryBase,
    check_kinds,
    check_limit,
    scope_of,
    tenant_guard,
    tenant_of,
)
from combray.store.history.stats import tenant_sizes, tenant_stats
from combray.store.tables import jobs as queue
from combray.write.messages.guard import show_event


class InspectVerbs(MemoryBase):
    """What can be seen of a memory."""

    def get(self, id: str, *, user_id: str | None = None) -> Item:
        """One memory by its id.

        Whoever runs the service needs the id alone; with a `user_id` it is NotFound unless it is
        that user's, and so with every verb that takes an id.
        """
        return self._see([self._store.one(id, tenant_guard(user_id))])[0]

    def list(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        limit: int = 100,
        filters: Mapping[str, Any] | None = None,
        kinds: Sequence[str] | None = None,
        before: str | None = None,
        run_id: str | None = None,
        timezone: str | None = None,
    ) -> builtins.list[Item]:
        """The memories of a user, the newest first; days in `filters` are those of the time zone.

        For the next page give the id of the last one seen as `before`; NotFound when it was erased.
        """
        scope = scope_of(user_id, agent_id, session_id, run_id)
        matches = compile_filter(filters, zone_of(check_zone(timezone) or self._zone))
        limit = check_limit(limit)
        kinds = check_kinds(kinds)
        found = (
            item
            for item in self._store.newest(scope.tenant, before)
            if scope.agent_id in (None, item.scope.agent_id)
            and scope.session_id in (None, item.scope.session_id)
            and (kinds is None or item.kind in kinds)
            and (matches is None or matches(item))
        )
        return self._see(islice(found, limit))

    def history(self, id: str, *, user_id: str | None = None) -> builtins.list[Event]:
        """Every change of one memory, oldest first: who, what, when, why, before and after."""
        tenant = self.get(id, user_id=user_id).scope.tenant
        return [show_event(e, self._policy) for e in self._store.events(tenant, item_id=id)]

    def stats(self, *, user_id: str | None = None) -> Json:
        """What this user's memory holds: `items`, `bytes`, kinds, sessions, and what is pending."""
        return tenant_stats(self._store, tenant_of(user_id))

    def users(self) -> dict[str | None, int]:
        """Every user of this place with the number of their memories; None for those of no user.

        For whoever runs the service: it is the one verb that looks over the walls between users.
        """
        return {tenant or None: count for tenant, count in tenant_sizes(self._store).items()}

    def review(self, *, user_id: str | None = None) -> builtins.list[Item]:
        """What was quarantined and waits for `approve` or `reject`, oldest first.

        Without a `user_id` that of all users.
        """
        items = (item for of in self._tenants(user_id) for item in self._store.items(of))
        waiting = [item for item in items if item.status == Status.QUARANTINED]
        return self._see(sorted(waiting, key=lambda item: item.seq))

    def jobs(self, *, user_id: str | None = None) -> builtins.list[Job]:
        """The work that waits, runs or has failed, oldest first, each with its last error.

        Without a `user_id` that for all users.
        """
        return queue.jobs(self._store.engine, tenant_guard(user_id))
