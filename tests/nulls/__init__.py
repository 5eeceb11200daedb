"""The nulls of every system: each clause under **Kept**, what switches it off, which tests fail."""

from tests.nulls import caches, facts, offload, reflection, retrieval, tasks
from tests.nulls.base import VARIABLE, Null, numbered

_ROOMS = (facts, reflection, retrieval, tasks, caches, offload)
NULLS: dict[str, Null] = numbered([null for room in _ROOMS for null in room.NULLS])
SYSTEMS = tuple(system for room in _ROOMS for system in room.SYSTEMS)

__all__ = ["NULLS", "SYSTEMS", "VARIABLE", "Null"]
