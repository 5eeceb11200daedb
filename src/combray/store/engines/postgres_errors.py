"""Translate PostgreSQL's errors into ours, which say what to do next and never a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from combray.core.errors import CombrayError, InputError, StoreBusy, StoreError, StoreReadOnly

_LOST = "57P01", "57P02", "08000", "08003", "08006", "08P01"
_BUSY = "55P03", "40P01", "40001", "53300"
_BY_TEXT = (
    ("password authentication failed", "refused the password. Check user and password in the URL"),
    ("no password supplied", "wants a password. Put it in the URL, PGPASSWORD or ~/.pgpass"),
    ("no pg_hba.conf entry", "does not let this user in from here. Ask its administrator"),
    ("role", "does not know this user. Check the user in the URL"),
    ("database", "has no such database. Create it first, with: createdb NAME"),
)


@contextmanager
def translated(location: str) -> Iterator[None]:
    """Turn PostgreSQL's errors into ours."""
    try:
        yield
    except psycopg.Error as error:
        raise _ours(location, error) from error


@contextmanager
def encoded() -> Iterator[None]:
    """Turn the error for a text that cannot be sent into that for one that cannot be kept."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise psycopg.DataError(str(error)) from error


def lost_in_commit(location: str) -> StoreError:
    """Return the error for a commit that failed because the connection was lost."""
    return StoreError(
        f"{location}: the connection was lost while the change was being committed, and the server "
        "says that it was rolled back. Nothing was changed; try again."
    )


def _ours(location: str, error: psycopg.Error) -> CombrayError:
    text, state = " ".join(str(error).split()), error.sqlstate or ""
    if isinstance(error, psycopg.OperationalError) and not state:
        return _unconnected(location, text)
    if state in _LOST:
        return StoreError(
            f"{location}: the connection was lost ({text}). What was not committed was rolled "
            "back, and everything committed before is safe; try again."
        )
    if state in _BUSY:
        return StoreBusy(
            f"{location} is busy ({text}). Nothing was changed; try again, or look in "
            "pg_stat_activity for a session that stands still inside a transaction."
        )
    if state == "25006":
        return StoreReadOnly(f"{location} only lets itself be read ({text}). Nothing was changed.")
    if state == "42501":
        return StoreReadOnly(
            f"{location}: this user may not do that ({text}). Nothing was changed. "
            "Grant it the tables and sequences, or open the memory as their owner."
        )
    if state in ("53100", "53200", "58030"):
        return StoreError(
            f"{location}: the server refused ({text}). The change was rolled back and everything "
            "committed before is safe. Free some space and try again."
        )
    if isinstance(error, psycopg.DataError):
        return InputError(f"{location} cannot hold this ({text}). Nothing was changed.")
    return StoreError(f"{location}: {text}.")


def _unconnected(location: str, text: str) -> StoreError:
    """Return the error for a server that cannot be reached, refuses us, or went away."""
    if "fatal" in text.lower() or "authentication" in text or "password" in text:
        for sign, reason in _BY_TEXT:
            if sign in text:
                return StoreError(f"{location} {reason} ({text}).")
    return StoreError(
        f"{location} cannot be reached, or went away ({text}). What was not committed was rolled "
        "back. Check host and port, and that the server runs; then try again."
    )
