"""Rows whose statements were superseded, and the rows that took their place.

    n rows; a fact row has a topic (its subject and relation) and cites raw rows

A raw row is past when facts rest on it, and none of them, nor the row itself, holds at the moment
asked about. The row that holds the current value of the same topic must never rank below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from combray.core.arrays import Mask
from combray.index.view import View


@dataclass(frozen=True, slots=True)
class Superseded:
    """Superseded `rows` and raw rows that a fact which holds rests on, `held`, both (n,).

    `current` gives, for a row, those in its place.
    """

    rows: Mask
    held: Mask
    current: Callable[[int], list[int]]


def find_superseded(
    view: View, valid: Mask, known: Mask, moment: int, successors: Callable[[int], list[int]]
) -> Superseded:
    """What stands, from the rows valid at a moment and the rows known then, both (n,).

    `successors` gives the rows that a person put in the place of one.
    """
    started = view.times.valid_from.values <= moment
    past = known & started & ~valid
    held = np.zeros(len(view), np.bool_)
    fact, source = view.graph.citing.values, view.graph.cited.values
    about = view.rows.topic.values[fact] >= 0
    about &= known[fact] & started[fact]
    fact, source = fact[about], source[about]
    stands = valid[fact]
    resting = np.zeros(len(view), np.bool_)
    resting[source] = True
    held[source[stands]] = True
    past[resting] = ~held[resting]

    def current(row: int) -> list[int]:
        topics = np.unique(view.rows.topic.values[fact[source == row]])
        if not len(topics):
            return successors(row)
        same = stands & np.isin(view.rows.topic.values[fact], topics)
        return sorted(set(source[same].tolist()) - {row})

    return Superseded(past, held, current)


def reorder(
    rows: Sequence[int], scores: Sequence[float], found: Superseded, allowed: Mask, limit: int
) -> tuple[list[int], list[float]]:
    """The first `limit` rows and scores, with what is current lifted before what is past.

    rows and scores are those of all candidates, in order. A row that holds the current value takes
    the place and the score of the best past row of its topic; all others keep their order.
    """
    place = {row: i for i, row in enumerate(rows)}
    kept: dict[int, float] = {}
    for row, score in zip(rows, scores, strict=True):
        if len(kept) >= limit:
            break
        if found.rows[row]:
            better = [r for r in found.current(row) if allowed[r] and not found.rows[r]]
            if better and not any(r in kept for r in better):
                kept[min(better, key=lambda r: (place.get(r, len(rows)), -r))] = score
        kept.setdefault(row, score)
    return list(kept)[:limit], list(kept.values())[:limit]
