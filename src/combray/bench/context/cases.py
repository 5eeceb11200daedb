"""Questions about a context that is read once: the same for a cache and for a text memory.

A case is a context in passages with questions about it. An answerer opens a case as a session,
which answers. There are two modes, as a cache is used:

    requests   the context is kept once, and every question meets a fresh copy of it
    turns      the first question comes with the context; the others follow in the same session

Every case carries its own exact solver, which is the judge of its answers and reads for a memory
that recalls passages and has no language model.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from combray.core.errors import UnknownName

REQUESTS, TURNS = "requests", "turns"
MODES = (REQUESTS, TURNS)


Solver = Callable[[str, str], Sequence[str]]
"""(context or a part of it, question) -> every answer that it allows; one for a whole context."""
Scorer = Callable[[str, str], float]
"""(reply, answer) -> 0 … 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuestion:
    """A question, the one answer it has, and how a reply is judged.

    depth: where in the context the evidence stands, in [0, 1]; None when it is everywhere.
    """

    text: str
    answer: str
    score: Scorer
    depth: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A context and the questions about it; `joint` joins its passages."""

    task: str
    id: str
    passages: tuple[str, ...]
    questions: tuple[CaseQuestion, ...]
    solve: Solver
    joint: str = "\n"

    @property
    def context(self) -> str:
        """The passages as one text."""
        return self.joint.join(self.passages)


class CaseSession(Protocol):
    """One case being read and asked about."""

    def prefill(self) -> None:
        """Read the context now, before any question is known."""

    def ask(self, question: str, answer: str, /) -> str:
        """Reply to a question; afterwards the session goes on as if `answer` had been the reply."""

    def fork(self) -> CaseSession:
        """Return an independent session in the same state."""

    @property
    def nbytes(self) -> int:
        """Bytes held of the context."""


class Answerer(Protocol):
    """Something that reads a context and answers questions about it."""

    @property
    def name(self) -> str:
        """How it is called in tables."""

    def open(self, case: Case, /) -> CaseSession:
        """A session that has the case's context before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer that was given, and what it cost. `length` counts characters of the context."""

    answerer: str
    task: str
    case: str
    turn: int
    depth: float | None
    length: int
    text: str
    score: float
    read_ms: float
    ms: float
    nbytes: int


def run_cases(cases: Iterable[Case], answerer: Answerer, mode: str = REQUESTS) -> list[Reply]:
    """Ask the questions of every case; times are CPU times."""
    if mode not in MODES:
        raise UnknownName("mode of asking", mode, MODES)
    return [reply for case in cases for reply in _ask(case, answerer, mode)]


def _ask(case: Case, answerer: Answerer, mode: str) -> list[Reply]:
    started = time.process_time()
    session = answerer.open(case)
    if mode == REQUESTS:
        session.prefill()
    read_ms = 1000 * (time.process_time() - started)
    replies = []
    for turn, question in enumerate(case.questions, 1):
        started = time.process_time()
        at = session.fork() if mode == REQUESTS else session
        text = at.ask(question.text, question.answer)
        replies.append(
            Reply(
                answerer=answerer.name,
                task=case.task,
                case=case.id,
                turn=turn,
                depth=question.depth,
                length=len(case.context),
                text=text,
                score=question.score(text, question.answer),
                read_ms=read_ms,
                ms=1000 * (time.process_time() - started),
                nbytes=session.nbytes,
            )
        )
    return replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: an answerer on the replies of a task or a turn."""

    answerer: str
    of: str
    n: int
    score: float
    low: float
    high: float
    nbytes: float
    read_ms: float
    ms: float


def table(replies: Sequence[Reply], of: Callable[[Reply], object] = lambda r: r.task) -> list[Row]:
    """A line for each answerer and group, with the 95 % interval of the score."""
    groups: dict[tuple[str, str], list[Reply]] = {}
    for reply in replies:
        groups.setdefault((reply.answerer, str(of(reply))), []).append(reply)
    return [_row(name, group, among) for (name, group), among in groups.items()]


def _row(name: str, group: str, among: Sequence[Reply]) -> Row:
    n = len(among)
    score = sum(r.score for r in among) / n
    low, high = wilson(score, n)
    return Row(
        answerer=name,
        of=group,
        n=n,
        score=score,
        low=low,
        high=high,
        nbytes=sum(r.nbytes for r in among) / n,
        read_ms=sum(r.read_ms for r in among) / n,
        ms=sum(r.ms for r in among) / n,
    )


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson interval of a share of n."""
    if n == 0:
        return 0.0, 1.0
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def effective_length(
    replies: Sequence[Reply],
    at_least: float = 0.75,
    length: Callable[[Reply], int] = lambda reply: reply.length,
) -> int:
    """The longest context up to which every length is answered well enough.

    Well enough is a lower Wilson bound of `at_least`; 0 when the shortest already fails. `length`
    says how a context is measured: in characters, where nothing else is said.
    """
    lengths: dict[int, list[float]] = {}
    for reply in replies:
        lengths.setdefault(length(reply), []).append(reply.score)
    longest = 0
    for each, scores in sorted(lengths.items()):
        if wilson(sum(scores) / len(scores), len(scores))[0] < at_least:
            break
        longest = each
    return longest
