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


def test_a_step_leads_along_the_edges_by_their_weight() -> None:
    """From a node to each neighbour with its share of the node's weight, both ways."""
    walk = walk_on(4, np.array([0, 0]), np.array([1, 2]), np.array([3.0, 1.0]))
    steps = dict(zip(zip(walk.at.tolist(), walk.to.tolist(), strict=True), walk.share, strict=True))
    assert steps == {(0, 1): 0.75, (0, 2): 0.25, (1, 0): 1.0, (2, 0): 1.0}
    assert walk.stuck.tolist() == [False, False, False, True]


def test_parallel_edges_are_one_edge_of_their_sum() -> None:
    """Twice the edge is the edge with twice the weight."""
    reset = np.array([0.2, 0.5, 0.3])
    twice = walk_on(3, np.array([0, 1, 0]), np.array([1, 2, 1]), np.ones(3))
    heavy = walk_on(3, np.array([0, 1]), np.array([1, 2]), np.array([2.0, 1.0]))
    assert twice.pagerank(reset) == pytest.approx(heavy.pagerank(reset))


def test_the_order_and_direction_of_edges_do_not_matter() -> None:
    """An undirected graph is the same whichever end of an edge is named first."""
    a, b, weight = graph(5)
    reset = np.arange(1.0, 10)
    mass = walk_on(9, a, b, weight).pagerank(reset)
    assert walk_on(9, b[::-1], a[::-1], weight[::-1]).pagerank(reset) == pytest.approx(mass)


def test_only_the_shares_of_a_reset_count() -> None:
    """A reset of any positive sum is scaled to one."""
    walk = walk_on(9, *graph(2))
    reset = np.arange(9.0)
    assert walk.pagerank(1000 * reset) == pytest.approx(walk.pagerank(reset))


def test_the_mass_of_a_lone_node_goes_back_to_the_reset() -> None:
    """Of a reset of a half it has a third, by x = (1 - d) r + d x r; alone seeded, it has all."""
    walk = walk_on(3, np.array([0]), np.array([1]), np.ones(1))
    assert walk.pagerank(np.array([0, 0, 1.0])).tolist() == pytest.approx([0, 0, 1])
    shared = walk.pagerank(np.array([1.0, 0, 1.0]))
    assert shared[2] == pytest.approx(1 / 3)
    assert shared[0] > shared[1] > 0
    assert shared.sum() == pytest.approx(1)


def test_it_walks_no_more_steps_than_it_may() -> None:
    """After one step the mass is (1 - d) r + d P r; a coarse tolerance ends the walk sooner."""
    walk = walk_on(3, np.array([0, 1]), np.array([1, 2]), np.ones(2))
    start = np.array([1.0, 0, 0])
    assert walk.pagerank(start, steps=0).tolist() == [1, 0, 0]
    assert walk.pagerank(start, steps=1, damping=0.25).tolist() == [0.75, 0.25, 0]
    assert walk.pagerank(start, tolerance=9, damping=0.25).tolist() == [0.75, 0.25, 0]
    assert walk.pagerank(start).tolist() != walk.pagerank(start, steps=3).tolist()


def test_half_of_the_mass_walks_on() -> None:
    """The damping is one half when none is given."""
    walk = walk_on(9, *graph(4))
    reset = np.arange(1.0, 10)
    assert walk.pagerank(reset).tolist() == walk.pagerank(reset, damping=0.5).tolist()


def test_a_graph_of_one_node_or_none() -> None:
    """One node has everything; no node has nothing."""
    nothing = np.zeros(0, np.intp)
    assert walk_on(1, nothing, nothing, np.zeros(0)).pagerank(np.ones(1)).tolist() == [1]
    assert walk_on(0, nothing, nothing, np.zeros(0)).pagerank(np.zeros(0)).tolist() == []


def test_edges_without_weight_lead_nowhere() -> None:
    """An edge of weight 0 leaves its ends stuck, and no mass is lost over it."""
    walk = walk_on(2, np.array([0]), np.array([1]), np.zeros(1))
    assert walk.stuck.tolist() == [True, True]
    assert walk.pagerank(np.array([3.0, 1.0])).tolist() == pytest.approx([0.75, 0.25])
