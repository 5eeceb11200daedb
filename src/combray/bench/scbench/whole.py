"""Global information: many_shot, mf, summary."""

from __future__ import annotations

import random
import re
import statistics
from collections import Counter
from collections.abc import Callable

from combray.bench.context.cases import CaseQuestion
from combray.bench.scbench.parts import CaseDraft, CaseShape, fill, unique, word
from combray.bench.scbench.scores import first_word, number, rouge_lsum

_SHOT = re.compile(r"^(\w+) -> (\w+)$", re.M)
_LABELS = ("amber", "cobalt", "ivory", "jade", "onyx", "ruby")
_ENDINGS = ("bor", "dil", "gan", "mex", "pul", "tiv", "zon", "fek", "lus", "rav", "kis", "nom")


def many_shot(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The label of a new word, by a rule that only the examples tell: its ending decides."""
    rule = {ending: rng.choice(_LABELS) for ending in _ENDINGS}
    used: set[str] = set()

    def draw() -> str:
        ending = rng.choice(_ENDINGS)
        return f"{unique(lambda: word(rng) + ending, used)} -> {rule[ending]}"

    made = fill(shape.length, draw)
    shown = sorted({label[: label.index(" ")][-3:] for label in made})
    asked = []
    for ending in rng.choices(shown, k=shape.questions):
        new = unique(lambda ending=ending: word(rng) + ending, used)  # type: ignore[misc]
        asked.append(
            CaseQuestion(text=f"Which label has {new}?", answer=rule[ending], score=first_word)
        )
    return CaseDraft(passages=made, questions=asked, solve=_labelled)


def _labelled(text: str, question: str) -> list[str]:
    asked = question.rstrip("?").split()[-1]
    return sorted({label for word_, label in _SHOT.findall(text) if word_[-3:] == asked[-3:]})


_ASKED: dict[str, Callable[[list[int]], int]] = {
    "largest": max,
    "smallest": min,
    "median": statistics.median_low,
    "second largest": lambda x: sorted(x)[-2],
    "most frequent": lambda x: Counter(x).most_common(1)[0][0],
}


def mf(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """A statistic of a long list of numbers."""
    often = str(rng.randrange(200, 800))

    def draw() -> str:
        return " ".join(
            often if rng.random() < 0.1 else str(rng.randrange(100, 1000)) for _ in range(10)
        )

    made = fill(shape.length, draw)
    numbers = [int(x) for line in made for x in line.split()]
    if Counter(numbers).most_common(1)[0][0] != int(often) or _tied(numbers):
        return mf(shape, rng)
    kinds = rng.sample(list(_ASKED), min(shape.questions, len(_ASKED)))
    kinds += rng.choices(list(_ASKED), k=shape.questions - len(kinds))
    asked = [
        CaseQuestion(
            text=f"What is the {kind} of the numbers?",
            answer=str(_ASKED[kind](numbers)),
            score=number,
        )
        for kind in kinds
    ]
    return CaseDraft(passages=made, questions=asked, solve=_computed)


def _tied(numbers: list[int]) -> bool:
    first, second = Counter(numbers).most_common(2)
    return first[1] == second[1]


def _computed(text: str, question: str) -> list[str]:
    """By sorting; ties of the most frequent are all given."""
    numbers = sorted(map(int, re.findall(r"\b\d+\b", text)))
    if len(numbers) < 2:
        return []
    kind = question.removeprefix("What is the ").split(" of the numbers")[0]
    if kind == "most frequent":
        top = max(map(numbers.count, set(numbers)))
        return [str(x) for x in sorted(set(numbers)) if numbers.count(x) == top]
    place = {"largest": -1, "smallest": 0, "second largest": -2, "median": (len(numbers) - 1) // 2}
    return [str(numbers[place[kind]])]


_FINDING = re.compile(r"^Chapter (\d+)\. .*?(Finding: [^.]*\.)", re.M)


def summary(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The findings of some chapters of a report."""
    chapter = 0

    def draw() -> str:
        nonlocal chapter
        chapter += 1
        before, after = (" ".join(_talk(rng) for _ in range(rng.randrange(1, 4))) for _ in "ab")
        found = f"Finding: the {word(rng)} {rng.choice(('raises', 'lowers'))} the {word(rng)}."
        return f"Chapter {chapter}. {before} {found} {after}"

    made = fill(shape.length, draw)
    asked = []
    for _ in range(shape.questions):
        first = rng.randrange(1, max(2, len(made) - 1))
        last = min(len(made), first + 2)
        gold = " ".join(_findings("\n".join(made), first, last))
        asked.append(
            CaseQuestion(
                text=f"Summarise the findings of chapters {first} to {last}.",
                answer=gold,
                score=rouge_lsum,
                depth=(first - 1) / max(1, len(made) - 1),
            )
        )
    return CaseDraft(passages=made, questions=asked, solve=_summed)


def _talk(rng: random.Random) -> str:
    return f"We looked at the {word(rng)} and the {word(rng)} for {rng.randrange(2, 30)} days."


def _findings(text: str, first: int, last: int) -> list[str]:
    return [found for n, found in _FINDING.findall(text) if first <= int(n) <= last]


def _summed(text: str, question: str) -> list[str]:
    span = re.search(r"chapters (\d+) to (\d+)", question)
    found = _findings(text, int(span[1]), int(span[2])) if span else []
    return [" ".join(found)] if found else []
