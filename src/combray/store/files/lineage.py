"""Whose copy a file is: a database gets an id when it is made, which backups and copies inherit.

A path alone proves nothing: a backup may have been removed, and another memory made in its place.
"""

from __future__ import annotations

from combray.store.engine import Run
from combray.store.tables.schema import LINEAGE


def is_copy(ours: Run, theirs: Run) -> bool:
    """Whether two databases are one, or copies of one, from before they went their own ways.

    Those of versions that gave no id are known by their history: whoever copied ours knows the item
    that the oldest event is about, which an erasure does not forget.
    """
    mine, other = lineage(ours), lineage(theirs)
    if mine is not None or other is not None:
        return mine == other
    first = theirs("SELECT item_id FROM events ORDER BY seq LIMIT 1", ())
    return not first or bool(ours("SELECT 1 FROM events WHERE item_id = ? LIMIT 1", first[0]))


def lineage(run: Run) -> str | None:
    """The id of a database and its copies; None when an earlier version made it."""
    rows = run("SELECT value FROM meta WHERE name = ?", (LINEAGE,))
    return str(rows[0][0]) if rows else None
