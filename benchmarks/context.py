"""What of the answers stands in contexts of 60, 150 and 500 tokens.

Three sets with their gold evidence, and the long texts of `tests/recall/answer/test_passages.py`
(logs, tables, settings, code, prose, Chinese, Japanese, Thai). The rows of other labels stay in the
file, so that two versions of the code can be compared.

    COMBRAY_DATA=… python benchmarks/context.py [LABEL]
    COMBRAY_DATA=… python benchmarks/context.py --tune [QUESTIONS]

With --tune it asks so many questions of the dev split of each set, 100 unless told, cuts the same
hits with each number of GRID in turn, the others as they are, and writes what stands then.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
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
from combray.core.text import count_tokens, terms
from combray.memory.recall import CONTEXT_LIMIT
from combray.recall.answer import context, passages
from combray.recall.answer.context import build

RESULTS = Path(__file__).parent / "results" / "context.json"
TUNED = RESULTS.with_name("context_numbers.json")
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
    (context, "FIRST", (2, 4, 8)),
    (context, "BEYOND", (0.25, 0.5, 1.0)),
    (context, "LABEL", (2, 4, 8)),
    (passages, "WORTH_ADDING", (0.15, 0.3, 0.5)),
    (passages, "DIGITS", (0.0, 0.3, 0.6)),
    (passages, "ASKING", (0.3, 0.5, 1.0)),
)
"""The numbers of the cutting that are chosen on dev, by their modules."""
COUNTED = lru_cache(maxsize=None)(count_tokens)
"""The tokens of a text, each counted once."""
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
    """Measure each number of the grid on dev by the same hits, and write the table."""
    rows = list(tuned({name: list(dev_cases(name, count)) for name in SETS}))
    table = {
        "title": "contexts by the numbers of the cutting",
        "command": f"python benchmarks/context.py --tune {count}",
        "note": f"dev split, {count} questions of each of {', '.join(SETS)}; the share of the gold "
        "that is shown and of the answer's words that can be read, means over the sets at each of "
        f"{', '.join(map(str, BUDGETS))} tokens, and over all; "
        "`better` and `worse` count the questions by set and budget whose sum of both changed.",
        "rows": rows,
    }
    TUNED.write_text(json.dumps({"tables": [table]}, indent=1) + "\n", encoding="utf-8")


def tuned(sets: Mapping[str, list[Case]]) -> Iterator[dict[str, Any]]:
    """A row for the numbers in use, and one for each other value of the grid, beside it."""
    remember_texts()
    before = shown_in(sets)
    yield row_of("as they are", before, before)
    for module, name, values in GRID:
        used = getattr(module, name)
        for value in values:
            if value != used:
                setattr(module, name, value)
                yield row_of(f"{name} = {value} for {used}", shown_in(sets), before)
        setattr(module, name, used)


def remember_texts() -> None:
    """Read and count each text once, whatever the numbers are: most of the time of a context."""
    modules: tuple[Any, ...] = (context, passages)
    for module in modules:
        module.count_tokens = COUNTED
    matched: dict[tuple[tuple[str, ...], str], list[float]] = {}
    plain = passages.Sought.matches

    def matches(sought: passages.Sought, text: str) -> list[float]:
        key = (sought.words, text)
        if key not in matched:
            matched[key] = plain(sought, text)
        return matched[key]

    modules[1].Sought.matches = matches


Shown = dict[tuple[str, int], list[tuple[float, float | None]]]


def shown_in(sets: Mapping[str, list[Case]]) -> Shown:
    """What each question shows, by the set and the budget."""
    return {(name, b): [shown(case, b) for case in sets[name]] for name in sets for b in BUDGETS}


def row_of(what: str, found: Shown, before: Shown) -> dict[str, Any]:
    """The means of a setting, and how many questions are better or worse by it."""
    gold = {key: fmean(one for one, _ in each) for key, each in found.items()}
    words = {key: fmean(w for _, w in each if w is not None) for key, each in found.items()}
    changes = [
        (now[0] + (now[1] or 0.0)) - (then[0] + (then[1] or 0.0))
        for key in found
        for now, then in zip(found[key], before[key], strict=True)
    ]
    row: dict[str, Any] = {"numbers": what}
    for label, means in (("gold", gold), ("words", words)):
        for budget in BUDGETS:
            part = [mean for (_, b), mean in means.items() if b == budget]
            row[f"{label} {budget}"] = round(fmean(part), 4)
        row[label] = round(fmean(means.values()), 4)
    row["better"], row["worse"] = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
    print(json.dumps(row), flush=True)
    return row


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


def shown(case: Case, budget: int) -> tuple[float, float | None]:
    """The share of the gold that is shown, and of the answer's words that can be read, if any."""
    question, hits, units, level = case
    block = build(hits, budget, COUNTED, question=question.text)
    cited = [id_ for item in block.items for id_ in item.sources or (item.id,)]
    gold = question.gold[level]
    there = {units[id_][level] for id_ in cited if id_ in units}
    sought = set(terms(question.answer or "")) - set(terms(question.text))
    read = len(sought & set(terms(block.text))) / len(sought) if sought else None
    return len(there & gold) / len(gold), read


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
