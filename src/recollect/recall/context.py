"""Context: the memories that fit a token budget, dated, named and cited, ready for a prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from recollect.core.errors import InputError
from recollect.core.items import Context, Hit, Item
from recollect.core.time import to_datetime

Counter = Callable[[str], int]

_PIECE = re.compile(r"[A-Za-z]+|\d+|\s+|[^\sA-Za-z\d]")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")
NOTHING = "(nothing relevant is remembered)"


def count_tokens(text: str) -> int:
    """An upper estimate of the tokens of a text, for when no tokenizer is given.

    A word counts one for each five letters begun, a number one for three digits, and every other
    character one; measured above the true count of common tokenizers.
    """
    total = 0
    for piece in _PIECE.findall(text):
        if piece.isspace():
            total += piece.count("\n")
        elif piece[0].isascii() and piece[0].isalpha():
            total += 1 + (len(piece) - 1) // 5
        elif piece.isdigit():
            total += 1 + (len(piece) - 1) // 3
        else:
            total += len(piece.encode()) if ord(piece[0]) > 0xFFFF else 1 + (ord(piece[0]) > 0x2FF)
    return total


def build(hits: Sequence[Hit], budget: int, counter: Counter = count_tokens) -> Context:
    """The best hits that fit, in order of time; a long one is cut to its best-fitting sentences.

    Never over the budget by `counter`. Raises InputError for a budget under 1.
    """
    if budget < 1:
        raise InputError(f"tokens must be at least 1, not {budget}.")
    lines: dict[str, tuple[Item, str]] = {}
    for hit in hits:
        for item_line in (_line(hit.item, hit.item.text), _line(hit.item, _shortened(hit.item))):
            trial = {**lines, hit.id: (hit.item, item_line)}
            if counter(_render(trial)) <= budget:
                lines = trial
                break
    text = _render(lines) if lines else NOTHING if counter(NOTHING) <= budget else ""
    items = [item for item, _ in _ordered(lines)]
    return Context(text=text, items=items, tokens=counter(text), budget=budget)


def _ordered(lines: dict[str, tuple[Item, str]]) -> list[tuple[Item, str]]:
    return sorted(lines.values(), key=lambda pair: (pair[0].first_at, pair[0].seq, pair[0].id))


def _render(lines: dict[str, tuple[Item, str]]) -> str:
    return "\n".join(line for _, line in _ordered(lines))


def _line(item: Item, text: str) -> str:
    """`[2024-05-01 · id] name: text`, and when it stopped being true."""
    day = f"{to_datetime(item.first_at):%Y-%m-%d}"
    until = f", until {to_datetime(item.valid_to):%Y-%m-%d}" if item.valid_to is not None else ""
    who = item.name or item.role
    return f"[{day}{until} · {item.id}] {f'{who}: ' if who else ''}{' '.join(text.split())}"


def _shortened(item: Item) -> str:
    """The first sentences of a long text, about 60 words."""
    kept: list[str] = []
    for sentence in _SENTENCE.split(item.text):
        kept.append(sentence)
        if sum(len(s.split()) for s in kept) >= 40:
            break
    words = " ".join(kept).split()
    short = " ".join(words[:60])
    return short if len(short) >= len(item.text) else f"{short[:600]} …"
