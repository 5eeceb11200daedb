"""Disks that are full, files that may not be written, files that are something else."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import InputError, NotADatabase, StoreError, StoreReadOnly
from combray.store.connect import connect
from tests.words import Words


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path) -> None:
    """When no page is left the add is refused whole; with room again all goes on."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        memory.add("Before.", user_id="u")
        writer = memory._store.engine._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="Free some space"):
            memory.add([f"Long {n} " * 500 for n in range(50)], user_id="u")
        assert [item.text for item in memory.list(user_id="u")] == ["Before."]
        writer.execute("PRAGMA max_page_count = 1000000")
        memory.add("After.", user_id="u")
        assert len(memory.list(user_id="u")) == 2
        assert memory.verify().problems == ()


def test_a_full_disk_while_erasing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An erasure that cannot compact says so, and is ended by an opening when there is room."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        gone = memory.add([f"Xanthippe {n}" for n in range(50)], user_id="u")
        engine = memory._store.engine
        compact = engine.compact

        def full() -> None:
            raise StoreError("the disk is full")

        engine.compact = full
        receipt = memory.erase([item.id for item in gone])
        assert (receipt.items, receipt.left) == (50, ("the disk is full",))
        engine.compact = compact
        assert memory.list(user_id="u") == []
    with monkeypatch.context() as full_disk, caplog.at_level("WARNING"):
        full_disk.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        with Memory(path, embedder=Words()) as memory:
            assert "not finished" in caplog.text
            memory.add("Goes on.", user_id="u")
            assert [item.text for item in memory.list(user_id="u")] == ["Goes on."]
    with Memory(path, embedder=Words()) as memory:
        assert memory._store.engine.read("SELECT count(*) FROM meta WHERE name LIKE 'unf%'") == [
            (0,)
        ]
        assert not any(b"Xanthippe" in p.read_bytes() for p in tmp_path.glob("memory.db*"))


FULL = """
import json, os, sys
from pathlib import Path
from combray import CombrayError, Memory
from tests.words import Words

folder, how = Path(sys.argv[1]), sys.argv[2]
path, filler = folder / "memory.db", folder / "filler"

def fill(spare=0):
    if how == "limit":
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        return
    with open(filler, "ab", buffering=0) as out:
        for size in (65536, 4096, 1):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                pass
        out.truncate(max(0, out.tell() - spare))

def free():
    if how == "limit":
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    else:
        filler.unlink()

def attempt(name, verb):
    try:
        done = verb()
        told[name] = [done if isinstance(done, int | str | list) else None, None]
    except CombrayError as error:
        told[name] = [type(error).__name__, str(error)]

def held():
    return sorted(item.text for item in memory.list(user_id="u"))

def found(word):
    return any(word in p.read_bytes() for p in folder.glob("memory.db*"))

told = {}
with Memory(path, embedder=Words()) as memory:
    ids = [i.id for i in memory.add(["I like tea.", "Xanthippe sings.", "Kept."], user_id="u")]
fill()
attempt("open", lambda: Memory(path, embedder=Words()).close())
attempt("read", lambda: Memory(f"sqlite:///{path}?mode=ro", embedder=Words()).close())
free()
memory = Memory(path, embedder=Words())
before = held()
fill()
attempt("add", lambda: memory.add("New.", user_id="u"))
attempt("erase", lambda: memory.erase(ids[1]))
attempt("backup", lambda: memory.backup(folder / "copy.db"))
attempt("export", lambda: memory.export(folder / "all.jsonl"))
attempt("search", lambda: memory.search("Kept", user_id="u")[0].text)
told["held"] = held() == before
told["problems"] = list(memory.verify().problems)
told["files"] = sorted(p.name for p in folder.iterdir() if p != filler)
free()
if how == "fill":
    fill(spare=160_000)
    receipt = memory.erase(ids[1])
    told["left"], told["erased"] = receipt.left, receipt.items
    told["after"] = held()
    memory.close()
    free()
    memory = Memory(path, embedder=Words())
    told["bytes"] = found(b"Xanthippe")
attempt("added", lambda: len(memory.add("New.", user_id="u")))
told["problems"] += memory.verify().problems
print(json.dumps(told))
"""


def on_a_full_disk(folder: Path, how: str) -> dict[str, Any]:
    """What becomes of every verb where no byte can be written any more."""
    code = [sys.executable, "-c", FULL, str(folder), how]
    if how == "fill":
        mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
        code = ["unshare", "--mount", "sh", "-c", mount, str(folder), *code]
        if shutil.which("unshare") is None or os.geteuid() != 0:
            pytest.skip("needs the right to mount a small disk")
    done = subprocess.run(code, capture_output=True, text=True, check=False, timeout=120)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("needs the right to mount a small disk")
    told: dict[str, Any] = json.loads(done.stdout or done.stderr)
    return told


@pytest.mark.skipif(sys.platform != "linux", reason="limits and small disks are made as on Linux")
@pytest.mark.parametrize("how", ["fill", "limit"])
def test_no_byte_is_free(tmp_path: Path, how: str) -> None:
    """Each verb works or says what to do; what is held is what was, and what is told is so."""
    told = on_a_full_disk(tmp_path, how)
    for verb in ("open", "read", "add", "erase", "backup", "export"):
        error, words = told[verb]
        assert error == "StoreError", (verb, told[verb])
        assert "Free some space" in words
    if how == "fill":
        assert "no room for the index of its log" in told["open"][1]
    assert told["held"]
    assert told["search"] == ["Kept.", None]
    assert told["problems"] == []
    assert told["files"] == ["memory.db", "memory.db-shm", "memory.db-wal"]
    assert told["added"] == [1, None]


def test_an_erasure_without_room_to_rewrite_says_so(tmp_path: Path) -> None:
    """Room for the rows, none for the file: bytes may be left until there is; then none are."""
    told = on_a_full_disk(tmp_path, "fill")
    assert told["erased"] == 1
    assert not any("Xanthippe" in text for text in told["after"])
    assert "no room" in told["left"][0]
    assert not told["bytes"]


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """It is not among the backups that an erasure looks for."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        gone = memory.add("Mine.", user_id="u")[0]
        engine = memory._store.engine
        whole = engine.backup

        def half(path: str) -> None:
            whole(path)
            raise StoreError("the disk is full")

        engine.backup = half
        with pytest.raises(StoreError, match="full"):
            memory.backup(tmp_path / "copy.db")
        assert memory.erase(gone.id).backups == ()
        assert memory.erase([memory.add("More.")[0].id]).left == ()


READ_ONLY = """
import os, sys
from combray import Memory
from combray.core.errors import StoreReadOnly
from tests.words import Words
with Memory(embedder=Words()) as warm:
    warm.add("I live in Rome.")
    warm.search("Rome")
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
try:
    Memory(sys.argv[1], embedder=Words()).add("More.", user_id="u")
except StoreReadOnly as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    """A reader without the right to write gets a clear error, and the file stays as it was."""
    folder = tmp_path / "shared"
    folder.mkdir()
    path = folder / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        memory.add("Before.", user_id="u")
    before = path.read_bytes()
    path.chmod(0o444)
    folder.chmod(0o555)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    code = [sys.executable, "-c", READ_ONLY, str(path)]
    done = subprocess.run(code, capture_output=True, text=True, check=False, timeout=60)
    folder.chmod(0o755)
    assert "permissions" in done.stdout, done.stderr
    assert path.read_bytes() == before


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """The file, its log and a backup are made with mode 0600; a mode that was widened stays."""
    path = tmp_path / "memory.db"
    old = os.umask(0)
    try:
        with Memory(path, embedder=Words()) as memory:
            memory.add("Mine.", user_id="u")
            memory.backup(tmp_path / "copy.db")
            memory.export(tmp_path / "all.jsonl")
            modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert set(modes.values()) == {0o600}, modes
    path.chmod(0o640)
    with Memory(path, embedder=Words()):
        pass
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_is_no_memory_is_left_alone(tmp_path: Path) -> None:
    """A text, a folder, and another program's database are refused and stay as they were."""
    text = tmp_path / "notes.txt"
    text.write_text("These are my notes, and they are long enough to be no header. " * 20)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE mine (x)")
        db.commit()
    kept = other.read_bytes()
    for place, error in ((text, NotADatabase), (other, NotADatabase), (tmp_path, InputError)):
        with pytest.raises(error):
            connect(place)
    assert text.read_text().startswith("These are my notes")
    assert other.read_bytes() == kept
    with pytest.raises((InputError, StoreReadOnly)):
        connect(tmp_path / "no" / "folder" / "memory.db")


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    """Pages that were overwritten are found by verify or refused, never answered from silently."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        memory.add([f"heron {n}" for n in range(200)], user_id="u")
        memory._store.engine.compact()
    data = bytearray(path.read_bytes())
    data[20_000:60_000] = b"\x5a" * 40_000
    path.write_bytes(bytes(data))
    try:
        with Memory(path, embedder=Words()) as memory:
            problems = memory.verify().problems
    except StoreError as error:
        problems = (str(error),)
    assert problems
