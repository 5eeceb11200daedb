"""Lineage: which files are copies of a database, by an id or by what they remember."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from combray.store.connect import connect
from combray.store.files.backup import backup
from combray.store.files.lineage import is_copy, lineage
from combray.store.store import Store
from combray.testing.base import item, put
from combray.write.change.erasure import Selection, erase


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """A memory that has nothing to do with ours."""
    made = connect(tmp_path / "other.db")
    put(made, [item("theirs")])
    yield made
    made.close()


def kin(store: Store, other: Store) -> bool:
    """Whether each is a copy of the other."""
    found = is_copy(store.engine.read, other.engine.read)
    assert is_copy(other.engine.read, store.engine.read) == found
    return found


def forget(store: Store) -> None:
    """Make a database one that an earlier version made."""
    with store.engine.write() as cursor:
        cursor.run("DELETE FROM meta WHERE name = 'lineage'")


def test_a_database_and_its_backup_are_of_one_lineage(
    store: Store, other: Store, tmp_path: Path
) -> None:
    """However far they go their own ways, and another is of its own, be it of the same users."""
    assert lineage(store.engine.read) not in (None, lineage(other.engine.read))
    copy = connect(backup(store, tmp_path / "copy.db"))
    put(store, [item("mine")])
    put(copy, [item("its own")])
    assert kin(store, copy)
    assert not kin(store, other)
    copy.close()


def test_a_copy_by_an_earlier_version_is_known_by_its_history(
    store: Store, other: Store, tmp_path: Path
) -> None:
    """Also when all that they had in common was erased here."""
    forget(store)
    forget(other)
    put(store, [item("one")])
    copy = connect(backup(store, tmp_path / "copy.db"))
    (tmp_path / "copy.db").rename(tmp_path / "away.db")
    copy.close()
    erase(store, Selection(tenant="u"), lambda items: None)
    put(store, [item("later")])
    copy = connect(tmp_path / "away.db")
    assert is_copy(store.engine.read, copy.engine.read)
    assert not kin(store, other)
    copy.close()


def test_an_older_file_is_no_copy_of_a_new_one(store: Store, other: Store) -> None:
    """Whose copies have its id; and another one is none of an older."""
    put(store, [item("one")])
    forget(other)
    assert not kin(store, other)


def test_an_older_copy_without_anything_in_it_is_one(store: Store, tmp_path: Path) -> None:
    """There is nothing in it to be mistaken about."""
    forget(store)
    copy = connect(backup(store, tmp_path / "copy.db"))
    put(store, [item("later")])
    assert is_copy(store.engine.read, copy.engine.read)
    copy.close()
