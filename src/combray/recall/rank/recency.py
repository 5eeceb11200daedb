"""The newer of two statements that contradict each other ranks first; both stay.

    rows         the candidates, best first

A row is newer when its statement holds from later on, else was said later, else stored later.
Only the first candidates are read, and only short ones. A row that was superseded is never lifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from combray.index.groups import OPEN_START
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.updates import Asked, TimedText, is_statement, update

FIRST, MOST, TERMS = 12, 50, 24
"""How many candidates are read at least and at most, and how many terms a statement has."""


@dataclass(frozen=True, slots=True)
class Update:
    """Row `new` says anew what row `old` said, and `why`, in words."""

    old: int
    new: int
    why: str


def find_updates(
    context: QueryContext, rows: Sequence[int], candidates: Sequence[int]
) -> list[Update]:
    """Which of `rows` are updated, by each other or one of the first `candidates`.

    The updates of a row come together, the newest first.
    """
    read = _statements(context, [*dict.fromkeys([*rows[:MOST], *candidates[:FIRST]])])
    if len(read) < 2:
        return []
    asked, past = Asked.of(context.query.text), context.time.superseded.rows
    later = sorted((row for row in read if not past[row]), key=lambda row: read[row].at)[::-1]
    return [
        Update(old, new, why)
        for old in rows
        if old in read
        for new in later
        if read[old].at < read[new].at and (why := update(read[old], read[new], asked))
    ]


def newer_first(
    rows: Sequence[int], scores: Sequence[float], updates: Sequence[Update], limit: int
) -> tuple[list[int], list[float]]:
    """The first `limit` rows and scores, with each update lifted before what it updates.

    It takes the place and score of the best row that it updates; all others keep their order.
    """
    newer: dict[int, list[int]] = {}
    for each in updates:
        newer.setdefault(each.old, []).append(each.new)
    kept: dict[int, float] = {}
    seen: set[int] = set()

    def place(row: int, score: float) -> None:
        # Each row once: of fifty statements in a chain there are 2**50 ways to the last.
        if row in seen:
            return
        seen.add(row)
        for better in newer.get(row, ()):
            place(better, score)
        kept.setdefault(row, score)

    for row, score in zip(rows, scores, strict=True):
        place(row, score)
    return list(kept)[:limit], list(kept.values())[:limit]


def _statements(context: QueryContext, rows: Sequence[int]) -> dict[int, TimedText]:
    """The rows that are one statement each."""
    view, mine = context.view, np.asarray(rows, np.int64)
    mine = mine[view.rows.raw.values[mine] & (view.words.length.values[mine] <= TERMS)]
    if len(mine) < 2:
        return {}
    found = context.items([view.ids[row] for row in mine])
    by = view.who.speaker.values[mine]
    by = np.where(by == view.who.speaker.find("user"), -1, by)
    start, said = view.times.valid_from.values[mine], view.times.first_at.values[mine]
    columns = (
        mine,
        by,
        view.names.title.values[mine],
        np.where(start > OPEN_START, start, said),
        view.rows.seq.values[mine],
    )
    return {
        row: TimedText(text, at=(when, seq), by=(speaker, title))
        for row, speaker, title, when, seq in zip(*(c.tolist() for c in columns), strict=True)
        if view.ids[row] in found and is_statement(text := found[view.ids[row]].text)
    }
