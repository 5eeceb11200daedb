"""The laws of company find a store that loses writes or shows half of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from combray.core.errors import CombrayError
from combray.store.engine import Engine
from combray.store.engines.sqlite import SQLiteCursor, SQLiteEngine
from combray.store.store import Store
from combray.testing.base import item, put
from combray.testing.store_together import TogetherLaws, _read, _write
from tests.testing.broken import refused, suite


class Forgets(SQLiteEngine):
    """Loses every seventh write of a user."""

    written = 0

    @contextmanager
    def write(self, tenant: str | None = None, /) -> Iterator[SQLiteCursor]:
        """A commit that is sometimes none."""
        with super().write(tenant) as cursor:
            yield cursor
            Forgets.written += tenant is not None
            if tenant is not None and Forgets.written % 7 == 0:
                self._writer.execute("ROLLBACK")
                self._writer.execute("BEGIN")


@pytest.mark.parametrize(
    "law", ["test_threads_share_one_store", "test_numbers_are_committed_in_order"]
)
def test_a_lost_write_is_found(tmp_path: Path, law: str) -> None:
    """By those that count, and by whoever follows the log."""
    refused(getattr(suite(TogetherLaws, Forgets), law), str(tmp_path / "memory.db"))


class Plain(TogetherLaws):
    """SQLite, as the processes of a law open it."""

    def open(self, place: Any) -> Engine:
        """The engine of a file."""
        return SQLiteEngine(place)


def test_a_writer_adds_pairs_and_says_which(tmp_path: Path) -> None:
    """At least one, also when its time was over before it began."""
    place = str(tmp_path / "memory.db")
    ids = _write(Plain, place, 3, until=0.0)
    assert len(ids) == 2
    store = Store(SQLiteEngine(place))
    assert {i.id for i in store.items("u")} == set(ids)
    assert {i.scope.session_id for i in store.items("u")} == {"s3"}
    store.close()


def test_a_reader_that_sees_half_a_pair_says_so(tmp_path: Path) -> None:
    """It looks at least once, and counts how often."""
    place = str(tmp_path / "memory.db")
    store = Store(SQLiteEngine(place))
    put(store, [item("left"), item("right")])
    assert _read(Plain, place, until=0.0) == 1
    put(store, [item("half")])
    with pytest.raises(CombrayError, match="half"):
        _read(Plain, place, until=0.0)
    store.close()
