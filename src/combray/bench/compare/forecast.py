"""Forecast the model calls of a comparison without calling a model.

A stub that agrees with everything replaces the model on the beginning of the set; the rest is
assumed to cost the same per message and question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from combray.bench.datasets.form import Benchmark
from combray.bench.measure.reader import Reader
from combray.bench.measure.runner import USER, Contender, asked, beginning, opened, remember
from combray.core.text import counted
from combray.models.prices import Price, cost
from combray.models.stub_model import StubModel

MESSAGES, QUESTIONS = 60, 3


@dataclass(frozen=True, slots=True)
class Forecast:
    """Calls of models and their tokens, and US dollars: None without a price."""

    calls: int
    tokens: int
    usd: float | None

    def __str__(self) -> str:
        if not self.calls:
            return "no model is asked"
        usd = "of unknown price" if self.usd is None else f"${self.usd:.2f}"
        return f"about {counted(self.calls, 'model call')}, {self.tokens:,} tokens, {usd}"


def forecast(
    benchmark: Benchmark, contenders: Sequence[Contender], llm: Price | None, reader: Price | None
) -> Forecast:
    """What all contenders take together, by the prices of the llm and of the reader."""
    calls, tokens, usd = 0.0, 0.0, 0.0
    for contender in contenders:
        parts = []
        if contender.llm is not None:
            parts.append((_derived(benchmark, contender), llm))
        if contender.reader is not None:
            parts.append((_read(benchmark, contender), reader))
        for (asked_, sent, got), price in parts:
            calls, tokens = calls + asked_, tokens + sent + got
            spent = cost(price, round(sent), round(got)) if asked_ else 0.0
            usd = float("nan") if spent is None else usd + spent
    return Forecast(round(calls), round(tokens), None if usd != usd else usd)


def _derived(benchmark: Benchmark, contender: Contender) -> list[float]:
    """Calls, tokens in and tokens out of a contender's own judgements."""
    chat = StubModel()
    history = beginning(benchmark.histories[0], MESSAGES)
    trial = replace(contender, llm=chat, budget=None, reader=None)
    with opened(trial) as memory:
        told = len(remember(memory, history))
        memory.consolidate(user_id=USER)
        writing = _counts(chat)
        put = history.questions[:QUESTIONS]
        for question in put:
            asked(memory, question, benchmark.depth)
    reading = [after - before for after, before in zip(_counts(chat), writing, strict=True)]
    messages = sum(len(s.content) for h in benchmark.histories for s in h.sessions)
    # One sentence more is told, to be erased.
    return [
        w * (messages + 1) / told + r * benchmark.size / len(put)
        for w, r in zip(writing, reading, strict=True)
    ]


def _read(benchmark: Benchmark, contender: Contender) -> list[float]:
    """Calls, tokens in and tokens out of the reader."""
    chat = StubModel()
    reader = Reader(chat)
    judged = [q for h in benchmark.histories for q in h.questions if reader.answers(q)]
    if not judged:
        return [0.0, 0.0, 0.0]
    history = next(h for h in benchmark.histories if judged[0] in h.questions)
    trial = replace(contender, llm=StubModel(), budget=None, reader=None)
    with opened(trial) as memory:
        remember(memory, beginning(history, MESSAGES))
        put = [q for q in history.questions if reader.answers(q)][:QUESTIONS]
        for question in put:
            reader.read(memory, question, USER)
    return [n * len(judged) / len(put) for n in _counts(chat)]


def _counts(chat: StubModel) -> list[float]:
    return [float(n) for n in (chat.calls, chat.tokens_in, chat.tokens_out)]
