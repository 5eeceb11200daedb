"""Spans: the dates of a text as moments, read where and when it is asked or said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

from combray.core.dates.lexicon import DAILY, DAILY_SIGNS
from combray.core.dates.periods import BEGIN, END, Clock, Period
from combray.core.dates.phrases import find_phrases
from combray.core.dates.relations import find_relations
from combray.core.dates.tokens import letters, tokens
from combray.core.dates.zones import place_of, to_moment, to_wall, zone_of
from combray.core.time import DAY, LAST

_ANCHORS = frozenset("MYDSWIRVKsHQhjkemgypqo")
"""Classes of tokens without which there is no date."""
_WORD, _WRITTEN = re.compile(r"[^\W\d_]+"), re.compile(r"\d[-/.]\d|(?<!\d)(?:19|20)\d{6}(?!\d)")
FEW = 3
"""The most days of a date in what is told by which it is about other days than that it is said."""


class Span(NamedTuple):
    """From a moment up to another, in microseconds UTC.

    `named` says that it is a span of the calendar, such as 5 March, and not one counted from now.
    """

    start: int
    end: int
    named: bool = False


def find_spans(
    text: str, asked_at: int, zone: tzinfo = UTC, *, day_first: bool | None = None
) -> tuple[Span, ...]:
    """The spans that a question speaks of: those of the calendar first, each once."""
    clock = Clock(to_wall(asked_at, zone), day_first=day_first, zone=zone)
    found = sorted(_periods(text, clock), key=lambda period: not period.named)
    spans: dict[tuple[int, int], Span] = {}
    for period in found:
        spans.setdefault(period[:2], _span(period, zone))
    return tuple(span for span in spans.values() if span.start < span.end)


def told_of(text: str, said_at: int, metadata: Mapping[str, Any]) -> Span | None:
    """The days that somebody speaks of, where they are named by the day; None for none."""
    if not _names_days(text):
        return None
    zone = zone_of(place_of(metadata))
    clock = Clock(to_wall(said_at, zone), nearest=True, zone=zone)
    near = [p for p in _periods(text, clock) if p.end - p.start <= FEW * DAY]
    if not near:
        return None
    relative = [p for p in near if not p.named]
    chosen = relative or near
    start, end = min(p.start for p in chosen), max(p.end for p in chosen)
    if end - start > FEW * DAY:
        return None
    return _span(Period(start, end, not relative), zone)


def _names_days(text: str) -> bool:
    """Whether a text may name days: a quick look, since most texts do not and all are indexed."""
    if not DAILY.isdisjoint(_WORD.findall(text.lower())) or _WRITTEN.search(text):
        return True
    return not text.isascii() and not DAILY_SIGNS.isdisjoint(text)


def _periods(text: str, clock: Clock) -> list[Period]:
    """The periods of a text on the clock of whoever reads it."""
    found = tokens(text)
    if _ANCHORS.isdisjoint(letters(found)):
        return []
    return list(find_relations(find_phrases(found, clock), clock))


def _span(period: Period, zone: tzinfo) -> Span:
    return Span(_moment(period.start, zone), _moment(period.end, zone), period.named)


def _moment(wall: int, zone: tzinfo) -> int:
    """The moment of an end; an open one is open in every zone."""
    return min(wall, LAST) if wall in (BEGIN, END) else to_moment(wall, zone)
