"""Change what is remembered: every change is checked, has a history, and can be undone."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from combray.core import caches
from combray.core.changes import ChangeSet
from combray.core.checks import check_data, check_text
from combray.core.errors import InputError
from combray.core.filters import compile_filter
from combray.core.items import Item, Json, Status
from combray.core.time import Timestamp
from combray.memory.base import MemoryBase, scope_of, tenant_guard, tenant_of
from combray.store.erase import Receipt
from combray.store.tables import jobs as queue
from combray.write.change import edit
from combray.write.change.erasure import erase, select
from combray.write.change.parse import parse
from combray.write.change.undo import undo, undo_since
from combray.write.change.validate import Preview, propose
from combray.write.maintain.run_jobs import Outcome
from combray.write.messages.guard import guard_change, hold_back, mask, mask_data
from combray.write.messages.messages import read_timestamp


class EditVerbs(MemoryBase):
    """What people, rules and models may change."""

    def update(
        self,
        id: str,
        *,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        user_id: str | None = None,
    ) -> Item:
        """Change the text or metadata of a memory; the earlier state stays in its history.

        New metadata takes the place of the old; of what was derived, the fields that its system
        reads again stay where they are left out, and keep their type.
        """
        fields: Json = {}
        if text is not None:
            fields["text"] = mask(check_text(text, "text"), self._policy)[0]
        if metadata is not None:
            fields["metadata"] = mask_data(check_data(metadata), self._policy)
        if not fields:
            raise InputError("update needs a new text or new metadata; nothing was changed.")
        old = self._store.one(id, tenant_guard(user_id))
        if metadata is not None and not old.is_raw:
            fields["metadata"] = edit.derived_metadata(old, fields["metadata"])
        new = hold_back(old.with_fields(fields), self._policy.trusted)
        if new.status != old.status:
            fields["status"] = new.status
        item, facts = edit.update(self._store, old, fields, self._jobs)
        self._learn([item], facts)
        return self._see([item])[0]

    def delete(self, id: str, *, user_id: str | None = None) -> Item:
        """Take a memory, and what rests on it alone, out of every answer.

        Its history stays; `erase` removes that too.
        """
        return edit.delete(self._store, self._store.one(id, tenant_guard(user_id)))

    def supersede(
        self, old_id: str, new: str | Item, *, user_id: str | None = None
    ) -> tuple[Item, Item]:
        """End one memory where another begins; returns both as they are afterwards.

        `new` is the item, or its id, that takes the place of the old one; add it first.
        """
        old = self._store.one(old_id, tenant_guard(user_id))
        wanted = new.id if isinstance(new, Item) else new
        given = self._store.one(wanted, old.scope.tenant)
        if given.status == Status.QUARANTINED:
            raise InputError(
                f"{given.id} is held back, so it supersedes nothing; approve it first."
            )
        return edit.supersede(self._store, old, given)

    def undo(
        self,
        change_id: str | None = None,
        *,
        since: Timestamp | None = None,
        user_id: str | None = None,
    ) -> builtins.list[str]:
        """Undo one change, or all of a user's since a moment; returns the ids of the undoing ones.

        Raises InputError when a change was undone already or something changed since. Without a
        `user_id`, `since` undoes what belongs to no user.
        """
        moment = read_timestamp(since, "since")
        if change_id is not None and moment is None:
            return [undo(self._store, change_id, tenant_guard(user_id))]
        if change_id is None and moment is not None:
            return undo_since(self._store, moment, tenant_of(user_id))
        raise InputError("undo needs a change_id, or since=…; one of them.")

    def erase(
        self,
        ids: str | Collection[str] | None = None,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Remove memories for good, with everything made of them, and prove it by a receipt.

        Give ids, or a scope and filters to choose by; a user alone is erased whole. Nothing brings
        it back, not even `undo`. Ids are NotFound outside of a scope that is given with them.
        """
        scope = scope_of(user_id, agent_id, session_id)
        chosen = select(self._store, ids, scope, compile_filter(filters))
        receipt = erase(self._store, chosen, self._forget)
        caches.forget(chosen.tenant)
        return receipt

    def _forget(self, items: Collection[Item]) -> None:
        """Empty what this process remembers of items that are about to be erased."""
        for tenant in {item.scope.tenant for item in items}:
            caches.forget(tenant)

    def propose(
        self,
        answer: str,
        shown: Sequence[str],
        *,
        user_id: str | None = None,
        dry_run: bool = False,
    ) -> Preview:
        """Check and apply what a model answered about some memories, or only preview it.

        `answer` is JSON in the shape of `write.change.parse`; `shown` are the ids it was shown,
        so that number n means shown[n - 1]. Raises ModelError or RejectedChange; nothing is applied
        then.
        """
        items = [self._store.one(id_, tenant_guard(user_id)) for id_ in shown]
        change = parse(answer, items, actor="proposal")
        return self._apply(guard_change(change, self._policy), dry_run=dry_run)

    def _apply(self, change: ChangeSet, *, dry_run: bool) -> Preview:
        preview = propose(self._store, change, dry_run=dry_run)
        if preview.change_id is not None and preview.change.puts:
            self._embed(builtins.list(preview.change.puts))
        return preview

    def consolidate(
        self,
        *,
        user_id: str | None = None,
        limit: int | None = None,
        dry_run: bool = False,
        retry: bool = False,
    ) -> builtins.list[Outcome]:
        """Do the work that is due, and say what came of each job.

        A job that fails keeps its error and is tried again later, or now with `retry`; `jobs`
        shows it. Without a `user_id` the work for all users is done.
        """
        engine, tenant = self._store.engine, tenant_guard(user_id)
        if retry and not dry_run:
            for waiting in {job.tenant for job in queue.jobs(engine, tenant)}:
                queue.retry(engine, waiting)
        return builtins.list(self._due(tenant, limit=limit, dry_run=dry_run))

    def approve(self, id: str, *, user_id: str | None = None) -> Item:
        """Let a quarantined memory into answers."""
        item, facts = edit.approve(
            self._store, self._store.one(id, tenant_guard(user_id)), self._jobs
        )
        self._learn([item], facts)
        return item

    def reject(self, id: str, *, user_id: str | None = None) -> Item:
        """Keep a quarantined memory out of answers for good; its history stays."""
        return edit.reject(self._store, self._store.one(id, tenant_guard(user_id)))
