"""Run several memories on one set, with the same questions and vectors for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from combray.bench.common.embedding import cached_embedder, warm
from combray.bench.compare import report
from combray.bench.datasets import load
from combray.bench.datasets.form import HEADS, SPLITS, untitled
from combray.bench.measure.runner import Contender, run
from combray.bench.tuning.fusions import tuned
from combray.core.errors import InputError, UnknownName
from combray.core.ports import Progress
from combray.systems import names

TextTable = tuple[list[str], list[list[str]]]


def measure(
    name: str,
    *,
    systems: Sequence[str],
    split: str = "test",
    limit: int | None = None,
    embedder: Any = "auto",
    budgets: Sequence[int] = (),
    unanswerable: bool = False,
    plain: str | None = None,
    resume: bool = True,
    command: str = "",
    progress: Progress | None = None,
) -> tuple[report.Result, list[TextTable]]:
    """Measure text memories by name on a set; the figures as data, and the tables to print.

    `plain` tells passages as turns that begin with their title: a "line" or a "heading".
    """
    check(systems, split, limit)
    if plain is not None and plain not in HEADS:
        raise UnknownName("form of a title", plain, HEADS)
    benchmark = load(name).only(split, limit, unanswerable=unanswerable)
    if plain is not None:
        benchmark = untitled(benchmark, plain)
    if not benchmark.size:
        raise InputError(f"The {split} split of {name} has no questions.")
    model = cached_embedder(embedder)
    warm(model, benchmark.histories, progress)
    runs = {}
    for system in systems:
        options = tuned().get(name, {}).get(system, {})
        contender = Contender(system=system, embedder=model, options=options, budgets=budgets)
        runs[system] = run(benchmark, contender, progress=progress, resume=resume)
    found = report.result(benchmark, runs, embedder=model.name, command=command, split=split)
    tables = report.rows(benchmark, found), report.kind_rows(benchmark, found)
    return found, [table for table in (*tables, report.context_rows(found)) if table[1]]


def check(systems: Sequence[str], split: str, limit: int | None) -> None:
    """Refuse wrong settings before anything is embedded."""
    if not systems:
        raise InputError("Name at least one text memory, such as evidence.")
    known = names("text")
    for system in systems:
        if system not in known:
            raise UnknownName("text memory", system, known)
    if split not in SPLITS:
        raise UnknownName("split", split, SPLITS)
    if limit is not None and limit < 1:
        raise InputError(f"limit must be at least 1, not {limit}.")
