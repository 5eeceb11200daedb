"""What a null is: a clause under **Kept**, what switches it off, and the tests that must then fail.

A mechanism that can be switched off without a test noticing is not there. `python -m tests.mutants`
switches each off in turn; `COMBRAY_NULL=zep.5 pytest tests/systems/text` runs tests without one.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
VARIABLE = "COMBRAY_NULL"
"""The variable of the environment that names the null under which tests run."""


@dataclass(frozen=True)
class Patch:
    """Puts in the place of `module:Attribute` of combray what is made from what stood there."""

    path: str
    make: Callable[[Any], Any]

    def found(self) -> tuple[Any, str, Any]:
        """The owner of the attribute, its name, and what stands there now."""
        module, _, name = self.path.partition(":")
        owner: Any = importlib.import_module(f"combray.{module}")
        *outer, last = name.split(".")
        for each in outer:
            owner = getattr(owner, each)
        return owner, last, inspect.getattr_static(owner, last)

    def apply(self) -> None:
        """Replace it for the rest of this process."""
        owner, name, there = self.found()
        setattr(owner, name, self.make(there))


Change = Patch | Mapping[str, Any] | tuple[Patch, ...]


@dataclass(frozen=True)
class Null:
    """A clause of a system that is off: `changes` switch it off, and every one of `tests` fails."""

    name: str
    system: str
    clause: int
    off: str
    changes: tuple[Patch, ...]
    tests: tuple[str, ...]

    def apply(self) -> None:
        """Switch the clause off for the rest of this process."""
        for change in self.changes:
            change.apply()


@dataclass(frozen=True)
class System:
    """A system by its name in the catalogue and its class, `module:Class` under `combray`."""

    name: str
    path: str

    def null(self, clause: int, off: str, change: Change, *tests: str) -> Null:
        """The null of a clause: options forced on the constructor, or patches.

        `tests` are names in the test file that mirrors the system, or node ids of other files.
        """
        module = self.path.partition(":")[0]
        folder, _, stem = module.replace(".", "/").rpartition("/")
        home = f"tests/{folder}/test_{stem}.py"
        ids = tuple(test if "::" in test else f"{home}::{test}" for test in tests)
        name = f"{self.name}.{clause}"
        return Null(name, self.name, clause, off, self._changes(change), ids)

    def _changes(self, change: Change) -> tuple[Patch, ...]:
        if isinstance(change, Mapping):
            return (Patch(f"{self.path}.__init__", functools.partial(_forced, options=change)),)
        return (change,) if isinstance(change, Patch) else change


def put(path: str, value: Any) -> Patch:
    """A patch that puts a value in the place of an attribute."""
    return Patch(path, lambda _: value)


def around(path: str, make: Callable[[Any], Any]) -> Patch:
    """A patch that makes the new attribute from the old one."""
    return Patch(path, make)


NOTHING = np.zeros(0, np.int64)


def nothing(*_: Any, **__: Any) -> None:
    """Does nothing."""


def empty(*_: Any, **__: Any) -> list[Any]:
    """Finds nothing."""
    return []


def numbered(nulls: list[Null]) -> dict[str, Null]:
    """Nulls by name; of several of one clause, the second is called `zep.5b`, the next `zep.5c`."""
    named: dict[str, Null] = {}
    for null in nulls:
        letters = (letter for letter in ("", *"bcdefghij") if null.name + letter not in named)
        name = null.name + next(letters)
        named[name] = Null(name, null.system, null.clause, null.off, null.changes, null.tests)
    return named


def _forced(init: Callable[..., None], options: Mapping[str, Any]) -> Callable[..., None]:
    """A constructor that is given these options whatever it is given."""

    @functools.wraps(init)
    def forced(self: Any, *args: Any, **given: Any) -> None:
        names = list(inspect.signature(init).parameters)[1:]
        bound = dict(zip(names, args, strict=False))
        init(self, **{**bound, **given, **options})

    return forced
