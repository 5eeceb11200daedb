"""Tests of a server need its driver to be read at all."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("psycopg") else ["test_postgres.py", "test_postgres_compact.py"]
