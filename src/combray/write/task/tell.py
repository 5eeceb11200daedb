"""Tell a task something in words: read what it wants, and do that by the verbs of the task."""

from __future__ import annotations

from dataclasses import dataclass

from combray.core.errors import RejectedChange, UnknownName
from combray.models.structured import Asker
from combray.recall.task.slots import Slots
from combray.write.task.intents import Intent, ask_intent, read_intent
from combray.write.task.slot_memory import SlotMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said of a task; without a name it is whoever opened it."""

    text: str
    by: str | None = None


def intent_of(said: Said, slots: Slots, asker: Asker | None) -> Intent:
    """Return what was wanted, as a model reads it when there is one, else by rule."""
    return read_intent(said.text, slots) if asker is None else ask_intent(asker, said.text, slots)


def do(tasks: SlotMemory, intent: Intent, *, parent: str | None = None, by: str | None) -> None:
    """Do what was wanted; a check changes nothing, and a new slot stands under `parent`.

    Raises RejectedChange for going back to what was not there, and UnknownName for a slot that is
    not there.
    """
    title, value = intent.title, intent.value
    if intent.kind == "check":
        return
    if title is None:
        raise UnknownName("slot", "", [slot.title for slot in tasks.slots()])
    if intent.kind == "rollback":
        slot = tasks.get(title)
        if intent.to is None:
            had = ", ".join(str(v.value) for v in slot.versions) or "none"
            raise RejectedChange(
                f"{slot.title!r} has no such earlier value to go back to; the values it had: "
                f"{had}. Nothing was changed."
            )
        tasks.rollback(slot.title, intent.to, by=by)
    elif intent.kind == "new" and tasks.state().titled(title) is None:
        tasks.add(title, value, after=intent.after, parent=parent, by=by)
    else:
        tasks.set(title, value, by=by)
