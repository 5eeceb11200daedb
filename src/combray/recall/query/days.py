"""Days: which memories are of the days that a question asks for, and how near the others are.

    n rows, c candidates

A memory is of the day when it was said, where it was said, and of the day that it names. One that
names another day, as by `yesterday`, is less of the day when it was said. A span of the calendar,
such as 5 March, is compared with the clock of whoever spoke; one that is counted from the question
is a span of moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Mask, RowScores
from combray.core.dates.spans import Span
from combray.core.dates.zones import to_wall
from combray.core.time import DAY, LAST
from combray.index.groups import NEVER
from combray.recall.query.time import TimeFrame

FADING = 10 * DAY
"""The distance over which nearness falls to 1/e."""
OUTSIDE = 0.5
"""The nearness of what is just outside: so that a day named outweighs a few words less."""
ELSEWHEN = 0.8
"""What is left of the day when something was said, where it tells of another day, as yesterday."""
Places = NDArray[np.integer[Any]]
Moments = NDArray[np.int64]


def inside(time: TimeFrame, span: Span, rows: Places | slice = slice(None)) -> Mask:
    """Which rows were said in a span or are about it; (n,) or (c,)."""
    said, about = _apart(time, span, rows)
    found: Mask = (said == 0) | (about == 0)
    return found


def nearness(
    time: TimeFrame, spans: Sequence[Span], rows: Places, weights: Sequence[float]
) -> RowScores:
    """1 in one of the spans, OUTSIDE next to it and falling to 0 over days; 0 without; (c,).

    As far as the weight of each span, which says how far it is asked about.
    """
    near = np.zeros(len(rows), np.float32)
    elsewhen = time.view.times.elsewhen.values[rows]
    for span, weight in zip(spans, weights, strict=True):
        said, about = map(_faded, _apart(time, span, rows))
        here = np.maximum(np.where(elsewhen, ELSEWHEN * said, said), about)
        near = np.maximum(near, np.float32(weight) * here)
    return near


def _faded(apart: Moments) -> RowScores:
    """The nearness of what is so far from a span; (c,)."""
    near: RowScores = np.where(apart == 0, 1, OUTSIDE * np.exp(-apart / FADING)).astype(np.float32)
    return near


def _apart(time: TimeFrame, span: Span, rows: Places | slice) -> tuple[Moments, Moments]:
    """How far from a span rows were said, and how far the days are that they name; (c,) each."""
    times = time.view.times
    ahead = _ahead(time, span, rows)
    said = times.first_at.values[rows] + ahead
    start, end = times.about_from.values[rows] + ahead, times.about_to.values[rows] + ahead
    middle = (start + end) // 2
    beside = np.maximum(np.maximum(span.start - middle, middle - span.end), 1)
    about = np.where((start < span.end) & (span.start < end), 0, beside)
    return (
        np.maximum(np.maximum(span.start - said, said - span.end + 1), 0),
        np.where(times.about_from.values[rows] == NEVER, LAST, about),
    )


def _ahead(time: TimeFrame, span: Span, rows: Places | slice) -> Moments:
    """How much further ahead than the asker's the clock was where a row was said; (c,)."""
    offset = time.view.times.offset.values[rows]
    if not span.named:
        return np.zeros(len(offset), np.int64)
    mine = to_wall(span.start, time.zone_info) - span.start
    ahead: Moments = np.where(offset == NEVER, 0, offset - mine)
    return ahead
