"""Everything combray raises, as one tree.

CombrayError
├── InputError            what the caller gave cannot be used; nothing was changed
│   ├── FilterError       a filter does not parse
│   ├── UnknownName       a system, embedder, set or command that does not exist
│   └── NotFound          no item with that id in this scope
├── MissingExtra          an optional dependency is not installed
├── StoreError            the database refused
│   ├── NotADatabase      the file is something else, damaged, or from a newer version
│   ├── StoreReadOnly     the file or disk cannot be written
│   └── StoreBusy         another process held the database too long
├── EmbedderMismatch      the stored vectors were made by another embedder
├── ModelError            a model failed or answered nonsense; raw data is intact
│   └── BudgetExceeded    the call would go over the hard limit; it was not made
├── RejectedChange        a proposed change breaks an invariant; nothing was applied
│   └── StaleChange       what it rests on was changed meanwhile; read it and propose again
└── Unsupported           this combination cannot work; the message says what can
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable

DISTRIBUTION = "combray"
SHOWN = 80
"""So many characters of a bad value stand in a message."""
_short = reprlib.Repr()
_short.maxstring = _short.maxother = SHOWN


def quoted(value: object) -> str:
    """A bad value as a message shows it: short, of whatever depth, size and type it is."""
    try:
        text = _short.repr(value)
    except ValueError:  # a whole number of more digits than Python writes out
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def pip_command(extra: str = "") -> str:
    """The command that installs the package with an extra, or upgrades it when none is named."""
    return f"pip install '{DISTRIBUTION}[{extra}]'" if extra else f"pip install -U {DISTRIBUTION}"


class CombrayError(Exception):
    """Base of every error of ours."""


class InputError(CombrayError, ValueError):
    """What the caller gave cannot be used; nothing was changed."""


class FilterError(InputError):
    """A filter does not parse; the message says where."""


class UnknownName(InputError):
    """A name that does not exist; the message suggests the nearest."""

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        word = name[:SHOWN].lower() if isinstance(name, str) else ""
        near = difflib.get_close_matches(word, names, n=3, cutoff=0.4)
        hint = (
            f"Did you mean {' or '.join(map(repr, near))}?"
            if near
            else f"Known: {', '.join(names)}."
        )
        super().__init__(f"There is no {what} called {quoted(name)}. {hint}")
        self.name = name
        self.nearest = near


class NotFound(InputError):
    """No item with that id in this scope."""


class MissingExtra(CombrayError, ImportError):
    """An optional dependency is not installed; the message has the pip command."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package!r}, which is not installed. "
            f"Run: {pip_command(extra)}"
        )
        self.extra = extra


class StoreError(CombrayError):
    """The database refused."""


class NotADatabase(StoreError):
    """The file is something else, damaged, or from a newer version."""


class StoreReadOnly(StoreError):
    """The file or disk cannot be written."""


class StoreBusy(StoreError):
    """Another process held the database too long."""


class EmbedderMismatch(CombrayError):
    """The stored vectors were made by another embedder."""


class ModelError(CombrayError):
    """A model failed or answered nonsense; raw data is intact."""

    def __init__(self, message: str, *, raw: str | None = None) -> None:
        super().__init__(message)
        self.raw = raw


class BudgetExceeded(ModelError):
    """The call would go over the hard limit; it was not made."""


class RejectedChange(CombrayError):
    """A proposed change breaks an invariant; nothing was applied."""


class StaleChange(RejectedChange):
    """What a change rests on was changed since it was read; nothing was applied."""


class Unsupported(CombrayError):
    """This combination cannot work; the message says what can."""


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be read, in words for people."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start})"
    return getattr(error, "strerror", None) or str(error)
