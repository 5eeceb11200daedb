"""doctor and embedder: what this machine has, lacks, and the command that mends it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from combray.serve.cli import doctor
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


def test_doctor_says_what_the_model_is_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one rules do everything; with one it reads, unless the extractor is rules."""
    monkeypatch.delenv("COMBRAY_LLM", raising=False)
    monkeypatch.delenv("COMBRAY_EXTRACTOR", raising=False)
    check = _states(run)["language model"]
    assert (check["state"], check["run"]) == ("missing", "export COMBRAY_LLM=openai:MODEL")
    monkeypatch.setenv("COMBRAY_LLM", "openai:small")
    found = _states(run)["language model"]["found"]
    assert "openai:small (from $COMBRAY_LLM) reads what is added for mem0, zep" in found
    assert "evidence" not in found
    monkeypatch.setenv("COMBRAY_EXTRACTOR", "rules")
    assert "is not asked to read" in _states(run)["language model"]["found"]


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


def test_doctor_finds_work_that_was_given_up(run: Run) -> None:
    """Jobs that are dead are counted, with the last error and the command that tries them again."""
    run("add", "tea")
    with sqlite3.connect("memory.db") as connection:
        connection.execute(
            "INSERT INTO jobs (tenant, kind, payload, state, attempts, error, created_at, "
            "updated_at, due_at) VALUES ('u', 'k', '{}', 'failed', 5, 'ValueError: no', 1, 1, 1)"
        )
    connection.close()
    check = _states(run)["jobs"]
    assert (check["state"], "ValueError: no" in check["found"]) == ("broken", True)
    assert check["run"].startswith("combray consolidate --retry")


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
    monkeypatch.setattr(doctor, "_requirements", lambda: ["nonesuch>=1 ; extra == 'torch'"])
    check = _states(run)["extra torch"]
    assert (check["state"], check["run"]) == ("missing", "pip install 'combray[torch]'")


def test_doctor_mends_the_embedder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the offline model doctor names the command that installs it."""

    class Absent:
        @staticmethod
        def status() -> dict[str, object]:
            run = "combray embedder install"
            return {"auto": "hashed-512", "missing": ["onnxruntime"], "run": run}

    monkeypatch.setattr(doctor, "_install", lambda: Absent)
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

    monkeypatch.setattr(doctor, "_install", lambda: Fake)
    assert run("embedder", "install", "--json").json["auto"] == "minilm-l6-v2"
    assert calls == ["install"]


def test_doctor_speaks_of_every_part(run: Run) -> None:
    """Program, Python, numpy, SQLite, embedder, extras, database and bench data, each once."""
    names = [check["name"] for check in run("doctor", "--json").json]
    assert len(names) == len(set(names))
    assert {"combray", "python", "numpy", "sqlite", "embedder", "database", "bench data"} <= {
        *names
    }
    assert not any(name == "extra dev" for name in names)


def test_doctor_for_people_marks_what_is_missing(run: Run) -> None:
    """A sign, what was found, and the command, whose words are not cut."""
    out = run("doctor").out
    assert "✓" in out
    assert "–" in out
    assert "combray add" in " ".join(out.split())


def test_doctor_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Neither a file that is not there nor one that is."""
    run("doctor", "--db", "new.db")
    assert not (tmp_path / "new.db").exists()
    run("add", "tea")
    before = (tmp_path / "memory.db").read_bytes()
    run("doctor")
    assert (tmp_path / "memory.db").read_bytes() == before


def test_doctor_finds_the_benchs_data(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the environment says; a folder that is not there is named."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    assert _states(run)["bench data"]["state"] == "ok"
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path / "nowhere"))
    check = _states(run)["bench data"]
    assert check["state"] == "missing"
    assert "nowhere" in check["found"]
    monkeypatch.delenv("COMBRAY_DATA")
    assert "not set" in _states(run)["bench data"]["found"]


def test_an_extra_that_is_whole_tells_its_versions(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two packages missing is named alone."""
    monkeypatch.setattr(
        doctor,
        "_requirements",
        lambda: [
            "numpy>=1 ; extra == 'one'",
            'numpy>=1 ; extra == "two"',
            "nonesuch[x]>=1 ; extra == 'two'",
            "pytest ; extra == 'dev'",
            "typer>=0.12",
        ],
    )
    checks = _states(run)
    assert checks["extra one"]["state"] == "ok"
    assert "numpy" in checks["extra one"]["found"]
    assert checks["extra two"]["found"] == "nonesuch not installed"
    assert "extra dev" not in checks


def test_a_package_that_is_not_installed_has_no_requirements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Run from a checkout, the report has no extras and no error."""
    monkeypatch.setattr(doctor, "DISTRIBUTION", "no-such-distribution")
    assert doctor._requirements() == []


def test_a_database_newer_than_this_version_is_broken(run: Run) -> None:
    """The message says what to run."""
    run("add", "tea")
    connection = sqlite3.connect("memory.db")
    connection.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    connection.commit()
    connection.close()
    told = run("doctor", "--json")
    assert told.code == 1
    check = _states(run)["database"]
    assert check["state"] == "broken"
    assert "pip install -U combray" in check["found"]


def test_a_damaged_page_is_found(run: Run) -> None:
    """By SQLite's own check, without a change to the file."""
    run("add", *[f"tea {n} {'x' * 500}" for n in range(100)])
    run("erase", "-y", "--filters", '{"none": 1}')
    path = Path("memory.db")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\x5a" * (40960 - 8192)
    path.write_bytes(bytes(data))
    assert _states(run)["database"]["state"] == "broken"
    assert path.read_bytes() == bytes(data)
