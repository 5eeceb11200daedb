"""The terms of a question as the memory spells them.

A word that the memory does not know is looked for one letter away, and a sign of a script without
spaces by itself where none of its pairs is known. Another spelling counts where some memory has it
and not the usual one: else a word would count twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from combray.core.fold import bare
from combray.core.text import MODALS, STOP_WORDS, emoji, folded_words, lone_signs, spellings, terms
from combray.index.near_terms import SHORTEST
from combray.index.view import View

_SKIPPED = re.compile(r"\^|[^\x00-\x7f]$")
"""Words that open a question, and single signs: of those `lone_signs` chooses."""
MOST = 3
"""How many known terms stand for one that is not known, at most."""


def query_terms(view: View, text: str) -> list[str]:
    """The stemmed content words of a question, its emoji, and other spellings that are known."""
    found = [known for term in terms(text) for known in _spelt(view, term)] + emoji(text)
    named = [term for term in spellings(text) if not _SKIPPED.match(term) or term[1:] in MODALS]
    alone = folded_words(text)
    if len(alone) == 1:
        named += [alone[0]] if alone[0] in STOP_WORDS else []
        named += [f"^{alone[0]}"]
    named += [f"^{term}" for term in (*found, *named) if term in STOP_WORDS]
    more = [term for term in dict.fromkeys(named) if _elsewhere(view, term, found)]
    return [*found, *more, *_signs(view, text)]


def _spelt(view: View, term: str) -> list[str]:
    """A term that the memory knows, else those that it may have been meant for, else itself."""
    for plain in terms(bare(term)) if not term.isascii() else ():
        if plain != term and _holding(view, plain):
            return [term] if _holding(view, plain) > _holding(view, term) > 0 else []
    if _holding(view, term):
        return [term]
    if len(term) < SHORTEST or not term.isalpha():
        return [term]
    near = sorted(view.words.postings.near(term), key=lambda other: -_holding(view, other))
    return [other for other in near if _holding(view, other)][:MOST] or [term]


def _elsewhere(view: View, term: str, found: Sequence[str]) -> bool:
    """Whether a row holds a spelling without all the words of the question that it is made of."""
    rows, _ = view.words.postings.find(term)
    parts = {part for part in found if part != term and part in term and term[0] != "^"}
    if not parts:
        return len(rows) > 0
    return any(not np.isin(rows, view.words.postings.find(part)[0]).all() for part in parts)


def _signs(view: View, text: str) -> Iterator[str]:
    """The signs of a question that stand in no pair that the memory knows."""
    for sign, pairs in lone_signs(text):
        if not any(_holding(view, pair) for pair in pairs) and _holding(view, sign):
            yield sign


def _holding(view: View, term: str) -> int:
    """How many rows hold a term."""
    return len(view.words.postings.find(term)[0])
