"""One task of one user: its slots, what a step of it needs to know, and what is told to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from combray.core import caches
from combray.core.items import Json
from combray.models.structured import Asker
from combray.recall.task.prompt import TOKENS, TaskQuery
from combray.store.erase import Receipt
from combray.store.store import Store
from combray.systems.task import slots_class
from combray.write.change.erasure import Selection, erase
from combray.write.messages.guard import Policy, mask_data, show_data
from combray.write.task.slot_memory import Requires, SlotMemory
from combray.write.task.tell import Said

Ask = Callable[[str], Asker | None]
"""Whom a system asks, by its name; None without a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of something said: what it wanted, of which slot, and what is known of that now."""

    intent: str
    title: str | None
    text: str

    def as_dict(self) -> Json:
        """Plain data."""
        return {"intent": self.intent, "title": self.title, "text": self.text}


class TaskMemory(SlotMemory):
    """One task by its name: the same slots for every process and agent that opens it.

    A slot has a title, values, and what it depends on. Every call is a step of one log, decided
    and written in one transaction; what it was before can be had back.
    """

    def __init__(
        self,
        store: Store,
        tenant: str,
        name: str,
        *,
        system: str,
        by: str,
        requires: Requires | None,
        policy: Policy,
        ask: Ask,
    ) -> None:
        made = slots_class(system)
        super().__init__(
            store,
            tenant,
            name,
            by=by,
            requires=requires,
            links=made.links,
            guard=lambda value: mask_data(value, policy),
            show=show_data if policy.pii == "mask" else None,
        )
        self._store, self._tenant = store, tenant
        self._system = made(self, ask(system))

    def __repr__(self) -> str:
        return f"TaskMemory({self.name!r})"

    def prompt(self, title: str | None = None, *, tokens: int = TOKENS, past: bool = False) -> str:
        """What a slot needs to know, as text of at most so many tokens.

        Without a title that of the slot last changed, and "" while there is none; with `past` the
        values that slots had before too. Raises InputError when the slot alone needs more.
        """
        asked = TaskQuery(title=title, tokens=tokens, past=past)
        answer: str = self._system.recall(asked)
        return answer

    def tell(self, text: str, *, tokens: int = TOKENS, by: str | None = None) -> Told:
        """Take in what somebody said of the task, and return what it wanted and what is known now.

        It is new, an update, a check or goes back, as the model of the memory reads it, or by rule
        without one. A check changes nothing: its text has the values from before too.
        """
        intent = self._system.write(Said(text=text, by=by))
        query = TaskQuery(title=intent.title, tokens=tokens, past=intent.kind == "check")
        known = query if self.state().titled(intent.title or "") else replace(query, title=None)
        return Told(intent=intent.kind, title=intent.title, text=self._system.recall(known))

    def erase(self) -> Receipt:
        """Remove the task for good, with its whole log, here and in the backups.

        The receipt counts its steps. Nothing brings it back, not even `undo` or an old export.
        """
        chosen = Selection(tenant=self._tenant, ids=(), log=self.name)
        return erase(self._store, chosen, lambda _: caches.forget(self._tenant))
