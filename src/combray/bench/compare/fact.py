"""Whether the newest of contradicting facts stands first: FactConsolidation, by system and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from combray.bench.common.checkpoint import Record
from combray.bench.common.embedding import cached_embedder, warm
from combray.bench.common.metrics import SEED, interval
from combray.bench.compare.compare import check
from combray.bench.datasets.fact_consolidation import HOPS, SIZES, half_of, load
from combray.bench.measure.runner import Contender, run
from combray.core.errors import UnknownName
from combray.core.ports import Progress

Row = dict[str, Any]
FAR = 10**6
TITLES = {"sh": "one hop", "mh": "several hops"}


def measure(
    *,
    systems: Sequence[str],
    sizes: Sequence[str] = SIZES,
    dated: bool = False,
    embedder: Any = "auto",
    resume: bool = True,
    command: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """A table for each kind of question: a row for each size and system."""
    check(systems, "all", None)
    for size in sizes:
        if size not in SIZES:
            raise UnknownName("size", size, SIZES)
    model = cached_embedder(embedder)
    rows: dict[str, list[Row]] = {hop: [] for hop in HOPS}
    for size in sizes:
        benchmark = load(size, dated=dated)
        warm(model, benchmark.histories, progress)
        for system in systems:
            contender = Contender(system=system, embedder=model)
            records = run(benchmark, contender, progress=progress, resume=resume)
            answers = [answer for record in records for answer in record["answers"]]
            for hop in HOPS:
                mine = [answer for answer in answers if answer["kind"] == hop]
                rows[hop].append({"facts": size, "system": system, **figures(mine, hop)})
    return {"set": "fact_consolidation", "tables": list(_tables(rows, model.name, dated, command))}


def figures(answers: Sequence[Record], hop: str) -> Row:
    """The shares of questions whose first hit, or some of five, holds the current answer.

    Of one hop also where an outdated value stands above it, and the first figure in both halves.
    """
    first = [float(_best(a, "current") == 1) for a in answers]
    row: Row = {
        "n": len(answers),
        "first current": _mean(first),
        "95 %": "{:.3f}–{:.3f}".format(*interval(first)),
    }
    if hop == "sh":
        above = [float(_best(a, "outdated") < _best(a, "current")) for a in answers]
        row["outdated above"] = _mean(above)
        for half in ("dev", "test"):
            mine = (f for f, a in zip(first, answers, strict=True) if half_of(a["id"]) == half)
            row[half] = _mean(list(mine))
    row["among five"] = _mean([float(_best(a, "current") <= 5) for a in answers])
    return row


def _best(answer: Record, level: str) -> int:
    """The rank of the first hit of a level; a great number for none."""
    return min(answer["levels"][level]["ranks"], default=FAR)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / max(len(values), 1), 4)


def _tables(
    rows: dict[str, list[Row]], embedder: str, dated: bool, command: str
) -> Iterator[dict[str, Any]]:
    told = "each with a later time" if dated else "in order and without times"
    for hop, mine in rows.items():
        yield {
            "title": f"FactConsolidation, {TITLES[hop]}",
            "command": command,
            "note": f"Facts told {told}; {embedder}, bootstrap seed {SEED}.",
            "rows": mine,
        }
