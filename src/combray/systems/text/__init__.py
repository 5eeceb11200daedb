"""Text memories: one file for each published system, made by name over a runtime."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from combray.core.errors import InputError, UnknownName, quoted
from combray.core.ports import TextSystem
from combray.recall.runtime.runtime import Runtime
from combray.systems import find, names

TIER = "text"

System = str | Callable[..., TextSystem]
"""A name, or a class of one's own that is made from a runtime and options."""


def make(system: System, runtime: Runtime, **options: Any) -> TextSystem:
    """The text memory of that name or class over a runtime.

    UnknownName suggests the nearest name of a memory, or of an option that it takes. Raises
    InputError for a class that makes no text memory.
    """
    known = options_of(system)
    for option in options:
        if option not in known:
            name = getattr(system, "__name__", system)
            raise UnknownName(f"option of {name}", option, known or ["none"])
    made: TextSystem = _class_of(system)(runtime, **options)
    for method in ("write", "recall"):
        if not callable(getattr(made, method, None)):
            raise _no_system(system, f"a {type(made).__name__} has no method {quoted(method)}")
    return made


def options_of(system: System) -> list[str]:
    """The options that a text memory takes; InputError for what takes no runtime."""
    try:
        parameters = list(inspect.signature(_class_of(system)).parameters)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        parameters = []
    if not parameters:
        raise _no_system(system, "it takes no runtime")
    return parameters[1:]


def _no_system(system: System, why: str) -> InputError:
    name = getattr(system, "__name__", system)
    return InputError(
        f"{name} is no text memory: {why}. One is made from a runtime and has "
        "write(experience) and recall(query)."
    )


def _class_of(name: System) -> Callable[..., TextSystem]:
    if callable(name):
        return name
    known = names(TIER)
    if name not in known:
        raise UnknownName("text memory", name, known)
    found: Callable[..., TextSystem] = find(name)
    return found
