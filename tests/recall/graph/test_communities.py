"""Communities: every node is where most of its weight is, whatever the order of the edges."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from combray.recall.graph.communities import communities, grouped

Edges = list[tuple[str, str, float]]


def weighted(edges: Edges) -> dict[str, dict[str, float]]:
    """The weights of a graph both ways, from its edges; those that are parallel add up."""
    weights: dict[str, dict[str, float]] = {}
    for one, other, weight in edges:
        for a, b in ((one, other), (other, one)):
            weights.setdefault(a, {})[b] = weights.get(a, {}).get(b, 0) + weight
    return weights


def clique(names: str, weight: float = 1.0) -> Edges:
    """Every pair of some letters."""
    return [(a, b, weight) for i, a in enumerate(names) for b in names[:i]]


some_edges = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.integers(1, 4)),
    max_size=20,
).map(lambda edges: [(a, b, float(w)) for a, b, w in edges if a != b])


def test_two_cliques_and_a_lighter_bridge_are_two_communities() -> None:
    """The bridge joins nothing: each end has more weight at home."""
    found = communities(weighted([*clique("abcd"), *clique("wxyz"), ("d", "w", 0.5)]))
    assert found == [list("abcd"), list("wxyz")]


def test_a_bridge_as_heavy_as_any_edge_carries_the_first_label_over() -> None:
    """While every label still stands alone, each weighs the same and the alphabet decides."""
    found = communities(weighted([*clique("abcd"), *clique("wxyz"), ("d", "w", 1.0)]))
    assert found == [list("abcdwxyz")]


def test_a_node_goes_where_its_weight_is() -> None:
    """One heavy edge outweighs two light ones."""
    edges = [*clique("ab", 5), *clique("xy", 5), ("n", "a", 1.0), ("n", "b", 1.0), ("n", "x", 3.0)]
    assert communities(weighted(edges)) == [["a", "b"], ["n", "x", "y"]]


def test_two_nodes_do_not_swap_for_ever() -> None:
    """Joined by one edge they take one label, and the loop ends."""
    assert communities(weighted([("a", "b", 9.0)])) == [["a", "b"]]


def test_of_equal_labels_the_first_in_the_alphabet_is_taken() -> None:
    """A node between two communities of the same weight joins the one that is named first."""
    edges = [*clique("ab", 5), *clique("xy", 5), ("n", "a", 2.0), ("n", "x", 2.0)]
    assert communities(weighted(edges)) == [["a", "b", "n"], ["x", "y"]]


def test_no_graph_has_no_communities_and_lone_nodes_are_their_own() -> None:
    """A node without edges, or with an edge to itself alone, stays where it is."""
    assert communities({}) == []
    assert communities({"b": {}, "a": {"a": 3.0}}) == [["a"], ["b"]]


def test_a_loop_does_not_hold_a_node_back() -> None:
    """An edge to itself is no weight of a neighbour."""
    assert communities({"b": {"b": 9.0, "a": 1.0}, "a": {"b": 1.0}}) == [["a", "b"]]


@settings(max_examples=60, deadline=None)
@given(edges=some_edges, seed=st.integers(0, 99))
def test_communities_do_not_depend_on_the_order_of_edges(edges: Edges, seed: int) -> None:
    """Any order in which edges and nodes came gives the same groups."""
    shuffled = edges[:]
    random.Random(seed).shuffle(shuffled)
    turned = [(b, a, w) for a, b, w in shuffled]
    assert communities(weighted(edges)) == communities(weighted(turned))


@settings(max_examples=60, deadline=None)
@given(edges=some_edges)
def test_every_node_stands_once_and_where_most_of_its_weight_is(edges: Edges) -> None:
    """No other community has more weight around a node than its own has."""
    weights = weighted(edges)
    found = communities(weights)
    assert sorted(node for group in found for node in group) == sorted(weights)
    assert found == sorted(sorted(group) for group in found)
    for group in found:
        for node in group:
            around = [sum(weights[node].get(other, 0) for other in each) for each in found]
            own = sum(weights[node].get(other, 0) for other in group)
            assert own == max(around)


def test_rows_are_grouped_by_the_nodes_they_join() -> None:
    """Two communities, each with the rows that lie wholly inside it; the bridge is in neither."""
    pairs = ["ab", "bc", "ac", "ab", "xy", "yz", "xz", "xy", "cx"]
    assert grouped([(row, list(pair)) for row, pair in enumerate(pairs, start=7)]) == [
        (["a", "b", "c"], [7, 8, 9, 10]),
        (["x", "y", "z"], [11, 12, 13, 14]),
    ]


def test_two_nodes_weigh_as_much_as_rows_join_them() -> None:
    """Said twice, the edge to x is heavier than that to a, so b goes with x."""
    pairs = [(1, "ab"), (2, "bx"), (3, "xb"), (4, "ac"), (5, "ca")]
    found = grouped([(row, list(nodes)) for row, nodes in pairs])
    assert found == [(["a", "c"], [4, 5]), (["b", "x"], [2, 3])]


def test_a_row_of_several_nodes_joins_each_to_each() -> None:
    """Three names in one row are one community with that row inside."""
    assert grouped([(1, ["c", "a", "b"])]) == [(["a", "b", "c"], [1])]


def test_rows_that_join_nothing_make_no_community() -> None:
    """A row of one node, or of none, is in none, nor inside one that it only touches."""
    assert grouped([]) == []
    assert grouped([(1, ["a"]), (2, [])]) == []
    assert grouped([(1, ["a", "b"]), (2, [])]) == [(["a", "b"], [1])]
    assert grouped([(1, ["a", "b"]), (2, ["a"])]) == [(["a", "b"], [1, 2])]


def test_names_of_any_script_are_nodes() -> None:
    """Nodes are compared as they are written."""
    assert grouped([(1, ["Ångström", "анна"]), (2, ["猫", "анна"])]) == [
        (["Ångström", "анна", "猫"], [1, 2])
    ]
