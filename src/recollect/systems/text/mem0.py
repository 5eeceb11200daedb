"""Mem0: short facts, each decided against its nearest neighbours before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recollect.core.changes import ChangeSet
from recollect.core.items import Hit, Item
from recollect.core.ports import Experience, Query
from recollect.recall.fuse import top
from recollect.recall.workbench import Workbench
from recollect.write.deciding import Deciding
from recollect.write.deriving import Deriving
from recollect.write.draft import Draft
from recollect.write.judge import RULES, judge_of

NAME, KIND = "mem0", "memory"


class Mem0:
    """Facts extracted from messages, kept by ADD, UPDATE, SUPERSEDE or NONE.

    **Paper** Chhikara et al., 2025, Mem0: Building Production-Ready AI Agents with Scalable
    Long-Term Memory.
    **Kept** For each fact its k = 5 nearest, then one decision.
    **Left** Rolling summary of the conversation in the prompt.
    **Law** Replaying the decisions gives the same memory.
    """

    def __init__(self, bench: Workbench, engine: str = RULES, k: int = 5) -> None:
        self._bench = bench
        self._engine = engine
        self._k = k
        self._writer = Deriving(bench, NAME, self.change, engine=engine)

    def write(self, experience: Experience, /) -> None:
        """Derive facts now."""
        self._writer.write(experience)

    def change(self, items: Sequence[Item]) -> ChangeSet | None:
        """What new messages change."""
        tenant = items[0].scope.tenant
        judge = judge_of(self._bench, self._engine, NAME, tenant)
        draft = Draft(tenant, NAME, "extract and decide")
        Deciding(bench=self._bench, judge=judge, kind=KIND, k=self._k).take(
            draft, judge.extract(items)
        )
        return draft.change()

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The nearest facts."""
        ask = self._bench.ask(replace(query, kinds=(KIND,), created_by=NAME))
        rows = top(ask.dense, query.limit, ask.allowed & ask.held(query.as_of or query.asked_at))
        return self._bench.hits(ask, rows.tolist(), ask.dense[rows].tolist())
