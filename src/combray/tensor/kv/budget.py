"""How many entries a layer may hold: said as a number, as a share, or not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from combray.core.errors import InputError
from combray.tensor.kv.policy import KVPolicy

Budget = int | float | None
"""Entries a layer may hold: a number, a share of the tokens seen, or None for all of them."""


def resolve(budget: Budget | Sequence[Budget], layers: int, policy: KVPolicy) -> list[Budget]:
    """One budget for each layer, checked."""
    budgets = list(budget) if isinstance(budget, Sequence) else [budget] * layers
    if len(budgets) != layers:
        raise InputError(f"{len(budgets)} budgets were given for {layers} layers.")
    for each in budgets:
        _check(each, policy)
    return budgets


def _check(budget: Budget, policy: KVPolicy) -> None:
    name, needs = type(policy).__name__, policy.needs
    if not needs.bounded:
        if budget is not None:
            raise InputError(f"{name} keeps everything: leave the budget out, not {budget}.")
        return
    if isinstance(budget, bool) or budget is None:
        raise InputError(
            f"{name} needs a budget: a number of tokens such as 1024, or a share such as 0.5."
        )
    if isinstance(budget, float) and not 0 < budget <= 1:
        raise InputError(f"A budget given as a share must be in (0, 1], not {budget}.")
    if isinstance(budget, int) and budget < needs.floor:
        raise InputError(
            f"A budget of {budget} tokens is below the {needs.floor} that {name} always keeps "
            "(its sinks, its recent tokens and one more). Raise the budget or lower those."
        )
    if isinstance(budget, float) and math.isnan(budget):
        raise InputError("A budget cannot be NaN.")
