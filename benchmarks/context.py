"""What of the answers stands in contexts of 60, 150 and 500 tokens.

Three sets with their gold evidence, and the long texts of `tests/recall/answer/test_passages.py`
(logs, tables, settings, code, prose, Chinese, Japanese, Thai). The rows of other labels stay in the
file, so that two versions of the code can be compared.

    COMBRAY_DATA=… python benchmarks/context.py [LABEL]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.recall.answer.test_passages import FACTS, KINDS, scripts

from combray.bench.compare.compare import measure
from combray.core.items import Hit, Item
from combray.recall.answer.context import build

RESULTS = Path(__file__).parent / "results" / "context.json"
BUDGETS = (60, 150, 500)
SETS = ("locomo", "lihua", "longmemeval-user")
PARTS = (("coverage", "gold shown"), ("answer_words", "answer's words"))


def main() -> None:
    """Measure, and write the tables."""
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
