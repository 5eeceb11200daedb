"""The laws of an engine find the engine that breaks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.store_engine import EngineLaws
from tests.testing import broken
from tests.testing.broken import refused, suite

BROKEN: dict[str, tuple[type[SQLiteEngine], tuple[Any, ...]]] = {
    "test_a_block_that_raises_leaves_nothing": (broken.Keeps, ()),
    "test_a_reader_sees_only_what_is_committed": (broken.Peeks, ()),
    "test_texts_come_back_as_they_were_put": (broken.Strips, ("a\nb\tc\\d",)),
    "test_numbers_and_bytes_come_back_as_they_were_put": (broken.Rounds, ()),
    "test_a_closed_store_says_so": (broken.Stays, ()),
    "test_the_database_checks_itself": (broken.Complains, ()),
}


@pytest.mark.parametrize("law", BROKEN)
def test_a_broken_engine_is_found(tmp_path: Path, law: str) -> None:
    """The law passes on SQLite and fails on the engine that breaks it."""
    engine, more = BROKEN[law]
    getattr(suite(EngineLaws, SQLiteEngine), law)(str(tmp_path / "sound.db"), *more)
    refused(getattr(suite(EngineLaws, engine), law), str(tmp_path / "broken.db"), *more)


def test_an_error_of_the_driver_is_not_ours(tmp_path: Path) -> None:
    """An engine that lets its driver's errors through is refused."""

    class Raw(SQLiteEngine):
        def read(self, sql: str, args: Any = (), /) -> Any:
            """Without a word of ours."""
            if "no_such_table" in sql:
                raise LookupError("no such table")
            return super().read(sql, args)

    law = suite(EngineLaws, Raw).test_a_refused_statement_is_our_error
    refused(law, str(tmp_path / "memory.db"))


@pytest.mark.parametrize("spoil", ["newer", "foreign", "unmarked"])
def test_a_database_of_others_must_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    """A store that opens whatever it finds is found."""
    from combray.store import store
    from combray.testing import store_engine

    law = suite(EngineLaws, SQLiteEngine).test_anothers_database_is_left_alone
    law(str(tmp_path / "sound.db"), spoil)
    monkeypatch.setattr(store, "migrate", lambda engine: None)
    assert store_engine._SPOIL.keys() == {"newer", "foreign", "unmarked"}
    refused(law, str(tmp_path / "broken.db"), spoil)
