"""The laws of the records find a store that forgets, mixes up, or gives work out twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.store.engine import Row
from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.store_records import _BAD, RecordLaws
from tests.testing.broken import Keeps, dropping, reading, refused, suite


def _reversed(sql: str, rows: list[Row]) -> list[Row]:
    return rows[::-1] if "FROM items" in sql else rows


def _first(sql: str, rows: list[Row]) -> list[Row]:
    return rows[:1] if "FROM events" in sql else rows


BROKEN: dict[str, tuple[type[SQLiteEngine], tuple[Any, ...]]] = {
    "test_the_state_is_the_replay_of_the_events": (dropping("events"), ()),
    "test_items_are_listed_in_the_order_they_came": (reading(_reversed), ()),
    "test_what_cites_is_found": (dropping("cites"), ()),
    "test_what_changed_is_followed": (reading(_first), ()),
    "test_a_job_is_claimed_once": (dropping("jobs"), ()),
    "test_vectors_go_by_generation": (dropping("vectors"), ()),
    "test_the_same_words_are_found": (reading(lambda sql, rows: []), ()),
}


@pytest.mark.parametrize("law", BROKEN)
def test_a_broken_store_is_found(tmp_path: Path, law: str) -> None:
    """The law passes on SQLite and fails on the engine that breaks it."""
    engine, more = BROKEN[law]
    getattr(suite(RecordLaws, SQLiteEngine), law)(str(tmp_path / "sound.db"), *more)
    refused(getattr(suite(RecordLaws, engine), law), str(tmp_path / "broken.db"), *more)


@pytest.mark.parametrize("name", _BAD)
def test_a_bad_change_must_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A store that applies what it should have checked is found."""
    from combray.store import store

    law = suite(RecordLaws, SQLiteEngine).test_a_change_that_breaks_a_rule_changes_nothing
    law(str(tmp_path / "sound.db"), name)
    monkeypatch.setattr(store, "_check", lambda cursor, change, old: None)
    refused(law, str(tmp_path / "broken.db"), name)


def test_two_workers_must_not_get_one_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that does not look whether another was faster is found."""
    from combray.store.tables import jobs

    law = suite(RecordLaws, SQLiteEngine).test_a_job_is_claimed_once
    monkeypatch.setattr(jobs, "claim", lambda engine, job: job)
    refused(law, str(tmp_path / "memory.db"))


def test_an_engine_that_keeps_half_a_change_is_found(tmp_path: Path) -> None:
    """What a refused change had written before is still there."""
    law = suite(RecordLaws, Keeps).test_a_change_that_breaks_a_rule_changes_nothing
    law(str(tmp_path / "checked.db"), "unknown")
    late = suite(RecordLaws, Keeps)
    late.test_an_unknown_id_is_not_found(str(tmp_path / "other.db"))
