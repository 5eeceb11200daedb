from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.serve.conftest import Run


@pytest.fixture
def tea(run: Run) -> str:
    """The id of one memory of u1."""
    id_: str = run("add", "I drink tea", "-u", "u1", "--json").json[0]["id"]
    return id_


def test_get_shows_one(run: Run, tea: str) -> None:
    """get prints the memory; another user's is not found."""
    assert run("get", tea, "--json").json["text"] == "I drink tea"
    assert "I drink tea" in run("get", tea).out
    other = run("get", tea, "-u", "u2")
    assert other.code == 1
    assert "I drink tea" not in other.err


def test_list_newest_first(run: Run, tea: str) -> None:
    """list gives the newest first, goes on from an id, and says a word when there is nothing."""
    run("add", "I drink coffee", "-u", "u1")
    texts = [item["text"] for item in run("list", "-u", "u1", "--json").json]
    assert texts == ["I drink coffee", "I drink tea"]
    (newest,) = run("list", "-u", "u1", "--limit", "1", "--json").json
    rest = run("list", "-u", "u1", "--before", newest["id"], "--json").json
    assert [item["text"] for item in rest] == ["I drink tea"]
    assert "List from the newest" in run("list", "-u", "u1", "--before", "none").err
    assert run("list", "-u", "nobody").out.strip() == "Nothing is remembered here."


def test_update_and_history(run: Run, tea: str) -> None:
    """update changes the words, and history keeps what they were."""
    changed = run("update", tea, "--text", "I drink cocoa", "--metadata", '{"hot": true}', "--json")
    assert changed.json["text"] == "I drink cocoa"
    assert changed.json["metadata"] == {"hot": True}
    events = run("history", tea, "--json").json
    assert events[0]["after"]["text"] == "I drink tea"
    assert events[-1]["after"]["text"] == "I drink cocoa"
    assert "I drink tea → I drink cocoa" in " ".join(run("history", tea).out.split())
    assert all(event["change_id"] in run("history", tea).out for event in events)


def test_update_from_standard_input(run: Run, tea: str) -> None:
    """`--text -` reads the new words."""
    assert run("update", tea, "--text", "-", "--json", input="mate\n").json["text"] == "mate"


def test_update_needs_something(run: Run, tea: str) -> None:
    """update without a change is wrong usage."""
    assert run("update", tea).code == 2


def test_delete_hides_and_keeps_history(run: Run, tea: str) -> None:
    """A deleted memory is in no answer; its history stays."""
    assert run("delete", tea).code == 0
    assert run("list", "-u", "u1", "--json").json == []
    assert run("history", tea, "--json").json[-1]["op"] == "delete"


def test_delete_is_all_or_nothing(run: Run, tea: str) -> None:
    """One wrong id among several deletes none of them."""
    wrong = run("delete", tea, "no-such-id")
    assert wrong.code == 1
    assert "no-such-id" in wrong.err
    assert len(run("list", "-u", "u1", "--json").json) == 1


def test_stats_counts(run: Run, tea: str) -> None:
    """stats counts one user's items and bytes."""
    figures = run("stats", "-u", "u1", "--json").json
    assert figures["items"] == 1
    assert figures["bytes"] > 0
    assert "1 text" in run("stats", "-u", "u1").out


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


def test_users_are_listed_for_whoever_runs_the_place(run: Run) -> None:
    """Every user with the number of memories, those of no user apart; empty says so."""
    assert "Nothing is remembered" in run("users", "--db", ":memory:").out
    for user in ("ann", "ann", "bob"):
        run("add", f"Hello from {run}.", "-u", user, "--timestamp", "2024-05-01")
    run("add", "Of nobody.")
    told = run("users", "--json").json
    assert told == [
        {"user_id": None, "items": 1},
        {"user_id": "ann", "items": 2},
        {"user_id": "bob", "items": 1},
    ]
    assert "(no user)" in run("users").out
    assert "combray users" in run("search", "zebra", "--kind", "note").out
