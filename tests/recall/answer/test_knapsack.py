"""The knapsack is exact, keeps its budget, and always ends."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from combray.recall.answer.knapsack import Option, choose, choose_first


def drawn(rng: np.random.Generator, groups: int) -> list[list[Option]]:
    """Groups of up to three options with costs 0…20 and values of either sign."""
    return [
        [(int(rng.integers(0, 21)), float(rng.normal(1, 1))) for _ in range(rng.integers(0, 4))]
        for _ in range(groups)
    ]


def worth(groups: list[list[Option]], chosen: tuple[int | None, ...] | list[int | None]) -> float:
    """Σ value of a choice."""
    return sum(group[o][1] for group, o in zip(groups, chosen, strict=True) if o is not None)


def cost(groups: list[list[Option]], chosen: tuple[int | None, ...] | list[int | None]) -> int:
    """Σ cost of a choice."""
    return sum(group[o][0] for group, o in zip(groups, chosen, strict=True) if o is not None)


def exhaustive(groups: list[list[Option]], budget: int) -> float:
    """The best value by trying everything."""
    every = product(*([None, *range(len(group))] for group in groups))
    return max(worth(groups, c) for c in every if cost(groups, c) <= budget)


@pytest.mark.parametrize("seed", range(30))
def test_it_equals_trying_everything(seed: int) -> None:
    """The choice is worth exactly the best of all choices that fit."""
    rng = np.random.default_rng(seed)
    groups = drawn(rng, int(rng.integers(1, 7)))
    budget = int(rng.integers(0, 60))
    assert worth(groups, choose(groups, budget)) == pytest.approx(exhaustive(groups, budget))


def test_zero_one_equals_trying_everything_for_twelve() -> None:
    """With one option each it is the 0/1 knapsack."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        groups = [[(int(rng.integers(1, 30)), float(rng.random()))] for _ in range(12)]
        assert worth(groups, choose(groups, 80)) == pytest.approx(exhaustive(groups, 80))


def test_the_budget_is_kept_and_no_greedy_choice_is_better() -> None:
    """Over 500 random cases the cost is within the budget and the value at least the greedy one."""
    rng = np.random.default_rng(2)
    for _ in range(500):
        groups = drawn(rng, int(rng.integers(0, 15)))
        budget = int(rng.integers(-2, 100))
        chosen = choose(groups, budget)
        assert cost(groups, chosen) <= max(budget, 0)
        greedy, left = 0.0, budget
        for group in groups:
            fits = [option for option in group if option[0] <= left and option[1] > 0]
            if fits:
                price, value = max(fits, key=lambda option: option[1])
                greedy, left = greedy + value, left - price
        assert worth(groups, chosen) >= greedy - 1e-9


def test_what_is_worth_nothing_is_left_out() -> None:
    """An option without value is never taken, even when there is room."""
    assert choose([[(0, 0.0)], [(1, -1.0)], [(2, 1.0), (5, 1.0)]], 100) == [None, None, 0]


@pytest.mark.parametrize("seed", range(30))
def test_the_first_groups_are_worth_the_most_that_no_gap_allows(seed: int) -> None:
    """No group is left out before one that is taken, unless it is optional; and it is the best."""
    rng = np.random.default_rng(seed)
    groups = [[(c, abs(v) + 0.01) for c, v in group] for group in drawn(rng, 6)]
    optional = {int(rng.integers(6))}
    budget = int(rng.integers(0, 60))

    def gapless(choice: tuple[int | None, ...] | list[int | None]) -> bool:
        taken = [o is not None for j, o in enumerate(choice) if j not in optional]
        return taken == sorted(taken, reverse=True)

    chosen = choose_first(groups, budget, optional)
    every = product(*([None, *range(len(group))] for group in groups))
    best = max(worth(groups, c) for c in every if cost(groups, c) <= budget and gapless(c))
    if all(groups):
        assert gapless(chosen)
        assert worth(groups, chosen) == pytest.approx(best)
    assert cost(groups, chosen) <= budget


def test_a_group_that_fits_in_no_form_ends_the_choice() -> None:
    """What comes behind it is not taken in its place, though it would fit."""
    assert choose_first([[(2, 1.0)], [(9, 1.0)], [(1, 1.0)]], 5) == [0, None, None]
    assert choose_first([[(2, 1.0)], [(9, 1.0)], [(1, 1.0)]], 5, {1}) == [0, None, 0]
    assert choose_first([[(2, 1.0)], [(9, 1.0), (2, 0.1)], [(1, 1.0)]], 5) == [0, 1, 0]
