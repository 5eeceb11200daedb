"""Cues: what a question says about who, when and what kind of answer it wants.

Rules only; who and what kind in English, when in the languages of `core.dates`. Dates become ranges
that are scored softly, so a wrong guess cannot lose the answer. Every pattern here takes time that
grows with the question and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import pairwise

from combray.core.dates.spans import Span, find_spans
from combray.core.items import ROLES
from combray.core.text import sentences, words

ASIDE = 0.25
"""What is left of a date for each sentence that it stands away from the nearest that asks."""
_ASKS = re.compile(r"[?？؟]['\"”’」』)\]]*+\s*+$")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WHEN = re.compile(r"^\s*+(?:when|what (?:day|date|year|month|time)|how long)\b", re.I)
_YOU = re.compile(r"\byour?\b", re.I)
_SAYING = re.compile(
    r"\b(?:said|told|mention|suggest|recommend|gave|provid|list|describ|explain|wrote|generat|share|"
    r"creat|previous|earlier|last time)",
    re.I,
)
_OUR_TALK = re.compile(
    r"\bremind me\b|"
    r"\b(?:our|previous|last|earlier)\s+(?:\w+\s+)?(?:chat|conversation|discussion)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What the question says. `dates` are spans of time, most certain first.

    `date_weights` says of each how far it is what is asked about, and not told by the way: 0 … 1.
    `first_person` is the question as the speakers it names would put it: "When did Ann move?"
    becomes "When did I move?", which is nearer to what Ann said.
    """

    speakers: frozenset[str]
    first_person: str
    name_words: frozenset[str]
    dates: tuple[Span, ...]
    date_weights: tuple[float, ...]
    asks_when: bool
    asks_assistant: bool


def find_cues(
    text: str,
    *,
    asked_at: int,
    speakers: Sequence[str],
    zone: tzinfo = UTC,
    day_first: bool | None = None,
) -> Cues:
    """The cues of a question that is put at a moment (microseconds) in a zone.

    Its days are days of the zone; `day_first` is how 3/5 is read, either way when it is None.
    """
    lowered = [word.lower().removesuffix("'s").removesuffix("’s") for word in words(text)]
    said = set(lowered) | {first + second for first, second in pairwise(lowered)}
    dates = find_spans(text, asked_at, zone, day_first=day_first)
    named = frozenset(s for s in speakers if s not in ROLES and said & _name_words(s))
    name_words = frozenset(word for s in named for word in _name_words(s))
    return Cues(
        speakers=named,
        first_person=_first_person(text, name_words),
        name_words=name_words,
        dates=dates,
        date_weights=_date_weights(
            text, dates, lambda part: find_spans(part, asked_at, zone, day_first=day_first)
        ),
        asks_when=bool(_WHEN.match(text)),
        asks_assistant=_asks_assistant(text),
    )


def _date_weights(
    text: str, dates: Sequence[Span], read: Callable[[str], Sequence[Span]]
) -> tuple[float, ...]:
    """How far each date is asked about: all of it where it stands in a sentence that asks.

    Who tells of today's weather and more before asking for a number does not ask for what was said
    today; a single sentence leads to what is asked.
    """
    parts = [part for _, part in sentences(text)] if dates else []
    asking = [n for n, part in enumerate(parts) if _ASKS.search(part)]
    if not asking or len(parts) - len(asking) < 2:
        return (1.0,) * len(dates)
    weights: dict[tuple[int, int], float] = {}
    for n, part in enumerate(parts):
        apart = min(abs(n - other) for other in asking)
        for span in read(part):
            weights[span[:2]] = max(weights.get(span[:2], 0.0), ASIDE**apart)
    return tuple(weights.get(span[:2], 1.0) for span in dates)


def _first_person(text: str, name_words: frozenset[str]) -> str:
    """The question in the first person of whoever it names; runs of names become one word."""
    if not name_words:
        return text
    name = "|".join(re.escape(word) for word in sorted(name_words, key=len, reverse=True))
    # One pattern for both, so that a run of names is read once.
    run = rf"\b(?:{name})(?:\s+(?:{name}))*\b(['’]s\b)?"
    return re.sub(run, lambda found: "my" if found[1] else "I", text, flags=re.I)


def _asks_assistant(text: str) -> bool:
    """Whether it asks for what the assistant said: `you` before a word of saying, or our talk."""
    if _OUR_TALK.search(text):
        return True
    for line in text.split("\n"):
        you = _YOU.search(line)
        if you and _SAYING.search(line, you.end()):
            return True
    return False


def _name_words(speaker: str) -> set[str]:
    """The words that name a speaker: the first, the last, or all of them as one."""
    parts = [part.lower() for part in words(_CAMEL.sub(" ", speaker)) if len(part) > 1]
    return {*parts[:1], *parts[-1:], "".join(parts)}
