"""Forgetting as Ebbinghaus (1885) measured it, slowed by every recall.

    R(t, S) = exp(-t / S)      t days since it was last recalled (or said), S its strength

R(0) = 1; it falls in t, rises in S, and halves in S · ln 2 days. Zhong et al., 2024, MemoryBank:
a recall adds 1 to S and sets t to 0. Their code computes exp(-t S / 5), where what is recalled
often fades faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from combray.core.changes import Patch
from combray.core.items import Item
from combray.core.time import DAY


def retention(age: ArrayLike, strength: ArrayLike, days: float = 1.0) -> NDArray[np.float64]:
    """R of memories of an age in microseconds; one unit of strength lasts so many `days`.

    What is not yet past counts as just now. age and strength (n,) -> (n,).
    """
    t = np.maximum(np.asarray(age, np.float64), 0) / DAY
    kept: NDArray[np.float64] = np.exp(-t / (days * np.asarray(strength, np.float64)))
    return kept


def reinforced(item: Item, at: int) -> Patch:
    """The patch by which a recall at a moment strengthens an item; earlier recalls stay in effect.

    The user's own words may be patched so: it changes no word and hides nothing.
    """
    last = item.first_at_us if item.last_recalled_us is None else item.last_recalled_us
    when = max(at, last)
    fields = {"strength": item.strength + 1, "last_recalled": when}
    return Patch(id=item.id, fields=fields, op="recall", why="recalled")
