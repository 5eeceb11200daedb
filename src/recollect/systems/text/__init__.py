"""Text memories: one file for each published system, chosen by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from recollect.core.errors import UnknownName
from recollect.core.ports import TextSystem
from recollect.recall.workbench import Workbench

SYSTEMS = {
    "evidence": "evidence:Evidence",
    "bm25": "baselines:BM25",
    "dense": "baselines:Dense",
    "hybrid": "baselines:Hybrid",
    "convex": "baselines:Convex",
    "hipporag": "hipporag:HippoRAG",
    "hipporag2": "hipporag:HippoRAG2",
    "mem0": "mem0:Mem0",
    "zep": "zep:Zep",
    "tim": "tim:TiM",
    "rmm": "rmm:RMM",
    "memorybank": "memorybank:MemoryBank",
    "scm": "scm:SCM",
    "memorag": "memorag:MemoRAG",
    "second_me": "second_me:SecondMe",
    "a_mem": "a_mem:AMem",
}
"""Name → module and class, in this package."""


def make(name: str, bench: Workbench, **options: Any) -> TextSystem:
    """The text memory of that name over a workbench.

    UnknownName suggests the nearest name of a memory, or of an option that it takes.
    """
    known = options_of(name)
    for option in options:
        if option not in known:
            raise UnknownName(f"option of {name}", option, known or ["none"])
    system: TextSystem = _class_of(name)(bench, **options)
    return system


def options_of(name: str) -> list[str]:
    """The options that a text memory takes."""
    return list(inspect.signature(_class_of(name)).parameters)[1:]


def _class_of(name: str) -> Callable[..., TextSystem]:
    if name not in SYSTEMS:
        raise UnknownName("text memory", name, SYSTEMS)
    module, _, attribute = SYSTEMS[name].partition(":")
    found: Callable[..., TextSystem] = getattr(import_module(f"{__name__}.{module}"), attribute)
    return found
