"""Cache policies and text memories on the same questions: one table of quality, bytes and time.

Answers are written to disk case by case, so that an interrupted comparison resumes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from combray.bench import scbench
from combray.bench.common.checkpoint import Checkpoint
from combray.bench.context import cases as shared
from combray.bench.context import needles
from combray.bench.context.cases import MODES, REQUESTS, Answerer, Case, Reply, Row, run_cases
from combray.bench.context.text import TextMemory
from combray.core.errors import InputError, UnknownName
from combray.core.ports import Progress
from combray.models.embed import resolve

_SPREAD = set(needles.TASKS) - {"single"}
ALL_TASKS = (*needles.TASKS, *scbench.TASKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is asked: `cases` contexts of each task of needles and SCBench and of each length."""

    tasks: Sequence[str] = ("kv", "mf", "single", "thread")
    lengths: Sequence[int] = (4000,)
    cases: int = 3
    questions: int = 5
    mode: str = REQUESTS
    seed: int = 0

    def __post_init__(self) -> None:
        for task in self.tasks:
            if task not in ALL_TASKS:
                raise UnknownName("task", task, ALL_TASKS)
        if self.mode not in MODES:
            raise UnknownName("mode of asking", self.mode, MODES)
        if not self.tasks or not self.lengths:
            raise InputError("Name at least one task and one length.")
        if self.cases < 1:
            raise InputError(f"At least one context of each task is needed, not {self.cases}.")

    def make(self) -> list[Case]:
        """The cases, the same for the same trial, the shortest first."""
        return [
            self._case(task, length, self.seed + i)
            for length in sorted(self.lengths)
            for task in self.tasks
            for i in range(self.cases)
        ]

    def _case(self, task: str, length: int, seed: int) -> Case:
        if task in needles.TASKS:
            hay = needles.Haystack(length=length, questions=self.questions)
            return needles.make(task, hay, seed)
        shape = scbench.CaseShape(length=length, questions=self.questions)
        return scbench.make(task, shape, seed)

    def length_of(self, reply: Reply) -> int:
        """Which of the lengths a reply's context was made for."""
        return min(self.lengths, key=lambda length: abs(length - reply.length))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestants:
    """Who answers: a model under every policy at every budget, and text memories.

    source: the folder that the model comes from; with it answers are kept for the next run.
    """

    model: Any = None
    words: Any = None
    policies: Sequence[str] = ()
    budgets: Sequence[int | float] = ()
    memories: Sequence[str] = ()
    embedder: Any = "auto"
    prompt: str | None = None
    source: Path | None = None

    def each(self) -> Iterator[tuple[str, Callable[[], AbstractContextManager[Answerer]]]]:
        """The name of everyone and how to make them: the full cache first, text memories last."""
        if self.model is not None:
            yield "full", partial(self._reader, "full", None)
            for policy in self.policies:
                for budget in self.budgets if policy != "full" else ():
                    yield f"{policy} {budget}", partial(self._reader, policy, budget)
        for system in self.memories:
            memory: Answerer = TextMemory(system, embedder=self.embedder)
            yield memory.name, partial(_given, memory)

    def _reader(self, policy: str, budget: int | float | None) -> AbstractContextManager[Answerer]:
        from combray.tensor.kv.generate import PROMPT, reading

        prompt = self.prompt or PROMPT
        return reading(self.model, self.words, policy, budget=budget, prompt=prompt)

    def told(self) -> dict[str, Any]:
        """What the answers depend on besides the cases and the code."""
        files = sorted(self.source.iterdir()) if self.source is not None else []
        weights = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
        embedder = resolve(self.embedder).name if self.memories else ""
        return {"files": weights, "prompt": self.prompt, "embedder": embedder}


def _given(memory: Answerer) -> AbstractContextManager[Answerer]:
    return nullcontext(memory)


def compare(
    trial: Trial, who: Contestants, *, resume: bool = False, progress: Progress | None = None
) -> Iterator[list[Reply]]:
    """The replies of every answerer, one list for each as it is done.

    resume: keep replies on disk and take up those of an equal comparison. A model must then come
    from a folder (`who.source`), which is how it is known again.
    """
    cases, everyone = trial.make(), list(who.each())
    if resume and who.model is not None and who.source is None:
        raise InputError("A model can be known again only by the folder it comes from.")
    settings = who.told() | {"mode": trial.mode, "asking": _asking()}
    for i, (name, make) in enumerate(everyone):
        checkpoint = Checkpoint(f"caches-{name}", settings, "case") if resume else None
        replies: list[Reply] = []
        with make() as answerer:
            for j, case in enumerate(cases):
                replies += _answers(case, answerer, trial.mode, checkpoint)
                if progress is not None:
                    progress(i * len(cases) + j + 1, len(everyone) * len(cases))
        yield replies


def _answers(
    case: Case, answerer: Answerer, mode: str, checkpoint: Checkpoint | None
) -> list[Reply]:
    """The replies to one case, from the checkpoint where it has them."""
    if checkpoint is None:
        return run_cases([case], answerer, mode)
    asked = "\0".join([case.id, case.context, *(q.text + q.answer for q in case.questions)])
    key = hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()
    if key not in checkpoint.done:
        replies = run_cases([case], answerer, mode)
        checkpoint.add({"case": key, "replies": [asdict(reply) for reply in replies]})
        return replies
    return [Reply(**reply) for reply in checkpoint.done[key]["replies"]]


def _asking() -> str:
    """A digest of how questions are put and judged."""
    text = "".join(inspect.getsource(x) for x in (shared, needles, scbench.scores))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Reach:
    """The longest length up to which an answerer does a task; 0 where it fails at once."""

    answerer: str
    of: str
    length: int


def reach_of(trial: Trial, replies: Sequence[Reply]) -> list[Reach]:
    """How far each answerer reaches in each task."""
    own: dict[tuple[str, str], list[Reply]] = {}
    for reply in replies:
        own.setdefault((reply.answerer, reply.task), []).append(reply)
    return [
        Reach(*of, shared.effective_length(among, length=trial.length_of))
        for of, among in own.items()
    ]


def depth_cells(trial: Trial, replies: Sequence[Reply]) -> dict[str, dict[tuple[int, int], float]]:
    """For each answerer, the mean score by length and by the fifth that the answer stands in.

    Tasks whose answer is put together from several places have none and are left out.
    """
    scores: dict[str, dict[tuple[int, int], list[float]]] = {}
    for reply in replies:
        if reply.depth is not None and reply.task not in _SPREAD:
            cell = trial.length_of(reply), min(4, int(5 * reply.depth))
            scores.setdefault(reply.answerer, {}).setdefault(cell, []).append(reply.score)
    return {
        name: {cell: sum(found) / len(found) for cell, found in cells.items()}
        for name, cells in scores.items()
    }


def byte_points(rows: Sequence[Row]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """For each group of rows and each policy or memory, its bytes and scores at its budgets."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for row in rows:
        name = row.answerer if " top " in row.answerer else row.answerer.split()[0]
        found.setdefault(row.of, {}).setdefault(name, []).append((row.nbytes, row.score))
    return found
