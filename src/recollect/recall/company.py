"""Company: what a candidate has in common with the best candidates.

    c candidates, d width, b best candidates

What is right is often like, or names, what already stands at the top.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recollect.core.ports import FloatArray
from recollect.recall.ask import Ask
from recollect.recall.fuse import Rows
from recollect.recall.walk import mentioned

BEST, FIRST = 10, 5
COMPANY = ("near_best", "near_max", "density", "names_best")
Columns = list[NDArray[np.float32]]


def company_signals(ask: Ask, rows: Rows, best: Rows) -> Columns:
    """Likeness to the five best by their ranks, to the nearest other of ten, and to all, and
    whether a candidate names what one of the best is about.
    """
    vectors = _vectors(ask, rows)
    place = {row: i for i, row in enumerate(rows.tolist())}
    tops = [place[row] for row in best[:BEST].tolist() if row in place]
    if not tops:
        return [np.zeros(len(rows), np.float32) for _ in COMPANY]
    # One row at a time: a product of so few numbers costs more when it is shared by threads.
    near = np.stack([np.vecdot(vectors, vectors[top]) for top in tops], axis=1)
    first = near[:, :FIRST] @ (1 / np.arange(1, len(tops[:FIRST]) + 1, dtype=np.float32))
    near[tops, range(len(tops))] = 0
    density = (np.vecdot(vectors, vectors.sum(axis=0)) - 1) / max(len(rows) - 1, 1)
    named = _names_best(ask, rows, rows[tops])
    return [first, near.max(axis=1), density, named]


def _vectors(ask: Ask, rows: Rows) -> FloatArray:
    if ask.view.vectors is None or not len(ask.view.vectors):
        return np.zeros((len(rows), len(ask.told)), np.float32)
    vectors: FloatArray = ask.view.vectors.values[rows]
    return vectors


def _names_best(ask: Ask, rows: Rows, tops: Rows) -> NDArray[np.float32]:
    """1 / rank of the best row whose title a candidate mentions without being about it; (c,)."""
    titles = ask.view.title.values
    worth = np.zeros(len(ask.view.names.names), np.float32)
    for rank, title in reversed(list(enumerate(titles[tops].tolist(), start=1))):
        if title >= 0:
            worth[title] = 1 / rank
    reached = np.zeros(len(rows), np.float32)
    if worth.any():
        at, codes = mentioned(ask.view, rows)
        other = codes != titles[rows][at]
        np.maximum.at(reached, at[other], worth[codes[other]])
    return reached
