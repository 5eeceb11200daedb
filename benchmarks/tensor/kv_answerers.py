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

from recollect.bench import needles, scbench, shared
from recollect.bench.memories import TextMemory
from recollect.bench.scbench.symbols import symbol_kv, symbol_mf
from recollect.tensor import tiny
from recollect.tensor.reading import Vocabulary, reading

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
                rows += shown(shared.table(shared.run(cases, answerer)))
        for system in ("evidence", "bm25"):
            memory = TextMemory(system, embedder="hashed")
            rows += shown(shared.table(shared.run(cases, memory)))
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
            replies = shared.run(cases, answerer, shared.TURNS)
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
                replies += shared.run(cases, answerer)
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
                for row in shared.table(shared.run(cases, memory)):
                    rows.append({**asdict(row), "hops": hops})
                    print(task, hops, system, round(row.score, 3), flush=True)
    return rows


def tasks() -> list[dict[str, Any]]:
    """Text memories on the twelve tasks of SCBench."""
    rows = []
    for task in scbench.TASKS:
        cases = [scbench.make(task, scbench.Shape(length=6000), seed) for seed in range(6)]
        for system in ("evidence", "bm25", "dense"):
            memory = TextMemory(system, embedder="hashed", limit=10)
            for row in shared.table(shared.run(cases, memory)):
                rows.append(asdict(row))
                print(task, system, round(row.score, 3), flush=True)
    return rows


def figures() -> None:
    """A heat map of accuracy by depth and length, and quality against bytes."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    found = json.loads(RESULTS.read_text())
    FIGURES.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(row["policy"] for row in found["depth"]))
    lengths = sorted({row["length"] for row in found["depth"]})
    figure, axes = plt.subplots(1, len(names), figsize=(3 * len(names), 2.8), sharey=True)
    for axis, name in zip(axes, names, strict=True):
        rows = [r for r in found["depth"] if r["policy"] == name]
        cells = {(r["fifth"], r["length"]): r["score"] for r in rows}
        grid = [[cells.get((f, n), float("nan")) for n in lengths] for f in range(5)]
        image = axis.imshow(grid, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        axis.set_title(name)
        axis.set_xticks(range(len(lengths)), [str(n) for n in lengths])
        axis.set_xlabel("tokens of context")
    axes[0].set_yticks(range(5), ["first fifth", "second", "third", "fourth", "last fifth"])
    figure.colorbar(image, ax=axes, label="answered")
    figure.savefig(FIGURES / "needles_depth.png", dpi=110, bbox_inches="tight")
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axis, task in zip(axes, MODELS, strict=True):
        of_task = [r for r in found["table"] if r["of"] == task]
        for name in dict.fromkeys(r["answerer"].split()[0] for r in of_task):
            points = [r for r in of_task if r["answerer"].split()[0] == name]
            xs, ys = [r["nbytes"] for r in points], [r["score"] for r in points]
            axis.plot(xs, ys, "o-", label=name)
        axis.set_title({"symbol_kv": "needles by key", "symbol_mf": "which came most"}[task])
        axis.set_xscale("log")
        axis.set_xlabel("bytes kept")
    axes[0].set_ylabel("answered")
    axes[1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(FIGURES / "quality_bytes.png", dpi=110, bbox_inches="tight")


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
