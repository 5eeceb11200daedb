"""Settle the timelines of topics on which an import brings facts beside those that were here.

    Rome from 2021, out of the file; Oslo from 2023, here: Rome ends where Oslo begins

A topic of which all facts are the file's is left as the file has it: its timeline was settled where
it comes from, so that what is exported again is the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.changes import ChangeSet
from combray.core.items import Item, Status
from combray.store.engine import Cursor
from combray.store.store import Store
from combray.store.tables.fact_keys import filed_on, topic_of
from combray.store.tables.queries import items_by_id
from combray.write.facts.update_timelines import update_timelines

ACTOR = "import"


class Brought:
    """The facts that an import brings, by tenant and topic: collected before its transaction."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._topics: dict[str, dict[str, list[str]]] = {}
        for item in items:
            topic = topic_of(item) if item.status == Status.LIVE else None
            if topic is not None:
                mine = self._topics.setdefault(item.scope.tenant, {})
                mine.setdefault(topic, []).append(item.id)

    def settle_in(self, store: Store, cursor: Cursor) -> None:
        """Settle, once the facts are stored, the topics that had facts here before."""
        for tenant, topics in self._topics.items():
            filed = filed_on(cursor.run, tenant, topics)
            shared = [ids[0] for topic, ids in topics.items() if filed.get(topic, 0) > len(ids)]
            if not shared:
                continue
            facts = list(items_by_id(cursor.run, tenant, shared).values())
            change = update_timelines(cursor.run, tenant, facts).join(
                ChangeSet(tenant=tenant, actor=ACTOR, why="what was here says otherwise")
            )
            if change:
                store.apply_in(cursor, change)
