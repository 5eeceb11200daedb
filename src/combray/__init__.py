"""combray: the memory system for AI agents and for the models inside them.

from combray import Memory

with Memory("memory.db") as memory:
    memory.add("I moved to Paris last week.", user_id="u1")
    print(memory.search("Where do I live?", user_id="u1")[0].text)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from combray.core.errors import (
        BudgetExceeded,
        CombrayError,
        EmbedderMismatch,
        FilterError,
        InputError,
        MissingExtra,
        ModelError,
        NotADatabase,
        NotFound,
        RejectedChange,
        StaleChange,
        StoreBusy,
        StoreError,
        StoreReadOnly,
        UnknownName,
        Unsupported,
    )
    from combray.core.items import Context, Event, Hit, Item, Link, Scope
    from combray.memory import (
        AsyncMemory,
        AsyncTaskMemory,
        AsyncUserMemory,
        Memory,
        SearchOptions,
        TaskMemory,
        UserMemory,
    )

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(
        (
            "AsyncMemory",
            "AsyncTaskMemory",
            "AsyncUserMemory",
            "Memory",
            "SearchOptions",
            "TaskMemory",
            "UserMemory",
        ),
        "combray.memory",
    ),
    **dict.fromkeys(("Context", "Event", "Hit", "Item", "Link", "Scope"), "combray.core.items"),
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
            "CombrayError",
            "RejectedChange",
            "StaleChange",
            "StoreBusy",
            "StoreError",
            "StoreReadOnly",
            "UnknownName",
            "Unsupported",
        ),
        "combray.core.errors",
    ),
}

__all__ = [
    "AsyncMemory",
    "AsyncTaskMemory",
    "AsyncUserMemory",
    "BudgetExceeded",
    "CombrayError",
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
    "RejectedChange",
    "Scope",
    "SearchOptions",
    "StaleChange",
    "StoreBusy",
    "StoreError",
    "StoreReadOnly",
    "TaskMemory",
    "UnknownName",
    "Unsupported",
    "UserMemory",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that the import itself stays light."""
    if name not in _HOME:
        raise AttributeError(f"module 'combray' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
