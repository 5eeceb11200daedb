"""Dates in eight languages: what we and kept libraries read in what people write for days.

pip install dateparser==1.5.0 python-dateutil
python benchmarks/dates.py

An expression is right when its first reading is the day or the span of the table in
`tests/core/dates/expressions.py`. Writes benchmarks/results/dates.json, and what dateparser reads
in texts of single days to `tests/core/dates/answers.json`, with which a test compares us.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from combray.core.dates.spans import find_spans
from combray.core.time import FIRST, LAST, to_datetime, to_micros

ROOT = Path(__file__).parents[1]
Days = tuple[str, str]
Reader = Callable[[str, str], Days | None]
"""What reads a text of a language: its first day and the day after its last; None for no date."""
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "zh": " ".join(f"{n}月" for n in range(1, 13)),
    "ja": " ".join(f"{n}月" for n in range(1, 13)),
}
WRITTEN = {
    "en": "{day} {month} {year}", "de": "{day}. {month} {year}", "fr": "{day} {month} {year}",
    "es": "{day} de {month} de {year}", "pt": "{day} de {month} de {year}",
    "it": "{day} {month} {year}", "zh": "{year}年{month}{day}日", "ja": "{year}年{month}{day}日",
}  # fmt: skip
AGO = {
    "en": "{n} days ago", "de": "vor {n} Tagen", "fr": "il y a {n} jours", "es": "hace {n} días",
    "pt": "há {n} dias", "it": "{n} giorni fa", "zh": "{n}天前", "ja": "{n}日前",
}  # fmt: skip


def days() -> Iterator[tuple[str, str]]:
    """Texts of a single day, each with its language: a day of every month, and days ago."""
    for language, names in MONTHS.items():
        for number, month in enumerate(names.split(), 1):
            day = (7 * number) % 28 + 1
            for year in (2023, 2024):
                yield language, WRITTEN[language].format(day=day, month=month, year=year)
        for n in (2, 3, 5, 10, 14, 30, 100):
            yield language, AGO[language].format(n=n)


def ours(text: str, _language: str) -> Days | None:
    """Our first reading."""
    spans = find_spans(text, to_micros(ASKED))
    return (_day(spans[0].start), _day(spans[0].end)) if spans else None


def dateparser(text: str, language: str) -> Days | None:
    """The first moment that dateparser finds, as a day."""
    from dateparser.search import search_dates

    settings = {"RELATIVE_BASE": _now(), "PREFER_DATES_FROM": "past"}
    found = search_dates(text, languages=[language], settings=settings)
    return _whole(found[0][1]) if found else None


def dateutil(text: str, _language: str) -> Days | None:
    """The moment that dateutil reads, as a day."""
    from dateutil.parser import ParserError, parse

    try:
        return _whole(parse(text, fuzzy=True, default=_now()))
    except (ParserError, OverflowError):
        return None


def _now() -> datetime:
    return to_datetime(to_micros(ASKED)).replace(tzinfo=None)


def _whole(moment: datetime) -> Days:
    return moment.date().isoformat(), (moment.date() + timedelta(days=1)).isoformat()


def _day(moment: int) -> str:
    return "…" if moment in (FIRST, LAST) else to_datetime(moment).date().isoformat()


def row(name: str, module: str, read: Reader) -> dict[str, Any]:
    """How many expressions a library gets right, and what it takes."""
    right, took = 0, []
    read("today", "en")
    for language, expressions in EXPRESSIONS.items():
        for text, first, after in expressions:
            began = time.process_time()
            found = read(text, language)
            took.append(1000 * (time.process_time() - began))
            right += found == (first, after)
    return {
        "library": name,
        "right": right,
        "of": len(took),
        "import ms": min(_import(module) for _ in range(5)),
        "ms, median": statistics.median(took),
        "ms, worst": max(took),
    }


def _import(module: str) -> float:
    """The processor time of an import in a fresh process, beside that of the package itself."""
    code = (
        f"import time, combray.core.time; b = time.process_time(); import {module}; "
        "print(1000 * (time.process_time() - b))"
    )
    return float(subprocess.check_output([sys.executable, "-c", code], text=True))


def main() -> None:
    """Measure and write."""
    rows = [
        row("combray", "combray.core.dates.spans", ours),
        row(f"dateparser {version('dateparser')}", "dateparser.search", dateparser),
        row(f"dateutil {version('python-dateutil')}", "dateutil.parser", dateutil),
    ]
    table = {
        "title": "Dates",
        "command": "python benchmarks/dates.py",
        "note": "English, German, French, Spanish, Portuguese, Italian, Chinese, Japanese; the "
        "other libraries give one moment and read no spans.",
        "rows": rows,
    }
    path = ROOT / "benchmarks" / "results" / "dates.json"
    path.write_text(json.dumps({"tables": [table]}, indent=1) + "\n", encoding="utf-8")
    answers = {text: dateparser(text, language) for language, text in days()}
    kept = {text: found[0] for text, found in answers.items() if found}
    path = ROOT / "tests" / "core" / "dates" / "answers.json"
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(rows, indent=1), f"{len(kept)} answers of {len(answers)}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from tests.core.dates.expressions import ASKED, EXPRESSIONS

    main()
