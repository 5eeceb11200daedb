"""A model that answers from a memory's context, and how near its answer is to the set's own.

The judge is token F1 (Rajpurkar et al., 2016): words without case, articles and punctuation. It is
blind to meaning, the same for all, and needs no second model.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from recollect.bench.runner import USER, Contender, opened, remember
from recollect.bench.sets.form import Benchmark, Question
from recollect.core.ports import ChatModel, ChatRequest
from recollect.memory import Memory

JUDGE = "token F1"
TOKENS = 1500
PROMPT = (
    "Answer the question from the memories below, in as few words as possible, in the language of "
    "the question. If they do not hold the answer, say: not known.\n\nMemories:\n{context}\n\n"
    "Asked on {date}: {question}"
)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_SIGNS = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Answered:
    """One question with the model's answer and its F1."""

    question: str
    answer: str
    gold: str
    f1: float


def read(benchmark: Benchmark, contender: Contender, model: ChatModel) -> list[Answered]:
    """The model's answers to the questions that have one, from each history's memory."""
    found = []
    for history in benchmark.histories:
        with opened(contender) as memory:
            remember(memory, history)
            memory.consolidate(user_id=USER)
            for question in history.questions:
                if question.answer is not None and question.answerable:
                    found.append(_answered(memory, question, question.answer, model))
    return found


def f1(answer: str, gold: str) -> float:
    """The harmonic mean of precision and recall of the words of an answer; 0 … 1."""
    given, wanted = _words(answer), _words(gold)
    shared = sum((Counter(given) & Counter(wanted)).values())
    if not shared:
        return float(given == wanted)
    precision, recall = shared / len(given), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _answered(memory: Memory, question: Question, gold: str, model: ChatModel) -> Answered:
    context = memory.context(question.text, tokens=TOKENS, user_id=USER, asked_at=question.asked_at)
    text = PROMPT.format(
        context=context, date=question.asked_at or "an unknown day", question=question.text
    )
    messages = [{"role": "user", "content": text}]
    request = ChatRequest(system="reader", step="answer", messages=messages, max_tokens=100)
    answer = model.complete(request).strip()
    return Answered(question.id, answer, gold, f1(answer, gold))


def _words(text: str) -> Sequence[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_SIGNS)).split()
