"""Cut caches and text memories on the same contexts: one table, and two pictures.

    python benchmarks/tensor/kv_answerers.py [table] [turns] [depth] [threads] [tasks] [figures]

The model is the small one of kv_policies.py (training seed 0); contexts have seeds 0 to 59. A text
memory recalls passages of 8 words and an exact reader reads them. Times are of one core. Results go
to benchmarks/results/kv_answerers.json, pictures to docs/figures/.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from combray.bench import scbench
from combray.bench.compare import plots
from combray.bench.context import cases as shared
from combray.bench.context import kv, needles
from combray.bench.context.text import TextMemory
from combray.bench.scbench.symbols import symbol_kv, symbol_mf
from combray.tensor.kv.generate import Vocabulary, reading
from combray.tensor.learn import tiny

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "kv_answerers.json"
FIGURES = ROOT / "docs" / "figures"
MODELS = {
    "symbol_kv": tiny.Recipe(task=tiny.Needles()),
    "symbol_mf": tiny.Recipe(task=tiny.Runs(), steps=600),
}
MAKE = {"symbol_kv": symbol_kv, "symbol_mf": symbol_mf}
POLICIES = ("sirllm", "kvmerger", "h2o", "snapkv", "window", "random")


@contextmanager
def cache(
    task: str, policy: str, budget: float | None, prompt: str = " {}", **options: Any
) -> Iterator[Any]:
    """The small model of a task under a policy, as an answerer."""
    recipe = MODELS[task]
    model, words = tiny.trained(recipe), Vocabulary(recipe.task.vocabulary)
    with reading(model, words, policy, budget=budget, prompt=prompt, longest=1, **options) as made:
        yield made


def table() -> list[dict[str, Any]]:
    """Both tasks, each question to a fresh copy: policies at two budgets, and text memories."""
    rows: list[dict[str, Any]] = []
    for task, make in MAKE.items():
        cases = [make(seed) for seed in range(60)]
        for policy, budget in [("full", None), *((p, b) for p in POLICIES for b in (0.35, 0.2))]:
            options = {"window": 1} if policy == "snapkv" else {}
            with cache(task, policy, budget, **options) as answerer:
                rows += shown(shared.table(shared.run_cases(cases, answerer)))
        for system in ("evidence", "bm25"):
            memory = TextMemory(system, embedder="hashed")
            rows += shown(shared.table(shared.run_cases(cases, memory)))
    return rows


def turns() -> list[dict[str, Any]]:
    """Needles in turns, the first question before the cut; a row for turn 1, one for the rest.

    The question is asked twice, so that it is in sight when what precedes its last word is cut.
    """
    rows: list[dict[str, Any]] = []
    cases = [symbol_kv(seed) for seed in range(60)]
    for policy in ("full", "snapkv", "sirllm", "kvmerger", "window"):
        options = {"window": 1} if policy == "snapkv" else {}
        budget = None if policy == "full" else 0.2
        with cache("symbol_kv", policy, budget, " {0} {0}", **options) as answerer:
            replies = shared.run_cases(cases, answerer, shared.TURNS)
        rows += shown(shared.table(replies, lambda r: "turn 1" if r.turn == 1 else "turns 2-5"))
    return rows


def shown(rows: list[shared.Row]) -> list[dict[str, Any]]:
    """The rows as data, printed as they come."""
    data = [asdict(row) for row in rows]
    for row in data:
        print(json.dumps(row), flush=True)
    return data


def depth() -> list[dict[str, Any]]:
    """Needles by the place they stand at and the length of the context."""
    rows = []
    for policy, budget in (("full", None), ("sirllm", 0.2), ("kvmerger", 0.35), ("window", 0.35)):
        replies = []
        with cache("symbol_kv", policy, budget) as answerer:
            for length in (64, 96, 128, 192, 256):
                cases = [symbol_kv(seed, length) for seed in range(40)]
                replies += shared.run_cases(cases, answerer)
        reach = shared.effective_length(replies, length=lambda r: int(r.case.split("-")[1]))
        print(answerer.name, "effective length", reach, "tokens", flush=True)
        for row in shared.table(replies, lambda r: f"{r.case.split('-')[1]} {int(5 * r.depth)}"):
            length, fifth = map(int, row.of.split())
            cell = {"policy": answerer.name, "length": length, "fifth": fifth}
            rows.append({**cell, "score": row.score, "n": row.n, "effective_length": reach})
    return rows


def threads() -> list[dict[str, Any]]:
    """Text memories on JSON haystacks: what one recall reaches, by task and by hops."""
    rows = []
    for hops in (2, 4, 8):
        shape = needles.Haystack(length=9000, hops=hops, threads=2)
        for task in needles.TASKS:
            if hops != 4 and task in ("single", "multiple", "conditional"):
                continue
            cases = [needles.make(task, shape, seed) for seed in range(10)]
            for system in ("evidence", "bm25", "dense"):
                memory = TextMemory(system, embedder="hashed", limit=10)
                for row in shared.table(shared.run_cases(cases, memory)):
                    rows.append({**asdict(row), "hops": hops})
                    print(task, hops, system, round(row.score, 3), flush=True)
    return rows


def tasks() -> list[dict[str, Any]]:
    """Text memories on the twelve tasks of SCBench."""
    rows = []
    for task in scbench.TASKS:
        cases = [scbench.make(task, scbench.CaseShape(length=6000), seed) for seed in range(6)]
        for system in ("evidence", "bm25", "dense"):
            memory = TextMemory(system, embedder="hashed", limit=10)
            for row in shared.table(shared.run_cases(cases, memory)):
                rows.append(asdict(row))
                print(task, system, round(row.score, 3), flush=True)
    return rows


def figures() -> None:
    """A heat map of accuracy by depth and length, and quality against bytes."""
    found = json.loads(RESULTS.read_text())
    FIGURES.mkdir(parents=True, exist_ok=True)
    cells: dict[str, dict[tuple[int, int], float]] = {}
    for row in found["depth"]:
        cells.setdefault(row["policy"], {})[row["length"], row["fifth"]] = row["score"]
    plots.depth_by_length(cells, FIGURES / "needles_depth.png", unit="tokens")
    titles = {"symbol_kv": "needles by key", "symbol_mf": "which came most"}
    rows = [shared.Row(**row | {"of": titles[row["of"]]}) for row in found["table"]]
    plots.quality_against_bytes(kv.byte_points(rows), FIGURES / "quality_bytes.png")


PARTS = {"table": table, "turns": turns, "depth": depth, "threads": threads, "tasks": tasks}


def main() -> None:
    """Run the parts named, or all."""
    torch.set_num_threads(1)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in sys.argv[1:] or ("table", "turns", "depth", "threads", "tasks", "figures"):
        started = time.process_time()
        if name == "figures":
            figures()
            continue
        found[name] = PARTS[name]()
        print(name, f"{time.process_time() - started:.0f} s of CPU", flush=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
