"""Rewriting PostgreSQL tables without the bytes of deleted rows, and holding up nobody for long.

A rewrite keeps what a transaction that is still open may read, and locks its table, so it is not
begun while one that is older is open.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from combray.core.errors import StoreBusy

Connection = psycopg.Connection[tuple[Any, ...]]
READER_SECONDS = 1.0
"""How long others are waited for, before the first table and at each."""
REWRITE = 2**30
"""Bytes above which a table is only swept: a rewrite would lock everybody out for long."""
LOG_KEEPS = (
    "the server's write-ahead log until it is recycled, and whatever archives, replicas and "
    "dumps its administrator keeps"
)
FULL = "it is reused or you run VACUUM FULL {0}"
_TABLE_SIZES = (
    "SELECT quote_ident(relname), pg_table_size(oid) FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = current_schema()::regnamespace ORDER BY relname"
)
_OPEN = (
    "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid() "
    "AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
)


def compact(connection: Connection, location: str) -> tuple[str, ...]:
    """Rewrite every table; return where copies may remain.

    Raises StoreBusy when a transaction of somebody else is open for longer than READER_SECONDS.
    """
    _wait_for_others(connection, location)
    left = [LOG_KEEPS]
    connection.execute(f"SET lock_timeout = {int(READER_SECONDS * 1000)}")
    for table, size in connection.execute(_TABLE_SIZES).fetchall():
        small = size <= REWRITE
        try:
            connection.execute(f"VACUUM ({'FULL, ' if small else ''}ANALYZE) {table}".encode())
        except psycopg.errors.LockNotAvailable as error:
            raise _held(location, f"somebody holds {table}") from error
        left += [] if small else [f"free space in {table}, until {FULL.format(table)}"]
    return tuple(left)


def _wait_for_others(connection: Connection, location: str) -> None:
    """Wait until each transaction has ended that may still read what was deleted."""
    until = time.monotonic() + READER_SECONDS
    old = set(connection.execute(_OPEN).fetchall())
    while old:
        if time.monotonic() > until:
            pids = ", ".join(sorted(str(pid) for pid, _ in old))
            raise _held(location, f"sessions are inside a transaction ({pids})")
        time.sleep(0.05)
        old &= set(connection.execute(_OPEN).fetchall())


def _held(location: str, why: str) -> StoreBusy:
    return StoreBusy(
        f"{location}: {why}, so the tables could not be rewritten. What was removed is gone from "
        "every answer, but its bytes stay in the table files. When they have ended, open the "
        "memory again, or erase something: that removes them."
    )
