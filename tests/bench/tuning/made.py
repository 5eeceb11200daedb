"""Samples in which one signal is right, made without a memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from combray.bench.tuning.samples import Sample
from combray.recall.rank.features import DOMAINS, NAMES

CANDIDATES = 8


def sample(number: int, *, best: str = "dense", right: int | None = None, **changes: Any) -> Sample:
    """A question of eight candidates; the signal `best` is highest for the right one.

    All other signals are noise, drawn from the question's number.
    """
    rng = np.random.default_rng(number)
    values = rng.random((CANDIDATES, len(NAMES))).astype(np.float32)
    place = int(rng.integers(CANDIDATES)) if right is None else right
    values[:, NAMES.index(best)] = rng.random(CANDIDATES) / 2
    values[place, NAMES.index(best)] = 1.0
    units = np.arange(1, CANDIDATES + 1)
    units[place] = 0
    base: dict[str, Any] = {
        "set": "made",
        "id": f"q{number}",
        "history": f"h{number % 6}",
        "kind": "one",
        "split": "dev" if number % 2 else "test",
        "values": values,
        "domain": np.full(CANDIDATES, DOMAINS.index("notes")),
        "units": {"turn": units, "session": units},
        "gold": {"turn": 1, "session": 1},
    }
    return Sample(**base | changes)


def samples(count: int, **more: Any) -> list[Sample]:
    """So many questions."""
    return [sample(number, **more) for number in range(count)]
