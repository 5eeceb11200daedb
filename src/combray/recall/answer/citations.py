"""Which of the memories shown an answer rests on.

A memory is cited when the answer uses enough of its content words. That rewards copying, and misses
an answer in other words; who knows better says the ids.
"""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.items import Item
from combray.core.text import terms

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
