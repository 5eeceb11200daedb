"""Backups: whole copies, and the list of them that lets an erasure reach them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from combray.core.errors import InputError, StoreError
from combray.store.connect import connect
from combray.store.files import backup as backups
from combray.store.files.backup import backup, known, opened, owed, settle
from combray.store.store import Store
from combray.testing.base import item, put


def test_a_backup_is_a_store_of_its_own(store: Store, tmp_path: Path) -> None:
    """It holds what was there, and goes its own way from then on."""
    put(store, [item("before")])
    path = backup(store, tmp_path / "copy.db")
    put(store, [item("after")])
    copy = connect(path)
    assert [i.text for i in copy.items("u")] == ["before"]
    put(copy, [item("elsewhere")])
    copy.close()
    assert [i.text for i in store.items("u")] == ["before", "after"]


def test_where_backups_are_is_known(store: Store, tmp_path: Path) -> None:
    """In full, each once, also to the copy itself."""
    assert known(store) == []
    paths = [backup(store, tmp_path / name) for name in ("b.db", "a.db")]
    assert known(store) == sorted(map(str, paths))
    copy = connect(paths[1])
    assert str(paths[1]) in known(copy)
    copy.close()


def test_a_relative_path_is_noted_in_full(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is found from another folder; ~ is the home folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert backup(store, Path("one.db")) == tmp_path / "one.db"
    assert backup(store, Path("~/two.db")) == tmp_path / "two.db"
    assert known(store) == [str(tmp_path / "one.db"), str(tmp_path / "two.db")]


def test_a_backup_that_is_away_is_still_looked_for(store: Store, tmp_path: Path) -> None:
    """Its disk may come back with words on it that were erased meanwhile."""
    away = backup(store, tmp_path / "away.db")
    os.unlink(away)
    kept = backup(store, tmp_path / "kept.db")
    assert known(store) == sorted([str(away), str(kept)])


def test_nothing_is_overwritten(store: Store, tmp_path: Path) -> None:
    """Neither a file nor a folder, and the list stays as it was."""
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    for path in (taken, tmp_path):
        with pytest.raises(InputError, match="exists"):
            backup(store, path)
    assert taken.read_text() == "mine"
    assert known(store) == []


def test_a_copy_is_noted_before_it_is_made(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy whose maker is killed is known; one that failed is forgotten again."""
    path = tmp_path / "copy.db"
    seen: list[list[str]] = []

    def fails(_: str) -> None:
        seen.append(known(store))
        raise StoreError("the disk is full")

    earlier = backup(store, tmp_path / "earlier.db")
    monkeypatch.setattr(store.engine, "backup", fails)
    with pytest.raises(StoreError):
        backup(store, path)
    assert seen == [[str(path), str(earlier)]]
    assert known(store) == [str(earlier)]


def test_what_is_owed_is_settled_by_a_new_copy_alone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that fails leaves what was owed at its path, and what others noted meanwhile."""
    path, other = backup(store, tmp_path / "copy.db"), str(tmp_path / "other.db")
    path.unlink()
    settle(store, [], {}, {str(path): ["u"]})

    def fails(_: str) -> None:
        assert owed(store) == {}
        settle(store, [other], {}, {other: ["v"]})
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store.engine, "backup", fails)
        with pytest.raises(StoreError):
            backup(store, path)
    assert owed(store) == {str(path): ["u"], other: ["v"]}
    assert known(store) == [str(path), other]
    backup(store, path)
    assert owed(store) == {other: ["v"]}
    settle(store, [], {other: ["v"]}, {})
    assert owed(store) == {}


def test_a_backup_into_no_folder_is_refused(store: Store, tmp_path: Path) -> None:
    """And leaves nothing behind, on the disk or in the list."""
    with pytest.raises((InputError, StoreError)):
        backup(store, tmp_path / "nowhere" / "copy.db")
    assert known(store) == []


# ── what stands at the path of a backup ──────────────────────────────────────────────────────────


def other_memory(path: Path) -> None:
    """An independent memory of the same user."""
    other = connect(path)
    put(other, [item("told to another")])
    other.close()


def a_link(path: Path) -> None:
    """A link to an independent memory."""
    other_memory(path.with_name("other.db"))
    path.symlink_to(path.with_name("other.db"))


def link_to_a_copy(path: Path) -> None:
    """A link to a real copy: whoever made the link says where it leads, not we."""
    path.with_name("kept.db").rename(path.with_name("elsewhere.db"))
    path.symlink_to(path.with_name("elsewhere.db"))


def a_folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


def others_tables(path: Path) -> None:
    """The database of another program."""
    with closing(sqlite3.connect(path)) as db:
        for name in ("events", "items", "meta"):
            db.execute(f"CREATE TABLE {name} (name, value)")
        db.commit()


@pytest.mark.parametrize(
    "make",
    [other_memory, a_link, link_to_a_copy, a_folder, others_tables],
    ids=lambda m: m.__name__,
)
def test_what_took_the_place_of_a_backup_is_not_opened(
    store: Store, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """It is named, and not a byte of it changes, nor is a file left beside it."""
    put(store, [item("ours")])
    path, kept = backup(store, tmp_path / "copy.db"), backup(store, tmp_path / "kept.db")
    path.unlink()
    make(path)

    def files() -> dict[Path, bytes]:
        """All but the store's own."""
        every = [
            one for one in tmp_path.iterdir() if one.name.startswith(("copy", "other", "else"))
        ]
        return {one: one.read_bytes() for one in every if one.is_file()}

    before = files()
    with pytest.raises(StoreError, match="not a backup of this memory any more"):
        opened(store, str(path)).__enter__()
    assert files() == before
    if kept.exists():
        with opened(store, str(kept)) as copy:
            assert len(copy.items("u")) == 1


def test_a_text_in_the_place_of_a_backup_is_named(store: Store, tmp_path: Path) -> None:
    """It may be what a disk has left of it."""
    path = backup(store, tmp_path / "copy.db")
    path.write_text("a list of errands " * 100)
    with pytest.raises(StoreError, match="not a combray database or is damaged"):
        opened(store, str(path)).__enter__()
    path.unlink()
    with pytest.raises(StoreError, match="is not there"):
        opened(store, str(path)).__enter__()


def test_a_file_that_is_exchanged_while_it_is_opened_is_closed_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is opened is what was looked at."""
    path = backup(store, tmp_path / "copy.db")
    other_memory(tmp_path / "other.db")

    def exchanged(place: str) -> Store:
        (tmp_path / "other.db").replace(place)
        return connect(place)

    def removed(place: str) -> Store:
        copy = connect(place)
        Path(place).unlink()
        return copy

    for opens, said in ((removed, "is not there"), (exchanged, "another file")):
        monkeypatch.setattr(backups, "connect", opens)
        with pytest.raises(StoreError, match=said):
            opened(store, str(path)).__enter__()
        path = path if path.exists() else backup(store, path)
