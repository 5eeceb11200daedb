"""Change what is remembered: every change is checked, has a history, and can be undone."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from combray.core.changes import ChangeSet
from combray.core.checks import check_data, check_names, check_text
from combray.core.dates.zones import check_zone, zone_of
from combray.core.errors import FilterError, InputError, quoted
from combray.core.filters import compile_filter, has_condition
from combray.core.items import Item, Json
from combray.core.time import Timestamp
from combray.memory.base import MemoryBase, maybe_limit, scope_of, tenant_guard, tenant_of
from combray.store.erase import Receipt
from combray.store.tables import jobs as queue
from combray.write.change import edit
from combray.write.change.erasure import erase, select
from combray.write.change.parse import parse
from combray.write.change.undo import undo, undo_since
from combray.write.change.validate import Preview, propose
from combray.write.maintain.run_jobs import Outcome
from combray.write.messages.guard import guard_change, mask, mask_data, show, show_change
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
        reads again stay where they are left out, and keep their type. Raises InputError for what is
        out of all answers, such as a deleted memory.
        """
        fields: Json = {}
        if text is not None:
            fields["text"] = mask(check_text(text, "text"), self._policy)[0]
        if metadata is not None:
            fields["metadata"] = mask_data(check_data(metadata), self._policy)
        if not fields:
            raise InputError("update needs a new text or new metadata; nothing was changed.")

        def decide(old: Item) -> Json:
            given = dict(fields)
            if metadata is not None and not old.is_raw:
                given["metadata"] = edit.derived_metadata(old, fields["metadata"])
            return given

        wall, trusted = tenant_guard(user_id), self._policy.trusted
        item, facts = edit.update(self._store, id, decide, self._jobs, wall, trusted)
        self._learn([item], facts)
        return self._see([item])[0]

    def delete(self, id: str, *, user_id: str | None = None) -> Item:
        """Take a memory, and what rests on it alone, out of every answer.

        Its history stays; `erase` removes that too.
        """
        return self._see([edit.delete(self._store, id, tenant_guard(user_id))])[0]

    def supersede(
        self, old_id: str, new: str | Item, *, user_id: str | None = None
    ) -> tuple[Item, Item]:
        """End one memory where another begins; returns both as they are afterwards.

        `new` is the item, or its id, that takes the place of the old one; add it first.
        """
        wanted = new.id if isinstance(new, Item) else new
        both = edit.supersede(self._store, old_id, wanted, tenant_guard(user_id))
        earlier, later = self._see(both)
        return earlier, later

    def undo(
        self,
        change_id: str | None = None,
        *,
        since: Timestamp | None = None,
        user_id: str | None = None,
    ) -> builtins.list[str]:
        """Undo one change, or all of a user's since a moment; returns the ids of the undoing ones.

        Raises InputError when a change was undone already or something changed since, and
        RejectedChange when it would bring back what rests on words that are deleted. Orders of
        sources that are not trusted come back held back, as `add` holds them back. Without a
        `user_id`, `since` undoes what belongs to no user.
        """
        moment, trusted = read_timestamp(since, "since", self._zone), self._policy.trusted
        if change_id is not None and moment is None:
            return [undo(self._store, change_id, tenant_guard(user_id), trusted)]
        if change_id is None and moment is not None:
            return undo_since(self._store, moment, tenant_of(user_id), trusted)
        raise InputError("undo needs a change_id, or since=…; one of them.")

    def erase(
        self,
        ids: str | Collection[str] | None = None,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        timezone: str | None = None,
    ) -> Receipt:
        """Remove memories for good, with everything made of them, and prove it by a receipt.

        Give ids, or a scope and filters to choose by; a user alone is erased whole. Nothing brings
        it back, not even `undo`. Ids are NotFound outside of a scope that is given with them.
        Days in `filters` are those of the time zone.
        """
        scope = scope_of(user_id, agent_id, session_id)
        matches = compile_filter(filters, zone_of(check_zone(timezone) or self._zone))
        if filters is not None and not has_condition(filters):
            raise FilterError(
                f"filters asks nothing ({quoted(filters)}); leave it out to erase all that the "
                "scope holds. Nothing was erased."
            )
        chosen = select(self._store, ids, scope, matches)
        # Also where no item was erased: a user may have tasks alone.
        return erase(self._store, chosen, lambda _: self._recalled.forget(chosen.tenant))

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
        wall, names = tenant_guard(user_id), check_names(shown, "shown", "[item.id]")
        if not isinstance(answer, str):
            raise InputError(f"answer must be text, not {type(answer).__name__}.")
        seen = self._store.head(self._store.one(names[0], wall).scope.tenant) if names else 0
        items = [self._store.one(id_, wall) for id_ in names]
        change = replace(parse(answer, items, actor="proposal"), seen=seen)
        return self._apply(guard_change(change, self._policy), dry_run=dry_run)

    def _apply(self, change: ChangeSet, *, dry_run: bool) -> Preview:
        trusted = self._policy.trusted
        preview = propose(self._store, change, dry_run=dry_run, trusted=trusted)
        if preview.change_id is not None and preview.change.puts:
            self._embed(builtins.list(preview.change.puts))
        return self._see_preview(preview)

    def _see_preview(self, preview: Preview) -> Preview:
        """What was changed, or would be, as the policy lets it be seen."""
        if self._policy.pii != "mask":
            return preview
        change = show_change(preview.change, self._policy)
        return replace(preview, change=change, problems=tuple(map(show, preview.problems)))

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
        engine, tenant, limit = self._store.engine, tenant_guard(user_id), maybe_limit(limit)
        if retry and not dry_run:
            for waiting in {job.tenant for job in queue.jobs(engine, tenant)}:
                queue.retry(engine, waiting)
        outcomes = self._due(tenant, limit=limit, dry_run=dry_run)
        return [
            replace(done, preview=None if done.preview is None else self._see_preview(done.preview))
            for done in outcomes
        ]

    def approve(self, id: str, *, user_id: str | None = None) -> Item:
        """Let a quarantined memory into answers."""
        wall, trusted = tenant_guard(user_id), self._policy.trusted
        item, facts = edit.approve(self._store, id, self._jobs, wall, trusted)
        self._learn([item], facts)
        return self._see([item])[0]

    def reject(self, id: str, *, user_id: str | None = None) -> Item:
        """Keep a quarantined memory out of answers for good; its history stays."""
        return self._see([edit.reject(self._store, id, tenant_guard(user_id))])[0]
