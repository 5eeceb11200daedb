from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from combray.serve.cli import machine
from tests.serve.conftest import Run


def _states(run: Run, *words: str) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in run("doctor", "--json", *words).json}


def test_doctor_on_a_new_machine(run: Run) -> None:
    """Before the first memory nothing is broken, and the database says how it is made."""
    assert run("doctor").code == 0
    checks = _states(run)
    assert checks["database"]["state"] == "missing"
    assert checks["database"]["run"].startswith("combray add")
    assert "$COMBRAY_DB" in checks["database"]["found"]
    assert checks["python"]["state"] == checks["sqlite"]["state"] == "ok"


def test_doctor_looks_into_the_database(run: Run) -> None:
    """A sound database is ok, with the embedder of its vectors."""
    run("add", "tea")
    assert "hashed" in _states(run)["database"]["found"]


def test_doctor_says_which_place_is_meant(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without option and variable, the default place is named as such."""
    monkeypatch.delenv("COMBRAY_DB")
    assert "memory.db (from default)" in _states(run)["database"]["found"]


def test_doctor_finds_damage(run: Run) -> None:
    """A file that is no database, or a damaged one, is broken: exit 1 and a command."""
    Path("memory.db").write_bytes(b"this is not a database, only some words of text" * 40)
    told = run("doctor", "--json")
    assert told.code == 1
    check = _states(run)["database"]
    assert check["state"] == "broken"
    assert check["run"]


def test_doctor_finds_another_embedder(run: Run) -> None:
    """Vectors of another embedder are named, with the command that changes over."""
    run("add", "tea")
    with sqlite3.connect("memory.db") as connection:
        connection.execute("UPDATE generations SET embedder = 'another'")
    connection.close()
    check = _states(run)["database"]
    assert check["state"] == "broken"
    assert "another" in check["found"]
    assert "reindex" in str(check["run"])


def test_doctor_names_missing_extras(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra whose package is absent comes with its pip command."""
    monkeypatch.setattr(machine, "_requirements", lambda: ["nonesuch>=1 ; extra == 'torch'"])
    check = _states(run)["extra torch"]
    assert (check["state"], check["run"]) == ("missing", "pip install 'combray[torch]'")


def test_doctor_mends_the_embedder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the offline model doctor names the command that installs it."""

    class Absent:
        @staticmethod
        def status() -> dict[str, object]:
            run = "combray embedder install"
            return {"auto": "hashed-512", "missing": ["onnxruntime"], "run": run}

    monkeypatch.setattr(machine, "_install", lambda: Absent)
    check = _states(run)["embedder"]
    assert (check["state"], check["run"]) == ("missing", "combray embedder install")


def test_embedder_status(run: Run) -> None:
    """embedder status names what "auto" is."""
    assert re.match("minilm|hashed", run("embedder", "status", "--json").json["auto"])
    assert "auto" in run("embedder", "status").out


def test_embedder_install_installs_then_reports(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """embedder install runs the installer once and then prints the state."""
    calls: list[str] = []

    class Fake:
        @staticmethod
        def install() -> None:
            calls.append("install")

        @staticmethod
        def status() -> dict[str, object]:
            return {"auto": "minilm-l6-v2", "missing": [], "run": None}

    monkeypatch.setattr(machine, "_install", lambda: Fake)
    assert run("embedder", "install", "--json").json["auto"] == "minilm-l6-v2"
    assert calls == ["install"]
