"""The results of a run as plain data, and the rows of its table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from combray.bench.common.checkpoint import Record
from combray.bench.common.metrics import DRAWS, SEED, auroc, score, summary
from combray.bench.datasets.form import Benchmark
from combray.bench.measure.runner import WORDS

Result = dict[str, Any]


def result(
    benchmark: Benchmark,
    runs: Mapping[str, Sequence[Record]],
    *,
    embedder: str,
    command: str,
    split: str,
) -> Result:
    """Everything about a run as JSON data: the command, the seed, n, and each system's figures."""
    figured = {name: figures(benchmark, records) for name, records in runs.items()}
    return {
        "tables": [
            {
                "title": benchmark.name,
                "command": command,
                "note": f"{benchmark.note}; {split} split, n = {benchmark.size}, {embedder}, "
                f"bootstrap seed {SEED}",
                "rows": [_row(benchmark, name, figure) for name, figure in figured.items()],
            }
        ],
        "split": split,
        "set": benchmark.name,
        "note": benchmark.note,
        "questions": benchmark.size,
        "histories": len(benchmark.histories),
        "embedder": embedder,
        "seed": SEED,
        "draws": DRAWS,
        "command": command,
        "systems": figured,
    }


def figures(benchmark: Benchmark, records: Sequence[Record]) -> Result:
    """One system's metrics at each level, over all answerable questions and by kind."""
    answers = [answer for record in records for answer in record["answers"]]
    real = [answer for answer in answers if answer["answerable"]]
    kinds = sorted({answer["kind"] for answer in real})
    messages = sum(record["messages"] for record in records)
    made: Result = {
        "levels": {level: _level(real, level) for level in benchmark.levels},
        "kinds": {
            kind: {
                level: _level([a for a in real if a["kind"] == kind], level)
                for level in benchmark.levels
            }
            for kind in kinds
        },
        "write_ms": round(sum(r["write_ms"] for r in records) / max(messages, 1), 4),
        "search_ms": round(statistics.median(a["ms"] for a in answers), 3) if answers else None,
    }
    budgets = sorted({b for a in real for b in a["coverage"]}, key=int)
    if budgets:
        level = "turn" if "turn" in benchmark.levels else benchmark.levels[0]
        made["coverage"] = {b: _coverage(real, b, level) for b in budgets}
        made["answer_words"] = {b: _coverage(real, b, WORDS) for b in budgets}
    other = [answer for answer in answers if not answer["answerable"]]
    if other:
        made["auroc_top"] = auroc([a["top"] for a in real], [a["top"] for a in other])
    return made


def rows(benchmark: Benchmark, found: Result) -> tuple[list[str], list[list[str]]]:
    """The headings and rows of the set's table: means, ± half the width of their intervals."""
    headings = [
        "System",
        *(f"{_prefix(benchmark, level)}{metric}>" for level, metric in benchmark.shown),
    ]
    made = []
    for name, figure in found["systems"].items():
        cells = [_cell(figure["levels"][level].get(metric)) for level, metric in benchmark.shown]
        made.append([name, *cells, f"{figure['write_ms']:.2f}", f"{figure['search_ms']:.1f}"])
    return [*headings, "write ms>", "search ms>"], made


def kind_rows(benchmark: Benchmark, found: Result) -> tuple[list[str], list[list[str]]]:
    """The headings and rows by kind of question, for the second figure that the set shows."""
    level, metric = benchmark.shown[1] if len(benchmark.shown) > 1 else benchmark.shown[0]
    systems = found["systems"]
    kinds = next(iter(systems.values()))["kinds"] if systems else {}
    headings = [f"{level} {metric}", "n>", *(f"{name}>" for name in systems)]
    made = []
    for kind in kinds:
        values = [figure["kinds"][kind][level].get(metric) for figure in systems.values()]
        count = str(values[0]["n"]) if values[0] else "0"
        made.append([kind, count, *("" if v is None else f"{v['mean']:.3f}" for v in values)])
    return headings, made


def context_rows(found: Result) -> tuple[list[str], list[list[str]]]:
    """The headings and rows of the gold in contexts of so many tokens; no rows when none is."""
    systems = found["systems"]
    budgets = [budget for figure in systems.values() for budget in figure.get("coverage", ())]
    budgets = list(dict.fromkeys(budgets))
    headings = ["gold in a context of", *(f"{budget} tokens>" for budget in budgets)]
    if not budgets:
        return headings, []
    return headings, [
        [f"{name}{what}", *(_cell(figure[part].get(budget)) for budget in budgets)]
        for part, what in (("coverage", ""), ("answer_words", ": answer's words"))
        for name, figure in systems.items()
        if any(figure.get(part, {}).values())
    ]


def _row(benchmark: Benchmark, name: str, figure: Result) -> Result:
    """A system's row of the short table."""
    shown = {
        f"{_prefix(benchmark, level)}{metric}": figure["levels"][level][metric]["mean"]
        for level, metric in benchmark.shown
        if metric in figure["levels"][level]
    }
    times = {"write ms": figure["write_ms"], "search ms": figure["search_ms"]}
    return {"system": name, **shown, **times}


def _prefix(benchmark: Benchmark, level: str) -> str:
    return "" if level == benchmark.levels[0] else f"{level} "


def _level(answers: Sequence[Record], level: str) -> dict[str, dict[str, float]]:
    scores = [score(a["levels"][level]["ranks"], a["levels"][level]["gold"]) for a in answers]
    return {
        metric: {name: _short(value) for name, value in figure.items()}
        for metric, figure in summary(scores).items()
    }


def _coverage(answers: Sequence[Record], budget: str, level: str) -> dict[str, float]:
    scores = [
        {"coverage": a["coverage"][budget][level]}
        for a in answers
        if level in a["coverage"].get(budget, {})
    ]
    return {name: _short(value) for name, value in summary(scores).get("coverage", {}).items()}


def _short(value: float) -> float:
    return value if isinstance(value, int) else round(value, 4)


def _cell(figure: Mapping[str, float] | None) -> str:
    if not figure:
        return ""
    return f"{figure['mean']:.3f} ±{(figure['high'] - figure['low']) / 2:.3f}"
