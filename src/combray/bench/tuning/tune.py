"""The rule of the default memory: fitted on the dev splits, judged on the sets left out.

Each domain has sets that are like it and signals that it may weigh. A set is left out, the rule is
fitted on the others, and must there beat the plain fusion of the same channels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.bench.common.embedding import Clocked, warm
from combray.bench.common.metrics import interval, score
from combray.bench.datasets import load
from combray.bench.datasets.form import plain
from combray.bench.tuning.samples import Sample, gather
from combray.core.errors import InputError
from combray.core.ports import Progress
from combray.recall.rank.features import CHANNELS, DOMAINS, NAMES, RISING
from combray.recall.rank.linear import Group, LinearRanker, fit, save

SOURCES: Mapping[str, tuple[str, ...]] = {
    "dialogue": ("locomo", "lihua"),
    "chat": ("longmemeval-user", "longmemeval"),
    "passages": ("musique", "hotpotqa", "2wiki"),
    "notes": ("locomo-plain", "longmemeval-user-plain"),
}
"""Which sets each domain is fitted on; those of passages are kinds of `multihop`."""

LIMITS = {"longmemeval-user": 120, "longmemeval": 40, "longmemeval-user-plain": 40}
"""How many dev questions of the sets whose histories are large."""

_WORDS = ("coverage", "length")
_TURN = ("question", "own", "answers", "date_in")
WEIGHED: Mapping[str, tuple[str, ...]] = {
    "dialogue": (*CHANNELS, *_WORDS, *_TURN, "when_timed", "last", "position", "people",
                 "speaker_asked", "image"),
    "chat": (*CHANNELS, *_WORDS, *_TURN, "opening", "assistant", "assistant_asked",
             "near_max"),
    "passages": ("dense", "bm25", *_WORDS, "walk_names", "walk_names_rank", "walk_best_rank",
                 "bridge", "title_asked", "density"),
    "notes": ("dense", "dense_rank", "bm25", "bm25_rank", *_WORDS, "question", "own", "date_in",
              "when_timed"),
}  # fmt: skip
"""Which signals each domain weighs: those that did not pay in its ablation are not there."""

PENALTY, ROUNDS, FOLDS = 10.0, 2, 4
"""λ, how often the best turns are chosen anew, and the folds of a cross-validation."""
COARSE = "session"
Samples = Mapping[str, Sequence[Sample]]
Scorer = Callable[[Sample], NDArray[np.float64]]


def gathered(embedder: Clocked, progress: Progress | None = None) -> dict[str, list[Sample]]:
    """The dev samples of every set, by the names in SOURCES."""
    found: dict[str, list[Sample]] = {}
    for name in dict.fromkeys(name for names in SOURCES.values() for name in names):
        if name not in SOURCES["passages"]:
            found[name] = _samples(name, embedder, progress)
    for sample in _samples("multihop", embedder, progress):
        found.setdefault(sample.kind, []).append(replace(sample, set=sample.kind))
    return found


def _samples(name: str, embedder: Clocked, progress: Progress | None) -> list[Sample]:
    benchmark = load(name.removesuffix("-plain")).only("dev", LIMITS.get(name))
    if name.endswith("-plain"):
        benchmark = plain(benchmark)
    warm(embedder, benchmark.histories, progress)
    return gather(benchmark, embedder, progress)


def learn(
    domain: str,
    samples: Sequence[Sample],
    *,
    names: Sequence[str] | None = None,
    prior: LinearRanker | None = None,
    penalty: float = PENALTY,
) -> LinearRanker:
    """The rule of a domain from samples.

    Where only sessions are marked, the best turn of each gold session is taken for the right one
    and its other turns are left out, by the rule of the round before.
    """
    weighed = tuple(names or WEIGHED[domain])
    columns = [NAMES.index(name) for name in weighed]
    sets = sorted({sample.set for sample in samples})
    note = f"{domain}: {', '.join(sets)}"
    rule = prior
    marked = [sample for sample in samples if level_of(sample) != COARSE]
    for _ in range(1 if len(marked) == len(samples) else 1 + ROUNDS):
        groups = [group for sample in samples for group in _group(sample, columns, rule)]
        rule = fit(weighed, groups, penalty=penalty, rising=RISING, prior=prior, note=note)
    assert rule is not None
    return rule


def level_of(sample: Sample) -> str:
    """The finest level at which a question is marked."""
    return next((n for n, gold in sample.gold.items() if gold and n != COARSE), COARSE)


def _group(sample: Sample, columns: list[int], rule: LinearRanker | None) -> Iterator[Group]:
    """The signals and marks of one question; nothing when no gold is among the candidates."""
    level = level_of(sample)
    right, keep = sample.right(level), np.ones(len(sample.domain), np.bool_)
    if level == COARSE:
        z = fusion(sample) if rule is None else rule.score(sample.values[:, _places(rule)])
        right, keep = _best_turns(sample.units[level], z, sample.gold[level])
    if right.any():
        yield sample.values[keep][:, columns], right[keep]


def _best_turns(
    units: NDArray[np.int64], z: NDArray[np.float64], gold: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The best candidate of each gold unit as right, and all but its others to keep; each (c,)."""
    right, keep = np.zeros(len(units), np.bool_), units >= gold
    for unit in range(gold):
        mine = np.flatnonzero(units == unit)
        if len(mine):
            right[mine[np.argmax(z[mine])]] = True
    return right, keep | right


def _places(rule: LinearRanker) -> list[int]:
    return rule.places(NAMES)


def scorer(rule: LinearRanker) -> Scorer:
    """The z of a sample's candidates by one rule."""
    places = _places(rule)
    return lambda sample: rule.score(sample.values[:, places])


def fusion(sample: Sample) -> NDArray[np.float64]:
    """Plain reciprocal rank fusion of all channels, k = 3."""
    ranked = [NAMES.index(f"{channel}_rank") for channel in CHANNELS]
    total: NDArray[np.float64] = sample.values[:, ranked].sum(axis=1, dtype=np.float64)
    return total


# ── judging ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """R@5 on a set by the plain fusion, by the rule that never saw it, and by the rule of folds."""

    domain: str
    set: str
    n: int
    fusion: float
    left_out: float
    folds: float


def left_out(samples: Samples) -> list[Judgement]:
    """For each set of each domain: is the rule of the others better there than plain fusion?"""
    made = []
    for domain, names in SOURCES.items():
        for name in names:
            mine = samples[name]
            others = [s for other in names if other != name for s in samples[other]]
            made.append(
                Judgement(
                    domain=domain,
                    set=name,
                    n=len(mine),
                    fusion=mean(mine, fusion),
                    left_out=mean(mine, unseen(domain, mine, others)),
                    folds=mean(mine, folded(domain, mine, others)),
                )
            )
    return made


def report(judged: Sequence[Judgement], command: str) -> dict[str, Any]:
    """The judgements as one table with the command that made it."""
    rows = [
        {
            "system": "evidence",
            "domain": j.domain,
            "left out": j.set,
            "n": j.n,
            "fusion R@5": round(j.fusion, 4),
            "R@5": round(j.left_out, 4),
            "in folds R@5": round(j.folds, 4),
        }
        for j in judged
    ]
    note = "R@5 on dev questions; fusion is of all seven channels"
    title = "The rule on a set it never saw"
    return {"tables": [{"title": title, "command": command, "note": note, "rows": rows}]}


def unseen(domain: str, samples: Sequence[Sample], others: Sequence[Sample]) -> Scorer:
    """The rule of other sets; where they ask the same questions, by folds, without these."""
    if {s.history for s in samples} & {s.history for s in others}:
        return _by_folds(domain, samples, others, WEIGHED[domain])
    return scorer(learn(domain, others))


def folded(
    domain: str,
    samples: Sequence[Sample],
    others: Sequence[Sample] = (),
    *,
    names: Sequence[str] | None = None,
) -> Scorer:
    """Cross-validation: each question by the rule of the folds without its history."""
    return _by_folds(domain, samples, [*others, *samples], names or WEIGHED[domain])


def _by_folds(
    domain: str, samples: Sequence[Sample], taught: Sequence[Sample], names: Sequence[str]
) -> Scorer:
    """Each question by a rule of what is taught without the questions of its fold."""
    histories = sorted({sample.history for sample in samples})
    few = len(histories) < FOLDS
    places = {s: i for i, s in enumerate(sorted(s.id for s in samples) if few else histories)}

    def fold(sample: Sample) -> int:
        place = places.get(sample.id if few else sample.history)
        if place is None:  # a question of another set, which every fold may learn from
            return -1
        return place % FOLDS if few else place * FOLDS // len(places)

    scorers = [
        scorer(learn(domain, [s for s in taught if fold(s) != number], names=names))
        for number in range(FOLDS)
    ]
    return lambda sample: scorers[fold(sample)](sample)


def values(
    samples: Sequence[Sample], by: Scorer, metric: str = "R@5", level: str | None = None
) -> list[float]:
    """A metric of every question with gold, at a level or at its finest."""
    found = []
    for sample in samples:
        at = level or level_of(sample)
        if sample.gold.get(at):
            found.append(score(sample.ranks(by(sample), at), sample.gold[at])[metric])
    return found


def mean(
    samples: Sequence[Sample], by: Scorer, metric: str = "R@5", level: str | None = None
) -> float:
    """The mean of a metric over questions."""
    return float(np.mean(values(samples, by, metric, level)))


def rules_of(samples: Samples, domains: Collection[str] = DOMAINS) -> dict[str, LinearRanker]:
    """One rule for each domain, from all its sets."""
    return {
        domain: learn(domain, [s for name in SOURCES[domain] for s in samples[name]])
        for domain in domains
    }


def write(rules: Mapping[str, LinearRanker], path: Path) -> None:
    """Write rules for `Memory(…, options={"rule_path": path})`; InputError when that fails."""
    try:
        save(rules, path)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}.") from error


def compared(
    samples: Sequence[Sample], before: Scorer, after: Scorer, metric: str
) -> tuple[float, float, float, float]:
    """The means before and after, and the interval of their difference question by question."""
    old, new = values(samples, before, metric), values(samples, after, metric)
    low, high = interval([b - a for a, b in zip(old, new, strict=True)])
    return float(np.mean(old)), float(np.mean(new)), low, high
