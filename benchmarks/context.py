"""What of the answers stands in contexts of 60, 150 and 500 tokens.

Three sets with their gold evidence, and the long texts of `tests/recall/answer/test_passages.py`
(logs, tables, settings, code, prose, Chinese, Japanese, Thai). The rows of other labels stay in the
file, so that two versions of the code can be compared.

    COMBRAY_DATA=… python benchmarks/context.py [LABEL]
    COMBRAY_DATA=… python benchmarks/context.py --tune [QUESTIONS]

With --tune it asks so many questions of the dev split of each set, 100 unless told, cuts the same
hits with each number of GRID in turn, the others as they are, and prints what stands then.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.recall.answer.test_passages import FACTS, KINDS, scripts

from combray.bench.common.embedding import cached_embedder, warm
from combray.bench.compare.compare import measure
from combray.bench.datasets import load
from combray.bench.datasets.form import Question, Units
from combray.bench.measure.runner import Contender, asked, opened, remember
from combray.core.items import Hit, Item
from combray.core.text import terms
from combray.memory.recall import CONTEXT_LIMIT
from combray.recall.answer import context, passages
from combray.recall.answer.context import build

RESULTS = Path(__file__).parent / "results" / "context.json"
BUDGETS = (60, 150, 500)
SETS = ("locomo", "lihua", "longmemeval-user")
GRID: tuple[tuple[Any, str, tuple[Any, ...]], ...] = (
    (context, "RANK_OFFSET", (1, 3, 6)),
    (context, "KEPT", (0.8, 0.9, 0.95)),
    (context, "MATCH", (0.4, 0.6, 0.8)),
    (context, "LENGTH", (0.0, 0.2)),
    (context, "BROKEN", (0.15, 0.3, 0.6)),
    (context, "SIZES", ((200, 100, 50, 25, 12, 6), (200, 100, 50, 25), (150, 75, 35, 18, 9))),
    (context, "UNMATCHED", (1, 3, 5)),
    (context, "BEYOND", (0.25, 0.5, 1.0)),
    (passages, "WORTH_ADDING", (0.15, 0.3, 0.5)),
    (passages, "DIGITS", (0.0, 0.3, 0.6)),
    (passages, "ASKING", (0.3, 0.5, 1.0)),
)
"""The numbers of the cutting that are chosen on dev, by their modules."""
PARTS = (("coverage", "gold shown"), ("answer_words", "answer's words"))


def main() -> None:
    """Measure, and write the tables; or choose."""
    if sys.argv[1:2] == ["--tune"]:
        tune(int(sys.argv[2]) if len(sys.argv) > 2 else 100)
        return
    label = sys.argv[1] if len(sys.argv) > 1 else "now"
    tables = [*map(of_set, SETS), of_texts()]
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["tables"] if RESULTS.exists() else []
    before = {table["title"]: table["rows"] for table in known}
    for table in tables:
        others = [row for row in before.get(table["title"], []) if row["version"] != label]
        table["rows"] = [*others, *({"version": label, **row} for row in table["rows"])]
    RESULTS.write_text(
        json.dumps({"tables": tables}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(json.dumps(tables, indent=1))


def of_set(name: str) -> dict[str, Any]:
    """The default memory on the test split of a set."""
    found, _ = measure(name, systems=["evidence"], budgets=BUDGETS, resume=False)
    figure = found["systems"]["evidence"]
    return {
        "title": f"{name}: contexts of {', '.join(map(str, BUDGETS))} tokens",
        "command": "python benchmarks/context.py",
        "note": f"test split, n = {found['questions']}; the share of the gold that is shown, whole "
        "or in part, and of the answer's words that can be read, with 95 % intervals.",
        "rows": [
            {"what": what, **{str(b): _said(figure[part][str(b)]) for b in BUDGETS}}
            for part, what in PARTS
        ],
    }


def _said(found: Mapping[str, float]) -> str:
    """A mean and its interval."""
    return f"{found['mean']:.3f} ({found['low']:.3f}–{found['high']:.3f})"


def of_texts() -> dict[str, Any]:
    """How often the answer stands in the context of one long text."""
    cases = list(texts())
    shares = {str(b): sum(holds(*case, b) for case in cases) / len(cases) for b in BUDGETS}
    return {
        "title": "long texts: the answer in full",
        "command": "python benchmarks/context.py",
        "note": f"n = {len(cases)} texts of thirteen kinds, ten answers each.",
        "rows": [{"what": "answer in full", **shares}],
    }


class Case(NamedTuple):
    """A question of dev with its hits, the units that they rest on, and the level of its gold."""

    question: Question
    hits: list[Hit]
    units: Mapping[str, Units]
    level: str


def tune(count: int) -> None:
    """Print what stands in contexts by each number of the grid; the one in use is marked."""
    sets = {name: list(dev_cases(name, count)) for name in SETS}
    heads = [f"{name} {budget}" for name in SETS for budget in BUDGETS]
    print("gold shown / answer's words", *heads, sep=" | ")
    for module, name, values in GRID:
        used = getattr(module, name)
        for value in values:
            setattr(module, name, value)
            found = [shown(cases, budget) for cases in sets.values() for budget in BUDGETS]
            figures = [f"{gold:.3f} / {words:.3f}" for gold, words in found]
            print(f"{name} = {value}{' (used)' * (value == used)}", *figures, sep=" | ", flush=True)
        setattr(module, name, used)


def dev_cases(name: str, count: int) -> Iterator[Case]:
    """The first dev questions of a set, each searched once."""
    benchmark = load(name).only("dev", count)
    model = cached_embedder("auto")
    warm(model, benchmark.histories, None)
    for history in benchmark.histories:
        with opened(Contender(system="evidence", embedder=model)) as memory:
            units = remember(memory, history)
            for question in history.questions:
                hits = asked(memory, question, CONTEXT_LIMIT)
                yield Case(question, hits, units, benchmark.levels[0])


def shown(cases: list[Case], budget: int) -> tuple[float, float]:
    """The mean share of the gold that is shown, and of the answer's words that can be read."""
    gold_shown, words_read = [], []
    for question, hits, units, level in cases:
        block = build(hits, budget, question=question.text)
        cited = [id_ for item in block.items for id_ in item.sources or (item.id,)]
        gold = question.gold[level]
        there = {units[id_][level] for id_ in cited if id_ in units}
        gold_shown.append(len(there & gold) / len(gold))
        sought = set(terms(question.answer or "")) - set(terms(question.text))
        if sought:
            words_read.append(len(sought & set(terms(block.text))) / len(sought))
    return fmean(gold_shown), fmean(words_read) if words_read else 0.0


def texts() -> Iterator[tuple[str, str, str]]:
    """The question, the text and the answer of each."""
    for kind in KINDS:
        yield from ((question, kind(key, answer), answer) for key, question, answer in FACTS)
    yield from scripts()


def holds(question: str, text: str, answer: str, tokens: int) -> bool:
    """Whether the answer stands in the context of a text."""
    hit = Hit(item=Item(id="a" * 36, text=text, name="Ann"), score=1.0, evidence=("a",))
    return answer in build([hit], tokens, question=question).text


if __name__ == "__main__":
    main()
