"""String retrieval: kv, prefix_suffix, vt."""

from __future__ import annotations

import random
import re
from string import ascii_lowercase, ascii_uppercase

from combray.bench.context import needles
from combray.bench.context.cases import CaseQuestion
from combray.bench.scbench.parts import CaseDraft, CaseShape, depth, fill, pick, unique
from combray.bench.scbench.scores import contains, share

_TEXT = re.compile(r"^[a-z]{16}$", re.M)
_SET = re.compile(r"VAR ([A-Z]{5}) = (?:VAR ([A-Z]{5})|(\d+))")


def kv(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The value of a key among pairs of random names."""
    hay = needles.Haystack(length=shape.length, questions=shape.questions)
    case = needles.make("single", hay, rng.getrandbits(32))
    asked = [
        CaseQuestion(text=q.text, answer=q.answer, depth=q.depth, score=contains)
        for q in case.questions
    ]
    return CaseDraft(passages=case.passages, questions=asked, solve=needles.solve)


def prefix_suffix(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The one string that begins and ends in a given way."""
    used: set[str] = set()

    def draw() -> str:
        ends = unique(lambda: "".join(rng.choices(ascii_lowercase, k=6)), used)
        return ends[:3] + "".join(rng.choices(ascii_lowercase, k=10)) + ends[3:]

    made = fill(shape.length, draw)
    asked = [
        CaseQuestion(
            text=f"Which string starts with {made[i][:3]} and ends with {made[i][-3:]}?",
            answer=made[i],
            score=contains,
            depth=depth(i, made),
        )
        for i in pick(made, shape.questions, rng)
    ]
    return CaseDraft(passages=made, questions=asked, solve=_affixed)


def _affixed(text: str, question: str) -> list[str]:
    found = re.search(r"starts with (\w+) and ends with (\w+)", question)
    if found is None:
        return []
    start, end = found.groups()
    return [x for x in _TEXT.findall(text) if x.startswith(start) and x.endswith(end)]


def vt(shape: CaseShape, rng: random.Random, hops: int = 3) -> CaseDraft:
    """All variables that get a value, through assignments of assignments."""
    used: set[str] = set()

    def name() -> str:
        return unique(lambda: "".join(rng.choices(ascii_uppercase, k=5)), used)

    chains = []
    for value in rng.sample(range(10_000, 100_000), max(shape.questions, shape.length // 62)):
        names = [name() for _ in range(hops)]
        chains.append((str(value), names))
    queues = [_assignments(value, names) for value, names in chains]
    slots = [i for i, queue in enumerate(queues) for _ in queue]
    rng.shuffle(slots)
    lines = [queues[i].pop(0) for i in slots]
    asked = [
        CaseQuestion(
            text=f"Which variables have the value {value}? Name all, in the order assigned.",
            answer=", ".join(names),
            score=share,
        )
        for value, names in rng.sample(chains, shape.questions)
    ]
    return CaseDraft(passages=lines, questions=asked, solve=_traced)


def _assignments(value: str, names: list[str]) -> list[str]:
    sources = [value, *(f"VAR {name}" for name in names)]
    return [f"VAR {name} = {source}" for name, source in zip(names, sources, strict=False)]


def _traced(text: str, question: str) -> list[str]:
    wanted = re.search(r"the value (\d+)", question)
    if wanted is None:
        return []
    holds: list[str] = []
    for name, source, value in _SET.findall(text):
        if value == wanted[1] or source in holds:
            holds.append(name)
    return [", ".join(holds)] if holds else []
