"""What of a task a slot needs to know, by spreading along parents and dependencies.

    a_0(slot) = 1        a(other) = max over paths of Π w(edge)

A path goes from the slot to its parents and to what it depends on; w is PARENT or NEED.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from combray.recall.task.slots import Slot, Slots

PARENT, NEED = 0.6, 0.8
"""How much of what a slot matters its parent matters, and what it depends on."""


def activation(slots: Slots, id_: str) -> Mapping[str, float]:
    """Return how much each reached slot matters to one, which matters 1 to itself."""
    reached: dict[str, float] = {}
    queue = [(-1.0, id_)]
    while queue:
        minus, at = heapq.heappop(queue)
        if at in reached:
            continue
        reached[at] = -minus
        for other, share in _edges(slots[at]):
            if other not in reached:
                heapq.heappush(queue, (minus * share, other))
    return reached


def _edges(slot: Slot) -> Iterator[tuple[str, float]]:
    if slot.parent is not None:
        yield slot.parent, PARENT
    for other in slot.after:
        yield other, NEED
