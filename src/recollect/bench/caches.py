"""Cache policies and text memories on the same questions: one table of quality, bytes and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from recollect.bench import needles, scbench
from recollect.bench.memories import TextMemory
from recollect.bench.shared import REQUESTS, Answerer, Case, Reply, run
from recollect.core.errors import InputError, UnknownName


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is asked: tasks of needles and SCBench, `cases` contexts of each, in one mode."""

    tasks: Sequence[str] = ("kv", "mf", "single", "thread")
    length: int = 4000
    cases: int = 3
    questions: int = 5
    mode: str = REQUESTS
    seed: int = 0

    def __post_init__(self) -> None:
        for task in self.tasks:
            if task not in ALL_TASKS:
                raise UnknownName("task", task, ALL_TASKS)
        if self.cases < 1:
            raise InputError(f"At least one context of each task is needed, not {self.cases}.")

    def make(self) -> list[Case]:
        """The cases, the same for the same trial."""
        return [self._case(t, self.seed + i) for t in self.tasks for i in range(self.cases)]

    def _case(self, task: str, seed: int) -> Case:
        if task in needles.TASKS:
            hay = needles.Haystack(length=self.length, questions=self.questions)
            return needles.make(task, hay, seed)
        shape = scbench.Shape(length=self.length, questions=self.questions)
        return scbench.make(task, shape, seed)


ALL_TASKS = (*needles.TASKS, *scbench.TASKS)


def compare(
    trial: Trial,
    *,
    model: Any = None,
    words: Any = None,
    policies: Sequence[str] = (),
    budgets: Sequence[int | float] = (),
    memories: Sequence[str] = (),
    embedder: Any = "auto",
    prompt: str | None = None,
) -> Iterator[list[Reply]]:
    """The replies of every answerer, one list for each as it is done.

    The full cache comes first, then every policy at every budget, then the text memories.
    """
    cases = trial.make()
    if model is not None:
        settings: list[tuple[str, int | float | None]] = [("full", None)]
        settings += [(p, b) for p in policies if p != "full" for b in budgets]
        for policy, budget in settings:
            with ExitStack() as stack:
                from recollect.tensor.reading import PROMPT, reading

                reader = reading(model, words, policy, budget=budget, prompt=prompt or PROMPT)
                yield run(cases, stack.enter_context(reader), trial.mode)
    for system in memories:
        answerer: Answerer = TextMemory(system, embedder=embedder)
        yield run(cases, answerer, trial.mode)
