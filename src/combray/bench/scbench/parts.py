"""Building blocks of the tasks: passages up to a length, with questions about some of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from combray.bench.context.cases import CaseQuestion, Solver
from combray.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseShape:
    """How long a context is, in characters, and how many questions are put to it."""

    length: int = 4000
    questions: int = 5

    def __post_init__(self) -> None:
        if self.length < 400 or not 1 <= self.questions <= 10:
            raise InputError(
                "A context has at least 400 characters and 1 to 10 questions, not "
                f"{self.length} and {self.questions}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """A context in passages with questions, and what solves them from any part of it."""

    passages: Sequence[str]
    questions: Sequence[CaseQuestion]
    solve: Solver


Maker = Callable[[CaseShape, random.Random], CaseDraft]


def fill(length: int, draw: Callable[[], str], joint: int = 1) -> list[str]:
    """Passages drawn until the next would not fit the length."""
    made: list[str] = []
    size = 0
    while True:
        passage = draw()
        size += len(passage) + joint
        if size > length + joint:
            return made
        made.append(passage)


def pick(made: Sequence[str], count: int, rng: random.Random) -> list[int]:
    """Places of the passages asked about, in random order."""
    if len(made) < count:
        raise InputError(
            f"A context of {sum(map(len, made))} characters holds {len(made)} passages, too few "
            f"for {count} questions. Make it longer, or ask fewer."
        )
    return rng.sample(range(len(made)), count)


def depth(place: int, made: Sequence[str]) -> float:
    """Where a passage stands, in [0, 1]."""
    return place / max(1, len(made) - 1)


def unique(draw: Callable[[], str], used: set[str]) -> str:
    """Something drawn that was not drawn before."""
    for _ in range(10_000):
        made = draw()
        if made not in used:
            used.add(made)
            return made
    raise InputError("The context is too long for the names this task can make. Make it shorter.")


def word(rng: random.Random, syllables: int = 3) -> str:
    """A word of no language."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(syllables))
