"""The runner: one memory for each history, built as a user builds it; questions put, ranks kept.

What is measured is finished history by history and written down at once, so that an interrupted
run goes on where it stopped. A change of the code or of the settings begins anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recollect.bench.embedding import Clocked, Progress
from recollect.bench.sets.form import Benchmark, History, Question, Units
from recollect.core.items import Hit
from recollect.memory import Memory
from recollect.models.embed import cache_folder

USER = "bench"
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A system by name with its options; `budgets` are the tokens of context to be judged.

    `label` names its row in the table.
    """

    system: str
    embedder: Clocked
    options: Mapping[str, Any] = field(default_factory=dict)
    budgets: Sequence[int] = ()
    llm: Any = None
    budget: Any = None
    label: str = ""

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
    answer has the `ranks` of the gold units at each level, `ms`, and the score of the best hit.
    """
    path = _record_file(benchmark, contender) if resume else None
    done = _read(path)
    total = benchmark.size
    finished = 0
    records = []
    for history in benchmark.histories:
        record = done.get(history.id)
        if record is None or len(record["answers"]) != len(history.questions):
            record = _measure(benchmark, contender, history)
            if path is not None:
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
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
        # The first search builds the view; it is paid once, and not by a question.
        asked(memory, history.questions[0], 1)
        answers = [
            _answer(benchmark, contender, memory, units, question) for question in history.questions
        ]
    return {
        "history": history.id,
        "messages": len(units),
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
    }


def _coverage(
    budgets: Sequence[int], memory: Memory, units: Mapping[str, Units], question: Question
) -> Iterator[tuple[str, dict[str, float]]]:
    """The share of the gold that stands in a context of so many tokens."""
    for budget in budgets:
        context = memory.context(
            question.text, tokens=budget, user_id=USER, asked_at=question.asked_at
        )
        cited = [id_ for item in context.items for id_ in item.sources or (item.id,)]
        yield (
            str(budget),
            {
                level: len({units[i][level] for i in cited if i in units} & gold) / len(gold)
                for level, gold in question.gold.items()
                if gold
            },
        )


class _Clock:
    """CPU milliseconds of a block without what the embedder took of them."""

    def __init__(self, embedder: Clocked) -> None:
        self._embedder = embedder
        self.ms = 0.0

    def __enter__(self) -> _Clock:
        self._begun = time.process_time() - self._embedder.seconds
        return self

    def __exit__(self, *_: object) -> None:
        self.ms = 1000 * (time.process_time() - self._embedder.seconds - self._begun)


# ── going on where it stopped ────────────────────────────────────────────────────────────────────


def _record_file(benchmark: Benchmark, contender: Contender) -> Path:
    settings = {
        "set": benchmark.name,
        "depth": benchmark.depth,
        "questions": [[h.id, [q.id for q in h.questions]] for h in benchmark.histories],
        "options": {name: repr(value) for name, value in sorted(contender.options.items())},
        "budgets": list(contender.budgets),
        "embedder": contender.embedder.name,
        "llm": repr(contender.llm),
        "code": code(),
    }
    key = hashlib.blake2b(json.dumps(settings).encode(), digest_size=8).hexdigest()
    folder = cache_folder() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{benchmark.name}-{contender.name}-{key}.jsonl"


def code() -> str:
    """A digest of everything in this package that can change a result."""
    root = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.json"))):
        if path.relative_to(root).parts[0] not in ("bench", "serve"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path | None) -> dict[str, Record]:
    if path is None or not path.is_file():
        return {}
    records: dict[str, Record] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        # The last line of an interrupted run can be half a record.
        if line.endswith("}") and line.count("{") == line.count("}"):
            record = json.loads(line)
            records[record["history"]] = record
    return records
