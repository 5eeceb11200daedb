"""Text memories: one file for each published system, chosen by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from combray.core.errors import UnknownName
from combray.core.ports import TextSystem
from combray.recall.runtime.runtime import Runtime

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

System = str | Callable[..., TextSystem]
"""A name, or a class of one's own that is made from a runtime and options."""


def make(system: System, runtime: Runtime, **options: Any) -> TextSystem:
    """The text memory of that name or class over a runtime.

    UnknownName suggests the nearest name of a memory, or of an option that it takes.
    """
    known = options_of(system)
    for option in options:
        if option not in known:
            name = getattr(system, "__name__", system)
            raise UnknownName(f"option of {name}", option, known or ["none"])
    made: TextSystem = _class_of(system)(runtime, **options)
    return made


def options_of(system: System) -> list[str]:
    """The options that a text memory takes."""
    return list(inspect.signature(_class_of(system)).parameters)[1:]


def _class_of(name: System) -> Callable[..., TextSystem]:
    if callable(name):
        return name
    if name not in SYSTEMS:
        raise UnknownName("text memory", name, SYSTEMS)
    module, _, attribute = SYSTEMS[name].partition(":")
    found: Callable[..., TextSystem] = getattr(import_module(f"{__name__}.{module}"), attribute)
    return found
