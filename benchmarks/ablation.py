"""What each part of the default recall gives: cross-validated on the dev splits, with upper bounds.

    python benchmarks/ablation.py     writes results/ablation.json, docs/figures/recall_ablation.png

LoCoMo is judged in folds by conversation, LongMemEval (user turns only) by question. Beside the
rule without each group of signals stand plain fusion, the best order of the same candidates, and
the rule given the true dates. Needs RECOLLECT_DATA, MiniLM and matplotlib.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recollect.bench import tune
from recollect.bench.embedding import kept, warm
from recollect.bench.metrics import SEED, interval
from recollect.bench.samples import Sample, gather
from recollect.bench.sets import load
from recollect.recall.signals import CHANNELS, NAMES

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "ablation.json"
FIGURE = HERE.parent / "docs" / "figures" / "recall_ablation.png"
COMMAND = "python benchmarks/ablation.py"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "speaker": ("people", "speaker_asked", "assistant", "assistant_asked"),
    "dates": ("date_in", "when_timed"),
    "what kind of turn": ("length", "question", "own", "answers", "image"),
    "place in the talk": ("position", "opening", "last"),
    "company": ("near_max", "density"),
    "session channels": ("session_dense", "session_dense_rank", "bm25_session",
                         "bm25_session_rank"),
    "neighbours' words": ("window", "window_rank", "bm25_before", "bm25_before_rank",
                          "bm25_around", "bm25_around_rank"),
    "all vectors": ("dense", "dense_rank", "window", "window_rank", "session_dense",
                    "session_dense_rank"),
    "all keywords": (*(n for n in NAMES if n.startswith("bm25")), "coverage"),
}  # fmt: skip
SETS = {"locomo": ("dialogue", "turn"), "longmemeval-user": ("chat", "session")}

CHOSEN = {"locomo": ("all", None), "longmemeval-user": ("dev", 60)}


def main() -> None:
    """Gather, judge every variant, write the figures and draw them."""
    embedder = kept("auto")
    tables, samples = [], {}
    for name in SETS:
        chosen = load(name).only(*CHOSEN[name])
        warm(embedder, chosen.histories, None)
        samples[name] = gather(chosen, embedder)
    for name, (regime, level) in SETS.items():
        tables.append(table(name, regime, level, samples[name]))
        print(json.dumps(tables[-1]["rows"], indent=1), flush=True)
    RESULTS.write_text(json.dumps({"tables": tables}, indent=1) + "\n", encoding="utf-8")
    draw(tables)


def table(name: str, regime: str, level: str, samples: Sequence[Sample]) -> dict[str, object]:
    """Every variant on one set."""
    dev = [s for s in samples if s.split == "dev"]
    names = tune.WEIGHED[regime]
    rows = [row("evidence", "all signals", dev, tune.folded(regime, dev), level)]
    for group, members in GROUPS.items():
        kept_names = [n for n in names if n not in members]
        if len(kept_names) < len(names):
            by = tune.folded(regime, dev, names=kept_names)
            rows.append(row("evidence", f"without {group}", dev, by, level))
    channels = [n for n in names if n in CHANNELS]
    rows.append(
        row("evidence", "channels alone", dev, tune.folded(regime, dev, names=channels), level)
    )
    rows.append(row("fusion", "plain fusion of the channels", dev, tune.fusion, level))
    dated = [with_dates(s) for s in dev]
    rows.append(row("evidence", "true dates", dated, tune.folded(regime, dated), level))
    rows.append(row("oracle", "best order of the candidates", dev, oracle(level), level))
    if name == "locomo":
        by = tune.folded(regime, samples)
        rows.append(row("evidence", "all eight conversations, in folds", samples, by, level))
        several = [s for s in samples if s.kind.startswith("1")]
        rows.append(row("evidence", "of these, several pieces of evidence", several, by, level))
    return {
        "title": f"Ablation on {name}",
        "command": COMMAND,
        "note": f"dev split, n = {len(dev)}, {tune.FOLDS} folds, by {level}, seed {SEED}",
        "rows": rows,
    }


def row(
    system: str, variant: str, samples: Sequence[Sample], by: tune.Scorer, level: str
) -> dict[str, object]:
    """The figures of one variant."""
    r10 = tune.values(samples, by, "R@10", level)
    low, high = interval(r10)
    return {
        "system": system,
        "variant": variant,
        "n": len(r10),
        "R@5": round(tune.mean(samples, by, "R@5", level), 4),
        "R@10": round(float(np.mean(r10)), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "all@5": round(tune.mean(samples, by, "all@5", level), 4),
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

    figure, axes = plt.subplots(1, len(tables), figsize=(13, 5.5), layout="constrained")
    for axis, made in zip(axes, tables, strict=True):
        rows = [r for r in made["rows"] if "conversations" not in r["variant"]]  # type: ignore
        rows = [r for r in rows if "pieces" not in r["variant"]][::-1]
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
