"""Names: which of those that memories mention stand in a question."""

from __future__ import annotations

from collections.abc import Iterator

from combray.core.entities import entities, normal_name
from combray.index.view import View

LONGEST = 6
"""Words of the longest name that is looked for."""


def known_names(view: View, text: str) -> dict[int, float]:
    """The names in a text that rows mention, by code, each with 1 / (rows that mention it)."""
    found = {view.names.codes.find(name) for name in entities(text)} | set(_titles(view, text))
    return {
        code: 1 / len(view.names.mentions[code]) for code in found if view.names.mentions.get(code)
    }


def _titles(view: View, text: str) -> Iterator[int]:
    """Every run of up to six words that some item is about."""
    words = normal_name(text).split()
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            phrase = " ".join(words[start:end])
            code = view.names.codes.find(phrase)
            if len(phrase) > 3 and code in view.names.titled:
                yield code
