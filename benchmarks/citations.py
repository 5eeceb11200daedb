"""What the reranker of `rmm` gains from citations, on LoCoMo, with gold evidence as what is cited.

Two protocols. `folds`: W is taught on six of the eight public conversations, by the answers to
their questions, and measured on the other two, four times. `online`: in each conversation, by its
own memory, the first half of the questions is asked and cited, and the second half measured.

    RECOLLECT_DATA=… python benchmarks/citations.py [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recollect import Memory
from recollect.bench.embedding import kept
from recollect.bench.runner import USER, Contender, asked, opened, remember
from recollect.bench.sets import load
from recollect.bench.sets.form import History
from recollect.recall.bilinear import Bilinear, Learning

K, M, SEED = 20, 5, 0
Case = tuple[np.ndarray, np.ndarray, np.ndarray, int]
"""A question (d), its K candidates (K d) in the retriever's order, which are gold (K), all gold."""
SETTINGS: Mapping[str, Mapping[str, float]] = {
    "ours": {},
    "paper": {"scale": 1.0, "rate": 1e-3, "baseline": 0.5, "momentum": 0.0},
}


def main() -> None:
    """Run both protocols and print, or write, the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    embedder = kept("minilm")
    contender = Contender(system="rmm", embedder=embedder)
    histories = load("locomo").only("all").histories
    cases, online = [], []
    for history in histories:
        with opened(contender) as memory:
            units = remember(memory, history)
            cases.append(list(candidates(memory, history, units, embedder)))
            online.append(taught_online(memory, history, units))
    found = {"folds": {name: folds(cases, each) for name, each in SETTINGS.items()}}
    found["online"] = summed(online)
    found["settings"] = {"k": K, "m": M, "seed": SEED, "conversations": len(histories)}
    text = json.dumps(found, indent=1)
    print(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")


def candidates(memory: Memory, history: History, units: Any, embedder: Any) -> Any:
    """The cases of a conversation."""
    for question in history.questions:
        gold = question.gold["turn"]
        hits = asked(memory, question, K)
        q = embedder.embed([question.text])[0]
        view = memory._bench.view(USER)
        rows = [view.row_of[hit.id] for hit in hits]
        right = np.array([units[hit.id]["turn"] in gold for hit in hits])
        yield q, view.vectors.values[rows].copy(), right, len(gold)


def folds(cases: Sequence[Sequence[Case]], setting: Mapping[str, float]) -> dict[str, Any]:
    """R@5 on two held-out conversations at a time, before and after teaching by the others."""
    rows = []
    for first in range(0, len(cases), 2):
        test = [case for each in cases[first : first + 2] for case in each]
        train = [case for i, each in enumerate(cases) if i // 2 != first // 2 for case in each]
        scorer = Bilinear(len(train[0][0]), Learning(**setting))
        rng = np.random.default_rng(SEED)
        before = np.mean([recall(scorer, case) for case in test])
        ceiling = np.mean([case[2].sum() / case[3] for case in test])
        for i in rng.permutation(len(train)):
            q, m, right, _ = train[i]
            order = scorer.sample(q, m, M, rng)
            scorer.reinforce(q, m, order, [1.0 if right[o] else -1.0 for o in order])
        after = np.mean([recall(scorer, case) for case in test])
        rows.append([len(test), *(round(100 * float(x), 1) for x in (before, after, ceiling))])
    return {"n, R@5 before, after, ceiling of K=20": rows}


def recall(scorer: Bilinear, case: Case) -> float:
    """R@5 of one question; W = 0 keeps the retriever's order only up to the topics' part."""
    q, m, right, total = case
    order = np.argsort(-scorer.scores(q, m), kind="stable")[:M]
    return float(right[order].sum() / total)


def taught_online(memory: Memory, history: History, units: Any) -> list[tuple[float, float]]:
    """R@5 of each question of the second half, before and after citing for the first half."""
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(history.questions))
    half = len(order) // 2
    second = [history.questions[i] for i in order[half:]]
    before = [measured(memory, question, units) for question in second]
    for i in order[:half]:
        question = history.questions[i]
        hits = asked(memory, question, M)
        gold = question.gold["turn"]
        memory.cite([hit.id for hit in hits if units[hit.id]["turn"] in gold], user_id=USER)
    after = [measured(memory, question, units) for question in second]
    return list(zip(before, after, strict=True))


def measured(memory: Memory, question: Any, units: Any) -> float:
    """R@5 by a search."""
    found = {units[hit.id]["turn"] for hit in asked(memory, question, M)}
    return len(found & question.gold["turn"]) / len(question.gold["turn"])


def summed(runs: Sequence[Sequence[tuple[float, float]]]) -> dict[str, Any]:
    """Means over all conversations, and for each."""
    each = [[len(run), *(round(100 * float(x), 1) for x in np.mean(run, axis=0))] for run in runs]
    every = np.array([pair for run in runs for pair in run])
    return {
        "n": len(every),
        "R@5 before, after": [round(100 * float(x), 1) for x in every.mean(axis=0)],
        "by conversation: n, before, after": each,
    }


if __name__ == "__main__":
    main()
