"""recollect: the memory system for AI agents and for the models inside them.

from recollect import Memory

with Memory("memory.db") as memory:
    memory.add("I moved to Paris last week.", user_id="u1")
    print(memory.search("Where do I live?", user_id="u1")[0].text)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recollect.core.errors import (
        BudgetExceeded,
        EmbedderMismatch,
        FilterError,
        InputError,
        MissingExtra,
        ModelError,
        NotADatabase,
        NotFound,
        RecollectError,
        RejectedChange,
        StoreBusy,
        StoreError,
        StoreReadOnly,
        UnknownName,
        Unsupported,
    )
    from recollect.core.items import Context, Event, Hit, Item, Link, Scope
    from recollect.memory import AsyncMemory, Memory

__version__ = "0.1.0"

_HOME = {
    "AsyncMemory": "recollect.memory",
    "Memory": "recollect.memory",
    **dict.fromkeys(("Context", "Event", "Hit", "Item", "Link", "Scope"), "recollect.core.items"),
    **dict.fromkeys(
        (
            "BudgetExceeded",
            "EmbedderMismatch",
            "FilterError",
            "InputError",
            "MissingExtra",
            "ModelError",
            "NotADatabase",
            "NotFound",
            "RecollectError",
            "RejectedChange",
            "StoreBusy",
            "StoreError",
            "StoreReadOnly",
            "UnknownName",
            "Unsupported",
        ),
        "recollect.core.errors",
    ),
}

__all__ = [
    "AsyncMemory",
    "BudgetExceeded",
    "Context",
    "EmbedderMismatch",
    "Event",
    "FilterError",
    "Hit",
    "InputError",
    "Item",
    "Link",
    "Memory",
    "MissingExtra",
    "ModelError",
    "NotADatabase",
    "NotFound",
    "RecollectError",
    "RejectedChange",
    "Scope",
    "StoreBusy",
    "StoreError",
    "StoreReadOnly",
    "UnknownName",
    "Unsupported",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that the import itself stays light."""
    if name not in _HOME:
        raise AttributeError(f"module 'recollect' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
