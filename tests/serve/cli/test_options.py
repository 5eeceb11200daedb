"""What verbs share: where the memory is, by which model, whose it is, and how it answers."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from combray import Memory
from combray.core.errors import InputError
from combray.serve.cli import options
from combray.serve.cli.options import (
    DB,
    EXTRACTOR,
    LLM,
    Location,
    Model,
    Out,
    Place,
    Whose,
    data_folder,
    locate,
    mapping,
)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without any choice of ours, in an empty folder."""
    for name in (DB, EXTRACTOR, LLM, options.EMBEDDER, "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


# ── where ────────────────────────────────────────────────────────────────────────────────────────


def test_the_nearest_choice_of_a_place_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, else the variable, else the user's folder; and it says which it was."""
    default = locate(None)
    assert default.chosen_by == "default"
    assert default.text == str(data_folder() / "memory.db")
    monkeypatch.setenv(DB, "env.db")
    assert locate(None) == Location("env.db", f"${DB}")
    assert locate("mine.db") == Location("mine.db", "--db")
    monkeypatch.setenv(DB, "")
    assert locate("") == default


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", ".local/share/combray"),
        ("darwin", "Library/Application Support/combray"),
        ("win32", "local/combray"),
    ],
)
def test_the_users_folder_is_where_the_system_has_it(
    platform: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the custom of each system; XDG_DATA_HOME goes before it everywhere."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert data_folder() == tmp_path / place
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert data_folder() == tmp_path / "xdg" / "combray"


@pytest.mark.parametrize("text", [":memory:", "postgresql://host/db", "sqlite:///x.db"])
def test_what_is_no_path_has_none(text: str) -> None:
    """A URL and a private memory need no file to be there."""
    location = Location(text, "--db")
    assert location.path is None
    location.prepare(creates=False)


def test_a_path_may_begin_at_home(tmp_path: Path) -> None:
    """~ is the user's folder."""
    assert Location("~/a.db", "--db").path == tmp_path / "a.db"


def test_a_named_file_must_be_there_to_be_read(tmp_path: Path) -> None:
    """Else the message says who named it; to be written it is made later, not now."""
    for chosen_by in ("--db", f"${DB}"):
        with pytest.raises(InputError, match=r"typo\.db") as caught:
            Location("typo.db", chosen_by).prepare(creates=False)
        assert chosen_by in str(caught.value)
    Location("new.db", "--db").prepare(creates=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_the_default_folder_is_made_for_its_owner(tmp_path: Path) -> None:
    """Also to be read only: the first search of a new user is no mistake."""
    location = locate(None)
    location.prepare(creates=False)
    assert location.path is not None
    assert stat.S_IMODE(location.path.parent.stat().st_mode) == 0o700
    location.prepare(creates=False)


def test_a_place_opens_the_memory_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the embedder of the option, else of the variable."""
    with Place("m.db", "hashed").memory("Working", creates=True) as memory:
        memory.add("tea", user_id="u")
    monkeypatch.setenv(options.EMBEDDER, "hashed")
    monkeypatch.setenv(DB, "m.db")
    with Place().memory("Working") as memory:
        assert [i.text for i in memory.list(user_id="u")] == ["tea"]
    with pytest.raises(InputError), Place("other.db").memory("Working"):
        pass


# ── by which model ───────────────────────────────────────────────────────────────────────────────


def test_without_a_choice_nothing_is_asked() -> None:
    """The default system, no model, no budget, no option."""
    nothing = {"llm": None, "budget": None, "extractor": None}
    assert Model().choices == {"system": "evidence", **nothing}


def test_choices_come_from_options_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option goes before the variable."""
    monkeypatch.setenv(EXTRACTOR, "llm")
    monkeypatch.setenv(LLM, "small")
    given = Model(system="mem0").choices
    assert (given["extractor"], given["llm"]) == ("llm", "small")
    given = Model(system="mem0", extractor="rules", llm="big", budget_usd=0.5).choices
    assert (given["extractor"], given["llm"], given["budget"]) == ("rules", "big", 0.5)


def test_an_extractor_in_the_environment_suits_every_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A system that derives nothing ignores it, and refuses the option, which was meant."""
    monkeypatch.setenv(EXTRACTOR, "llm")
    assert Model(system="bm25").choices["extractor"] is None
    with pytest.raises(InputError, match="bm25"):
        Memory(embedder="hashed", **Model(system="bm25", extractor="llm").choices)


# ── whose, how, and JSON in options ──────────────────────────────────────────────────────────────


def test_whose_memory_is_told_by_three_names() -> None:
    """As the memory takes them; what was not given is None."""
    assert Whose("u", "a", "s").ids == {"user_id": "u", "agent_id": "a", "session_id": "s"}
    assert set(Whose().ids.values()) == {None}


def test_an_answer_is_for_people_or_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON nothing is drawn, so that a costly table is not made in vain."""

    def never() -> Any:
        raise AssertionError("this must not be reached")

    Out(as_json=True).give({"a": 1}, never)
    assert json.loads(capsys.readouterr().out) == {"a": 1}
    Out().give({"a": 1}, lambda: "drawn")
    assert capsys.readouterr().out == "drawn\n"


def test_an_object_in_an_option_is_read() -> None:
    """Nothing given is None, an empty one is itself."""
    assert mapping('{"a": [1]}', "--metadata") == {"a": [1]}
    assert mapping("{}", "--metadata") == {}
    assert mapping(None, "--metadata") is None


@pytest.mark.parametrize("wrong", ["", "{", "[1]", "7", '"a"', "null", "a=1"])
def test_what_is_no_object_is_wrong_usage(wrong: str) -> None:
    """The message names the option."""
    with pytest.raises(typer.BadParameter) as caught:
        mapping(wrong, "--metadata")
    assert "--metadata" in str(caught.value.format_message())
