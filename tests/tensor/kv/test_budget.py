"""How a budget is said: a number, a share, none at all, one for each layer."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from combray.core.errors import InputError
from combray.tensor.kv.attach import make_policy
from combray.tensor.kv.budget import Budget, resolve

pytestmark = pytest.mark.torch
WINDOW = make_policy("window", sinks=2)
FULL = make_policy("full")


@pytest.mark.parametrize("budget", [3, 1024, 0.5, 1.0, 1e-9])
def test_one_budget_is_for_every_layer(budget: Budget) -> None:
    """A number or a share holds for each layer alike."""
    assert resolve(budget, 3, WINDOW) == [budget] * 3


def test_a_sequence_gives_each_layer_its_own() -> None:
    """Numbers and shares may stand side by side, in the order of the layers."""
    assert resolve([3, 0.25, 9], 3, WINDOW) == [3, 0.25, 9]
    assert resolve((3, 4), 2, WINDOW) == [3, 4]


def test_what_keeps_everything_has_no_budget() -> None:
    """The full policy has None in each layer, and refuses a number or a share."""
    assert resolve(None, 2, FULL) == [None, None]
    for budget in (8, 0.5):
        with pytest.raises(InputError, match=f"Full keeps everything.*not {budget}"):
            resolve(budget, 2, FULL)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (None, "needs a budget"),
        (True, "needs a budget"),
        (0, "budget of 0 tokens is below the 3"),
        (2, "below the 3 that Window always keeps"),
        (-5, "below the 3"),
        (0.0, "in \\(0, 1\\], not 0.0"),
        (-0.1, "in \\(0, 1\\]"),
        (1.01, "not 1.01"),
        (float("inf"), "not inf"),
        (float("nan"), "not nan"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(budget: Budget, said: str) -> None:
    """Too few tokens for what is always kept, no share, or none: the message has the figure."""
    with pytest.raises(InputError, match=said):
        resolve(budget, 2, WINDOW)


def test_one_wrong_layer_among_many_is_refused() -> None:
    """Every layer's budget is checked, and their number is."""
    with pytest.raises(InputError, match="budget of 1 tokens"):
        resolve([3, 3, 1], 3, WINDOW)
    with pytest.raises(InputError, match="2 budgets were given for 3 layers"):
        resolve([3, 3], 3, WINDOW)
    with pytest.raises(InputError, match="0 budgets were given for 1 layers"):
        resolve([], 1, WINDOW)


def test_the_floor_is_the_policy_s_own() -> None:
    """With more sinks the least budget rises."""
    assert resolve(6, 1, make_policy("window", sinks=5)) == [6]
    with pytest.raises(InputError, match="below the 6"):
        resolve(5, 1, make_policy("window", sinks=5))
