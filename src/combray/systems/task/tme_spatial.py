"""A graph of slots: what depends on what, what each was before, and what a step must know.

a_0(slot) = 1        a(other) = max over paths of Π w(edge)        prompt = the most a, ≤ B tokens
"""

from __future__ import annotations

from combray.models.structured import Asker
from combray.recall.graph.dag import in_order
from combray.recall.task.prompt import Part, TaskQuery, prompt
from combray.recall.task.slot_reader import named
from combray.recall.task.slots import Slots
from combray.recall.task.spread import activation
from combray.write.task.intents import Intent
from combray.write.task.slot_memory import LINKS, SlotMemory
from combray.write.task.tell import Said, do, intent_of


class TMESpatial:
    """Slots in a graph without circles; a change makes stale what was made for the old value.

    **Paper** Ye, 2025, Task Memory Engine: Spatial Memory for Robust Multi-Step LLM Agents.
    **Kept** 1. What is said is new, an update, a check, or goes back (`tell`), by rule or by a
    model. 2. It is about the slot that it is most like. 3. A slot that gets another value makes
    stale all that was made for the old one, directly or through others. 4. Going back restores the
    value and status that a slot had, and with them what was made for them. 5. Dependencies that a
    schema requires are there from the start. 6. The graph has no circle: what would close one is
    refused, and the circle shown. 7. A prompt holds what a slot depends on and stands under, the
    nearer the sooner, within a budget of tokens.
    **Left** One utterance is one intent: steps are not split by a model. Required dependencies come
    from a schema, not from a list of travel slots. In the authors' code a rollback is an update, a
    new name leaves references behind, and a circle is never left; here a state is the replay of its
    steps, slots have ids, and circles are refused.
    **Law** The state is the replay of the log; after any edits value, status and staleness are what
    an independent oracle says; a prompt is never over its budget.
    """

    links = LINKS

    def __init__(self, tasks: SlotMemory, asker: Asker | None = None) -> None:
        self._tasks, self._asker = tasks, asker

    def write(self, said: Said, /) -> Intent:
        """Read what was said, and change the slots as it wants; return what it wanted."""
        intent = intent_of(said, self._tasks.state(), self._asker)
        do(self._tasks, intent, by=said.by)
        return intent

    def recall(self, query: TaskQuery, /) -> str:
        """What a slot needs to know of what it depends on and stands under; "" of no slots."""
        slots = self._tasks.state()
        id_ = wanted(slots, query)
        if id_ is None:
            return ""
        part = Part(id=id_, matters=activation(slots, id_), order=in_order(slots.needs()))
        return prompt(self._tasks.name, slots, part, query.tokens, past=query.past)


def wanted(slots: Slots, query: TaskQuery) -> str | None:
    """The id of the slot that is asked of: by its title, or the one last at work; None of none."""
    if query.title is not None:
        return named(slots, query.title).id
    live = [slot.id for slot in slots.live()]
    return slots.active if slots.active in live else live[-1] if live else None
