"""The forgetting curve is the published one, and not its inverse."""

from __future__ import annotations

import numpy as np
import pytest

from combray.core.items import Item
from combray.core.time import DAY
from combray.write.derive.forgetting import reinforced, retention


def test_the_curve() -> None:
    """It starts at 1, falls with time, rises with strength, and halves in S ln 2 days."""
    assert retention(0, 1) == 1
    assert retention(-DAY, 1) == 1, "what is still to come is not forgotten"
    ages = np.linspace(0, 30, 50) * DAY
    assert (np.diff(retention(ages, 3)) < 0).all()
    assert (np.diff(retention(5 * DAY, np.arange(1, 20))) > 0).all()
    for strength in (1, 2, 7.5):
        assert retention(strength * np.log(2) * DAY, strength) == pytest.approx(0.5)


def test_it_is_the_papers_formula_and_not_its_codes() -> None:
    """At three days the strong are kept better: .050, .223, .549 for S = 1, 2, 5."""
    assert retention(3 * DAY, [1, 2, 5]) == pytest.approx([0.0498, 0.2231, 0.5488], abs=1e-4)


def test_survivors_lie_within_binomial_bounds() -> None:
    """Of 4,000 memories that each survive with chance R, about R · 4,000 do."""
    rng = np.random.default_rng(0)
    for age, strength in ((1, 1), (2, 3), (10, 5)):
        r = float(retention(age * DAY, strength))
        kept = (rng.random(4000) < r).sum()
        assert abs(kept - 4000 * r) < 4 * np.sqrt(4000 * r * (1 - r))


def test_a_recall_strengthens_and_starts_the_clock_again() -> None:
    """Strength grows by one; the later of two recalls counts."""
    patch = reinforced(Item(id="a", text="x", strength=2.0, last_recalled_us=50), 20)
    assert patch.fields == {"strength": 3.0, "last_recalled": 50}
    assert reinforced(Item(id="a", text="x"), 20).fields == {"strength": 2.0, "last_recalled": 20}


def test_a_recall_in_1970_is_a_recall() -> None:
    """A last recall at 0 microseconds counts as one, and so does a moment before."""
    said = Item(id="a", text="x", first_at_us=-100, last_recalled_us=0)
    assert reinforced(said, -50).fields["last_recalled"] == 0
    assert reinforced(Item(id="a", text="x", first_at_us=-100), -50).fields["last_recalled"] == -50
