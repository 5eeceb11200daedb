"""Context: the memories that fit a token budget, dated, named and cited, ready for a prompt.

Each memory can stand in full, as the sentences nearest to the question, or not at all; which, is an
exact knapsack over what the forms cost and are worth. The order is that of time, so that what is
remembered later leaves the beginning of a prompt as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from combray.core.errors import InputError
from combray.core.items import Context, Hit, Item
from combray.core.text import count_tokens, terms
from combray.core.time import to_datetime
from combray.recall.answer.knapsack import choose

Counter = Callable[[str], int]

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")
NOTHING = "(nothing relevant is remembered)"
TOO_LONG = "(what is remembered does not fit here)"
CITES = ("id", "number", "none")
RANK_OFFSET = 3
SHORTER, KEPT = 0.7, 0.9
SHORT, LETTERS = (40, 1), 600
TRIES = 4
MOST_DAYS = 12
"""Days that a line names; of more it names the first and the last, and how many they are."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to show a memory: its words, what they cost and what they are worth."""

    item: Item
    superseded: bool
    days: str
    text: str
    cost: int
    worth: float


def build(
    hits: Sequence[Hit],
    budget: int,
    counter: Counter = count_tokens,
    *,
    question: str = "",
    cite: str = "id",
) -> Context:
    """The hits that are worth most within a budget of tokens, in order of time.

    Never over the budget by `counter`. `cite` shows the "id" of each memory, its "number" among the
    items of the context, or "none". Raises InputError for a budget under 1 or another `cite`.
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise InputError(f"tokens must be a whole number of at least 1, not {budget!r}.")
    if cite not in CITES:
        raise InputError(f"cite must be one of {', '.join(CITES)}, not {cite!r}.")
    asked = set(terms(question))
    forms = [_forms(hit, rank, asked, counter, cite) for rank, hit in enumerate(hits)]
    kept = _fitting(forms, budget, counter, cite)
    text = _render(kept, cite) if kept else _instead(TOO_LONG if hits else NOTHING, budget, counter)
    items = [form.item for form in kept]
    return Context(text=text, items=items, tokens=counter(text), budget=budget)


def _instead(words: str, budget: int, counter: Counter) -> str:
    return words if counter(words) <= budget else ""


def _fitting(
    groups: Sequence[Sequence[_Form]], budget: int, counter: Counter, cite: str
) -> list[_Form]:
    """The best choice that fits as it is rendered, whatever the counter makes of joined lines."""
    room = budget
    for _ in range(TRIES):
        picked = choose([[(form.cost, form.worth) for form in group] for group in groups], room)
        kept = _ordered([g[o] for g, o in zip(groups, picked, strict=True) if o is not None])
        over = counter(_render(kept, cite)) - budget
        if over <= 0:
            return kept
        room -= over
    while kept and counter(_render(kept, cite)) > budget:
        kept.remove(min(kept, key=lambda form: form.worth))
    return kept


def _forms(hit: Hit, rank: int, asked: set[str], counter: Counter, cite: str) -> list[_Form]:
    """A memory in full, and when it is long as its sentences nearest to the question."""
    worth = 1 / (rank + RANK_OFFSET)
    item, whole = hit.item, " ".join(hit.item.text.split())
    texts = [(whole, worth)]
    for words in SHORT:
        short = _nearest_sentences(item.text, asked, words)
        # One sentence without a word of the question is as good as any other: it tells nothing.
        if words == 1 and not asked.intersection(terms(short)):
            continue
        if len(short) < SHORTER * len(texts[-1][0]):
            texts.append((short, worth * _share(short, whole, asked)))
    label, days = _label(item, rank + 1, cite), _days(hit)
    return [
        _Form(
            item,
            hit.superseded,
            days,
            text,
            counter(f"{_line(item, hit.superseded, days, text, label)}\n"),
            value,
        )
        for text, value in texts
    ]


def _share(short: str, whole: str, asked: set[str]) -> float:
    """How much of a memory's worth its shortened form keeps: by the question's words it holds."""
    kept, all_ = len(asked.intersection(terms(short))), len(asked.intersection(terms(whole)))
    return KEPT * (kept + 1) / (all_ + 1)


def _nearest_sentences(text: str, asked: set[str], most: int) -> str:
    """The sentences that hold most of the question's words, in their order: so many words or one.

    The first ones when none holds any.
    """
    sentences = [" ".join(part.split()) for part in _SENTENCE.split(text) if part.strip()]
    fit = [len(asked.intersection(terms(sentence))) for sentence in sentences]
    chosen: set[int] = set()
    words = 0
    for place in sorted(range(len(sentences)), key=lambda i: (-fit[i], i)):
        length = len(sentences[place].split())
        if chosen and (words + length > most or (fit[place] == 0 and any(fit))):
            break
        chosen.add(place)
        words += length
    parts: list[str] = []
    for place in sorted(chosen):
        if place and place - 1 not in chosen:
            parts.append("…")
        parts.append(sentences[place])
    if chosen and max(chosen) < len(sentences) - 1:
        parts.append("…")
    joined = " ".join(parts)
    return joined if len(joined) <= LETTERS else f"{joined[:LETTERS]} …"


def _ordered(forms: Sequence[_Form]) -> list[_Form]:
    return sorted(forms, key=lambda form: (form.item.first_at_us, form.item.seq, form.item.id))


def _render(forms: Sequence[_Form], cite: str) -> str:
    return "\n".join(
        _line(form.item, form.superseded, form.days, form.text, _label(form.item, n, cite))
        for n, form in enumerate(forms, 1)
    )


def _label(item: Item, number: int, cite: str) -> str:
    return {"id": f" · {item.id}", "number": f" · {number}", "none": ""}[cite]


def _line(item: Item, past: bool, days: str, text: str, label: str) -> str:
    """`[2024-05-01 · id] name: text`, with the days between which it holds where they are others.

    Of what was said on several days it names them all.

    A name is one line too, so that it cannot pass for another memory.
    """
    began = item.first_at_us if item.valid_from_us is None else item.valid_from_us
    start = _day(began)
    held = f", from {start}" if start > _day(item.first_at_us) else ""
    held += f", until {_day(item.valid_to_us)}" if item.valid_to_us is not None else ""
    who = " ".join((item.name or item.role or "").split())
    stale = ", past" if past and item.valid_to_us is None else ""
    return f"[{days}{held}{stale}{label}] {f'{who}: ' if who else ''}{text}"


def _days(hit: Hit) -> str:
    """The days on which it was said."""
    days = list(dict.fromkeys(f"{said:%Y-%m-%d}" for said in hit.timestamps))
    if len(days) <= MOST_DAYS:
        return ", ".join(days)
    return f"{days[0]} … {days[-1]}, {len(days)} days"


def _day(moment: int) -> str:
    return f"{to_datetime(moment):%Y-%m-%d}"
