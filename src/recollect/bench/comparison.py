"""Several memories side by side on one set: what they find, what they cost, whether they forget."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np

from recollect.bench import report
from recollect.bench.compare import check
from recollect.bench.costs import costs
from recollect.bench.embedding import Clocked, Progress, kept, warm
from recollect.bench.fusions import tuned
from recollect.bench.metrics import SEED
from recollect.bench.reader import JUDGE, TOKENS, read
from recollect.bench.runner import Contender, run
from recollect.bench.sets import load
from recollect.bench.sets.form import Benchmark
from recollect.bench.sets.mine import DRAFT
from recollect.core.errors import InputError
from recollect.core.text import counted
from recollect.models.chat import resolve_chat
from recollect.systems.text import SYSTEMS

Row = dict[str, Any]
SHOWN = ("R@5", "R@10", "NDCG@10")


def compare(
    name: str,
    *,
    systems: Sequence[str],
    split: str | None = None,
    limit: int | None = None,
    engine: str = "rules",
    embedder: Any = "auto",
    llm: Any = None,
    reader: Any = None,
    budget: float | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> report.Result:
    """One table as data: `title`, `command`, `note`, and a row for each memory.

    `name` is a set, or a file of your own, of which all questions are put unless a `split` is
    named; of a set it is the test split. `engine` makes the judgements of the systems that have
    any, `llm` for the engine of that name; `budget` is its hard limit in US dollars, for each
    memory that is built. With a `reader` model the answers it gives from each memory's context are
    scored too, in a column of their own.
    """
    split = split or ("all" if name.endswith(".jsonl") else "test")
    check(systems, split, limit)
    if engine == "llm" and llm is None:
        raise InputError("The llm engine needs a model: give --llm, such as openai:gpt-4o-mini.")
    benchmark = load(name).only(split, limit)
    if not benchmark.size:
        raise InputError(f"The {split} split of {name} has no question with evidence.")
    model = kept(embedder)
    warm(model, benchmark.histories, progress)
    rows = []
    for system in systems:
        contender = Contender(
            system=system,
            embedder=model,
            options={**tuned().get(name, {}).get(system, {}), **_engine(system, engine)},
            llm=llm,
            budget=None if budget is None else {"usd": budget},
        )
        rows.append(_row(benchmark, contender, reader, progress))
    return {
        "title": f"{benchmark.name}, {split}",
        "command": command,
        "note": _note(benchmark, engine, model, reader),
        "rows": rows,
    }


def _row(benchmark: Benchmark, contender: Contender, reader: Any, progress: Progress | None) -> Row:
    figures = report.figures(benchmark, run(benchmark, contender, progress=progress))
    level = figures["levels"][benchmark.levels[0]]
    row: Row = {"system": contender.name}
    for metric in SHOWN:
        row[metric] = level[metric]["mean"]
    row["95 %"] = f"{level['R@10']['low']:.3f}–{level['R@10']['high']:.3f}"
    row |= {"write ms": figures["write_ms"], "search ms": figures["search_ms"]}
    spent = asdict(costs(benchmark, contender))
    erased = spent.pop("erased")
    row |= {name: None if v is None else round(v, 4) for name, v in spent.items()}
    row["erased"] = "yes" if erased else "NO"
    if reader is not None:
        chat = resolve_chat(reader)
        answers = [] if chat is None else read(benchmark, contender, chat)
        row["answer F1"] = float(np.mean([a.f1 for a in answers])) if answers else None
    return row


def _note(benchmark: Benchmark, engine: str, model: Clocked, reader: Any) -> str:
    note = (
        f"{benchmark.note or benchmark.name}: n = {counted(benchmark.size, 'question')} on "
        f"{counted(len(benchmark.histories), 'memory')}; figures of a {benchmark.levels[0]}, the "
        f"interval is that of R@10 (bootstrap, seed {SEED}); CPU ms without the embedder "
        f"({model.name}); bytes, calls, tokens and dollars for each message; engine {engine}."
    )
    drafts = sum(q.kind == DRAFT for h in benchmark.histories for q in h.questions)
    if drafts:
        note += f" {drafts} of the questions are unchecked drafts."
    if reader is not None:
        note += f" Answers: {reader} from {TOKENS} tokens of context, judged by {JUDGE}."
    return note


def _engine(system: str, engine: str) -> Mapping[str, str]:
    """The option that chooses the engine, for a system that makes judgements."""
    module, _, attribute = SYSTEMS[system].partition(":")
    maker = getattr(import_module(f"recollect.systems.text.{module}"), attribute)
    return {"engine": engine} if "engine" in inspect.signature(maker).parameters else {}


def markdown(table: report.Result) -> str:
    """The table in Markdown, with its note and command."""
    columns = list(table["rows"][0])
    lines = [
        f"| {' | '.join(columns)} |",
        "|" + "---|" * len(columns),
        *(f"| {' | '.join(cell(row.get(c)) for c in columns)} |" for row in table["rows"]),
    ]
    command = f"\n\n`{table['command']}`" if table["command"] else ""
    return f"**{table['title']}**\n\n" + "\n".join(lines) + f"\n\n{table['note']}{command}\n"


def cell(value: Any) -> str:
    """A figure as a table shows it."""
    if isinstance(value, float):
        return (
            f"{value:.3f}"
            if abs(value) < 10
            else f"{value:,.1f}"
            if value < 1000
            else f"{value:,.0f}"
        )
    return "" if value is None else str(value)
