"""Open the tasks of a user, and list them: tasks, task_names."""

from __future__ import annotations

import builtins

from combray.memory.base import MemoryBase, scope_of, tenant_of
from combray.memory.task.task_memory import TaskMemory
from combray.models.structured import Asker
from combray.store.tables.steps import logs_of
from combray.write.task.slot_memory import Requires


class TaskVerbs(MemoryBase):
    """The state of the work under way."""

    def tasks(
        self,
        name: str,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        by: str | None = None,
        system: str = "tme_spatial",
        requires: Requires | None = None,
    ) -> TaskMemory:
        """The task memory of that name: the same slots in any process, for any agent.

        `by` is who acts where a call names nobody, and else the agent. `system` is how it is kept:
        "tme_spatial" as a graph, "tme" as a tree. `requires` are dependencies that slots have from
        the start, such as {"hotel": ["destination"]}.
        """
        scope = scope_of(user_id, agent_id, None)
        chat = self._chat

        def ask(named: str) -> Asker | None:
            return None if chat is None else Asker(chat=chat, system=named, tenant=scope.tenant)

        return TaskMemory(
            self._store,
            scope.tenant,
            name,
            system=system,
            by=by or agent_id or "user",
            requires=requires,
            policy=self._policy,
            ask=ask,
        )

    def task_names(self, *, user_id: str | None = None) -> builtins.list[str]:
        """The names of a user's task memories."""
        tenant = tenant_of(user_id)
        return logs_of(self._store.engine.tenant_reader(tenant), tenant)
