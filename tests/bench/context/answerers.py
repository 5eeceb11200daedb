"""Answerers that know everything or nothing, and replies made by hand."""

from __future__ import annotations

from typing import Any

from combray.bench.context.cases import Case, Reply


class Oracle:
    """Answers with the solver from all of the context; counts how it was used."""

    name = "oracle"

    def __init__(self) -> None:
        self.forks, self.settled = 0, False
        self.told: list[tuple[str, str]] = []

    def open(self, case: Case, /) -> Oracle:
        """Take the case."""
        self.case, self.forks, self.settled = case, 0, False
        return self

    def prefill(self) -> None:
        """Note it."""
        self.settled = True

    def ask(self, question: str, answer: str, /) -> str:
        """What the solver says."""
        self.told.append((question, answer))
        return self.case.solve(self.case.context, question)[0]

    def fork(self) -> Oracle:
        """Count it."""
        self.forks += 1
        return self

    @property
    def nbytes(self) -> int:
        """All of the context."""
        return len(self.case.context.encode())


class Mute(Oracle):
    """Says nothing."""

    name = "mute"

    def ask(self, question: str, answer: str, /) -> str:
        """Nothing."""
        return ""


def reply(score: float = 1.0, **changes: Any) -> Reply:
    """A reply to a context of 100 characters."""
    base: dict[str, Any] = {
        "answerer": "x",
        "task": "t",
        "case": "c",
        "turn": 1,
        "depth": 0.5,
        "length": 100,
        "text": "",
        "score": score,
        "read_ms": 2.0,
        "ms": 1.0,
        "nbytes": 10,
    }
    return Reply(**base | changes)
