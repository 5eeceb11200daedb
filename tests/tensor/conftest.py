"""Small models trained once, on disk, for all tests that need one that can do something."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def finder() -> tuple[Any, Any]:
    """A model that finds needles in contexts of 48, and its task; seed 0, about 9 s of training."""
    from combray.tensor.learn import tiny

    task = tiny.Needles(keys=8, values=8, filler=16, length=48, shortest=24, needles=4, questions=4)
    return tiny.trained(tiny.Recipe(task=task, steps=300)), task


@pytest.fixture(scope="session")
def counter() -> tuple[Any, Any]:
    """A model that says which symbol came most among 48, and its task; about 5 s of training."""
    from combray.tensor.learn import tiny

    task = tiny.Runs(length=48, shortest=24)
    return tiny.trained(tiny.Recipe(task=task, steps=200)), task
