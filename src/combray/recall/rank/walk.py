"""The walk: from what the question names, over names that memories share, to what is connected.

    n rows and m names of the neighbourhood, W (n m) how much a row is about a name

    x ← (1 - d) x₀ + d W D_m⁻¹ y        y ← (1 - d) y₀ + d Wᵀ D_n⁻¹ x

Personalised PageRank on the two-sided graph of rows and names (Gutiérrez et al., 2024, HippoRAG),
on the neighbourhood of the best candidates only, so that its cost does not grow with the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Rows, Weights
from combray.index.view import View
from combray.recall.graph.pagerank import Walk, walk_on
from combray.recall.query.query_context import QueryContext

DAMPING, STEPS = 0.5, 15
"""d, and how often mass goes from rows to names and back."""
SEEDS = 10
"""The best candidates whose names are followed."""
COMMON, USUAL = 200, 50
"""A name on more rows leads nowhere: one that the question names, and one of a seed."""
ABOUT = 2.0
"""The weight of an edge from a row to the name in its title, all others being 1."""


@dataclass(frozen=True)
class Neighbourhood:
    """Rows (n,) and the edges to their names: `at` (edges,) rows, `to` names, `weight`."""

    rows: Rows
    names: Mapping[int, int]
    at: NDArray[np.int64]
    to: NDArray[np.int64]
    weight: Weights

    def pagerank(self, row_seeds: Weights, name_seeds: Mapping[int, float]) -> Weights:
        """The mass of every row, for seeds on rows (n,) and on names by code; sums to at most 1."""
        size = len(self.rows)
        reset = np.concatenate([row_seeds.astype(np.float64), np.zeros(len(self.names))])
        for code, seed in name_seeds.items():
            if code in self.names:
                reset[size + self.names[code]] += seed
        if not len(self.at):
            return reset / max(float(reset.sum()), 1e-12)
        return self._walk.pagerank(reset, damping=DAMPING, steps=STEPS)[:size]

    @cached_property
    def _walk(self) -> Walk:
        size = len(self.rows)
        return walk_on(size + len(self.names), self.at, size + self.to, self.weight)


def neighbourhood(context: QueryContext, best: Rows, asked: Iterable[int]) -> Neighbourhood:
    """The best rows, those that mention what is asked, and those that share names with the best."""
    view, allowed = context.view, context.allowed
    rows: dict[int, None] = dict.fromkeys(best.tolist())
    for code in asked:
        if len(view.names.mentions[code]) <= COMMON:
            rows.update(dict.fromkeys(view.names.mentions[code]))
    for row in best[:SEEDS].tolist():
        for code in view.names.named[row]:
            if len(view.names.mentions[code]) <= USUAL:
                rows.update(dict.fromkeys(view.names.mentions[code]))
    found = np.array(list(rows), np.int64)
    return _edges(view, found[allowed[found]])


def bridges(view: View, hood: Neighbourhood, best: Rows) -> Weights:
    """1 / rank of the best row that mentions what a row is about; (n,)."""
    reached: dict[int, float] = {}
    for rank, row in enumerate(best[:SEEDS].tolist(), start=1):
        for code in view.names.named[row]:
            if code != view.names.title.values[row]:
                reached.setdefault(code, 1 / rank)
    titles = view.names.title.values[hood.rows].tolist()
    return np.array([reached.get(title, 0.0) for title in titles])


def mentioned(view: View, rows: Rows) -> tuple[Rows, Rows]:
    """Every mention of a name in some rows (c,): the place of its row, and its code."""
    named = [view.names.named[row] for row in rows.tolist()]
    at = np.repeat(np.arange(len(rows)), [len(codes) for codes in named])
    return at, np.fromiter(chain.from_iterable(named), np.int64, len(at))


def _edges(view: View, rows: Rows) -> Neighbourhood:
    at, codes = mentioned(view, rows)
    known, to = np.unique(codes, return_inverse=True)
    weight = np.where(codes == view.names.title.values[rows][at], ABOUT, 1.0)
    names = dict(zip(known.tolist(), range(len(known)), strict=True))
    return Neighbourhood(rows, names, at, to, weight)
