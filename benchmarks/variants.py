"""Text memories with their options, and what `mem0` and `tim` make of the same turns, on LoCoMo.

    COMBRAY_DATA=… python benchmarks/variants.py [NAME …]

One table for each system, of the test conversations; nothing was fitted on them. Then, for `mem0`
and `tim`, how often each decision was made, and how much of what they answer is the same.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from combray.bench.common.embedding import Clocked, cached_embedder
from combray.bench.compare import report
from combray.bench.datasets import load
from combray.bench.datasets.form import Benchmark, History
from combray.bench.measure.runner import USER, Contender, asked, opened, remember, run

RESULTS = Path(__file__).parent / "results" / "variants.json"
VARIANTS: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]] = {
    "mem0": (
        ("nearest facts", {}),
        ("graph", {"graph": True}),
        ("additive", {"additive": True}),
        ("additive, graph", {"additive": True, "graph": True}),
    ),
    "tim": (("post-thinking", {}), ("every thought kept", {"k": 0})),
    "zep": (
        ("RRF", {}),
        ("MMR", {"recipe": "mmr"}),
        ("node distance", {"recipe": "node_distance"}),
        ("episode mentions", {"recipe": "episode_mentions"}),
        ("RRF, a walk of 2 hops", {"depth": 2}),
    ),
    "a_mem": (("links followed", {}), ("links not followed", {"hop": 0.0})),
    "rmm": (("topics", {}), ("no topics", {"topics": 0.0})),
    "memorybank": (("summaries", {}), ("turns only", {"summaries": False})),
    "memorag": (("clues", {}), ("no clues", {"clues": False})),
    "second_me": (("no cue", {}), ("shades as cues", {"cue": 0.3})),
}
PAIR = ("mem0", "tim")
DEPTH = 10
"""So many answers are asked for; links and walks come inside them."""


def main() -> None:
    """Measure the systems named, or all, and write their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*VARIANTS, "pair", []], default=[])
    names = parser.parse_args().names or [*VARIANTS, "pair"]
    embedder, benchmark = (
        cached_embedder("minilm"),
        replace(load("locomo").only("test"), depth=DEPTH),
    )
    tables = json.loads(RESULTS.read_text("utf-8"))["tables"] if RESULTS.exists() else []
    for name in names:
        made = pair(benchmark, embedder) if name == "pair" else table(name, benchmark, embedder)
        tables = [t for t in tables if t["title"] != made["title"]] + [made]
        RESULTS.write_text(json.dumps({"tables": tables}, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(made, indent=1), flush=True)


def table(name: str, benchmark: Benchmark, embedder: Clocked) -> dict[str, Any]:
    """The figures of one system under each of its options."""
    rows = []
    for label, options in VARIANTS[name]:
        contender = Contender(system=name, embedder=embedder, options=options, label=label)
        figures = report.figures(benchmark, run(benchmark, contender, resume=False))
        turn = figures["levels"]["turn"]
        means = {metric: turn[metric]["mean"] for metric in ("R@5", "R@10", "NDCG@10")}
        spread = f"{turn['R@10']['low']:.3f}–{turn['R@10']['high']:.3f}"
        times = {"write ms": figures["write_ms"], "search ms": figures["search_ms"]}
        rows.append({"system": name, "with": label, **means, "95 % of R@10": spread, **times})
    return {
        "title": f"{name} with its options, locomo, test",
        "command": f"python benchmarks/variants.py {name}",
        "note": f"{benchmark.size} questions on {len(benchmark.histories)} memories, "
        f"extractor rules, {embedder.name}; figures of a turn in {DEPTH} answers; "
        "CPU ms without embedding.",
        "rows": rows,
    }


# ── what mem0 and tim make of the same turns ─────────────────────────────────────────────────────


def pair(benchmark: Benchmark, embedder: Clocked) -> dict[str, Any]:
    """What each of the two derived, and the share of their first answers that both give."""
    made = {name: Counter[str]() for name in PAIR}
    shared = []
    for history in benchmark.histories:
        answers = {name: told(name, history, embedder, made[name]) for name in PAIR}
        first, second = (answers[name] for name in PAIR)
        shared += [len(a & b) / DEPTH for a, b in zip(first, second, strict=True)]
    rows = [{"system": name, **made[name]} for name in PAIR]
    return {
        "title": "what mem0 and tim make of the same turns, locomo, test",
        "command": "python benchmarks/variants.py pair",
        "note": f"{benchmark.size} questions. By rule both draw the same sentences and end the "
        f"same values of relations: {np.mean(shared):.1%} of the turns behind their first {DEPTH} "
        "answers are the same. `merged`: another took it up; `ended`: superseded; `cited turns`: "
        "by all that stand.",
        "rows": rows,
    }


def told(name: str, history: History, embedder: Clocked, made: Counter[str]) -> list[set[str]]:
    """The turns behind the first answers to each question; counts what was derived into `made`."""
    with opened(Contender(system=name, embedder=embedder)) as memory:
        units = remember(memory, history)
        mine = [i for i in memory._store.items(USER) if i.created_by == f"{name}/1"]
        live = [item for item in mine if item.status == "live"]
        made["turns"] += len(units)
        made["stand"] += len(live)
        made["merged"] += sum(item.status == "merged" for item in mine)
        made["ended"] += sum(item.valid_to_us is not None for item in live)
        made["cited turns"] += sum(len(item.sources) for item in live)
        answers = []
        for question in history.questions:
            behind = dict.fromkeys(
                units[id_]["turn"] for hit in asked(memory, question, DEPTH) for id_ in hit.evidence
            )
            answers.append(set(list(behind)[:DEPTH]))
    return answers


if __name__ == "__main__":
    main()
