"""A model that answers from a memory's context, and how near its answer is to the set's own.

The judge is token F1 (Rajpurkar et al., 2016): words without case, articles and punctuation. It is
blind to meaning, the same for all, and needs no second model.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from combray.bench.datasets.form import Question
from combray.core.errors import BudgetExceeded, ModelError
from combray.core.items import Json
from combray.core.ports import ChatModel, ChatRequest, Completion
from combray.memory import Memory
from combray.models.structured import Asker, prompt

JUDGE = "token F1"
TOKENS = 1500
LONGEST = 100
PACKAGE, STEP = "combray.bench", "answer"
PROMPT = "bench/prompts/answer.md"
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_SIGNS = str.maketrans("", "", string.punctuation)


class Reader:
    """Puts questions to a model beside what a memory gives for them in TOKENS tokens."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._answered = False

    @staticmethod
    def answers(question: Question) -> bool:
        """Whether a question can be judged: the set knows its answer."""
        return question.answer is not None and question.answerable

    def read(self, memory: Memory, question: Question, user: str) -> Json:
        """The `f1` of the model's answer, and the `tokens` in and out of each of its calls.

        An `error` and 0 when it has none for one question.

        A model that has not answered yet, and a budget that is spent, end with their error.
        """
        context = memory.context(
            question.text, tokens=TOKENS, user_id=user, asked_at=question.asked_at, cite="none"
        )
        data = {"question": question.text, "asked": question.asked_at, "memories": context.text}
        counting = _CountedModel(self._model)
        asker = Asker(chat=counting, system="reader", tenant=user)
        try:
            found = asker.ask(PACKAGE, STEP, data, max_tokens=LONGEST)
        except ModelError as error:
            if isinstance(error, BudgetExceeded) or not self._answered:
                raise
            return {"f1": 0.0, "error": str(error), "tokens": counting.tokens}
        self._answered = True
        score = f1(str(found["answer"]), question.answer or "")
        return {"f1": score, "tokens": counting.tokens}

    def settings(self) -> Json:
        """What the answers depend on."""
        return {"reader": repr(self._model), "tokens": TOKENS, "prompt": prompt(PACKAGE, STEP).text}


class _CountedModel:
    """A model, and the tokens in and out of each answer that it gave."""

    def __init__(self, model: ChatModel) -> None:
        self.name = model.name
        self.tokens: list[tuple[int, int]] = []
        self._model = model

    def complete(self, request: ChatRequest, /) -> str:
        """The model's own answer."""
        text = self._model.complete(request)
        if isinstance(text, Completion):
            self.tokens.append((text.tokens_in, text.tokens_out))
        return text


def f1(answer: str, gold: str) -> float:
    """The harmonic mean of precision and recall of the words of an answer; 0 … 1."""
    given, wanted = _words(answer), _words(gold)
    shared = sum((Counter(given) & Counter(wanted)).values())
    if not shared:
        return float(given == wanted)
    precision, recall = shared / len(given), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _words(text: str) -> Sequence[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_SIGNS)).split()
