"""The runner: it builds one memory for each history as a user does, asks, and records ranks.

The figures of a history are written as soon as it is complete, so that an interrupted run resumes.
A change of the code or of the settings starts it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from combray.bench.common.checkpoint import Checkpoint, Record
from combray.bench.common.embedding import Clocked
from combray.bench.datasets.form import Benchmark, History, Question, Session, Units
from combray.bench.measure.reader import Reader
from combray.core.errors import BudgetExceeded, ModelError
from combray.core.items import Hit
from combray.core.ports import Progress
from combray.core.text import terms
from combray.memory import Memory

USER = "bench"
WORDS = "words"
"""The name of what is read of an answer in a context, beside the levels of its evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A system by name with its options; `budgets` are the tokens of context to be judged.

    `label` names its row in the table; a `reader` answers the questions from each memory.
    """

    system: str
    embedder: Clocked
    options: Mapping[str, Any] = field(default_factory=dict)
    budgets: Sequence[int] = ()
    llm: Any = None
    budget: Any = None
    label: str = ""
    reader: Reader | None = None

    @property
    def name(self) -> str:
        """Its name in tables and files."""
        return self.label or self.system


def run(
    benchmark: Benchmark,
    contender: Contender,
    *,
    progress: Progress | None = None,
    resume: bool = True,
) -> list[Record]:
    """Measure a system on a set: one record for each history, in order.

    A record has `messages`, `write_ms` (CPU, all messages, embedding excluded) and `answers`; an
    answer has the `ranks` of the gold units at each level, `ms`, and the score of the best hit;
    with a reader also `f1`. `unread` counts jobs of a model that failed twice.
    """
    name = f"{benchmark.name}-{contender.name}"
    checkpoint = Checkpoint(name, settings(benchmark, contender), "history") if resume else None
    total = benchmark.size
    finished = 0
    records = []
    for history in benchmark.histories:
        record = checkpoint.done.get(history.id) if checkpoint is not None else None
        if record is None or len(record["answers"]) != len(history.questions):
            record = _measure(benchmark, contender, history)
            if checkpoint is not None:
                checkpoint.add(record)
        records.append(record)
        finished += len(history.questions)
        if progress is not None:
            progress(finished, total)
    return records


def opened(contender: Contender, location: str = ":memory:") -> Memory:
    """An empty memory of a contender's kind."""
    return Memory(
        location,
        system=contender.system,
        embedder=contender.embedder,
        llm=contender.llm,
        budget=contender.budget,
        options=dict(contender.options),
    )


def remember(memory: Memory, history: History) -> dict[str, Units]:
    """Add every session as a user would; the units of each stored item by its id."""
    units: dict[str, Units] = {}
    for session in history.sessions:
        items = memory.add(
            list(session.content),
            user_id=USER,
            session_id=session.id,
            timestamp=session.timestamp,
            metadata=session.metadata,
        )
        units.update((item.id, unit) for item, unit in zip(items, session.units, strict=True))
    return units


def beginning(history: History, messages: int) -> History:
    """The first sessions of a history, up to so many messages, and at least one."""
    kept: list[Session] = []
    told = 0
    for session in history.sessions:
        if kept and told + len(session.content) > messages:
            break
        kept.append(session)
        told += len(session.content)
    return replace(history, sessions=kept)


def derived(memory: Memory) -> int:
    """Let a model do the work that waits; how many jobs failed, twice each.

    Raises BudgetExceeded when the budget is spent, and ModelError when every job fails.
    """
    done = 0
    for retry in (False, True):
        outcomes = memory.consolidate(user_id=USER, retry=retry)
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        if any(outcome.refused for outcome in failed):
            raise BudgetExceeded(str(failed[-1].error))
        done += len(outcomes) - len(failed)
        if not failed:
            return 0
        if not done:
            raise ModelError(str(failed[0].error))
    return len(failed)


def asked(memory: Memory, question: Question, limit: int) -> list[Hit]:
    """The hits for a question, put at its time."""
    return memory.search(question.text, user_id=USER, limit=limit, asked_at=question.asked_at)


def ranks(
    hits: Sequence[Hit], units: Mapping[str, Units], level: str, gold: frozenset[str]
) -> list[int]:
    """The ranks of the gold among the distinct units that the hits rest on, best first."""
    seen = dict.fromkeys(
        units[id_][level] for hit in hits for id_ in hit.evidence or (hit.id,) if id_ in units
    )
    return [rank for rank, unit in enumerate(seen, start=1) if unit in gold]


def _measure(benchmark: Benchmark, contender: Contender, history: History) -> Record:
    clock = _Clock(contender.embedder)
    with opened(contender) as memory:
        with clock:
            units = remember(memory, history)
            unread = derived(memory)
        # The first search builds the view; it is paid once, and not by a question.
        asked(memory, history.questions[0], 1)
        answers = [
            _answer(benchmark, contender, memory, units, question) for question in history.questions
        ]
    return {
        "history": history.id,
        "messages": len(units),
        "unread": unread,
        "write_ms": round(clock.ms, 3),
        "answers": answers,
    }


def _answer(
    benchmark: Benchmark,
    contender: Contender,
    memory: Memory,
    units: Mapping[str, Units],
    question: Question,
) -> Record:
    clock = _Clock(contender.embedder)
    with clock:
        hits = asked(memory, question, benchmark.depth)
    levels = {
        level: {"gold": len(gold), "ranks": ranks(hits, units, level, gold)}
        for level, gold in question.gold.items()
    }
    return {
        "id": question.id,
        "kind": question.kind,
        "answerable": question.answerable,
        "ms": round(clock.ms, 3),
        "top": hits[0].score if hits else 0.0,
        "levels": levels,
        "coverage": dict(_coverage(contender.budgets, memory, units, question)),
        **_read(contender.reader, memory, question),
    }


def _read(reader: Reader | None, memory: Memory, question: Question) -> Record:
    if reader is None or not reader.answers(question):
        return {}
    return reader.read(memory, question, USER)


def _coverage(
    budgets: Sequence[int], memory: Memory, units: Mapping[str, Units], question: Question
) -> Iterator[tuple[str, dict[str, float]]]:
    """What of the gold stands in a context of so many tokens.

    At each level the share of the gold units that are shown, whole or in part; as `words` the share
    of the answer's words, without those of the question, that can be read there.
    """
    sought = set(terms(question.answer or "")) - set(terms(question.text))
    for budget in budgets:
        context = memory.context(
            question.text, tokens=budget, user_id=USER, asked_at=question.asked_at
        )
        cited = [id_ for item in context.items for id_ in item.sources or (item.id,)]
        shares = {
            level: len({units[i][level] for i in cited if i in units} & gold) / len(gold)
            for level, gold in question.gold.items()
            if gold
        }
        read = {WORDS: len(sought & set(terms(context.text))) / len(sought)} if sought else {}
        yield str(budget), shares | read


class _Clock:
    """CPU milliseconds of a block without what the embedder took of them."""

    def __init__(self, embedder: Clocked) -> None:
        self._embedder = embedder
        self._begun = 0.0
        self.ms = 0.0

    def __enter__(self) -> _Clock:
        self._begun = time.process_time() - self._embedder.seconds
        return self

    def __exit__(self, *_: object) -> None:
        self.ms = 1000 * (time.process_time() - self._embedder.seconds - self._begun)


def settings(benchmark: Benchmark, contender: Contender) -> Record:
    """All that the figures of a contender on a set depend on, beside the code."""
    return {
        "set": benchmark.name,
        "version": benchmark.version,
        "depth": benchmark.depth,
        "questions": [[h.id, [q.id for q in h.questions]] for h in benchmark.histories],
        "options": {name: repr(value) for name, value in sorted(contender.options.items())},
        "budgets": list(contender.budgets),
        "embedder": contender.embedder.name,
        "llm": repr(contender.llm),
        **(contender.reader.settings() if contender.reader else {}),
    }
