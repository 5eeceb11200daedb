"""The part of a task that a step needs, as text within a budget of tokens.

The slot itself always stands in it. Then the slots that matter to it most are taken as long as they
fit, and shown so that each comes after what it depends on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from combray.core.errors import InputError
from combray.core.text import count_tokens
from combray.recall.graph.dag import in_order
from combray.recall.task.slots import DONE, FAILED, Slot, Slots


def prompt(task: str, slots: Slots, id_: str, matters: Mapping[str, float], tokens: int) -> str:
    """Return what a slot needs to know, at most so many tokens.

    Raises InputError when the slot alone needs more.
    """
    stale = slots.stale()
    head = f"Task {task}, now: {_line(slots[id_], stale)}"
    if count_tokens(head) > tokens:
        raise InputError(
            f"{tokens} tokens do not hold {slots[id_].title!r} alone: "
            f"it needs {count_tokens(head)}. Give more, or shorten its value."
        )
    order = in_order(slots.needs())
    rest = sorted((i for i in matters if i != id_), key=lambda i: (-matters[i], order.index(i)))
    chosen: list[str] = []
    for other in rest:
        tried = [i for i in order if i in {*chosen, other}]
        if count_tokens(_text(head, slots, tried, stale)) <= tokens:
            chosen.append(other)
    return _text(head, slots, [i for i in order if i in chosen], stale)


def _text(head: str, slots: Slots, ids: Sequence[str], stale: set[str]) -> str:
    return "\n".join([head, *(f"- {_line(slots[id_], stale)}" for id_ in ids)])


def _line(slot: Slot, stale: set[str]) -> str:
    """One slot: its title, its value, and whether that can be relied on."""
    state = "stale" if slot.id in stale else slot.status if slot.status in (DONE, FAILED) else ""
    if not state and not slot.settled:
        state = "open"
    value = "" if slot.value is None else f": {shown(slot.value)}"
    return f"{slot.title}{value}{f' ({state})' if state else ''}"


def shown(value: Any) -> str:
    """A value as text: words as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
