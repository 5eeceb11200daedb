"""What the reranker of `rmm` gains from citations, on LoCoMo, with gold evidence as what is cited.

Taught on some conversations and measured on others: in folds of the dev split, four taught and two
measured, by which the learning was chosen; then once on the test split, taught on all of dev. And
online: in each conversation, by its own memory, the first half of the questions is asked and cited,
and the second half measured before and after.

    COMBRAY_DATA=… python benchmarks/citations.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray import Memory
from combray.bench.common.embedding import Clocked, cached_embedder
from combray.bench.common.metrics import interval
from combray.bench.datasets import load
from combray.bench.datasets.form import History, Units
from combray.bench.measure.runner import USER, Contender, asked, opened, remember
from combray.recall.rank.bilinear import Bilinear, LearningRule

RESULTS = Path(__file__).parent / "results" / "citations.json"
K, M, SEED = 20, 5, 0
Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]
"""A question (d), its K candidates (K d), the topics' part of their scores, which are gold, and the
number of all gold."""
Pairs = NDArray[np.float64]
"""R@5 of each question before teaching, after it, and with the best order of its K; (n 3)."""
OURS = "step 3e-3, ours"
LEARNING: Mapping[str, Mapping[str, float]] = {
    "step 1e-3": {"rate": 1e-3},
    OURS: {},
    "step 5e-3": {"rate": 5e-3},
    "step 1e-2": {"rate": 1e-2},
    "step 1e-2, b fixed at -.6": {"rate": 1e-2, "momentum": 0.0},
    "the paper's: cosines unscaled, step 1e-3, b = .5": {
        "scale": 1.0,
        "rate": 1e-3,
        "baseline": 0.5,
        "momentum": 0.0,
    },
}


def main() -> None:
    """Run all protocols and write the table."""
    embedder, found = cached_embedder("minilm"), load("locomo")
    dev, test = ([*gathered(found.only(s).histories, embedder)] for s in ("dev", "test"))
    rows = [
        row("dev, in folds", name, np.concatenate(folds(dev, each)))
        for name, each in LEARNING.items()
    ]
    every = [case for cases in dev for case in cases]
    for count in (1, 2, 4, 6):
        some = [case for cases in dev[:count] for case in cases]
        taught = measured(teach(some, {}), [case for cases in test for case in cases])
        rows.append(row(f"test, {count} of dev taught", OURS, taught))
    paper = list(LEARNING)[-1]
    last = teach(every, LEARNING[paper])
    rows.append(row("test, 6 of dev taught", paper, measured(last, [c for t in test for c in t])))
    online = [taught_online(history, embedder) for history in found.only("all").histories]
    rows.append(row("online, all", OURS, np.concatenate(online)))
    made = {
        "title": "what citations teach rmm, locomo",
        "command": "python benchmarks/citations.py",
        "note": f"K = {K} candidates, M = {M} shown, gold turns cited, each lesson once, seed "
        f"{SEED}, {embedder.name}; R@5, the interval is that of the gain; `best` puts all gold of "
        "the K first. Online there is no noise in the order.",
        "rows": rows,
    }
    RESULTS.write_text(json.dumps({"tables": [made]}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(made, indent=1))


def row(protocol: str, learning: str, found: Pairs) -> dict[str, Any]:
    """One line of the table."""
    before, after, best = (round(float(x), 4) for x in found.mean(axis=0))
    low, high = interval([float(x) for x in found[:, 1] - found[:, 0]])
    return {
        "system": "rmm",
        "measured on": protocol,
        "learning": learning,
        "n": len(found),
        "before": before,
        "after": after,
        "gain": f"{after - before:+.3f}",
        "95 %": f"{low:+.3f} to {high:+.3f}",
        "best": best,
    }


def gathered(histories: Sequence[History], embedder: Clocked) -> Iterator[list[Case]]:
    """The cases of each conversation."""
    for history in histories:
        with opened(Contender(system="rmm", embedder=embedder)) as memory:
            units = remember(memory, history)
            yield [*candidates(memory, history, units, embedder)]


def candidates(
    memory: Memory, history: History, units: Mapping[str, Units], embedder: Clocked
) -> Iterator[Case]:
    """What an untaught memory finds for each question, in its order."""
    for question in history.questions:
        gold = question.gold["turn"]
        hits = asked(memory, question, K)
        q = embedder.embed([question.text])[0]
        view = memory._runtime.view(USER)
        m = view.embeddings.vectors.values[[view.row_of[hit.id] for hit in hits]].copy()
        topical = np.array([hit.score for hit in hits]) - m @ q
        yield q, m, topical, np.array([units[h.id]["turn"] in gold for h in hits]), len(gold)


def folds(cases: Sequence[Sequence[Case]], learning: Mapping[str, float]) -> list[Pairs]:
    """Two conversations at a time, taught by the others."""
    found = []
    for first in range(0, len(cases), 2):
        test = [case for each in cases[first : first + 2] for case in each]
        train = [case for i, each in enumerate(cases) if i // 2 != first // 2 for case in each]
        found.append(measured(teach(train, learning), test))
    return found


def teach(cases: Sequence[Case], learning: Mapping[str, float]) -> Bilinear:
    """A scorer after one lesson of each case, in random order, M of its candidates drawn."""
    scorer = Bilinear(len(cases[0][0]), LearningRule(**learning))
    rng = np.random.default_rng(SEED)
    for i in rng.permutation(len(cases)):
        q, m, _, right, _ = cases[i]
        order = scorer.sample(q, m, M, rng)
        scorer.reinforce(q, m, order, [1.0 if right[o] else -1.0 for o in order])
    return scorer


def measured(scorer: Bilinear, cases: Sequence[Case]) -> Pairs:
    """R@5 of each case before and after, and at best."""
    untaught = Bilinear(scorer.width, scorer.learning)
    return np.array(
        [
            [recall(untaught, c), recall(scorer, c), min(c[3].sum(), M) / c[4]]
            for c in cases
        ]
    )  # fmt: skip


def recall(scorer: Bilinear, case: Case) -> float:
    """R@5 of one question."""
    q, m, topical, right, total = case
    scores = scorer.scores(q, m) / scorer.learning.scale + topical
    return float(right[np.argsort(-scores, kind="stable")[:M]].sum() / total)


def taught_online(history: History, embedder: Clocked) -> Pairs:
    """R@5 of each question of the second half, before and after citing for the first half."""
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(history.questions))
    first, second = (
        [history.questions[i] for i in part] for part in np.split(order, [len(order) // 2])
    )
    with opened(Contender(system="rmm", embedder=embedder)) as memory:
        units = remember(memory, history)

        def right(question: Any, count: int) -> list[str]:
            hits = asked(memory, question, count)
            return [hit.id for hit in hits if units[hit.id]["turn"] in question.gold["turn"]]

        def rates(count: int) -> list[float]:
            return [min(len(right(q, count)), M) / len(q.gold["turn"]) for q in second]

        before, best = rates(M), rates(K)
        for question in first:
            memory.cite(right(question, M), user_id=USER)
        return np.array([before, rates(M), best]).T


if __name__ == "__main__":
    main()
