"""What each part of the default recall gives: cross-validated on the dev splits, with upper bounds.

    python benchmarks/ablation.py     writes results/ablation.json, docs/figures/recall_ablation.png

LoCoMo is judged in folds by conversation, the others by question. Beside the rule without each
group of signals stand plain fusion and what could not be passed: the channel that is best for each
question, the rule given the true dates, and the best order of the same candidates. Needs
COMBRAY_DATA, MiniLM and matplotlib.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from combray.bench.common.embedding import cached_embedder, warm
from combray.bench.common.metrics import SEED, interval
from combray.bench.datasets import load
from combray.bench.tuning import tune
from combray.bench.tuning.samples import Sample, gather
from combray.recall.rank.features import CHANNELS, NAMES

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "ablation.json"
FIGURE = HERE.parent / "docs" / "figures" / "recall_ablation.png"
COMMAND = "python benchmarks/ablation.py"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "speaker": ("people", "speaker_asked", "assistant", "assistant_asked"),
    "dates": ("date_in", "when_timed"),
    "what kind of turn": ("length", "question", "own", "answers", "image"),
    "place in the talk": ("position", "opening", "last"),
    "likeness to the best": ("near_max",),
    "session channels": ("session_dense", "session_dense_rank", "bm25_session",
                         "bm25_session_rank"),
    "neighbours' words": ("window", "window_rank", "bm25_before", "bm25_before_rank",
                          "bm25_around", "bm25_around_rank"),
    "all vectors": ("dense", "dense_rank", "window", "window_rank", "session_dense",
                    "session_dense_rank"),
    "all keywords": (*(n for n in NAMES if n.startswith("bm25")), "coverage"),
}  # fmt: skip
SETS: Mapping[str, tuple[str, str, int | None]] = {
    "locomo": ("dialogue", "turn", None),
    "lihua": ("dialogue", "session", None),
    "longmemeval-user": ("chat", "session", tune.LIMITS["longmemeval-user"]),
    "longmemeval": ("chat", "session", tune.LIMITS["longmemeval"]),
}
"""The domain of each set, the level at which it is judged, and how many dev questions."""

SEVERAL = "1 several"


def main() -> None:
    """Judge every variant on every set, write the figures and draw them."""
    with ProcessPoolExecutor(len(SETS)) as pool:
        tables = [made for each in pool.map(tables_of, SETS) for made in each]
    RESULTS.write_text(json.dumps({"tables": tables}, indent=1) + "\n", encoding="utf-8")
    draw(tables)


def tables_of(name: str) -> list[dict[str, object]]:
    """The tables of one set; the other sets of its domain are learned from with it."""
    domain, level, _ = SETS[name]
    samples = {each: gathered(each) for each in tune.SOURCES[domain]}
    others = [s for each, theirs in samples.items() if each != name for s in theirs]
    variants = dict(judged(domain, samples[name], others))
    made = [table(name, level, samples[name], variants)]
    if name == "locomo":
        several = [s for s in samples[name] if s.kind == SEVERAL]
        made.append(table(f"{name}, several pieces of evidence", level, several, variants))
    if name == "longmemeval-user":
        made.append(table(f"{name}, by turn", "turn", samples[name], variants))
    return made


def gathered(name: str) -> list[Sample]:
    """The dev samples of a set."""
    embedder, chosen = cached_embedder("minilm"), load(name).only("dev", SETS[name][2])
    warm(embedder, chosen.histories, None)
    return gather(chosen, embedder)


@dataclass(frozen=True)
class Variant:
    """A name, the scorers of which each question takes the best, and what is done to samples."""

    system: str
    by: Sequence[tune.Scorer]
    told: Callable[[Sample], Sample] = lambda sample: sample


def judged(
    domain: str, samples: Sequence[Sample], others: Sequence[Sample]
) -> Iterator[tuple[str, Variant]]:
    """The rule, the rule without each group, what the channels give, and the upper bounds.

    Every rule is fitted in folds, together with the other sets of its domain.
    """
    names = tune.WEIGHED[domain]

    def fitted(kept_names: Sequence[str]) -> Sequence[tune.Scorer]:
        return [tune.folded(domain, samples, others, names=kept_names)]

    whole = fitted(names)
    yield "all signals", Variant("evidence", whole)
    for group, members in GROUPS.items():
        if set(names) & set(members):
            yield f"without {group}", Variant("evidence", fitted(without(names, members)))
    yield "channels alone", Variant("evidence", fitted([n for n in names if n in CHANNELS]))
    yield "plain fusion of the channels", Variant("fusion", [tune.fusion])
    yield "the best single channel of each question", Variant("oracle", single())
    yield "the best of all channels and the rule", Variant("oracle", [*single(), *whole])
    dated = [with_dates(s) for s in samples]
    by = tune.folded(domain, dated, [with_dates(s) for s in others])
    yield "true dates", Variant("oracle", [by], with_dates)


def without(names: Sequence[str], members: Sequence[str]) -> list[str]:
    """The names that are not of a group."""
    return [name for name in names if name not in members]


def single() -> list[tune.Scorer]:
    """The order of each channel by itself."""
    return [partial(_column, NAMES.index(name)) for name in CHANNELS]


def _column(place: int, sample: Sample) -> NDArray[np.float64]:
    return sample.values[:, place].astype(np.float64)


def table(
    name: str, level: str, samples: Sequence[Sample], variants: Mapping[str, Variant]
) -> dict[str, object]:
    """Every variant on one set."""
    marked = [s for s in samples if s.gold.get(level)]
    best = {"best order of the candidates": Variant("oracle", [oracle(level)])}
    rows = [row(variant, by, marked, level) for variant, by in {**variants, **best}.items()]
    return {
        "title": f"Ablation on {name}",
        "command": COMMAND,
        "note": f"dev split, n = {len(marked)}, {tune.FOLDS} folds, by {level}, seed {SEED}",
        "rows": rows,
    }


def row(name: str, variant: Variant, samples: Sequence[Sample], level: str) -> dict[str, object]:
    """The figures of one variant."""
    told = [variant.told(s) for s in samples]
    found = {
        metric: np.max([tune.values(told, by, metric, level) for by in variant.by], axis=0)
        for metric in ("R@5", "R@10", "any@5", "all@5", "all@10")
    }
    low, high = interval(found["R@10"].tolist())
    return {
        "system": variant.system,
        "variant": name,
        "n": len(samples),
        **{metric: round(float(np.mean(values)), 4) for metric, values in found.items()},
        "low": round(low, 4),
        "high": round(high, 4),
    }


def oracle(level: str) -> tune.Scorer:
    """The right candidates first: what no order of the same candidates can pass."""
    return lambda sample: sample.right(level).astype(np.float64)


def with_dates(sample: Sample) -> Sample:
    """The sample as if the question's date had been understood: that of its evidence."""
    values = sample.values.copy()
    values[:, NAMES.index("date_in")] = sample.right("session")
    return replace(sample, values=values)


def draw(tables: Sequence[dict[str, object]]) -> None:
    """R@10 of every variant with its interval, one panel a set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(19, 10), layout="constrained")
    for axis, made in zip(axes.flat, tables, strict=True):
        rows = made["rows"][::-1]  # type: ignore[index]
        means = [r["R@10"] for r in rows]
        error = [
            [m - r["low"] for m, r in zip(means, rows, strict=True)],
            [r["high"] - m for m, r in zip(means, rows, strict=True)],
        ]
        colours = ["#1b6ca8" if r["system"] == "evidence" else "#9a9a9a" for r in rows]
        axis.barh([r["variant"] for r in rows], means, xerr=error, color=colours, ecolor="#444")
        axis.axvline(means[-1], color="#1b6ca8", linewidth=0.8, linestyle="--")
        axis.set_xlim(max(0.0, min(means) - 0.12), 1.0)
        axis.set_xlabel("R@10")
        axis.set_title(f"{made['title']}\n{made['note']}", fontsize=9)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE, dpi=130)


if __name__ == "__main__":
    main()
