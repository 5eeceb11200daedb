"""All rows of a query, though some of them are damaged.

A row that a disk has changed may keep its neighbours from being read, so a chunk that fails is read
again in halves, down to single rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from combray.core.errors import NotADatabase, StoreBusy, StoreError
from combray.store.engine import Row, Run
from combray.store.tables.rows import CHUNK


def every_row(run: Run, query: str, number: str, *args: Any) -> Iterator[tuple[int, Row | None]]:
    """Read the rows of a query in the order of their numbers, its first column.

    Yields None for a row that cannot be read. Raises NotADatabase when there is no going on.
    """
    last, limit = -(2**63), CHUNK
    while True:
        try:
            rows = run(f"{query} ORDER BY {number} LIMIT {limit}", (*args, last))
        except StoreBusy:
            raise
        except StoreError:
            if limit > 1:
                limit //= 2
                continue
            rest = query[query.index(" FROM ") :]
            rows = run(f"SELECT {number}{rest} ORDER BY {number} LIMIT 1", (*args, last))
            for row in rows:
                last = _after(last, row[0])
                yield last, None
        else:
            for row in rows:
                last = _after(last, row[0])
                yield last, row
        if len(rows) < limit:
            return
        limit = CHUNK


def _after(last: int, number: object) -> int:
    """The number of the next row; rows that do not come in their order would never end."""
    if not isinstance(number, int) or number <= last:
        raise NotADatabase(
            f"The database is damaged: its rows are not in their order near {number!r:.20}. "
            "Nothing was changed. Restore a backup."
        )
    return number


def readable_rows(run: Run, query: str, number: str = "seq") -> Iterator[tuple[int, Row]]:
    """Read the rows of a query that can be read, as `every_row` numbers them.

    A migration leaves the others as they are: whoever cannot open a file cannot repair it either.
    """
    # What comes behind rows that are out of their order is left as well.
    with suppress(NotADatabase):
        for seq, row in every_row(run, query, number):
            if row is not None:
                yield seq, row
