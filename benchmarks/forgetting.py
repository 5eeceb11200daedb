"""What forgetting costs and what recall saves: `memorybank` on LoCoMo's test conversations.

For each time scale of the curve: the share of turns that are not forgotten when the questions are
put, and R@10 of the second half of them; first by age alone, then when each question of the first
half was asked a day after its evidence was said, so that what it found was strengthened.

    COMBRAY_DATA=… python benchmarks/forgetting.py [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from combray import Memory
from combray.bench.common.embedding import cached_embedder
from combray.bench.datasets import load
from combray.bench.datasets.form import History, Question, Units
from combray.bench.measure.runner import USER, Contender, asked, opened, ranks, remember
from combray.core.time import DAY, to_datetime

FLOOR, SEED = 0.1, 0
SCALES = (5, 10, 20, 30, 45, 60, 80, 120)
Point = tuple[float, float, int]
"""The share of turns kept, the mean R@10, and of how many questions."""


def main() -> None:
    """Measure and print, or write, the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    embedder = cached_embedder("minilm")
    histories = load("locomo").only("test").histories
    rows = []
    for days in SCALES:
        options = {"forget": FLOOR, "days": days, "summaries": False}
        contender = Contender(system="memorybank", embedder=embedder, options=options)
        points = {"by age": [], "recalled": []}
        for history in histories:
            rng = np.random.default_rng(SEED)
            order = [history.questions[i] for i in rng.permutation(len(history.questions))]
            first, second = order[: len(order) // 2], order[len(order) // 2 :]
            for name, before in (("by age", []), ("recalled", first)):
                with opened(contender) as memory:
                    points[name].append(measured(memory, history, before, second))
        rows.append({"days": days} | {name: summed(each) for name, each in points.items()})
        print(rows[-1], flush=True)
    if out is not None:
        found = {"floor": FLOOR, "seed": SEED, "conversations": len(histories), "rows": rows}
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(
    memory: Memory, history: History, before: list[Question], then: list[Question]
) -> Point:
    """The share kept when the second half is put, and its R@10, after asking the first half."""
    units = remember(memory, history)
    for question in before:
        said = [
            memory.get(i).first_at_us
            for i, u in units.items()
            if u["turn"] in question.gold["turn"]
        ]
        moment = to_datetime(max(said, default=0) + DAY)
        memory.search(question.text, user_id=USER, limit=5, asked_at=moment)
    question = memory._question("x", user_id=USER, asked_at=then[0].asked_at)
    system, context = memory._system, memory._runtime.query_context(question)
    mask = system._remembered(context, system.retention(context, context.time.asked_at))
    share = float(mask[context.view.rows.raw.values].mean())
    found = [recall(memory, question, units) for question in then]
    return share, float(np.mean(found)), len(found)


def recall(memory: Memory, question: Question, units: dict[str, Units]) -> float:
    """R@10 of one question."""
    gold = question.gold["turn"]
    return sum(r <= 10 for r in ranks(asked(memory, question, 10), units, "turn", gold)) / len(gold)


def summed(points: list[Point]) -> dict[str, float]:
    """Over all questions."""
    n = sum(point[2] for point in points)
    share, found = (sum(p[i] * p[2] for p in points) / n for i in (0, 1))
    return {"n": n, "kept %": round(100 * share, 1), "R@10": round(100 * found, 1)}


if __name__ == "__main__":
    main()
