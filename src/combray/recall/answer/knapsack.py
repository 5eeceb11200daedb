"""What fits a budget best: each memory in one of its forms, raw or short, or left out; exact.

    g groups (memories), each with options (cost, value); at most one option of a group is taken

    best(j, b) = max(best(j - 1, b), max over options o of best(j - 1, b - cost(o)) + value(o))

The 0/1 knapsack is the case of one option for each group. `choose_first` takes groups in their
order and leaves none out before one that it takes:

    best(j, b) = max over options o of best(j - 1, b - cost(o)) + value(o), the best j wins
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

Option = tuple[int, float]
"""(cost, value): a whole cost ≥ 0, and what taking it is worth; only a positive value is taken."""


def choose(groups: Sequence[Sequence[Option]], budget: int) -> list[int | None]:
    """The option of each group that maximises Σ value at Σ cost ≤ budget; None leaves a group out.

    Exact, in O(options · budget) time. Among equal values the dearer one of a group is left.
    """
    at_once = [_dearest(group) for group in groups]
    if sum(groups[j][o][0] for j, o in enumerate(at_once) if o is not None) <= budget:
        return at_once
    best = np.zeros(max(budget, 0) + 1)
    taken = np.full((len(groups), len(best)), -1, np.int16)
    for j, group in enumerate(groups):
        new = best.copy()
        for o, (cost, value) in enumerate(group):
            if cost < len(best):
                with_it = best[: len(best) - cost] + value
                better = with_it > new[cost:]
                new[cost:][better] = with_it[better]
                taken[j, cost:][better] = o
        best = new
    return _trace(groups, taken, len(best) - 1)


def choose_first(
    groups: Sequence[Sequence[Option]], budget: int, optional: Collection[int] = ()
) -> list[int | None]:
    """The options of the first groups that maximise Σ value at Σ cost ≤ budget; None for the rest.

    A group is left out only behind all that are taken, or when it is `optional`. Exact, in
    O(options · budget) time.
    """
    at_once = [_dearest(group) for group in groups]
    if sum(groups[j][o][0] for j, o in enumerate(at_once) if o is not None) <= budget:
        return at_once
    # What may be left out comes first, so that the end is one of a beginning of all others.
    order = sorted(range(len(groups)), key=lambda j: (j not in optional, j))
    best = np.zeros(max(budget, 0) + 1)
    taken = np.full((len(groups), len(best)), -1, np.int16)
    ends = [0.0]
    for place, j in enumerate(order):
        new = best.copy() if j in optional else np.full(len(best), -np.inf)
        for o, (cost, value) in enumerate(groups[j]):
            if cost < len(best) and value > 0:
                with_it = best[: len(best) - cost] + value
                better = with_it > new[cost:]
                new[cost:][better] = with_it[better]
                taken[place, cost:][better] = o
        best = new
        ends.append(float(best[-1]))
    last = int(np.argmax(ends))
    traced = _trace([groups[j] for j in order[:last]], taken, len(best) - 1)
    found = dict(zip(order, traced, strict=False))
    return [found.get(j) for j in range(len(groups))]


def _dearest(group: Sequence[Option]) -> int | None:
    """The option worth most, the cheaper of equals; None when nothing is worth taking."""
    worth = [o for o, (_, value) in enumerate(group) if value > 0]
    return max(worth, key=lambda o: (group[o][1], -group[o][0], -o)) if worth else None


def _trace(groups: Sequence[Sequence[Option]], taken: np.ndarray, left: int) -> list[int | None]:
    """Walk back from the full budget: what was taken of each group on the way to the best."""
    chosen: list[int | None] = [None] * len(groups)
    for j in range(len(groups) - 1, -1, -1):
        o = int(taken[j, left])
        if o >= 0:
            chosen[j] = o
            left -= groups[j][o][0]
    return chosen
