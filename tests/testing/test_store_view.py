"""The laws of the view find a store that leaves something out of its log or its vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray.store.engine import Row
from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.store_view import ViewLaws
from tests.testing.broken import reading, refused, suite


def _unfollowed(sql: str, rows: list[Row]) -> list[Row]:
    """Nothing ever changed since."""
    return [] if sql.startswith("SELECT item_id FROM events") else rows


def _bent(sql: str, rows: list[Row]) -> list[Row]:
    """Vectors that point elsewhere than those that were stored."""
    if "data FROM vectors" not in sql:
        return rows
    return [(seq, bytes(data)[8:] + bytes(data)[:8]) for seq, data in rows]


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("test_a_view_that_follows_equals_a_fresh_one", _unfollowed),
        ("test_the_dense_scores_are_exact", _bent),
    ],
)
def test_a_broken_store_is_found(tmp_path: Path, law: str, change: object) -> None:
    """The law passes on SQLite and fails on the engine that breaks it."""
    getattr(suite(ViewLaws, SQLiteEngine), law)(str(tmp_path / "sound.db"))
    bent = reading(change)  # type: ignore[arg-type]
    refused(getattr(suite(ViewLaws, bent), law), str(tmp_path / "broken.db"))
