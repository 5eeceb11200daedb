"""A rule for one's own memory: a JSON-lines file of sessions, passages and marked questions.

    {"session": "s1", "timestamp": "2024-05-01T10:00:00Z", "messages": [{"id": "m1", "role": …}, …]}
    {"id": "p1", "text": "…", "title": "…"}
    {"question": "…", "evidence": ["m1"], "asked_at": "2024-06-01T00:00:00Z"}

Half of the questions, chosen by a hash, are held out: the shipped rule and the new one are both
judged on them, and the new one is given only when it is better there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recollect.bench.embedding import Clocked, Progress, warm
from recollect.bench.samples import Sample, gather
from recollect.bench.sets.form import Benchmark, History, Question, Session, split_of
from recollect.bench.tune import compared, learn, scorer
from recollect.core.errors import InputError, reason
from recollect.recall.rule import Rule, load
from recollect.recall.signals import REGIMES

LEVEL = "memory"
LEAST = 20
METRIC = "R@5"
SHAPE = (
    'a line is {"session": …, "messages": [{"id": …, "role": …, "content": …}]}, '
    '{"id": …, "text": …} or {"question": …, "evidence": [ids]}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """What came of it: R@5 on the held-out questions before and after, and the new rules.

    `low` and `high` are the 95 % interval of the gain.
    """

    regimes: tuple[str, ...]
    fitted: int
    held_out: int
    before: float
    after: float
    low: float
    high: float
    rules: Mapping[str, Rule]

    @property
    def better(self) -> bool:
        """Whether the new rule found more of the held-out evidence."""
        return self.after > self.before


def refit(path: Path, embedder: Clocked, progress: Progress | None = None) -> Refit:
    """Fit the rule anew on marked questions, from the shipped weights; InputError on bad lines."""
    benchmark = read(path)
    warm(embedder, benchmark.histories, progress)
    samples = gather(benchmark, embedder, progress)
    shipped = load(embedder=embedder.name)
    regime = _regime(samples)
    taught = [s for s in samples if s.split == "dev"]
    held = [s for s in samples if s.split == "test"]
    old = shipped[regime]
    new = learn(regime, taught, names=old.names, prior=old)
    before, after, low, high = compared(held, scorer(old), scorer(new), METRIC)
    return Refit(
        regimes=(regime,),
        fitted=len(taught),
        held_out=len(held),
        before=before,
        after=after,
        low=low,
        high=high,
        rules={**shipped, regime: learn(regime, samples, names=old.names, prior=old)},
    )


def read(path: Path) -> Benchmark:
    """The file as a set of one history; InputError names the line that cannot be used."""
    sessions: list[Session] = []
    questions: list[Question] = []
    known: set[str] = set()
    for number, record in _records(path):
        where = f"{path}, line {number}"
        if "question" in record:
            questions.append(_question(record, known, where))
        else:
            session = _session(record, where)
            known.update(unit[LEVEL] for unit in session.units)
            sessions.append(session)
    splits = {q.split for q in questions}
    if len(questions) < LEAST or len(splits) < 2:
        raise InputError(
            f"{path} has {len(questions)} marked questions; give at least {LEAST}, so that half of "
            "them can be held out."
        )
    history = History(id="mine", sessions=sessions, questions=questions)
    return Benchmark(
        name="mine", histories=[history], levels=(LEVEL,), shown=((LEVEL, METRIC),), depth=20
    )


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path}: {reason(error)}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number} is not JSON: {error}.") from error
        if not isinstance(record, dict):
            raise InputError(f"{path}, line {number}: {SHAPE}.")
        yield number, record


def _session(record: Mapping[str, Any], where: str) -> Session:
    if "text" in record:
        title = {"title": record["title"]} if "title" in record else {}
        return Session(
            content=[record["text"]],
            units=[{LEVEL: _id(record, where)}],
            timestamp=record.get("timestamp"),
            metadata=title,
        )
    messages = record.get("messages")
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise InputError(f"{where}: {SHAPE}.")
    return Session(
        id=record.get("session"),
        content=[{k: v for k, v in message.items() if k != "id"} for message in messages],
        units=[{LEVEL: _id(message, where)} for message in messages],
        timestamp=record.get("timestamp"),
    )


def _id(record: Mapping[str, Any], where: str) -> str:
    if "id" not in record:
        raise InputError(f"{where}: every message and text needs an id that evidence can name.")
    return str(record["id"])


def _question(record: Mapping[str, Any], known: set[str], where: str) -> Question:
    evidence = record.get("evidence")
    if not isinstance(evidence, list) or not evidence:
        raise InputError(f"{where}: a question needs evidence, a list of ids.")
    unknown = [str(e) for e in evidence if str(e) not in known]
    if unknown:
        raise InputError(f"{where}: no earlier line has the id {unknown[0]!r}.")
    text = str(record["question"])
    return Question(
        id=f"mine:{text}",
        text=text,
        kind="question",
        gold={LEVEL: frozenset(map(str, evidence))},
        asked_at=record.get("asked_at"),
        split=split_of("mine", text),
    )


def _regime(samples: Sequence[Sample]) -> str:
    """The regime that most candidates are judged by."""
    counts = [sum(int((s.regime == i).sum()) for s in samples) for i in range(len(REGIMES))]
    return REGIMES[counts.index(max(counts))]
