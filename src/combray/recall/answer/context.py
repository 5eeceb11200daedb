"""Context: the memories that fit a token budget, dated, named and cited, ready for a prompt.

Each memory can stand in full or cut around what the question is about, at several lengths; which,
is an exact knapsack over what the forms cost and are worth, in which no memory is left out for a
weaker one. The order is that of time, so that what is remembered later leaves the beginning of a
prompt as it was; a line without a date is of the day of the line above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from combray.core.dates.zones import day_of, days_said, place_of
from combray.core.errors import InputError, quoted
from combray.core.items import Context, Hit, Item
from combray.core.text import count_tokens
from combray.recall.answer.knapsack import choose_first
from combray.recall.answer.passages import Passage, Sought, Source, is_question

Counter = Callable[[str], int]

NOTHING = "(nothing relevant is remembered)"
TOO_LONG = "(what is remembered does not fit here)"
CITES = ("number", "id", "none")
RANK_OFFSET = 3
"""A hit of rank r, counted from 0, is worth 1 / (r + 3), as in the fusion of `rank.features`."""
SHORTER = 0.8
"""How long a cut form is at most, as a share of the form before it."""
KEPT, MATCH, LENGTH, BROKEN = 0.9, 0.6, 0.2, 0.3
"""What a cut form keeps of a memory's worth: by the match it holds, by its length, and of that when
not even a sentence is whole."""
SIZES, UNMATCHED = (200, 100, 50, 25, 12, 6), 3
"""About how many tokens the cut forms have; so many of them for a text that holds no word asked."""
LABEL = 4
"""What stands before words is too much when it takes more than one in so many tokens."""
FIRST, BEYOND = 4, 0.5
"""What holds no word asked keeps so much of its worth when it is not among the first hits."""
QUESTION, BELOW = 0.3, 0.9
"""What an earlier question keeps of its worth, and of that of the turn that answers it."""
REPLIES = 2
"""How many items after a question may be its answer."""
MARKS = "… …"
"""What stands at the ends of a text that is cut at both."""
TRIES, REACH = 5, 2
"""How often the room is corrected by what the counter makes of the whole, and for how many budgets
there are hits to choose from."""
MOST_DAYS, MOST_NUMBERED = 12, 99
"""How many days of one memory are listed, and the number that a line is reckoned with."""
_LABEL = re.compile(r"^(?=\[(?:\d{4}-\d\d-\d\d(?:(?:,| ·) [^\]\n]*+)?|\d{1,3})\])", re.M)
_ABOUT_QUESTIONS = re.compile(r"\b(?:ask|asked|asking|question|questions)\b|[问問質]", re.I)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a context shows of a hit beside its words: who said it, on which days, since when.

    A `bare` one shows only its words, for a budget in which they would not fit otherwise.
    """

    item: Item
    superseded: bool
    days: tuple[str, ...]
    place: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class _MemoryForm:
    """One way to show a memory: its words, what they cost and what they are worth.

    `matched` is False for words that hold nothing of the question, and `broken` says that they are
    less than a sentence, line or clause.
    """

    memory: _Memory
    text: str
    cost: int
    worth: float
    matched: bool
    broken: bool


def build(
    hits: Sequence[Hit],
    budget: int,
    counter: Counter = count_tokens,
    *,
    question: str = "",
    cite: str = "number",
    zone: str = "UTC",
) -> Context:
    """The hits that are worth most within a budget of tokens, in order of time.

    Never over the budget by `counter`. `cite` shows the "number" of each memory among the items of
    the context (`Context.ids` maps it to the id), its "id", or "none". A day is one of where it was
    said, else of `zone`. Raises InputError for a budget under 1 or another `cite`.
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or not 1 <= budget < 2**63:
        raise InputError(
            f"tokens must be a whole number from 1, and below 2**63, not {quoted(budget)}."
        )
    if cite not in CITES:
        raise InputError(f"cite must be one of {', '.join(CITES)}, not {quoted(cite)}.")
    sought = Sought(question)
    worths, answering = _worths(hits, question, sought)
    late = [n >= FIRST and n not in answering for n in range(len(hits))]
    by_worth = sorted(zip(hits, worths, late, strict=True), key=lambda row: -row[1])
    kept: list[_MemoryForm] = []
    for bare in (False, True):
        forms = (
            _forms(hit, worth, sought, counter, cite, 0 if n else budget, zone, bare=bare, late=far)
            for n, (hit, worth, far) in enumerate(by_worth)
        )
        groups = list(_within_reach(forms, REACH * budget))
        chosen = _fitting(groups, budget, counter, cite)
        top = _form_of(groups[0][0].memory.item, chosen) if groups else None
        kept = chosen if not bare or (top and not (top.broken and kept)) else kept
        if (
            not groups
            or not groups[0][0].matched
            or (top and not _is_squeezed(top, budget, counter))
        ):
            break
    text = _render(kept, cite) if kept else _instead(TOO_LONG if hits else NOTHING, budget, counter)
    items = [form.memory.item for form in kept]
    return Context(text=text, items=items, tokens=counter(text), budget=budget)


def _form_of(item: Item, forms: Iterable[_MemoryForm]) -> _MemoryForm | None:
    return next((form for form in forms if form.memory.item is item), None)


def _is_squeezed(form: _MemoryForm, budget: int, counter: Counter) -> bool:
    """Whether what stands before the words of a form is what leaves no room for a whole part."""
    return form.broken and LABEL * (form.cost - counter(form.text)) > budget


def _instead(words: str, budget: int, counter: Counter) -> str:
    return words if counter(words) <= budget else ""


def _within_reach(groups: Iterable[list[_MemoryForm]], room: int) -> Iterator[list[_MemoryForm]]:
    """Groups until the cheapest forms of those that may not be left out fill so much room."""
    for group in groups:
        yield group
        cheapest = min(form.cost for form in group)
        room -= cheapest if group[0].matched and cheapest <= room else 0
        if room <= 0:
            return


def _fitting(
    groups: Sequence[Sequence[_MemoryForm]], budget: int, counter: Counter, cite: str
) -> list[_MemoryForm]:
    """The best choice that fits as it is rendered, whatever the counter makes of joined lines."""
    best: list[_MemoryForm] = []
    room = budget
    for _ in range(TRIES):
        kept = _picked(groups, room)
        over = counter(_render(kept, cite)) - budget
        if over <= 0 and _worth(kept) >= _worth(best):
            best = kept
        if over == 0 or (over < 0 and _worth(kept) == sum(group[0].worth for group in groups)):
            return best
        room -= over
    kept = best or kept
    while kept and counter(_render(kept, cite)) > budget:
        kept.remove(min(kept, key=lambda form: form.worth))
    return kept


def _picked(groups: Sequence[Sequence[_MemoryForm]], room: int) -> list[_MemoryForm]:
    """The forms worth most in so much room, in order of time."""
    fitting = [group for group in groups if any(form.cost <= room for form in group)]
    options = [[(form.cost, form.worth) for form in group] for group in fitting]
    optional = {j for j, group in enumerate(fitting) if not group[0].matched}
    picked = choose_first(options, room, optional)
    return _ordered(g[o] for g, o in zip(fitting, picked, strict=True) if o is not None)


def _worth(forms: Iterable[_MemoryForm]) -> float:
    return sum(form.worth for form in forms)


def _worths(
    hits: Sequence[Hit], question: str, sought: Sought
) -> tuple[list[float], Collection[int]]:
    """What each hit is worth by its rank, an earlier question less than what answers it.

    And which hits answer one: what follows a question need not repeat its words.
    """
    worths = [1 / (rank + RANK_OFFSET) for rank in range(len(hits))]
    if not question or _ABOUT_QUESTIONS.search(question):
        return worths, ()
    asking = {n for n, hit in enumerate(hits) if is_question(hit.text)}
    held = [sum(sought.matches(hit.text)) if asking else 0.0 for hit in hits]
    told = [n for n in range(len(hits)) if n not in asking]
    answering: set[int] = set()
    for n in asking:
        answers = [other for other in told if _replies(hits[other], hits[n])]
        answering.update(answers)
        replies = [worths[other] for other in answers]
        same = [worths[other] for other in told if held[other] >= held[n]][:1]
        worths[n] = min([QUESTION * worths[n], *(BELOW * worth for worth in (*replies, *same))])
    return worths, answering


def _replies(hit: Hit, question: Hit) -> bool:
    """Whether a hit comes right after a question in the same session."""
    same = hit.item.scope == question.item.scope
    return same and 0 < hit.item.seq - question.item.seq <= REPLIES


def _forms(
    hit: Hit,
    worth: float,
    sought: Sought,
    counter: Counter,
    cite: str,
    room: int,
    zone: str,
    *,
    bare: bool = False,
    late: bool = False,
) -> list[_MemoryForm]:
    """A memory in full, and when it is long, cut around what the question is about.

    One of the cut forms fills so much `room`, for a memory that may stand alone in it. A `late` one
    is behind the first hits, and answers no other.
    """
    item = hit.item
    days = days_said((item, *hit.alike), zone)
    memory = _Memory(item, hit.superseded, days, place_of(item.metadata, zone), bare)
    source = Source(item.text, sought)
    alone = room - counter(_line(memory, MARKS, MOST_NUMBERED, cite))
    sizes = SIZES if source.matched else SIZES[:UNMATCHED]
    if alone >= sizes[-1]:
        others = [size for size in sizes if not SHORTER * alone < size < alone / SHORTER]
        sizes = tuple(sorted([alone, *others], reverse=True))
    worth *= BEYOND if late and not source.matched else 1.0
    texts = [(source.text, worth, False)]
    for size in sizes:
        if size < SHORTER * count_tokens(texts[-1][0]):
            cut = source.passage(size)
            if len(cut.text) < SHORTER * len(texts[-1][0]):
                texts.append((cut.text, worth * _kept(cut, source), cut.broken))
    return [
        _MemoryForm(
            memory,
            text,
            counter(f"{_line(memory, text, MOST_NUMBERED, cite)}\n"),
            value,
            source.matched,
            broken,
        )
        for text, value, broken in texts
    ]


def _kept(cut: Passage, source: Source) -> float:
    """How much of a memory's worth a passage keeps."""
    if not source.matched:
        return KEPT / 2
    length = len(cut.text) / len(source.text)
    kept = KEPT * (1 - MATCH - LENGTH + MATCH * cut.share + LENGTH * length)
    return BROKEN * kept if cut.broken else kept


def _ordered(forms: Iterable[_MemoryForm]) -> list[_MemoryForm]:
    def place(form: _MemoryForm) -> tuple[str, int, int, str]:
        item = form.memory.item
        return form.memory.days[0], item.first_at_us, item.seq, item.id

    return sorted(forms, key=place)


def _render(forms: Sequence[_MemoryForm], cite: str) -> str:
    lines, before = [], ""
    for number, form in enumerate(forms, 1):
        lines.append(_line(form.memory, form.text, number, cite, before))
        before = form.memory.days[-1]
    return "\n".join(lines)


def _line(memory: _Memory, text: str, number: int, cite: str, before: str = "") -> str:
    """`[2024-05-01 · 1] name: text`, with the days between which it holds where they are others.

    The day is left out after one of the same day `before`. A name is one line, and a line of a text
    that reads like the beginning of a memory is moved in, so that neither can pass for another.
    """
    text = _LABEL.sub(" ", text)
    label = {"id": memory.item.id, "number": str(number), "none": ""}[cite]
    if memory.bare:
        return f"[{label}] {text}" if label else text
    said = "" if label and memory.days == (before,) else _listed(memory.days)
    inside = " · ".join(
        part for part in (", ".join(filter(None, (said, *_holds(memory)))), label) if part
    )
    who = " ".join((memory.item.name or memory.item.role or "").split())
    return f"[{inside}] {f'{who}: ' if who else ''}{text}"


def _holds(memory: _Memory) -> Iterator[str]:
    """Since when it holds, until when, or that it does no more."""
    item = memory.item
    began = day_of(item.first_at_us, memory.place)
    if (
        item.valid_from_us is not None
        and (start := day_of(item.valid_from_us, memory.place)) > began
    ):
        yield f"from {start}"
    if item.valid_to_us is not None:
        yield f"until {day_of(item.valid_to_us, memory.place)}"
    elif memory.superseded:
        yield "past"


def _listed(days: Sequence[str]) -> str:
    if len(days) <= MOST_DAYS:
        return ", ".join(days)
    first, last = days[: MOST_DAYS // 2], days[-MOST_DAYS // 2 :]
    return f"{', '.join(first)} … {', '.join(last)}, {len(days)} days"
