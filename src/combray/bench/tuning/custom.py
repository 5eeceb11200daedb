"""A rule for one's own memory, from a file of chats, notes and marked questions (`datasets.mine`).

Half of the questions, chosen by a hash, are held out: the shipped rule and the new one are both
judged on them, and the new one is given only when it is better there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from combray.bench.common.embedding import Clocked, warm
from combray.bench.datasets import mine
from combray.bench.datasets.form import Benchmark, Question, Session
from combray.bench.tuning.samples import Sample, gather
from combray.bench.tuning.tune import COARSE, compared, learn, scorer
from combray.core.errors import InputError
from combray.core.ports import Progress
from combray.core.text import counted
from combray.recall.rank.features import DOMAINS
from combray.recall.rank.linear import LinearRanker, load

FINE = "turn"
LEAST = 20
METRIC = "R@5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """The result of a refit: R@5 on the held-out questions before and after, and the new rules.

    `low` and `high` are the 95 % interval of the gain; `drafts` says how many questions nobody has
    checked.
    """

    domains: tuple[str, ...]
    fitted: int
    held_out: int
    before: float
    after: float
    low: float
    high: float
    drafts: int
    rules: Mapping[str, LinearRanker]

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
    domain = _domain(samples)
    taught = [s for s in samples if s.split == "dev"]
    held = [s for s in samples if s.split == "test"]
    old = shipped[domain]
    new = learn(domain, taught, names=old.names, prior=old)
    before, after, low, high = compared(held, scorer(old), scorer(new), METRIC)
    return Refit(
        domains=(domain,),
        fitted=len(taught),
        held_out=len(held),
        before=before,
        after=after,
        low=low,
        high=high,
        drafts=sum(s.kind == mine.DRAFT for s in samples),
        rules={**shipped, domain: learn(domain, samples, names=old.names, prior=old)},
    )


def read(path: Path) -> Benchmark:
    """The marked questions of a file; InputError when too few could be held out."""
    benchmark = mine.load(path).only("all")
    splits = {q.split for history in benchmark.histories for q in history.questions}
    if benchmark.size < LEAST or len(splits) < 2:
        raise InputError(
            f"{path} has {counted(benchmark.size, 'question')} with evidence; give at least "
            f"{LEAST}, so that half of them can be held out. "
            f"`combray compare --data {path} --make-questions {LEAST}` drafts some."
        )
    histories = [
        replace(h, questions=[_coarse(q, h.sessions) for q in h.questions])
        for h in benchmark.histories
    ]
    return replace(benchmark, histories=histories)


def _coarse(question: Question, sessions: Sequence[Session]) -> Question:
    """The same question, marked by session alone where its evidence is whole sessions.

    Nobody has said then which of the messages is right.
    """
    named = [s for s in sessions if s.units[0][COARSE] in question.gold[COARSE]]
    told = sum(len(session.units) for session in named)
    if told == len(named) or told != len(question.gold[FINE]):
        return question
    return replace(question, gold={**question.gold, FINE: frozenset()})


def _domain(samples: Sequence[Sample]) -> str:
    """The domain that most candidates are judged by."""
    counts = [sum(int((s.domain == i).sum()) for s in samples) for i in range(len(DOMAINS))]
    return DOMAINS[counts.index(max(counts))]
