"""The history that a file tells, checked event by event.

An event may hold what the store writes and nothing else, since `undo` brings back what it says: the
fields of an item or a link, each of its kind, and as `before` what the events before it made. Only
where a repair has told an item anew may events before that be missing.
"""

from __future__ import annotations

from collections.abc import Collection

from combray.core.changes import MUTABLE
from combray.core.items import Event, Json
from combray.store.files.fields import FIELDS
from combray.store.history import history
from combray.store.history.mend import ACTOR as REPAIR
from combray.store.tables.rows import ITEM_FIELDS, LINK_FIELDS

_OWN = frozenset(ITEM_FIELDS) - {"digest"}
"""What a new item has; its digest follows from its text."""


class Told:
    """The state that the events of a file make, one after another."""

    def __init__(self) -> None:
        self.state = history.State()
        self._gaps: dict[str, tuple[int, str]] = {}

    @property
    def gap(self) -> tuple[int, str] | None:
        """The number of the first event that does not follow from those before it, and why."""
        return min(self._gaps.values(), default=None)

    def take(self, event: Event, tenant: str) -> str | None:
        """Apply an event; return what is wrong with it, as the end of a sentence, or None."""
        before, after = event.before_us, event.after_us
        if event.op == "erase":
            wrong = None if before is after is None else "says what was erased."
        elif event.op in history.LINK_OPS:
            wrong = self._link_problem(event, tenant)
        elif before is None:
            wrong = self._new_problem(event, tenant)
        else:
            wrong = self._change_problem(event, before, after)
        if wrong is None:
            self.state.take(event)
        return wrong

    def _new_problem(self, event: Event, tenant: str) -> str | None:
        state = event.after_us or {}
        wrong = _problem("item", state, ITEM_FIELDS)
        if wrong is not None or not _OWN.issubset(state):
            return wrong or f"lacks the {min(_OWN.difference(state))} of a new memory."
        if (state["id"], state["tenant"]) != (event.item_id, tenant):
            return "is about another memory than the one that it names."
        if event.actor == REPAIR:
            self._gaps.pop(event.item_id, None)
        elif event.item_id in self.state.items:
            return "tells as new what was there."
        return _blank(state)

    def _change_problem(self, event: Event, before: Json, after: Json | None) -> str | None:
        if after is None or set(before) != set(after):
            return "says of other fields how they were than how they became."
        wrong = _problem("item", before, MUTABLE) or _problem("item", after, MUTABLE)
        if wrong is not None:
            return wrong
        told = self.state.items.get(event.item_id)
        if told is None:
            self._note(event, "changes a memory that was not there.")
        else:
            odd = sorted(name for name in before if told.get(name) != before[name])
            if odd:
                self._note(event, f"says of the {odd[0]} what it was not.")
        return _blank({**(told or before), **after})

    def _link_problem(self, event: Event, tenant: str) -> str | None:
        before, after = event.before_us, event.after_us
        states = [state for state in (before, after) if state is not None]
        if not states or (after is None) != (event.op == "unlink"):
            return "says not which link was made or taken away."
        for state in states:
            wrong = _problem("link", state, LINK_FIELDS)
            if wrong is not None or set(state) != set(LINK_FIELDS):
                return wrong or f"lacks the {min(set(LINK_FIELDS) - set(state))} of a link."
            if (state["src"], state["tenant"]) != (event.item_id, tenant):
                return "is about another memory than the one that it names."
        keys = {(state["src"], state["dst"], state["kind"]) for state in states}
        if len(keys) > 1:
            return "is about two links."
        if self.state.link(keys.pop()) != before:
            self._note(event, "says of a link what it was not.")
        return None

    def _note(self, event: Event, why: str) -> None:
        """Remember a gap, which a repair that tells the item anew explains."""
        self._gaps.setdefault(event.item_id, (event.seq, why))


def _problem(kind: str, state: Json, known: Collection[str]) -> str | None:
    """What is wrong with the fields of a state, and their values."""
    for name, value in state.items():
        if name not in known:
            return f"changes {name!r:.60}, which nothing can change."
        # An item keeps its sources as a list, a link as the text of one.
        if not FIELDS.get((kind, name), FIELDS[name])(value):
            return f"says that the {name} is {value!r:.60}, which it cannot be."
    return None


def _blank(state: Json) -> str | None:
    """Whether a raw memory has no words, as none can be added."""
    blank = not str(state.get("text", "-")).strip() and not state.get("sources")
    return "leaves a memory without words." if blank else None
