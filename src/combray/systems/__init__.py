"""Published systems: one paper, one file, in the folder of its tier.

find("mem0")          the class of a system or baseline of any tier
names("text")         what can be found, of one tier or of all

torch is imported only when a class is asked for that needs it.
"""

from __future__ import annotations

from typing import Any

from combray.core.catalogue import registry, row

__all__ = ["find", "names"]


def find(name: str) -> Any:
    """The class of a system or baseline; of a bench the function that makes its questions.

    UnknownName suggests the nearest names; Unsupported says that a system is only planned.
    """
    return row(name).load()


def names(tier: str | None = None) -> list[str]:
    """What `find` finds, of one tier or of all: the baselines first."""
    return [r.name for r in registry().values() if r.class_ and tier in (None, r.tier)]
