"""How well the memory knows whether it holds an answer: fit on dev questions, judge on test ones.

    python benchmarks/confidence.py                 judge the weights that ship, write the results
    python benchmarks/confidence.py --write         make the weights anew first
    python benchmarks/confidence.py --figure        only draw the results that are there

The sets are those of `unanswered.py`. One rule says whether what is asked about is there (ridge
150, each set weighs the same, what the set itself calls unanswerable half more), one whether the
person asked of says it (ridge 3; LoCoMo and LiHua-World, category 5 against what has an answer).
Last the bias is moved until the confidence is right on average. Needs COMBRAY_DATA and MiniLM; the
signals are kept beside the vectors, so that a second run is quick.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from unanswered import sets

from combray.bench.common.embedding import cached_embedder
from combray.bench.common.metrics import SEED, auroc, ece, tenths
from combray.bench.compare import plots
from combray.bench.datasets.form import Benchmark, History, Question
from combray.bench.measure.runner import Contender, asked, opened, remember
from combray.models.embed import cache_folder
from combray.recall.rank import linear
from combray.recall.rank.confidence import (
    CONTENT,
    OF_COSINES,
    SPEAKER,
    question_signals,
)
from combray.recall.rank.linear import LinearRanker

HERE = Path(__file__).parent
RESULTS = HERE / "results"
FIGURE = HERE.parent / "docs" / "figures" / "confidence.png"
WEIGHTS = HERE.parent / "src" / "combray" / "recall" / "rank" / "confidence.json"
EMBEDDERS = ("minilm", "hashed")
COMMON, OWN, WEIGHT, DEEP, DRAWS, SHUFFLES = 150.0, 3.0, 600.0, 12, 500, 100
"""The ridge of the first rule and of the second, what a set weighs, the hits that are judged, the
draws of a bootstrap, and the times that labels are shuffled."""
DRAWN = ("other", "domain", "nonsense")
SPOKEN = ("locomo", "lihua")
UNITS = {"locomo": "turn", "longmemeval-user": "turn", "locomo-plain": "turn"}
"""The level of the evidence by which a hit is right; LiHua-World only knows whole conversations."""
COMMAND = "python benchmarks/confidence.py"
Array = NDArray[np.float64]
Asked = dict[str, Any]
Rules = tuple[LinearRanker, LinearRanker]


def main() -> None:
    """Collect, fit on dev, judge on test, draw."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the weights that ship")
    options.add_argument("--figure", action="store_true", help="draw the results that are there")
    given = options.parse_args()
    if not given.figure:
        told = {name: [q for each in sets() for q in collect(each, name)] for name in EMBEDDERS}
        if given.write:
            linear.save(fitted(told), WEIGHTS)
        tests = {name: [q for q in told[name] if not q["dev"]] for name in EMBEDDERS}
        for name, tables in report(tests, linear.load(WEIGHTS)):
            text = json.dumps({"tables": tables}, indent=1) + "\n"
            (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    draw(json.loads((RESULTS / "reliability.json").read_text(encoding="utf-8")))


# ── the questions ────────────────────────────────────────────────────────────────────────────────


def collect(benchmark: Benchmark, embedder: str) -> list[Asked]:
    """The signals of every question of a set, and of its first hits score and rightness."""
    path = cache_folder() / "bench" / f"confidence-{benchmark.name}-{embedder}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = {q["id"]: q for q in map(json.loads, lines) if set(CONTENT) <= set(q["x"])}
    questions: list[Asked] = []
    for history in benchmark.histories:
        if any(q.id not in known for q in history.questions):
            known |= {q["id"]: q for q in _asked(benchmark.name, history, embedder)}
            path.write_text("".join(json.dumps(q) + "\n" for q in known.values()), "utf-8")
        questions += [{**known[q.id], "memory": history.id} for q in history.questions]
    return questions


def _asked(name: str, history: History, embedder: str) -> Iterator[Asked]:
    seen: dict[str, Any] = {}
    options = {"observe": lambda ask, found: seen.update(ask=ask, found=found)}
    contender = Contender(system="evidence", embedder=cached_embedder(embedder), options=options)
    with opened(contender) as memory:
        units = remember(memory, history)
        for q in history.questions:
            hits = asked(memory, q, DEEP)
            right = [units[hit.id].get(_level(name, q)) in _gold(name, q) for hit in hits]
            yield {
                "set": name,
                "id": q.id,
                "kind": q.kind,
                "dev": q.split == "dev",
                "ok": q.answerable,
                "x": question_signals(seen["ask"], seen["found"]),
                "hits": list(zip([round(h.score, 5) for h in hits], right, strict=True)),
            }


def _level(name: str, q: Question) -> str:
    return UNITS.get(name, "unit")


def _gold(name: str, q: Question) -> frozenset[str]:
    return q.gold.get(_level(name, q), frozenset())


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


def fitted(told: Mapping[str, Sequence[Asked]]) -> dict[str, LinearRanker]:
    """The rules by their names in the file that ships: one for any embedder has no cosines."""
    dev = {name: [q for q in told[name] if q["dev"]] for name in EMBEDDERS}
    both = [q for name in EMBEDDERS for q in dev[name]]
    talk = [q for q in both if q["set"] in SPOKEN and "speaker" in q["x"]]
    by = [q for q in talk if q["ok"] or said_by_another(q)]
    speaker = fit(by, SPEAKER, [q["ok"] for q in by], OWN)
    plain = tuple(name for name in CONTENT if name not in OF_COSINES)
    parts = {"content": (both, plain)}
    parts |= {f"content-{name}": (dev[name], CONTENT) for name in EMBEDDERS}
    rules = {"speaker": speaker}
    for name, (mine, signals) in parts.items():
        there = [q["ok"] or said_by_another(q) for q in mine]
        rules[name] = moved(fit(mine, signals, there, COMMON), speaker, mine)
    return rules


def said_by_another(question: Asked) -> bool:
    """Whether what it asks about is there, and the other person says it: LoCoMo's category 5."""
    return str(question["kind"]).startswith("5")


def fit(
    dev: Sequence[Asked], names: tuple[str, ...], there: Sequence[bool], ridge: float
) -> LinearRanker:
    """A rule for some signals by weighted logistic regression."""
    x = np.array([[q["x"][name] for name in names] for q in dev])
    means, scales = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    z = np.column_stack([(x - means) / scales, np.ones(len(x))])
    w = logistic(z, np.array(there, np.float64), shares(dev), ridge)
    note = f"dev splits of {', '.join(sorted({q['set'] for q in dev}))}"
    return LinearRanker(names, w[:-1], means, scales, float(w[-1]), note)


def shares(questions: Sequence[Asked]) -> Array:
    """How much each question weighs: every set the same, what it marks itself half more."""
    own = [1.5 if not q["ok"] and kind_of(q) == "own" else 1.0 for q in questions]
    total: dict[str, float] = {}
    for q, each in zip(questions, own, strict=True):
        total[q["set"]] = total.get(q["set"], 0) + each
    return np.array(
        [WEIGHT * each / total[q["set"]] for q, each in zip(questions, own, strict=True)]
    )


def logistic(z: Array, y: Array, share: Array, ridge: float) -> Array:
    """Weighted logistic regression with ½ ridge |w|², the bias free; Newton's method."""
    w = np.zeros(z.shape[1])
    penalty = np.diag([ridge] * (z.shape[1] - 1) + [1e-3])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        slope = z.T @ (share * (y - p)) - penalty @ w
        step = np.linalg.solve((z * (share * p * (1 - p))[:, None]).T @ z + penalty, slope)
        w = w + step
        if np.abs(step).max() < 1e-8:
            break
    return w


def moved(content: LinearRanker, speaker: LinearRanker, dev: Sequence[Asked]) -> LinearRanker:
    """The rule with the bias by which the confidence is right on average, each set the same."""
    share = shares([{**q, "ok": True} for q in dev])
    wanted = share @ np.array([q["ok"] for q in dev])
    z, factor = scores(content, dev) - content.bias, said_by_them(dev, speaker)
    low, high = content.bias - 5, content.bias + 5
    for _ in range(40):
        middle = (low + high) / 2
        said = factor / (1 + np.exp(-(z + middle)))
        low, high = (middle, high) if share @ said < wanted else (low, middle)
    return replace(content, bias=middle)


def probabilities(questions: Sequence[Asked], rules: Rules) -> Array:
    """The confidence of each question: `likelihood` of all at once."""
    content, speaker = rules
    return said_by_them(questions, speaker) / (1 + np.exp(-scores(content, questions)))


def said_by_them(questions: Sequence[Asked], speaker: LinearRanker) -> Array:
    """The second factor of each question, 1 where there is none."""
    asks = np.array(["speaker" in q["x"] for q in questions])
    told = [{**q, "x": {"speaker": 0.0, **q["x"]}} for q in questions]
    factor: Array = np.where(asks, 1 / (1 + np.exp(-scores(speaker, told))), 1.0)
    return factor


def scores(rule: LinearRanker, questions: Sequence[Asked]) -> Array:
    """z of each question by a rule."""
    x = np.array([[q["x"][name] for name in rule.names] for q in questions], np.float32)
    return rule.score(x)


# ── what came of it ──────────────────────────────────────────────────────────────────────────────


def discerned(said: Array, so: NDArray[np.bool_]) -> float:
    """The AUROC: how often a question with an answer has more than one without."""
    return auroc(said[so].tolist(), said[~so].tolist())


def interval(
    figure: Callable[[Array, NDArray[np.bool_]], float], said: Array, so: NDArray[np.bool_]
) -> str:
    """95 % of a figure by bootstrap over questions."""
    rng = np.random.default_rng(SEED)
    draws = [rng.integers(0, len(said), len(said)) for _ in range(DRAWS)]
    again = [figure(said[d], so[d]) for d in draws if 0 < so[d].sum() < len(d)]
    low, high = np.percentile(again, [2.5, 97.5])
    return f"{low:.3f}–{high:.3f}"


def report(
    tests: Mapping[str, Sequence[Asked]], rules: Mapping[str, LinearRanker]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The tables of each file of results."""
    chosen = {name: (rules[f"content-{name}"], rules["speaker"]) for name in EMBEDDERS}
    words = (rules["content"], rules["speaker"])
    note = f"Test questions; weights fitted on dev; bootstrap seed {SEED}, {DRAWS} draws."
    said = {name: probabilities(tests[name], chosen[name]) for name in EMBEDDERS}
    discerned = [
        row
        for name in EMBEDDERS
        for row in _discerned(name, tests[name], chosen[name], words)
        if name == "minilm" or row["without an answer"] == "own"
    ]
    yield "confidence", [_table("Is an answer there?", note, discerned)]
    fair = [row for name in EMBEDDERS for row in _calibrated(name, tests[name], said[name])]
    hits = [row for name in EMBEDDERS for row in _hits(name, tests[name])]
    yield (
        "calibration",
        [
            _table("Confidence: what it says and what is so", note, fair),
            _table(
                "Score of a hit: what it says and what is so", f"{note} First {DEEP} hits.", hits
            ),
        ],
    )
    tenths = [
        row
        for name in EMBEDDERS
        for row in _binned(name, said[name], np.array([q["ok"] for q in tests[name]]))
    ]
    scores = [row for name in EMBEDDERS for row in _binned(name, *_judged(tests[name]))]
    yield (
        "reliability",
        [
            _table("that an answer is there", "All test questions.", tenths),
            _table("that a hit answers", f"Their first {DEEP} hits, without LiHua-World.", scores),
        ],
    )


def _table(title: str, note: str, rows: list[Asked]) -> dict[str, Any]:
    return {"title": title, "command": COMMAND, "note": note, "rows": rows}


def _discerned(name: str, tests: Sequence[Asked], chosen: Rules, words: Rules) -> Iterator[Asked]:
    """AUROC by set and kind of question, with baselines and a null."""
    for set_ in dict.fromkeys(q["set"] for q in tests):
        mine = [q for q in tests if q["set"] == set_]
        for kind in dict.fromkeys(kind_of(q) for q in mine if not q["ok"]):
            some = [q for q in mine if q["ok"] or kind_of(q) == kind]
            so = np.array([q["ok"] for q in some])
            said = probabilities(some, chosen)
            rng = np.random.default_rng(SEED)
            shuffled = [discerned(said, rng.permutation(so)) for _ in range(SHUFFLES)]
            yield {
                "set": set_, "embedder": name, "without an answer": kind,
                "n": len(some), "of them": int((~so).sum()),
                "AUROC": round(discerned(said, so), 3), "95 %": interval(discerned, said, so),
                "words alone": round(discerned(probabilities(some, words), so), 3),
                "best score": round(discerned(_column(some, "score"), so), 3),
                "cosine": round(discerned(_column(some, "dense"), so), 3),
                "coverage": round(discerned(_column(some, "coverage"), so), 3),
                "shuffled": round(float(np.mean(shuffled)), 3),
            }  # fmt: skip


def kind_of(question: Asked) -> str:
    """How a question without an answer came to be: drawn by us, or the set's own."""
    return question["kind"] if question["kind"] in DRAWN else "own"


def _column(questions: Sequence[Asked], name: str) -> Array:
    if name == "score":
        return np.array([q["hits"][0][0] if q["hits"] else 0.0 for q in questions])
    return np.array([q["x"][name] for q in questions])


def _calibrated(name: str, tests: Sequence[Asked], said: Array) -> Iterator[Asked]:
    so, sets_ = np.array([q["ok"] for q in tests]), np.array([q["set"] for q in tests])
    for set_ in dict.fromkeys(sets_.tolist()):
        yield _fair(set_, name, said[sets_ == set_], so[sets_ == set_])
    yield _fair("all", name, said, so)


def _fair(set_: str, name: str, said: Array, so: NDArray[np.bool_]) -> Asked:
    return {
        "set": set_, "embedder": name, "n": len(said), "said": round(float(said.mean()), 3),
        "so": round(float(so.mean()), 3), "ECE": round(_error(said, so), 3),
        "95 %": interval(_error, said, so),
    }  # fmt: skip


def _error(said: Array, so: NDArray[np.bool_]) -> float:
    return ece(said.tolist(), so.tolist())


def _binned(name: str, said: Array, so: NDArray[np.bool_]) -> Iterator[Asked]:
    for row in tenths(said.tolist(), so.tolist()):
        yield {"embedder": name, **{key: round(value, 3) for key, value in row.items()}}


def _judged(questions: Sequence[Asked]) -> tuple[Array, NDArray[np.bool_]]:
    """The scores of all first hits, and which are right, where the set knows which turn is."""
    pairs = [pair for q in questions if q["set"] != "lihua" for pair in q["hits"]]
    return np.array([p for p, _ in pairs]), np.array([ok for _, ok in pairs], np.bool_)


def _hits(name: str, tests: Sequence[Asked]) -> Iterator[Asked]:
    for set_ in dict.fromkeys(q["set"] for q in tests if q["set"] != "lihua"):
        yield _fair(set_, name, *_judged([q for q in tests if q["set"] == set_]))
    yield _fair("all", name, *_judged(tests))


def draw(found: Mapping[str, Any]) -> None:
    """The two reliability diagrams: what is said against what is so."""
    plots.reliability({table["title"]: table["rows"] for table in found["tables"]}, FIGURE)


if __name__ == "__main__":
    main()
