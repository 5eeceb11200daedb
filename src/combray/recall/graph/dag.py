"""Directed graphs without circles: what depends on what.

needs       name → the names that it depends on
ancestors   all that something depends on, directly or through others
dependents  all that depends on it
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping

Needs = Mapping[str, Collection[str]]


def circle_with(needs: Needs, name: str, wanted: Iterable[str]) -> list[str]:
    """Return the circle that new dependencies of a name would close, from it back to it.

    Empty when they close none.
    """
    for first in wanted:
        path = path_between(needs, first, name)
        if path:
            return [name, *path]
    return []


def path_between(needs: Needs, start: str, end: str) -> list[str]:
    """Return a shortest path along dependencies, both ends included; empty when there is none."""
    came: dict[str, str | None] = {start: None}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        if name == end:
            return _walked(came, name)
        for other in needs.get(name, ()):
            if other not in came:
                came[other] = name
                queue.append(other)
    return []


def _walked(came: Mapping[str, str | None], end: str) -> list[str]:
    path, at = [end], came[end]
    while at is not None:
        path.append(at)
        at = came[at]
    return path[::-1]


def distances(needs: Needs, name: str) -> dict[str, int]:
    """Return all that something depends on with the fewest steps to it; itself is at 0."""
    far = {name: 0}
    queue = deque([name])
    while queue:
        at = queue.popleft()
        for other in needs.get(at, ()):
            if other not in far:
                far[other] = far[at] + 1
                queue.append(other)
    return far


def turned(needs: Needs) -> dict[str, list[str]]:
    """Return the graph the other way round: what depends on each name."""
    found: dict[str, list[str]] = {name: [] for name in needs}
    for name, others in needs.items():
        for other in others:
            found.setdefault(other, []).append(name)
    return found


def in_order(needs: Needs) -> list[str]:
    """Return the names so that each comes after all it depends on, else in the order given.

    Names in a circle, or after one, are left out.
    """
    left = {name: sum(other in needs for other in set(others)) for name, others in needs.items()}
    after = turned({name: set(others) for name, others in needs.items()})
    done: list[str] = []
    queue = deque(name for name, count in left.items() if not count)
    while queue:
        name = queue.popleft()
        done.append(name)
        for other in after[name]:
            left[other] -= 1
            if not left[other]:
                queue.append(other)
    return done
