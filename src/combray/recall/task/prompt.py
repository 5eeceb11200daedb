"""The part of a task that a step needs, as text within a budget of tokens.

The slot itself always stands in it. Then the slots that matter to it most are taken as long as they
fit, and shown in the order that is given, such as each after what it depends on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from combray.core.errors import InputError
from combray.core.text import count_tokens
from combray.recall.task.slots import DONE, DROPPED, FAILED, Slot, Slots

TOKENS, LEAST = 300, 3
"""The tokens of a prompt when none are given, and the fewest of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """What is asked of a task: what a slot needs to know, in so many tokens.

    Without a title it is asked of the slot that was last at work. With `past` the values that slots
    had before stand in the answer too.
    """

    title: str | None = None
    tokens: int = TOKENS
    past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a task is wanted: the slot, how much each other matters, and in which order."""

    id: str
    matters: Mapping[str, float]
    order: Sequence[str]


def prompt(task: str, slots: Slots, part: Part, tokens: int, *, past: bool = False) -> str:
    """Return what a slot needs to know, at most so many tokens.

    Raises InputError when the slot alone needs more.
    """
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
        raise InputError(f"tokens must be a whole number from 1, not {tokens!r:.40}.")
    stale = slots.stale()
    head = f"Task {task}, now: {_line(slots[part.id], stale, past)}"
    used = count_tokens(head)
    if used > tokens:
        raise InputError(
            f"{tokens} tokens do not hold {slots[part.id].title!r} alone: "
            f"it needs {used}. Give more, or shorten its value."
        )
    place = {id_: number for number, id_ in enumerate(part.order)}
    chosen: dict[str, str] = {}
    for id_ in sorted(part.matters.keys() & place, key=lambda i: (-part.matters[i], place[i])):
        if id_ == part.id or slots[id_].status == DROPPED:
            continue
        if used + LEAST > tokens:
            break
        line = f"\n- {_line(slots[id_], stale, past)}"
        cost = count_tokens(line)
        if used + cost <= tokens:
            chosen[id_] = line
            used += cost
    return head + "".join(chosen[id_] for id_ in part.order if id_ in chosen)


def _line(slot: Slot, stale: set[str], past: bool) -> str:
    """One slot: its title, its value, and whether that can be relied on."""
    state = "stale" if slot.id in stale else slot.status if slot.status in (DONE, FAILED) else ""
    if not state and not slot.settled:
        state = "open"
    value = "" if slot.value is None else f": {shown(slot.value)}"
    earlier = list(dict.fromkeys(shown(v.value) for v in slot.versions if v.value != slot.value))
    before = f" (before: {'; '.join(earlier)})" if past and earlier else ""
    return f"{slot.title}{value}{f' ({state})' if state else ''}{before}"


def shown(value: Any) -> str:
    """A value on one line: words as they are, all else, and words of several lines, as JSON."""
    whole = isinstance(value, str) and len(value.splitlines()) < 2
    return str(value) if whole else json.dumps(value, ensure_ascii=False)
