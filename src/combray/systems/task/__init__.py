"""Task memories: one file for each published system, over one log."""

from __future__ import annotations

from typing import Any

from combray.core.catalogue import row
from combray.core.errors import InputError, UnknownName
from combray.systems import names

TIER, SLOTS = "task", "slots"


def slots_class(name: str) -> Any:
    """The class of a system that keeps a task in slots; UnknownName suggests the nearest."""
    known = [each for each in names(TIER) if row(each).kind == SLOTS]
    if not isinstance(name, str):
        raise InputError(f"system must be one of {', '.join(known)}, not {name!r:.40}.")
    if name not in known:
        raise UnknownName("task memory", name, known)
    return row(name).load()
