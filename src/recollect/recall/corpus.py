"""What a set of rows looks like as a collection: sizes and lengths for keyword scores.

n rows of the view, N of them in the collection
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recollect.core.items import RAW_KINDS
from recollect.store.chains import Chains
from recollect.store.view import Mask, View

Lengths = NDArray[np.float32]


@dataclass(frozen=True)
class Corpus:
    """A set of rows of a view, and lengths in terms; every array has shape (n,).

    Each is computed at its first use and kept as long as the view does not change.
    """

    inside: Mask
    length: NDArray[np.int32]
    chains: Chains

    @cached_property
    def size(self) -> int:
        """N, the number of rows in the collection."""
        return int(self.inside.sum())

    @cached_property
    def turn(self) -> Lengths:
        """The length of every row alone."""
        return self.length.astype(np.float32) * self.inside

    @cached_property
    def previous(self) -> Lengths:
        """The length of the row before."""
        return self.chains.shifted(self.turn, self.chains.before)

    @cached_property
    def before(self) -> Lengths:
        """The row twice and the one before it once."""
        return self.previous + 2 * self.turn

    @cached_property
    def around(self) -> Lengths:
        """The row with its two neighbours."""
        return self.previous + self.turn + self.chains.shifted(self.turn, self.chains.after)

    @cached_property
    def session(self) -> Lengths:
        """The conversation of the row, counted at its first row."""
        head, turn = self.chains.head.values, self.turn
        return np.bincount(head, weights=turn, minlength=len(turn)).astype(np.float32)

    @cached_property
    def heads(self) -> Mask:
        """The first rows of conversations."""
        heads = np.zeros(len(self.inside), np.bool_)
        heads[self.chains.head.values[self.inside]] = True
        return heads


def corpus_of(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Corpus:
    """The collection of the live rows of some kinds, of one creator or all."""

    def make() -> Corpus:
        return Corpus(members(view, kinds, created_by), view.length.values, view.chains)

    return view.kept(("corpus", kinds, created_by), make)


def members(
    view: View, kinds: tuple[str, ...] | None = None, created_by: str | None = None
) -> Mask:
    """The live rows of some kinds, of one creator or all; without kinds the user's own words."""
    wanted = [view.kinds.find(kind) for kind in kinds or RAW_KINDS]
    inside: Mask = view.alive.values & np.isin(view.kind.values, wanted)
    if created_by is not None:
        inside &= view.creator.values == view.creators.find(created_by)
    return inside
