"""The walk: it conserves mass and is what linear algebra says it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.recall.graph.pagerank import walk_on


def graph(seed: int, size: int = 9, edges: int = 14) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random undirected edges with weights; some nodes stay alone."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, size, (2, edges))
    return a[a != b], b[a != b], rng.uniform(0.1, 2, int((a != b).sum()))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), damping=st.floats(0, 0.95))
def test_mass_sums_to_one_and_solves_the_linear_system(seed: int, damping: float) -> None:
    """The stationary mass is the closed form (I - d(P + r·stuckᵀ))⁻¹ (1 - d) r."""
    size = 9
    a, b, weight = graph(seed)
    walk = walk_on(size, a, b, weight)
    reset = np.random.default_rng(seed + 1).uniform(0, 1, size)
    mass = walk.pagerank(reset, damping=damping, steps=2000, tolerance=1e-13)
    r = reset / reset.sum()
    step = np.zeros((size, size))
    np.add.at(step, (walk.to, walk.at), walk.share)
    step += np.outer(r, walk.stuck)
    exact = np.linalg.solve(np.eye(size) - damping * step, (1 - damping) * r)
    assert mass.sum() == pytest.approx(1)
    assert mass == pytest.approx(exact, abs=1e-9)


def test_without_damping_the_walk_stays_where_it_starts() -> None:
    """d = 0 gives the reset back."""
    walk = walk_on(9, *graph(3))
    reset = np.arange(9.0)
    assert walk.pagerank(reset, damping=0) == pytest.approx(reset / reset.sum())


def test_a_long_walk_forgets_its_start() -> None:
    """On a connected graph, mass nears the share of the degrees as d nears 1."""
    a, b = np.array([0, 1, 2, 0]), np.array([1, 2, 0, 3])
    walk = walk_on(4, a, b, np.ones(4))
    mass = walk.pagerank(np.array([0, 0, 0, 1.0]), damping=0.9999, steps=100_000, tolerance=1e-14)
    assert mass == pytest.approx(np.array([3, 2, 2, 1]) / 8, abs=1e-3)


def test_no_seed_no_mass() -> None:
    """An empty reset reaches nothing."""
    assert not walk_on(9, *graph(1)).pagerank(np.zeros(9)).any()
