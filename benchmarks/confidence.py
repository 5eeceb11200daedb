"""How well the memory knows whether it holds an answer: fit on dev questions, judge on test ones.

    python benchmarks/confidence.py                 collect, judge, write results/confidence.json
    python benchmarks/confidence.py --write         and make the weights that ship anew

Questions without an answer: LoCoMo category 5, null questions of LiHua-World, `_abs` questions of
LongMemEval (with a sample of the others, user turns only). Weights of all sets together (ridge 10,
each set weighing the same) are drawn to those of each domain (ridge 3 towards the common ones), so
that a set with few questions stays near to what the others say. Needs COMBRAY_DATA and MiniLM.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.bench.common.embedding import cached_embedder
from combray.bench.measure.runner import Contender, asked, opened, remember
from combray.bench.sets import lihua, locomo, longmemeval
from combray.bench.sets.form import Benchmark, stratified
from combray.models.embed import cache_folder
from combray.recall.rank import linear
from combray.recall.rank.confidence import SIGNALS, question_signals
from combray.recall.rank.features import scored
from combray.recall.rank.linear import LinearRanker

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "confidence.json"
WEIGHTS = HERE.parent / "src" / "combray" / "recall" / "rank" / "confidence.json"
SETS = {"dialogue": "LoCoMo", "passages": "LiHua-World", "chat": "LongMemEval"}
COMMON, OWN, WEIGHT = 10.0, 3.0, 400.0
BASELINES = ("score", "dense_plain", "coverage", "speaker_coverage")
Array = NDArray[np.float64]


def main() -> None:
    """Collect, fit on dev, judge on test."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the weights that ship")
    options.add_argument("--answerable", type=int, default=60, help="LongMemEval questions beside")
    given = options.parse_args()
    told = {domain: collect(domain, given.answerable) for domain in SETS}
    rules = fitted({domain: [q for q in qs if q["dev"]] for domain, qs in told.items()})
    rules["notes"] = rules["passages"]
    if given.write:
        linear.save(rules, WEIGHTS)
    table = [judged(domain, qs, rules[domain]) for domain, qs in told.items()]
    RESULTS.write_text(json.dumps(report(table, told, rules), indent=1) + "\n", encoding="utf-8")
    for row in table:
        print(row)


def benchmark(domain: str, answerable: int) -> Benchmark:
    """The questions of a set with and without an answer, of both splits."""
    if domain == "dialogue":
        return locomo.load().only("all", unanswerable=True)
    if domain == "passages":
        return lihua.load().only("all", unanswerable=True)
    whole = longmemeval.load_user().only("all", unanswerable=True)
    asked_ = [q for h in whole.histories for q in h.questions]
    sample = {q.id for q in stratified([q for q in asked_ if q.answerable])[:answerable]}
    wanted = sample | {q.id for q in asked_ if not q.answerable}
    histories = [h for h in whole.histories if h.questions[0].id in wanted]
    return Benchmark(name=whole.name, histories=histories, levels=whole.levels, shown=whole.shown)


def collect(domain: str, answerable: int) -> list[dict[str, Any]]:
    """The signals of every question, kept beside the vectors so that a second run is quick."""
    path = cache_folder() / "bench" / f"confidence-{domain}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = {q["id"]: q for q in map(json.loads, lines) if list(q["x"]) == list(ALL)}
    seen: dict[str, Any] = {}
    embedder = cached_embedder("minilm")
    options = {"observe": lambda ask, found: seen.update(ask=ask, found=found)}
    questions: list[dict[str, Any]] = []
    for history in benchmark(domain, answerable).histories:
        if any(q.id not in known for q in history.questions):
            with opened(Contender(system="evidence", embedder=embedder, options=options)) as memory:
                remember(memory, history)
                for q in history.questions:
                    hits = asked(memory, q, 10)
                    z = scored(seen["found"], linear.load())
                    x = question_signals(seen["ask"], seen["found"], z).tolist()
                    score = hits[0].score if hits else 0.0
                    known[q.id] = {
                        "id": q.id, "dev": q.split == "dev", "ok": q.answerable,
                        "x": dict(zip(ALL, [score, *x], strict=True)),
                    }  # fmt: skip
            path.write_text("".join(json.dumps(q) + "\n" for q in known.values()), "utf-8")
        questions += [known[q.id] for q in history.questions]
    return questions


ALL = ("score", *SIGNALS)


def fitted(dev: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, LinearRanker]:
    """Weights for each domain: common ones first, then drawn to each set's own."""
    x = {r: np.array([[q["x"][s] for s in SIGNALS] for q in qs]) for r, qs in dev.items()}
    y = {r: np.array([q["ok"] for q in qs], np.float64) for r, qs in dev.items()}
    whole = np.concatenate(list(x.values()))
    means, scales = whole.mean(axis=0), np.maximum(whole.std(axis=0), 1e-6)
    z = {r: np.column_stack([(v - means) / scales, np.ones(len(v))]) for r, v in x.items()}
    share = np.concatenate([np.full(len(v), WEIGHT / len(v)) for v in y.values()])
    nothing = np.zeros(len(SIGNALS) + 1)
    stacked, right = np.concatenate(list(z.values())), np.concatenate(list(y.values()))
    common = logistic(stacked, right, share, COMMON, nothing)
    rules = {}
    for domain, name in SETS.items():
        own = logistic(z[domain], y[domain], np.ones(len(y[domain])), OWN, common)
        note = f"dev split of {name}, drawn to the weights of all three sets"
        rules[domain] = LinearRanker(SIGNALS, own[:-1], means, scales, float(own[-1]), note)
    return rules


def logistic(z: Array, y: Array, share: Array, ridge: float, toward: Array) -> Array:
    """Weighted logistic regression with ½ ridge |w - toward|², the bias free; Newton's method."""
    w = toward.copy()
    penalty = np.diag([ridge] * (z.shape[1] - 1) + [1e-3])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        slope = z.T @ (share * (y - p)) - penalty @ (w - toward)
        step = np.linalg.solve((z * (share * p * (1 - p))[:, None]).T @ z + penalty, slope)
        w = w + step
        if np.abs(step).max() < 1e-8:
            break
    return w


def auroc(scores: Array, right: NDArray[np.bool_]) -> float:
    """The probability that a question with an answer scores above one without; ties count half."""
    yes, no = scores[right][:, None], scores[~right][None, :]
    return float((yes > no).mean() + 0.5 * (yes == no).mean())


def judged(domain: str, questions: Sequence[Mapping[str, Any]], by: LinearRanker) -> dict[str, Any]:
    """AUROC on the test split, of the confidence and of single scores, with an interval."""
    test = [q for q in questions if not q["dev"]]
    right = np.array([q["ok"] for q in test])
    mine = probabilities(test, by)
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(test), len(test)) for _ in range(500)]
    again = [auroc(mine[d], right[d]) for d in draws if 0 < right[d].sum() < len(d)]
    low, high = np.percentile(again, [2.5, 97.5])
    singles = {
        name: round(auroc(np.array([q["x"][name] for q in test]), right), 3) for name in BASELINES
    }
    return {
        "system": "evidence", "set": SETS[domain], "questions": len(test),
        "without an answer": int((~right).sum()), "AUROC": round(auroc(mine, right), 3),
        "95 %": f"{low:.3f} to {high:.3f}",
        **{f"AUROC of {name}": value for name, value in singles.items()},
    }  # fmt: skip


def probabilities(questions: Sequence[Mapping[str, Any]], by: LinearRanker) -> Array:
    """The confidence of each question."""
    x = np.array([[q["x"][s] for s in by.names] for q in questions], np.float32)
    return 1 / (1 + np.exp(-by.score(x)))


def reliability(pairs: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    """In each fifth of the confidence: how many questions, what was said, what was so."""
    rows = []
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = [(p, ok) for p, ok in pairs if low <= p < low + 0.2 or (low == 0.8 and p == 1)]
        if inside:
            said, so = np.mean([p for p, _ in inside]), np.mean([ok for _, ok in inside])
            rows.append({
                "system": "evidence", "confidence": f"{low:.1f} to {low + 0.2:.1f}",
                "questions": len(inside), "said": round(float(said), 3),
                "so": round(float(so), 3),
            })  # fmt: skip
    return rows


def report(
    table: Sequence[Mapping[str, Any]],
    told: Mapping[str, Sequence[Mapping[str, Any]]],
    rules: Mapping[str, LinearRanker],
) -> dict[str, Any]:
    """The tables of the page: AUROC of each set, and the reliability over all of them."""
    command = "python benchmarks/confidence.py"
    pairs: list[tuple[float, bool]] = []
    for domain, questions in told.items():
        test = [q for q in questions if not q["dev"]]
        oks = [bool(q["ok"]) for q in test]
        pairs += zip(probabilities(test, rules[domain]).tolist(), oks, strict=True)
    mean = float(np.mean([row["AUROC"] for row in table]))
    return {
        "tables": [
            {
                "title": "Does the memory hold an answer?", "command": command,
                "note": f"Test split; weights fitted on dev; mean AUROC {mean:.3f}. MiniLM.",
                "rows": list(table),
            },
            {
                "title": "What confidence says and what is so", "command": command,
                "note": "All three test splits together.", "rows": reliability(pairs),
            },
        ]
    }  # fmt: skip


if __name__ == "__main__":
    main()
