"""PostgreSQL's errors as ours: each by its code, with what to do next, and no password."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from combray.core.errors import CombrayError, InputError, StoreBusy, StoreError, StoreReadOnly
from combray.store.engines.postgres_errors import lost_in_commit, translated

WHERE = "postgresql://ann@host/db"


def ours(error: psycopg.Error) -> CombrayError:
    """What an error becomes."""
    with pytest.raises(CombrayError) as caught, translated(WHERE):
        raise error
    assert caught.value.__cause__ is error
    assert WHERE in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (errors.AdminShutdown("ending"), StoreError, "try again"),
        (errors.ConnectionFailure("gone"), StoreError, "try again"),
        (errors.LockNotAvailable("waited"), StoreBusy, "pg_stat_activity"),
        (errors.DeadlockDetected("dead"), StoreBusy, "Nothing was changed"),
        (errors.SerializationFailure("again"), StoreBusy, "try again"),
        (errors.TooManyConnections("many"), StoreBusy, "try again"),
        (errors.ReadOnlySqlTransaction("no"), StoreReadOnly, "Nothing was changed"),
        (errors.InsufficientPrivilege("no"), StoreReadOnly, "Grant"),
        (errors.DiskFull("full"), StoreError, "space"),
        (errors.OutOfMemory("full"), StoreError, "space"),
        (errors.UntranslatableCharacter("nul"), InputError, "Nothing was changed"),
        (errors.NumericValueOutOfRange("big"), InputError, "Nothing was changed"),
        (errors.UndefinedTable("no such table"), StoreError, "no such table"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_code_has_its_error(error: psycopg.Error, kind: type[CombrayError], advice: str) -> None:
    """Busy, read-only, full, bad input, lost: the kind says it, and the message what to do."""
    found = ours(error)
    assert type(found) is kind
    assert advice in str(found)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('FATAL:  password authentication failed for user "ann"', "password"),
        ("fe_sendauth: no password supplied", "PGPASSWORD"),
        ('FATAL:  no pg_hba.conf entry for host "::1"', "administrator"),
        ('FATAL:  role "ann" does not exist', "user"),
        ('FATAL:  database "db" does not exist', "createdb"),
        ("connection refused", "host and port"),
        ("could not translate host name", "host and port"),
    ],
)
def test_a_server_that_lets_nobody_in_says_why(said: str, advice: str) -> None:
    """Who cannot connect learns whether it is the password, the user, the name or the host."""
    found = ours(psycopg.OperationalError(said))
    assert type(found) is StoreError
    assert advice in str(found)


def test_many_lines_become_one() -> None:
    """The server's hints and positions stand on lines of their own; an error of ours is one."""
    found = ours(errors.UndefinedColumn("column x\nLINE 1: SELECT x\n               ^"))
    assert "\n" not in str(found)
    assert "LINE 1" in str(found)


def test_other_errors_pass() -> None:
    """What is not the database's is not translated, and neither is an error of ours."""
    with pytest.raises(ZeroDivisionError), translated(WHERE):
        raise ZeroDivisionError
    mine = StoreBusy("mine")
    with pytest.raises(StoreBusy) as caught, translated(WHERE):
        raise mine
    assert caught.value is mine


def test_a_lost_commit_says_that_nothing_was_changed() -> None:
    """The server was asked, so the caller may try again without doing it twice."""
    assert "Nothing was changed" in str(lost_in_commit(WHERE))
    assert WHERE in str(lost_in_commit(WHERE))
