"""What a set of rows looks like as a collection: sizes and lengths for keyword scores.

n rows of the view, N of them in the collection
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recollect.core.items import RAW_KINDS
from recollect.store.view import Mask, View

Lengths = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Lengths, in terms, of every row alone, in its windows and of its conversation; shape (n,)."""

    inside: Mask
    turn: Lengths
    before: Lengths
    around: Lengths
    session: Lengths
    heads: Mask

    @property
    def size(self) -> int:
        """N, the number of rows in the collection."""
        return int(self.inside.sum())


def corpus_of(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Corpus:
    """The collection of the live rows of some kinds, of one creator or all."""
    inside = members(view, kinds, created_by)
    turn = view.length.values.astype(np.float32) * inside
    chains = view.chains
    previous = chains.shifted(turn, chains.before)
    head = chains.head.values
    session = np.bincount(head, weights=turn, minlength=len(turn)).astype(np.float32)
    heads = np.zeros(len(turn), np.bool_)
    heads[head[inside]] = True
    return Corpus(
        inside=inside,
        turn=turn,
        before=previous + 2 * turn,
        around=previous + turn + chains.shifted(turn, chains.after),
        session=session,
        heads=heads,
    )


def members(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Mask:
    """The live rows of some kinds, of one creator or all; without kinds the user's own words."""
    wanted = [view.kinds.find(kind) for kind in kinds or RAW_KINDS]
    inside: Mask = view.alive.values & np.isin(view.kind.values, wanted)
    if created_by is not None:
        inside &= view.creator.values == view.creators.find(created_by)
    return inside
