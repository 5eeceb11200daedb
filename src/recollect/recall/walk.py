"""The walk: from what the question names, over names that memories share, to what is connected.

    n rows and m names of the neighbourhood, W (n m) how much a row is about a name

    x ← (1 - d) x₀ + d W D_m⁻¹ y        y ← (1 - d) y₀ + d Wᵀ D_n⁻¹ x

Personalised PageRank on the two-sided graph of rows and names (Gutiérrez et al., 2024, HippoRAG),
on the neighbourhood of the best candidates only, so that its cost does not grow with the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recollect.core.entities import entities, normal_name
from recollect.recall.ask import Ask
from recollect.recall.fuse import Rows
from recollect.store.view import View

Mass = NDArray[np.float64]
DAMPING, STEPS = 0.5, 15
SEEDS = 10
COMMON, USUAL = 200, 50
ABOUT = 2.0
LONGEST = 6


@dataclass(frozen=True)
class Neighbourhood:
    """Rows (n,) and the edges to their names: `at` (edges,) rows, `to` names, `weight`."""

    rows: Rows
    names: Mapping[int, int]
    at: NDArray[np.int64]
    to: NDArray[np.int64]
    weight: Mass

    def pagerank(self, row_seeds: Mass, name_seeds: Mapping[int, float]) -> Mass:
        """The mass of every row, for seeds on rows (n,) and on names by code; sums to at most 1."""
        x0, y0 = row_seeds.astype(np.float64), np.zeros(len(self.names))
        for code, seed in name_seeds.items():
            if code in self.names:
                y0[self.names[code]] += seed
        total = x0.sum() + y0.sum()
        if total <= 0:
            return np.zeros(len(self.rows))
        x0, y0 = x0 / total, y0 / total
        of_rows = np.maximum(np.bincount(self.at, self.weight, len(x0)), 1e-9)
        of_names = np.maximum(np.bincount(self.to, self.weight, len(y0)), 1e-9)
        x, y = x0, y0
        for _ in range(STEPS):
            down = np.bincount(self.at, self.weight * (y / of_names)[self.to], len(x0))
            up = np.bincount(self.to, self.weight * (x / of_rows)[self.at], len(y0))
            x, y = (1 - DAMPING) * x0 + DAMPING * down, (1 - DAMPING) * y0 + DAMPING * up
        mass: Mass = x
        return mass


def asked_names(ask: Ask) -> dict[int, float]:
    """The known names in the question, each weighted by how few rows mention it."""
    view = ask.view
    found = {view.names.find(name) for name in (*entities(ask.query.text), *_phrases(ask))}
    seeds = {}
    for code in found:
        rows = view.mentions.get(code, ())
        if rows:
            seeds[code] = 1 / len(rows)
    return seeds


def neighbourhood(ask: Ask, best: Rows, asked: Iterable[int]) -> Neighbourhood:
    """The best rows, those that mention what is asked, and those that share names with the best."""
    view, allowed = ask.view, ask.allowed
    rows: dict[int, None] = dict.fromkeys(best.tolist())
    for code in asked:
        if len(view.mentions[code]) <= COMMON:
            rows.update(dict.fromkeys(view.mentions[code]))
    for row in best[:SEEDS].tolist():
        for code in view.named[row]:
            if len(view.mentions[code]) <= USUAL:
                rows.update(dict.fromkeys(view.mentions[code]))
    return _edges(view, np.array([row for row in rows if allowed[row]], np.int64))


def bridges(view: View, hood: Neighbourhood, best: Rows) -> Mass:
    """1 / rank of the best row that mentions what a row is about; (n,)."""
    reached = np.zeros(len(hood.rows))
    titles = view.title.values[hood.rows]
    for rank, row in enumerate(best[:SEEDS].tolist(), start=1):
        codes = [code for code in view.named[row] if code != view.title.values[row]]
        reached = np.maximum(reached, np.isin(titles, codes) / rank)
    return reached


def _phrases(ask: Ask) -> Iterable[str]:
    """Every run of up to six words of the question that some item is about."""
    view = ask.view
    words = normal_name(ask.query.text).split()
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            phrase = normal_name(" ".join(words[start:end]))
            code = view.names.find(phrase)
            if len(phrase) > 3 and code >= 0 and view.about(code):
                yield phrase


def _edges(view: View, rows: Rows) -> Neighbourhood:
    names: dict[int, int] = {}
    at: list[int] = []
    to: list[int] = []
    weight: list[float] = []
    titles = view.title.values[rows].tolist()
    for place, (row, title) in enumerate(zip(rows.tolist(), titles, strict=True)):
        for code in view.named[row]:
            at.append(place)
            to.append(names.setdefault(code, len(names)))
            weight.append(ABOUT if code == title else 1.0)
    return Neighbourhood(
        rows, names, np.array(at, np.int64), np.array(to, np.int64), np.array(weight)
    )
