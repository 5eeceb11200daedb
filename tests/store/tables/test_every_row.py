"""Rows of a query, though some of them are damaged (more in `history/test_damage.py`)."""

from __future__ import annotations

import pytest

from combray.core.errors import NotADatabase, StoreBusy, StoreError
from combray.store.engine import Row
from combray.store.tables.every_row import every_row, readable_rows

QUERY = "SELECT seq FROM items WHERE seq > ?"


def test_what_can_be_read_is_read_up_to_the_first_disorder() -> None:
    """A migration leaves out what is damaged, and what stands behind rows out of their order."""
    given: list[list[Row]] = [[(-3,), (2,), (1,)]]
    assert list(readable_rows(lambda *_: given.pop(), QUERY)) == [(-3, (-3,)), (2, (2,))]
    with pytest.raises(NotADatabase):
        list(every_row(lambda *_: [(2,), (2,)], QUERY, "seq"))


@pytest.mark.parametrize("error", [StoreBusy("held"), StoreError("the disk refused")])
def test_what_is_no_damage_ends_a_migration(error: StoreError) -> None:
    """It is rolled back and tried again, so that nothing is left out for good."""

    def refuse(*_: object) -> list[Row]:
        raise error

    with pytest.raises(StoreError, match=str(error)):
        list(readable_rows(refuse, QUERY))
