"""Compare memories on one set: what they find, what they cost, whether they erase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from combray.bench.common.checkpoint import Checkpoint, Record
from combray.bench.common.embedding import Clocked, cached_embedder, warm
from combray.bench.common.metrics import SEED
from combray.bench.common.shared_budget import SharedBudget
from combray.bench.compare import report
from combray.bench.compare.compare import check
from combray.bench.compare.costs import costs
from combray.bench.compare.forecast import Forecast, forecast
from combray.bench.datasets import load
from combray.bench.datasets.form import Benchmark, Question
from combray.bench.datasets.mine import DRAFT
from combray.bench.measure.reader import JUDGE, PROMPT, TOKENS, Reader
from combray.bench.measure.runner import Contender, run, settings
from combray.bench.tuning.fusions import tuned
from combray.core.errors import BudgetExceeded, InputError, UnknownName
from combray.core.ports import Progress
from combray.core.text import counted
from combray.models.chat import resolve_chat
from combray.models.metered import Expenditure, read_budget
from combray.models.prices import Price, cost
from combray.systems.text import options_of

Row = dict[str, Any]
EXTRACTORS = ("rules", "llm")
SHOWN = ("R@5", "R@10", "NDCG@10")
FOUND = (*SHOWN, "95 %", "answer F1")
"""The columns that say what a memory finds; the others say what it costs."""


def compare(
    name: str,
    *,
    systems: Sequence[str],
    split: str | None = None,
    limit: int | None = None,
    extractor: str = "rules",
    embedder: Any = "auto",
    llm: Any = None,
    reader: Any = None,
    budget: Any = None,
    resume: bool = True,
    command: str = "",
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> report.Result:
    """One table as data: `title`, `command`, `note`, and a row for each memory.

    `name` is a set, or a file of your own, of which all questions are put unless a `split` is
    named; of a set it is the test split. `extractor` reads for the systems that derive, with the
    model `llm` if it is "llm". With a `reader` model the answers it gives from each
    memory's context are scored too, in a column of their own. `announce` is told what it will cost
    before anything is asked; `budget` is the hard limit of everything, in US dollars or as `Memory`
    takes it, and BudgetExceeded comes before the first call when the estimate is over it.
    """
    split = split or ("all" if name.endswith(".jsonl") else "test")
    systems = list(dict.fromkeys(systems))
    check(systems, split, limit)
    if extractor not in EXTRACTORS:
        raise UnknownName("extractor", extractor, EXTRACTORS)
    if extractor == "llm" and llm is None:
        raise InputError("The extractor llm needs a model: give --llm, such as openai:gpt-4o-mini.")
    benchmark = load(name).only(split, limit)
    if not benchmark.size:
        raise InputError(f"The {split} split of {name} has no question with evidence.")
    if reader is not None and not any(map(Reader.answers, _questions(benchmark))):
        raise InputError(f"No question of {name} has an answer for a reader to be judged by.")
    embedding = cached_embedder(embedder)
    with _models(benchmark, llm if extractor == "llm" else None, reader, budget) as models:
        contenders = [_contender(name, system, extractor, embedding, models) for system in systems]
        _announce(benchmark, contenders, models, announce)
        warm(embedding, benchmark.histories, progress)
        rows: list[Row] = []
        records: list[Record] = []
        for number, contender in enumerate(contenders):
            step = _step(progress, number, len(contenders))
            measured = run(benchmark, contender, progress=step, resume=resume)
            rows.append(_row(benchmark, contender, measured, resume))
            records += measured
    return {
        "title": f"{benchmark.name}, {split}",
        "command": command,
        "note": _note(benchmark, extractor, embedding, models, records),
        "rows": rows,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Models:
    """The models that a comparison asks, and the limit of both."""

    llm: SharedBudget | None = None
    reader: SharedBudget | None = None
    spending: Expenditure = field(default_factory=lambda: Expenditure(read_budget(None)))


@contextmanager
def _models(benchmark: Benchmark, llm: Any, reader: Any, budget: Any) -> Iterator[_Models]:
    """The models of their names; their answers are kept until the comparison is done."""
    spending = Expenditure(read_budget(budget))
    chats = [resolve_chat(choice) for choice in (llm, reader)]
    budgets = [
        None if chat is None else SharedBudget(chat, spending, f"{benchmark.name}-{part}")
        for chat, part in zip(chats, ("llm", "reader"), strict=True)
    ]
    done = False
    try:
        yield _Models(llm=budgets[0], reader=budgets[1], spending=spending)
        done = True
    finally:
        for shared in filter(None, budgets):
            shared.close(done=done)


def _contender(
    name: str, system: str, extractor: str, embedder: Clocked, models: _Models
) -> Contender:
    judging = _reading(system, extractor)
    llm = models.llm if judging else None
    return Contender(
        system=system,
        embedder=embedder,
        options={**tuned().get(name, {}).get(system, {}), **judging},
        llm=llm,
        budget=None if llm is None else llm.budget,
        reader=None if models.reader is None else Reader(models.reader),
    )


def _announce(
    benchmark: Benchmark,
    contenders: Sequence[Contender],
    models: _Models,
    announce: Callable[[str], None] | None,
) -> None:
    """Say what is coming; BudgetExceeded when it is over the budget."""
    expected: Forecast = forecast(
        benchmark,
        contenders,
        None if models.llm is None else models.llm.price,
        None if models.reader is None else models.reader.price,
    )
    if announce is not None:
        asked = f"{counted(benchmark.size, 'question')} of {_memories(benchmark)}"
        announce(f"Comparing {counted(len(contenders), 'system')} on {asked}: {expected}.")
    limit = models.spending.budget
    over = (
        limit.usd is not None and (expected.usd or 0) > limit.usd,
        limit.tokens is not None and expected.tokens > limit.tokens,
    )
    if any(over):
        most = f"${limit.usd:.2f}" if over[0] else f"{limit.tokens:,} tokens"
        raise BudgetExceeded(
            f"The comparison takes {expected}; the budget is {most}. Nothing was asked. Raise the "
            "budget, name fewer systems, or give a smaller file."
        )


def _step(progress: Progress | None, number: int, total: int) -> Progress | None:
    """The progress of one of several runs as progress of all."""
    if progress is None:
        return None
    return lambda done, each: progress(number * each + done, total * each)


def _row(
    benchmark: Benchmark, contender: Contender, records: Sequence[Record], resume: bool
) -> Row:
    figures = report.figures(benchmark, records)
    level = figures["levels"][benchmark.levels[0]]
    row: Row = {"system": contender.name}
    for metric in SHOWN:
        row[metric] = level[metric]["mean"]
    row["95 %"] = f"{level['R@10']['low']:.3f}–{level['R@10']['high']:.3f}"
    row |= {"write ms": figures["write_ms"], "search ms": figures["search_ms"]}
    spent = _costs(benchmark, contender, resume)
    row |= {name: spent[name] for name in ("bytes", "calls", "tokens", "usd")}
    row["erased"] = "yes" if spent["erased"] else "NO"
    if contender.reader is not None:
        scores = [a["f1"] for record in records for a in record["answers"] if "f1" in a]
        row["answer F1"] = float(np.mean(scores)) if scores else None
    return row


def _costs(benchmark: Benchmark, contender: Contender, resume: bool) -> Record:
    """The costs of a contender, measured once."""
    name = f"{benchmark.name}-{contender.name}-costs"
    checkpoint = Checkpoint(name, settings(benchmark, contender), "part") if resume else None
    if checkpoint is not None and "costs" in checkpoint.done:
        return checkpoint.done["costs"]
    found = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(costs(benchmark, contender)).items()
    }
    record = {"part": "costs", **found}
    if checkpoint is not None:
        checkpoint.add(record)
    return record


def _note(
    benchmark: Benchmark,
    extractor: str,
    model: Clocked,
    models: _Models,
    records: Sequence[Record],
) -> str:
    note = (
        f"{benchmark.note or benchmark.name}: n = {counted(benchmark.size, 'question')} on "
        f"{_memories(benchmark)}; figures of a {benchmark.levels[0]}, the "
        f"interval is that of R@10 (bootstrap, seed {SEED}); CPU ms without the embedder "
        f"({model.name}); bytes, calls, tokens and dollars for each message; extractor {extractor}"
        f"{'' if models.llm is None else f' ({models.llm.name})'}."
    )
    if unread := sum(record["unread"] for record in records):
        note += f" {counted(unread, 'job')} of the model failed twice and are missing."
    if drafts := sum(question.kind == DRAFT for question in _questions(benchmark)):
        note += f" {drafts} of the questions are unchecked drafts."
    if models.reader is not None:
        read = [c for r in records for a in r["answers"] for c in a.get("tokens", ())]
        judged = sum(map(Reader.answers, _questions(benchmark)))
        note += (
            f" Answers of {counted(judged, 'question')}: {models.reader.name} from {TOKENS} tokens "
            f"of context, prompt {PROMPT}, judged by {JUDGE}; {_cost(read, models.reader.price)}."
        )
        if failed := sum("error" in a for r in records for a in r["answers"]):
            note += f" {counted(failed, 'question')} got no answer and count as 0."
    return note


def _cost(calls: Sequence[tuple[int, int]], price: Price | None) -> str:
    """What calls took of tokens (in, out), in words."""
    sent, got = sum(c[0] for c in calls), sum(c[1] for c in calls)
    usd = cost(price, sent, got)
    spent = "of unknown price" if usd is None else f"${usd:.4f}"
    return f"{counted(len(calls), 'call')}, {sent + got:,} tokens, {spent}"


def _memories(benchmark: Benchmark) -> str:
    return counted(len(benchmark.histories), "memory")


def _questions(benchmark: Benchmark) -> list[Question]:
    return [question for history in benchmark.histories for question in history.questions]


def _reading(system: str, extractor: str) -> Mapping[str, str]:
    """The option that chooses the extractor, for a system that makes judgements."""
    return {"extractor": extractor} if "extractor" in options_of(system) else {}


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
