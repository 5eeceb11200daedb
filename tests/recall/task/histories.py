"""Random histories of edits of a task, and an oracle that keeps whole copies and knows no replay.

The oracle is written apart from the code that it judges: it holds, for every slot, plain values,
and after each change a deep copy of everything, to which an undo goes back.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from combray import RejectedChange, TaskMemory

TITLES = [f"slot {letter}" for letter in "abcdefgh"]


@dataclass
class Oracle:
    """The slots by number: title, values with what they were made for, which holds, and status."""

    slots: dict[int, dict[str, Any]] = field(default_factory=dict)
    past: list[dict[int, dict[str, Any]]] = field(default_factory=list)
    count: int = 0

    def keep(self) -> None:
        """Keep a copy to go back to."""
        self.past.append(copy.deepcopy(self.slots))

    def number(self, title: str) -> int | None:
        """The slot of a title."""
        return next((n for n, s in self.slots.items() if s["title"] == title), None)

    def add(self, title: str, after: list[str]) -> None:
        """A slot without a value; what it comes after comes to be."""
        self.count += 1
        mine = self.count
        self.slots[mine] = {"title": title, "after": [], "values": [], "now": 0, "status": "open"}
        self.depend(title, after)

    def depend(self, title: str, after: list[str]) -> None:
        """Other dependencies; of the value that holds, new ones are said of the present."""
        for each in after:
            if self.number(each) is None:
                self.add(each, [])
        slot = self.slots[self.must(title)]
        slot["after"] = [self.must(each) for each in after]
        if slot["now"]:
            made_for = slot["values"][slot["now"] - 1]["for"]
            for other in slot["after"]:
                made_for.setdefault(other, self.value(other))

    def must(self, title: str) -> int:
        """The slot of a title that is there."""
        found = self.number(title)
        assert found is not None
        return found

    def value(self, number: int) -> Any:
        """The value that holds."""
        slot = self.slots[number]
        return slot["values"][slot["now"] - 1]["value"] if slot["now"] else None

    def put(self, title: str, value: Any, status: str) -> bool:
        """Another value; False when it has that already, made for what is so now."""
        if self.number(title) is None:
            self.add(title, [])
        mine = self.must(title)
        slot = self.slots[mine]
        same = slot["now"] and self.value(mine) == value and slot["status"] == status
        if same and mine not in self.stale():
            return False
        made_for = {other: self.value(other) for other in slot["after"]}
        slot["values"].append({"value": value, "status": status, "for": made_for})
        slot["now"], slot["status"] = len(slot["values"]), status
        return True

    def stale(self) -> set[int]:
        """By fixed point: made for something else, or after what is stale."""
        found: set[int] = set()
        while True:
            more = {
                n
                for n, s in self.slots.items()
                if s["now"]
                and n not in found
                and any(
                    other in found
                    or s["values"][s["now"] - 1]["for"].get(other, "nothing") != self.value(other)
                    for other in s["after"]
                )
            }
            if not more:
                return found
            found |= more

    def reaches(self, start: int, end: int) -> bool:
        """Whether one depends on another, or is it."""
        return start == end or any(self.reaches(o, end) for o in self.slots[start]["after"])

    def seen(self) -> list[tuple[Any, ...]]:
        """Everything that can be compared, by titles."""
        stale = self.stale()
        return [
            (
                s["title"],
                self.value(n),
                s["status"],
                s["now"],
                len(s["values"]),
                n in stale,
                [self.slots[o]["title"] for o in s["after"]],
            )
            for n, s in self.slots.items()
        ]


def seen(tasks: TaskMemory) -> list[tuple[Any, ...]]:
    """The same of a task."""
    state, stale = tasks.state(), set(tasks.stale())
    return [
        (
            s.title,
            s.value,
            s.status,
            s.current,
            len(s.versions),
            s.title in stale,
            [state[o].title for o in s.after],
        )
        for s in tasks.slots()
    ]


def play(tasks: TaskMemory, oracle: Oracle, draw: random.Random) -> str:
    """Make one random change in both; return what was done."""
    title = draw.choice(TITLES)
    there = oracle.number(title)
    kind = draw.choice(
        ["set", "set", "done", "after", "after", "back", "back", "name", "undo", "undo"]
    )
    if kind == "undo":
        if not oracle.past:
            return "none"
        tasks.undo()
        oracle.slots = oracle.past.pop()
    elif kind == "after" and there is not None:
        after = draw.sample(TITLES, draw.randrange(3))
        known = [n for each in after if (n := oracle.number(each)) is not None]
        if title in after or any(oracle.reaches(n, there) for n in known):
            with pytest.raises(RejectedChange, match=" → "):
                tasks.depend(title, after)
            return "circle"
        tasks.depend(title, after)
        oracle.keep()
        oracle.depend(title, after)
    elif kind == "back" and there is not None and oracle.slots[there]["values"]:
        slot = oracle.slots[there]
        to = draw.randrange(len(slot["values"])) + 1
        tasks.rollback(title, to)
        oracle.keep()
        slot["now"], slot["status"] = to, slot["values"][to - 1]["status"]
    elif kind == "name" and there is not None:
        new = draw.choice(TITLES)
        if oracle.number(new) not in (None, there):
            return "none"
        tasks.rename(title, new)
        oracle.keep()
        oracle.slots[there]["title"] = new
    elif kind == "done" and there is not None:
        finish(tasks, oracle, title, draw)
    elif kind == "set":
        value = draw.randrange(4)
        oracle.keep()
        new = there is None
        tasks.set(title, value)
        if not oracle.put(title, value, "open") and not new:
            oracle.past.pop()
    else:
        return "none"
    return kind


def finish(tasks: TaskMemory, oracle: Oracle, title: str, draw: random.Random) -> None:
    """Mark a slot as done in both, with a value."""
    value = draw.randrange(4)
    oracle.keep()
    tasks.done(title, value)
    if not oracle.put(title, value, "done"):
        oracle.past.pop()
