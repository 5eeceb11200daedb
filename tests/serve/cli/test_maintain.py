"""export import backup copy verify repair reindex: whole, or not at all."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from combray import Memory
from tests.serve.conftest import Run
from tests.words import Words


def added(run: Run, text: str, *more: str) -> str:
    """The id of a text of u1, just added."""
    id_: str = run("add", text, "-u", "u1", "--json", *more).json[0]["id"]
    return id_


@pytest.fixture
def tea(run: Run) -> str:
    """The id of one memory of u1."""
    id_: str = run("add", "I drink tea", "-u", "u1", "--json").json[0]["id"]
    return id_


def test_export_and_import(run: Run, tea: str, tmp_path: Path) -> None:
    """What is exported from one database is the same in another."""
    assert run("export", "all.jsonl", "--json").json == {"items": 1, "path": "all.jsonl"}
    assert run("import", "all.jsonl", "--db", "new.db", "--json").json["items"] == 1
    assert run("get", tea, "--db", "new.db", "--json").json["text"] == "I drink tea"


def test_export_and_import_by_pipe(run: Run, tea: str) -> None:
    """`-` exports to standard output and imports from standard input."""
    lines = run("export", "-").out
    assert json.loads(lines.splitlines()[0])["format"] == "combray"
    assert run("import", "-", "--db", "new.db", input=lines).code == 0
    assert run("get", tea, "--db", "new.db").code == 0


def test_import_of_something_else(run: Run, tea: str) -> None:
    """A foreign file is refused with its line, and nothing is imported."""
    Path("foreign.jsonl").write_text('{"a": 1}\n')
    wrong = run("import", "foreign.jsonl")
    assert wrong.code == 1
    assert "line 1" in wrong.err


def test_backup_goes_to_a_new_file(run: Run, tmp_path: Path) -> None:
    """The copy is a memory for its owner alone; a file that exists stays."""
    id_ = added(run, "I drink tea")
    assert run("backup", "copy.db").code == 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert run("get", id_, "--db", "copy.db").code == 0
    again = run("backup", "copy.db")
    assert again.code == 1
    assert "exists" in again.err
    assert run("backup", "no-such-folder/copy.db").code == 1


def test_verify_finds_and_repair_mends(run: Run) -> None:
    """verify exits with 1 on a row that was changed behind our back, and repair brings it back."""
    id_ = added(run, "I live in Rome.")
    assert run("verify").out.strip() == "Everything is intact."
    with closing(sqlite3.connect("memory.db")) as db:
        db.execute("UPDATE items SET text = 'I live in Oslo.' WHERE id = ?", (id_,))
        db.commit()
    broken = run("verify", "--json")
    assert broken.code == 1
    assert "differs from its history" in broken.json["problems"][0]
    assert run("repair", "--json").json["mended"] == 1
    assert run("verify").code == 0
    assert run("get", id_, "--json").json["text"] == "I live in Rome."


def test_reindex_changes_over_a_file_of_another_embedder(run: Run) -> None:
    """A file whose vectors another embedder made is refused, changed over, and then opens."""
    with Memory("memory.db", embedder=Words()) as memory:
        kept = memory.add("The ferry to Naxos leaves at seven.", user_id="u1")[0]
    refused = run("search", "ferry", "-u", "u1")
    assert refused.code == 1
    assert "combray reindex --embedder hashed" in refused.err
    done = run("reindex", "--embedder", "hashed", "--json").json
    assert (done["embedded"], done["replaced"]) == (1, "words")
    assert run("search", "ferry", "-u", "u1", "--json").json[0]["id"] == kept.id
    assert run("reindex", "--db", "nowhere.db").code == 1


def test_copy_fills_an_empty_database(run: Run) -> None:
    """Everything goes into a new file, and never into one that holds something."""
    run("add", "The boiler is serviced each May.")
    assert "Copied 1" in run("copy", "other.db").out
    again = run("copy", "other.db")
    assert again.code == 1
    assert "holds memories already" in again.err


def test_export_of_one_user_holds_nobody_else(run: Run, tea: str) -> None:
    """The count is that user's; a file goes to people as Markdown where its name says so."""
    run("add", "Another's words", "-u", "u2")
    assert run("export", "u1.jsonl", "-u", "u1", "--json").json["items"] == 1
    assert "Another" not in Path("u1.jsonl").read_text()
    assert "1 memory" in run("export", "all.md", "-u", "u1").out
    assert "I drink tea" in Path("all.md").read_text()


def test_an_export_to_a_pipe_is_the_file_to_the_byte(run: Run, tea: str) -> None:
    """And nothing else is printed, with or without --json."""
    run("export", "all.jsonl")
    assert run("export", "-").out == Path("all.jsonl").read_text()
    assert run("export", "-", "--json").out == Path("all.jsonl").read_text()


def test_an_import_told_twice_is_new_once(run: Run, tea: str) -> None:
    """What is here already is skipped, and the number says so."""
    run("export", "all.jsonl")
    assert "0 memories" in run("import", "all.jsonl").out
    assert "1 memory" in run("import", "all.jsonl", "--db", "new.db").out


@pytest.mark.parametrize("verb", ["export", "backup", "copy"])
def test_a_place_that_cannot_be_written_is_named(run: Run, tea: str, verb: str) -> None:
    """One line and exit 1; the memory is as it was."""
    refused = run(verb, "nowhere/file.db")
    assert refused.code == 1
    assert "nowhere" in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert run("get", tea).code == 0


@pytest.mark.parametrize("verb", ["export", "backup", "copy", "repair"])
def test_what_is_not_there_cannot_be_kept(run: Run, verb: str) -> None:
    """No new, empty memory is made to be exported."""
    words = ("x.out",) if verb != "repair" else ()
    assert run(verb, *words, "--db", "typo.db").code == 1
    assert not Path("typo.db").exists()


def test_verify_as_data_is_whole(run: Run, tea: str) -> None:
    """What was looked at and what is wrong, and exit 0 when nothing is."""
    told = run("verify", "--json")
    assert told.code == 0
    assert told.json["ok"] is True
    assert told.json["counts"]["items"] == 1


def test_verify_names_every_problem_on_a_line(run: Run, tea: str) -> None:
    """And exits with 1."""
    other = added(run, "I drink mate")
    with closing(sqlite3.connect("memory.db")) as db:
        db.execute("UPDATE items SET count = 9")
        db.commit()
    broken = run("verify")
    assert broken.code == 1
    lines = broken.out.splitlines()
    assert sum(tea in line for line in lines) == sum(other in line for line in lines) == 1


def test_repair_of_a_sound_memory_mends_nothing(run: Run, tea: str) -> None:
    """And can be asked for any system; an unknown one names the nearest."""
    assert run("repair", "--json").json["mended"] == 0
    wrong = run("repair", "--system", "evidnce")
    assert wrong.code == 1
    assert "evidence" in wrong.err


def test_reindex_to_the_same_embedder_embeds_nothing(run: Run, tea: str) -> None:
    """There is nothing to change over."""
    run("search", "tea", "-u", "u1")
    assert run("reindex", "--embedder", "hashed", "--json").json["embedded"] == 0
