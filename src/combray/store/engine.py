"""The port to a database: transactions, and the few words of SQL that differ.

Statements are written once, with `?` for parameters, in the SQL that SQLite and PostgreSQL share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

Row = tuple[Any, ...]
Args = Sequence[Any]
Run = Callable[[str, Args], list[Row]]
"""`cursor.run` inside a transaction, or a read outside."""
Stream = Callable[[str], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The type names that differ between databases, filled into the migrations."""

    name: str
    serial: str
    blob: str


class Cursor(Protocol):
    """Statements inside one write transaction."""

    def run(self, sql: str, args: Args = (), /) -> list[Row]:
        """Execute one statement and return its rows, if it has any."""

    def run_many(self, sql: str, rows: Iterable[Args], /) -> None:
        """Execute one statement for each row of parameters."""


@runtime_checkable
class Engine(Protocol):
    """A database that can be read and changed in transactions."""

    @property
    def dialect(self) -> Dialect:
        """The type names of this database."""

    @property
    def location(self) -> str:
        """Where the data is, without secrets."""

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """Run one query outside any write transaction."""

    def tenant_reader(self, tenant: str, /) -> Run:
        """Return a reader of one tenant; with row security it sees no other tenant's rows."""

    def read_snapshot(self, tenant: str, /) -> AbstractContextManager[Run]:
        """Open a consistent snapshot of one tenant: all reads see the same moment."""

    def write(self, tenant: str | None = None, /) -> AbstractContextManager[Cursor]:
        """Open a write transaction; it rolls back when the block raises.

        Writers of one tenant are serialised, so its events commit in the order of their numbers;
        a write for no tenant waits for all of them.
        """

    def snapshot(self) -> AbstractContextManager[Stream]:
        """Open a consistent snapshot of all tenants whose queries stream their rows."""

    def finish_schema(self, cursor: Cursor, /) -> None:
        """Do what this database needs after the migrations created or filled tables."""

    def compact(self) -> Sequence[str]:
        """Overwrite and free the space of deleted rows; return where copies may remain.

        Nobody who writes waits for long. Raises StoreError when it cannot be done now, because of a
        reader or a full disk; what was deleted is deleted then too.
        """

    def backup(self, path: str, /) -> None:
        """Write a consistent copy to a new file while others write."""

    def check(self) -> list[str]:
        """Return the complaints of the database's own integrity check."""

    def size(self) -> int:
        """Bytes on disk."""

    def close(self) -> None:
        """Release every connection."""
