"""Files are looked at before they are opened, and never written through a link or over another."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, TextIO

import pytest

from combray import Memory
from combray.core.errors import InputError, StoreReadOnly
from combray.store.paths import (
    create,
    give_name,
    may_replace,
    part_of,
    ready_database,
    special,
    written_whole,
)
from tests.words import Words


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_database_is_its_owners(tmp_path: Path) -> None:
    """The file that is made can be read by nobody else; one that was there keeps its mode."""
    ready_database(tmp_path / "new.db")
    assert mode(tmp_path / "new.db") == 0o600
    (tmp_path / "shared.db").touch()
    (tmp_path / "shared.db").chmod(0o664)
    with Memory(tmp_path / "shared.db", embedder=Words()) as memory:
        memory.add("I live in Rome.")
    assert mode(tmp_path / "shared.db") == 0o664


def test_a_pipe_a_folder_and_a_device_are_refused_unopened(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever, and a device would be changed."""
    before = mode(Path("/dev/null"))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").chmod(0o666)
    for place, word in ((tmp_path / "pipe", "a pipe"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=word):
            ready_database(place)
    with pytest.raises(InputError, match="a device"):
        ready_database(Path("/dev/null"))
    assert mode(tmp_path / "pipe") == 0o666
    assert mode(Path("/dev/null")) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_what_reading_could_wait_for_is_seen(tmp_path: Path) -> None:
    """A pipe and a device are named; files, folders and nothing are none."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert special(tmp_path / "pipe") == "a pipe"
    assert special(Path("/dev/null")) == "a device"
    assert special(tmp_path / "file") is special(tmp_path) is special(tmp_path / "none") is None
    with Memory(embedder="hashed") as memory, pytest.raises(InputError, match="is a pipe"):
        memory.import_(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_an_empty_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """It may be the place that they keep for something of their own."""
    (tmp_path / "theirs.db").touch()
    os.chown(tmp_path / "theirs.db", 12345, 12345)
    with pytest.raises(InputError, match="another user"):
        ready_database(tmp_path / "theirs.db")


def test_a_path_with_a_null_character_is_refused_in_words(tmp_path: Path) -> None:
    """No raw ValueError of the system comes through."""
    with pytest.raises((InputError, StoreReadOnly), match=r"null|Check"):
        ready_database(Path(f"{tmp_path}/a\0b.db"))


def test_what_is_created_was_not_there(tmp_path: Path) -> None:
    """Neither a file nor a link is followed, also one that leads nowhere."""
    os.close(create(tmp_path / "one", "backup"))
    assert mode(tmp_path / "one") == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("one", "link"):
        with pytest.raises(InputError, match="backup a new name"):
            create(tmp_path / name, "backup")
    assert not (tmp_path / "nowhere").exists()


def test_names_of_parts_cannot_be_guessed(tmp_path: Path) -> None:
    """Two of one path differ, and lie beside it."""
    one, other = part_of(tmp_path / "x.jsonl"), part_of(tmp_path / "x.jsonl")
    assert one != other
    assert one.parent == tmp_path


@pytest.mark.parametrize(
    ("head", "word"), [(b"SQLite format 3\0...", "database"), (b"my diary", "no earlier export")]
)
def test_only_a_file_of_the_same_kind_is_replaced(tmp_path: Path, head: bytes, word: str) -> None:
    """A database is never replaced, nor what we do not know."""
    path = tmp_path / "there"
    path.write_bytes(head)
    with pytest.raises(InputError, match=word):
        may_replace(path, lambda text: text.startswith(b"ours"), "export")
    assert path.read_bytes() == head


def test_what_may_be_replaced(tmp_path: Path) -> None:
    """Nothing, an empty file, and an earlier one; a link is none of them."""
    path = tmp_path / "there"
    may_replace(path, lambda _: False, "export")
    path.touch()
    may_replace(path, lambda _: False, "export")
    path.write_bytes(b"ours")
    may_replace(path, lambda text: text.startswith(b"ours"), "export")
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(InputError, match="a link"):
        may_replace(tmp_path / "link", lambda _: True, "export")


def _fail(out: TextIO) -> None:
    """Write a half, and fail."""
    out.write("half")
    raise BufferError("full")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """A writer that fails leaves what stood there, and nothing beside it."""
    path = tmp_path / "x"
    path.write_text("before")
    with (
        pytest.raises(BufferError, match="full"),
        written_whole(path, part_of(path), "export") as out,
    ):
        _fail(out)
    assert os.listdir(tmp_path) == ["x"]
    assert path.read_text() == "before"
    with written_whole(path, part_of(path), "export") as out:
        out.write("whole")
    assert path.read_text() == "whole"


def test_a_link_that_leads_nowhere_creates_nothing(tmp_path: Path) -> None:
    """Neither as a new memory nor as the target of a copy; a link to a memory is followed."""
    link, target = tmp_path / "link.db", tmp_path / "target.db"
    link.symlink_to(target)
    with Memory(embedder="hashed") as memory:
        for opened in (lambda: memory.copy_to(link), lambda: Memory(link, embedder="hashed")):
            with pytest.raises(InputError, match="link that leads nowhere"):
                opened()
    assert not target.exists()
    Memory(target, embedder="hashed").close()
    Memory(link, embedder="hashed").close()


@pytest.mark.parametrize("wrong", [None, 5, b"all.jsonl", "", " ", ["all.jsonl"]], ids=repr)
def test_a_path_is_the_name_of_a_file(tmp_path: Path, wrong: Any) -> None:
    """For every verb that takes one."""
    with Memory(embedder="hashed") as memory:
        for verb in (memory.export, memory.import_, memory.backup):
            with pytest.raises(InputError, match="must be the name of a file"):
                verb(wrong)


def test_a_file_gets_a_name_that_nothing_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was put there meanwhile stays, a link too; also where files have one name alone."""
    for taken in ("file", "link"):
        part, path = tmp_path / "part", tmp_path / taken
        part.write_text("new")
        path.write_text("old") if taken == "file" else path.symlink_to(tmp_path / "nowhere")
        with pytest.raises(InputError, match="exists"):
            give_name(part, path, "backup")
        assert part.read_text() == "new"
    monkeypatch.setattr(os, "link", lambda *_args, **_: (_ for _ in ()).throw(OSError))
    give_name(part, tmp_path / "free", "backup")
    assert (tmp_path / "free").read_text() == "new"
