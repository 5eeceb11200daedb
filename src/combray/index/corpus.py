"""The statistics of a collection of rows that keyword scores need: sizes and lengths.

n rows of the view, N of them in the collection
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Mask
from combray.core.items import RAW_KINDS
from combray.index.view import View

K1, B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class Corpus:
    """The rows of a collection, and the length norm of each text of theirs: K = k1 (1 - b + b L).

    L is the length over the mean, of the row alone, in its windows, and of its conversation; (n,).
    `inside` (n,), `size` N of them; `chained` is False when no row has a neighbour; `sessions` is
    the number of conversations.
    """

    inside: Mask
    size: int
    turn: FloatArray
    before: FloatArray
    around: FloatArray
    session: FloatArray
    sessions: int
    chained: bool


def corpus_of(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Corpus:
    """Return the collection of the live rows of some kinds, of one creator or all."""
    return view.compute_once(
        ("corpus", kinds, created_by), lambda: corpus_over(view, members(view, kinds, created_by))
    )


def corpus_over(view: View, inside: Mask) -> Corpus:
    """Compute the statistics of some rows as a collection."""
    size = int(inside.sum())
    turn = view.words.length.values.astype(np.float32) * inside
    talk = view.conversations
    previous = talk.shifted(turn, talk.before)
    head = talk.head.values
    session = np.bincount(head, weights=turn, minlength=len(turn)).astype(np.float32)
    heads = np.zeros(len(turn), np.bool_)
    heads[head[inside]] = True
    sessions = int(heads.sum())
    return Corpus(
        inside=inside,
        size=size,
        turn=_norm(turn, size),
        before=_norm(previous + 2 * turn, size),
        around=_norm(previous + turn + talk.shifted(turn, talk.after), size),
        session=_norm(session, sessions),
        sessions=sessions,
        chained=bool((talk.before.values >= 0).any()),
    )


def _norm(lengths: NDArray[np.float32], size: int) -> FloatArray:
    mean = max(float(lengths.sum()) / max(size, 1), 1e-6)
    norm: FloatArray = np.float32(K1 * (1 - B)) + np.float32(K1 * B / mean) * lengths
    return norm


def members(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Mask:
    """Return the live rows of some kinds, of one creator or all; by default the user's words."""
    live: Mask = view.rows.alive.values & rows_of(view, kinds, created_by)
    return live


def rows_of(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Mask:
    """Return the rows of some kinds, of one creator or all, live or not."""
    wanted = [view.rows.kind.find(kind) for kind in kinds or RAW_KINDS]
    inside: Mask = np.isin(view.rows.kind.values, wanted)
    if created_by is not None:
        inside &= view.who.creator.values == view.who.creator.find(created_by)
    return inside
