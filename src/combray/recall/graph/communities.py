"""Communities by label propagation, which ends and does not depend on the order of the edges.

Nodes are visited in the order of their names, one after another, and a node takes another label
only when that has strictly more weight around it, or as much and comes before its own in the
alphabet. So (weight inside communities, labels) only grows, and the loop ends. Propagating all
nodes at once instead, two nodes joined by one heavy edge would swap their labels for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

Weights = Mapping[str, Mapping[str, float]]
"""Node → neighbour → weight, both ways."""


def communities(weights: Weights) -> list[list[str]]:
    """The communities of a weighted graph, each sorted, in the order of their first members.

    Label propagation (Raghavan et al., 2007), asynchronous, from a label for each node.
    """
    label = {node: node for node in sorted(weights)}
    changed = True
    while changed:
        changed = False
        for node, current in label.items():
            around: Counter[str] = Counter()
            for other, weight in weights[node].items():
                if other != node:
                    around[label[other]] += weight  # type: ignore[assignment]
            if around:
                best = min(around, key=lambda name: (-around[name], name))
                if (-around[best], best) < (-around[current], current):
                    label[node], changed = best, True
    groups: dict[str, list[str]] = {}
    for node, name in label.items():
        groups.setdefault(name, []).append(node)
    return sorted(groups.values())


def grouped(rows: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[list[str], list[int]]]:
    """Communities of at least two nodes from (row, nodes it joins), each with the rows inside it.

    Two nodes weigh as much as there are rows that join them.
    """
    weights: dict[str, Counter[str]] = {}
    for _row, nodes in rows:
        for one, other in combinations(sorted(nodes), 2):
            weights.setdefault(one, Counter())[other] += 1
            weights.setdefault(other, Counter())[one] += 1
    groups = [group for group in communities(weights) if len(group) > 1]
    home = {node: number for number, group in enumerate(groups) for node in group}
    inside: list[list[int]] = [[] for _ in groups]
    for row, nodes in rows:
        homes = {home.get(node) for node in nodes}
        if len(homes) == 1 and (number := homes.pop()) is not None:
            inside[number].append(row)
    return [(group, mine) for group, mine in zip(groups, inside, strict=True) if mine]
