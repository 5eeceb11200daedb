"""Which of the memories shown an answer rests on.

`rules` compares words: a memory is cited when the answer uses enough of its content words. That
rewards copying, and misses an answer in other words. `llm` asks a model.
"""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.errors import ModelError
from combray.core.items import Item
from combray.core.text import terms
from combray.models.structured import Asker

SHARE, LEAST = 0.3, 2
"""A memory is cited when this share of its words, and at least so many, stand in the answer."""


def rules_cited(answer: str, memories: Sequence[Item]) -> list[Item]:
    """The memories whose words the answer uses, in the order shown."""
    said = set(terms(answer))
    found: list[Item] = []
    for item in memories:
        words = set(terms(item.text))
        shared = len(words & said)
        if shared >= min(LEAST, len(words)) and shared >= SHARE * len(words) and shared:
            found.append(item)
    return found


def llm_cited(asker: Asker, question: str, answer: str, memories: Sequence[Item]) -> list[Item]:
    """The memories that a model says the answer rests on, in the order shown."""
    data = {
        "question": question,
        "answer": answer,
        "memories": [{"n": n, "text": item.text} for n, item in enumerate(memories, start=1)],
    }
    found = asker.ask("combray.recall", "cite", data, max_tokens=200)
    numbers = sorted({int(n) for n in found["cited"]})
    if numbers and not 1 <= numbers[0] <= numbers[-1] <= len(memories):
        raise ModelError("The model cites a memory that it was not shown.", raw=str(found))
    return [memories[n - 1] for n in numbers]
