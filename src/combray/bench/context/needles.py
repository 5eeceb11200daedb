"""Needles and threads: keys and values of random names, from single needles to branched threads.

After Roberts, Han and Albanie, 2024, Needle Threading. A haystack is JSON of one pair a line; a
thread is a chain in which each value is the next key.

    single         the value of one key
    multiple       the values of several keys, standing anywhere or side by side
    conditional    the values of all keys that contain a character
    thread         the last value of the chain that starts at a key
    multi_threads  the last values of several chains
    branched       keys with several values, all but one of which end early; the longest counts

The lengths are in characters, so that no tokenizer is favoured. A model under cache policies and
text memories answer side by side: `combray bench needles --model PATH --memories evidence,bm25`.
"""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from combray.bench.context.cases import Case, CaseQuestion
from combray.core.errors import InputError, UnknownName

MARK = "*"
"""The character that a conditional needle has in its key."""

_PAIR = re.compile(r'"([^"\s]+)": ("[^"\s]+"|\[[^\]]*\])')
_NAME = re.compile(r'"([^"\s]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Haystack:
    """How a haystack is made. `length` is in characters and met within one pair.

    needles: how many are asked for at once. hops: values on a thread. threads: chains at once.
    branches: values of a key on a branched thread. placement: `random` or `clustered` needles.
    direction: `forward`, `backward` or `random` order of a thread's keys.
    """

    length: int = 4000
    questions: int = 5
    needles: int = 4
    hops: int = 4
    threads: int = 3
    branches: int = 2
    placement: str = "random"
    direction: str = "forward"

    def __post_init__(self) -> None:
        for field, known in (("placement", _PLACEMENTS), ("direction", _DIRECTIONS)):
            if getattr(self, field) not in known:
                raise UnknownName(field, getattr(self, field), known)
        least = min(self.questions, self.needles, self.hops, self.threads, self.branches)
        if least < 1 or self.hops < 2:
            raise InputError("A haystack needs counts of at least 1 and threads of 2 hops or more.")


_PLACEMENTS = ("random", "clustered")
_DIRECTIONS = ("forward", "backward", "random")
Links = dict[str, list[str]]


def make(task: str, shape: Haystack | None = None, seed: int = 0) -> Case:
    """One haystack with its questions; the same task, shape and seed give the same case.

    Raises UnknownName, or InputError when the questions need more pairs than the length holds.
    """
    if task not in TASKS:
        raise UnknownName("needle task", task, TASKS)
    shape = shape or Haystack()
    rng = random.Random(f"{task} {seed} {shape}")
    hay = _Hay(shape, rng)
    questions = tuple(TASKS[task](hay) for _ in range(shape.questions))
    lines = hay.lines()
    place = {key: i / max(1, len(lines) - 1) for i, (key, _) in enumerate(lines)}
    body = [f"{_write(key, values)}," for key, values in lines]
    body[-1] = body[-1][:-1]
    return Case(
        task=task,
        id=f"{task}-{shape.length}-{seed}",
        passages=("{", *body, "}"),
        questions=tuple(replace(q, depth=_depth(q, place)) for q in questions),
        solve=solve,
    )


def _write(key: str, values: Sequence[str]) -> str:
    return f'"{key}": {json.dumps(values[0] if len(values) == 1 else list(values))}'


def _depth(question: CaseQuestion, place: Mapping[str, float]) -> float | None:
    """Where the keys that the question names stand, on average."""
    named = [place[name] for name in _NAME.findall(question.text) if name in place]
    return sum(named) / len(named) if named else None


class _Hay:
    """Pairs being laid out: needles in the order they must have, then filler around them."""

    def __init__(self, shape: Haystack, rng: random.Random) -> None:
        self.shape, self.rng = shape, rng
        self.groups: list[tuple[bool, list[tuple[str, list[str]]]]] = []
        self._used: set[str] = set()

    def name(self) -> str:
        """A random name in the form of a UUID, never given before."""
        while True:
            x = f"{self.rng.getrandbits(128):032x}"
            made = "-".join((x[:8], x[8:12], x[12:16], x[16:20], x[20:]))
            if made not in self._used:
                self._used.add(made)
                return made

    def put(self, pairs: list[tuple[str, list[str]]], *, together: bool = False) -> None:
        """Needles that stand in this order, side by side or anywhere."""
        self.groups.append((together, pairs))

    def thread(self, branches: int = 1) -> tuple[str, str]:
        """Put a chain in its direction; its first key and last value. Decoys end before it."""
        names = [self.name() for _ in range(self.shape.hops + 1)]
        pairs = []
        for key, value in pairwise(names):
            decoys = 0 if value == names[-1] else branches - 1
            values = [value, *(self.name() for _ in range(decoys))]
            self.rng.shuffle(values)
            pairs.append((key, values))
        if self.shape.direction == "backward":
            pairs.reverse()
        if self.shape.direction == "random":
            self.rng.shuffle(pairs)
        self.put(pairs)
        return names[0], names[-1]

    def lines(self) -> list[tuple[str, list[str]]]:
        """All pairs in their places, with filler up to the length."""
        pair = len(_write(self.name(), [self.name()])) + 2
        total = (self.shape.length - 3) // pair
        blocks: list[list[tuple[str, list[str]]]] = []
        free: list[list[tuple[str, list[str]]]] = []
        for together, pairs in self.groups:
            (blocks if together else free).append(pairs)
        needed = sum(len(_write(*p)) + 2 for _, pairs in self.groups for p in pairs)
        filler = (self.shape.length - 3 - needed) // pair
        if filler < 0:
            raise InputError(
                f"A haystack of {self.shape.length} characters holds {total} pairs, and its "
                f"needles need {needed} characters. Make it longer, or ask for less."
            )
        slots: list[int | None] = [None] * filler
        slots += [i for i, pairs in enumerate(free) for _ in pairs]
        slots += [-1 - i for i in range(len(blocks))]
        self.rng.shuffle(slots)
        rows: list[tuple[str, list[str]]] = []
        queues = [iter(pairs) for pairs in free]
        for slot in slots:
            if slot is None:
                rows.append((self.name(), [self.name()]))
            elif slot < 0:
                rows += blocks[-1 - slot]
            else:
                rows.append(next(queues[slot]))
        return rows


def _single(hay: _Hay) -> CaseQuestion:
    key, value = hay.name(), hay.name()
    hay.put([(key, [value])])
    return CaseQuestion(text=f'What is the value of the key "{key}"?', answer=value, score=strict)


def _multiple(hay: _Hay) -> CaseQuestion:
    pairs = [(hay.name(), [hay.name()]) for _ in range(hay.shape.needles)]
    clustered = hay.shape.placement == "clustered"
    hay.put(pairs, together=clustered)
    asked = pairs[:]
    hay.rng.shuffle(asked)
    keys = ", ".join(f'"{key}"' for key, _ in asked)
    answer = ", ".join(values[0] for _, values in asked)
    return CaseQuestion(
        text=f"What are the values of the keys {keys}, in this order?", answer=answer, score=strict
    )


def _conditional(hay: _Hay) -> CaseQuestion:
    """The mark of each question is another digit between two stars."""
    mark = f"{MARK}{len(hay.groups)}{MARK}"
    pairs = []
    for _ in range(hay.shape.needles):
        name, cut = hay.name(), hay.rng.randrange(1, 30)
        pairs.append((name[:cut] + mark + name[cut:], [hay.name()]))
    hay.put(pairs, together=hay.shape.placement == "clustered")
    answer = ", ".join(values[0] for _, values in pairs)
    return CaseQuestion(
        text=f"What are the values of all keys that contain {mark}, in their order?",
        answer=answer,
        score=strict,
    )


def _thread(hay: _Hay) -> CaseQuestion:
    start, end = hay.thread()
    return CaseQuestion(
        text=f'Start at the key "{start}"; each value is the next key. What is the last value?',
        answer=end,
        score=strict,
    )


def _multi_threads(hay: _Hay) -> CaseQuestion:
    ends = [hay.thread() for _ in range(hay.shape.threads)]
    keys = ", ".join(f'"{start}"' for start, _ in ends)
    return CaseQuestion(
        text=f"Start at each of the keys {keys}; each value is the next key. "
        "What are the last values, in this order?",
        answer=", ".join(end for _, end in ends),
        score=strict,
    )


def _branched(hay: _Hay) -> CaseQuestion:
    start, end = hay.thread(hay.shape.branches)
    return CaseQuestion(
        text=f'Start at the key "{start}"; each value may be the next key. '
        "What is the last value of the longest thread?",
        answer=end,
        score=strict,
    )


TASKS: Mapping[str, Callable[[_Hay], CaseQuestion]] = {
    "single": _single,
    "multiple": _multiple,
    "conditional": _conditional,
    "thread": _thread,
    "multi_threads": _multi_threads,
    "branched": _branched,
}


def pairs_of(text: str) -> Links:
    """The pairs that stand in a text, whole or in pieces, in their order."""
    found: Links = {}
    for key, value in _PAIR.findall(text):
        found[key] = _NAME.findall(value)
    return found


def solve(text: str, question: str) -> list[str]:
    """Every answer that the pairs in a text allow: one for a whole haystack, none for too little.

    Walks the graph of pairs, and shares nothing with how the haystack was made.
    """
    links, named = pairs_of(text), _NAME.findall(question)
    if "contain" in question:
        mark = question.split("contain ")[1].split(",")[0]
        found = [value for key, values in links.items() if mark in key for value in values]
        return [", ".join(found)] if found else []
    if not named or any(name not in links for name in named):
        return []
    if "next key" not in question:
        return [", ".join(links[name][0] for name in named)]
    if "longest" in question:
        return _deepest(links, named[0])
    return [", ".join(_end(links, name) for name in named)]


def _end(links: Links, key: str) -> str:
    """The value at the end of a chain without branches."""
    seen = {key}
    while key in links and links[key][0] not in seen:
        key = links[key][0]
        seen.add(key)
    return key


def _deepest(links: Links, start: str) -> list[str]:
    """The values that lie deepest below a key."""
    layer = [start]
    while below := [value for key in layer for value in links.get(key, [])]:
        layer = below
    return layer


def strict(reply: str, answer: str) -> float:
    """1 when the reply is the answer and nothing else, quotes and brackets aside."""
    return float(_values(reply) == answer.split(", "))


def _values(reply: str) -> list[str]:
    """The reply as a list of names, whether JSON, a Python list or bare words."""
    text = reply.strip().rstrip(".")
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        read = text.split(",")
    parts = read if isinstance(read, (list, tuple)) else [read]
    return [str(part).strip(" \n\t\"'`") for part in parts]
