"""A tree of steps: the prompt of a step is the path from the root down to it.

prompt(step) = root → … → parent → step
"""

from __future__ import annotations

from dataclasses import replace

from combray.models.structured import Asker
from combray.recall.task.prompt import Part, TaskQuery, prompt
from combray.recall.task.slot_reader import named
from combray.recall.task.slots import LinkKind
from combray.write.task.intents import Intent
from combray.write.task.slot_memory import SlotMemory
from combray.write.task.tell import Said, do, intent_of


class TME:
    """Steps under steps; what one needs to know is what stands above it.

    **Paper** Ye, 2025, Task Memory Engine (TME): A Structured Memory Framework with Graph-Aware
    Extensions for Multi-Step LLM Agent Tasks.
    **Kept** 1. A tree: a step stands under one other and depends on none. 2. A prompt is the path
    from the root to the step, and no other branch. 3. Without a title it is that of the active
    step, the one that was last changed. 4. What is told anew stands under the root.
    **Left** Splitting a goal into steps by a model: the caller names them. The graph that the paper
    only hints at is `tme_spatial`.
    **Law** A prompt holds every step from the root to its own, in that order, as far as the budget
    goes, and never one of another branch.
    """

    links: tuple[LinkKind, ...] = ("parent", "discovered_from", "replaced_by")

    def __init__(self, tasks: SlotMemory, asker: Asker | None = None) -> None:
        self._tasks, self._asker = tasks, asker

    def write(self, said: Said, /) -> Intent:
        """Read what was said, and change the steps as it wants; return what it wanted."""
        slots = self._tasks.state()
        intent = intent_of(said, slots, self._asker)
        do(self._tasks, replace(intent, after=()), parent=self._root(), by=said.by)
        return intent

    def recall(self, query: TaskQuery, /) -> str:
        """The steps from the root down to one, the nearest first where not all fit."""
        slots = self._tasks.state()
        id_ = self._active() if query.title is None else named(slots, query.title).id
        if id_ is None:
            return ""
        path = slots.path(id_)
        part = Part(id=id_, matters={i: n / len(path) for n, i in enumerate(path)}, order=path)
        return prompt(self._tasks.name, slots, part, query.tokens, past=query.past)

    def _root(self) -> str | None:
        """The title of the first step that stands under none."""
        return next((s.title for s in self._tasks.slots() if s.parent is None), None)

    def _active(self) -> str | None:
        """The id of the step that was last changed, or else the last one; None of none."""
        slots = self._tasks.state()
        live = [slot.id for slot in slots.live()]
        return slots.active if slots.active in live else live[-1] if live else None
