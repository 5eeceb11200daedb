"""Databases that break one law each, to see that the suite of a store finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from combray.core.errors import CombrayError
from combray.store.engine import Args, Engine, Row, Run
from combray.store.engines.sqlite import SQLiteCursor, SQLiteEngine

REFUSALS = (AssertionError, pytest.fail.Exception, CombrayError, ValueError, LookupError)


def refused(law: Callable[..., Any], *given: Any) -> None:
    """The law fails, as it does in the report of whoever runs the suite."""
    with pytest.raises(REFUSALS):
        law(*given)


def suite(laws: type, engine: Callable[[str], Engine]) -> Any:
    """The laws over an engine."""

    class Suite(laws):  # type: ignore[misc]
        def open(self, place: Any) -> Engine:
            """The engine at a place."""
            return engine(place)

    return Suite()


class Keeps(SQLiteEngine):
    """Commits also what a block wrote before it raised."""

    @contextmanager
    def write(self, tenant: str | None = None, /) -> Iterator[SQLiteCursor]:
        """A transaction that is never rolled back."""
        with self._pool.writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield SQLiteCursor(self._writer, self.location)
            finally:
                self._writer.execute("COMMIT")


class Peeks(SQLiteEngine):
    """Reads what is not committed yet."""

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """By the connection that writes."""
        return self._writer.execute(sql, args).fetchall()


class Strips(SQLiteEngine):
    """Trims texts as it reads them."""

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """Rows without spaces, new lines and what follows a zero."""
        rows = super().read(sql, args)
        return [tuple(v.strip("\n ￿").upper() if type(v) is str else v for v in r) for r in rows]


class Rounds(SQLiteEngine):
    """Keeps numbers less exactly than it was given them."""

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """Rows with fractions to the third digit."""
        return [
            tuple(round(v, 3) if type(v) is float else v for v in row)
            for row in super().read(sql, args)
        ]


class Stays(SQLiteEngine):
    """Goes on answering after it was closed."""

    def close(self) -> None:
        """Nothing."""


class Complains(SQLiteEngine):
    """Finds fault with itself."""

    def check(self) -> list[str]:
        """A complaint."""
        return ["page 7 is bad"]


class _Dropping(SQLiteCursor):
    """Forgets what is written into one table."""

    table = ""

    def run_many(self, sql: str, rows: Iterable[Args], /) -> None:
        """Every statement but those of the table."""
        if f"INTO {self.table} " not in sql:
            super().run_many(sql, rows)

    def run(self, sql: str, args: Args = (), /) -> list[Row]:
        """The same for one row."""
        return [] if f"INTO {self.table} " in sql else super().run(sql, args)


def dropping(name: str) -> type[SQLiteEngine]:
    """An engine that forgets one table."""

    class Cursor(_Dropping):
        table = name

    class Forgets(SQLiteEngine):
        @contextmanager
        def write(self, tenant: str | None = None, /) -> Iterator[SQLiteCursor]:
            """A transaction that leaves something out."""
            with super().write(tenant):
                yield Cursor(self._writer, self.location)

    return Forgets


def reading(change: Callable[[str, list[Row]], list[Row]]) -> type[SQLiteEngine]:
    """An engine whose reads of a tenant come back changed."""

    class Changes(SQLiteEngine):
        def tenant_reader(self, tenant: str, /) -> Run:
            """Rows that were tampered with."""
            return lambda sql, args: change(sql, self.read(sql, args))

        @contextmanager
        def read_snapshot(self, tenant: str, /) -> Iterator[Run]:
            """The same of one moment."""
            with super().read_snapshot(tenant) as run:
                yield lambda sql, args: change(sql, run(sql, args))

    return Changes


def folding() -> type[SQLiteEngine]:
    """An engine that takes two users for one when only case and spaces tell them apart."""

    class Folds(SQLiteEngine):
        def tenant_reader(self, tenant: str, /) -> Run:
            """Whoever is called alike."""

            def read(sql: str, args: Args) -> list[Row]:
                return self.read(
                    sql.replace("tenant = ?", "lower(trim(tenant)) = lower(trim(?))"), args
                )

            return read

    return Folds
