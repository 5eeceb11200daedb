"""What a killed writer left is removed at the next opening; what is being written is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from combray import Memory
from combray.store.files.parts import listed_part, remove_left_parts
from tests.words import Words

WRITER = """
import sys, time
from pathlib import Path
from combray import Memory
from combray.store.files.parts import listed_part
with Memory(sys.argv[1], embedder="hashed") as memory:
    with listed_part(memory._store, Path(sys.argv[2]), "export") as out:
        out.write("Xanthippe"); out.flush()
        time.sleep(60)
"""


def parts(folder: Path) -> list[Path]:
    """The files that are being written there."""
    return list(folder.glob(".*.part"))


def test_a_part_of_a_killed_writer_goes_at_the_next_opening(tmp_path: Path) -> None:
    """While the writer lives it stays; killed, its words are gone with the next opening."""
    place, target = tmp_path / "m.db", tmp_path / "out.jsonl"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place), str(target)])
    try:
        until = time.monotonic() + 60
        while not (found := parts(tmp_path)) or not found[0].stat().st_size:
            assert time.monotonic() < until
            time.sleep(0.01)
        with Memory(place, embedder="hashed") as memory:
            assert parts(tmp_path) == found, "it is being written"
            assert remove_left_parts(memory._store) == []
    finally:
        writer.kill()
        writer.wait()
    with Memory(place, embedder="hashed") as memory:
        assert parts(tmp_path) == []
        assert remove_left_parts(memory._store) == []
    assert not target.exists()


def test_a_part_is_listed_whatever_bytes_its_path_has(tmp_path: Path) -> None:
    """One left in a folder whose name is not UTF-8 goes too, and so does one with a quote."""
    for name in (b"x\xff", b'"y"', "ü".encode()):
        folder = tmp_path / os.fsdecode(name)
        folder.mkdir()
        with Memory(tmp_path / "m.db", embedder=Words()) as memory:
            with listed_part(memory._store, folder / "all", "export"):
                rows = memory._store.engine.read("SELECT * FROM meta WHERE name LIKE 'part %'")
            with memory._store.engine.write() as cursor:
                cursor.run("INSERT INTO meta (name, value) VALUES (?, ?)", rows[0])
            assert [part.parent for part in remove_left_parts(memory._store)] == [folder]
            assert memory._store.engine.read("SELECT 1 FROM meta WHERE name LIKE 'part %'") == []


def test_a_whole_file_is_listed_no_more(tmp_path: Path) -> None:
    """Neither is one whose writer failed."""
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        with listed_part(memory._store, tmp_path / "x", "export") as out:
            out.write("whole")
            assert (
                len(memory._store.engine.read("SELECT 1 FROM meta WHERE name LIKE 'part %'")) == 1
            )
        assert memory._store.engine.read("SELECT 1 FROM meta WHERE name LIKE 'part %'") == []
    assert (tmp_path / "x").read_text() == "whole"


def test_what_lies_in_a_folder_that_is_away_stays_listed(tmp_path: Path) -> None:
    """Its disk may come back, with the words on it."""
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        with memory._store.engine.write() as cursor:
            gone = f"part {tmp_path}/away/.x.part"
            cursor.run("INSERT INTO meta (name, value) VALUES (?, 'export')", (gone,))
        assert remove_left_parts(memory._store) == []
        (tmp_path / "away").mkdir()
        (tmp_path / "away" / ".x.part").write_text("words")
        assert remove_left_parts(memory._store) == [tmp_path / "away" / ".x.part"]
        assert not (tmp_path / "away" / ".x.part").exists()
