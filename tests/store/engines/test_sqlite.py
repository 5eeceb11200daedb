"""The conformance suite on a SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray.store.engine import Engine
from combray.store.engines.sqlite import SQLiteEngine
from combray.testing import StoreConformance


class TestSQLite(StoreConformance):
    """SQLite holds memories."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> str:
        """A file that does not exist yet."""
        return str(tmp_path / "memory.db")

    def open(self, place: str) -> Engine:
        """The engine of a file."""
        return SQLiteEngine(place)
