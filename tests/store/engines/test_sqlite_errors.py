"""Each refusal of SQLite becomes an error of ours that says what to do next."""

from __future__ import annotations

import sqlite3

import pytest

from combray.core.errors import NotADatabase, StoreBusy, StoreError, StoreReadOnly
from combray.store.engines.sqlite_errors import translated


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        ("file is not a database", NotADatabase, "Restore a backup"),
        ("database disk image is malformed", NotADatabase, "Restore a backup"),
        ("attempt to write a readonly database", StoreReadOnly, "permissions"),
        ("database or disk is full", StoreError, "Free some space"),
        ("database is locked", StoreBusy, "try again"),
        ("something new", StoreError, "something new"),
    ],
)
def test_a_refusal_is_told_in_words(said: str, kind: type[StoreError], advice: str) -> None:
    """With the place, and the error of SQLite as its cause."""
    with pytest.raises(kind, match=advice) as error, translated("m.db"):
        raise sqlite3.OperationalError(said)
    assert str(error.value).startswith("m.db")
    assert isinstance(error.value.__cause__, sqlite3.OperationalError)


def test_a_closed_connection_is_told_as_such() -> None:
    """A memory that was closed says so."""
    with pytest.raises(StoreError, match="closed"), translated("m.db"):
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.")


def test_other_errors_pass() -> None:
    """What is not SQLite's is nobody else's."""
    with pytest.raises(ZeroDivisionError), translated("m.db"):
        raise ZeroDivisionError
