"""Sets by name: each is found, and what is missing is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from combray.bench.datasets import SETS, load
from combray.core.errors import InputError, UnknownName
from combray.serve.cli.bench.measure import SETS as TOLD


@pytest.mark.parametrize("name", list(SETS))
def test_without_data_the_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which variable to set."""
    monkeypatch.delenv("COMBRAY_DATA", raising=False)
    with pytest.raises(InputError, match="COMBRAY_DATA"):
        load(name)


@pytest.mark.parametrize("name", list(SETS))
def test_a_folder_without_the_set_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says which file is missing."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    with pytest.raises(InputError, match=rf"{name.split('-')[0]}.*is not there.*COMBRAY_DATA is"):
        load(name)


def test_an_unknown_set_suggests_the_nearest() -> None:
    """As every name of ours does."""
    with pytest.raises(UnknownName, match="locomo"):
        load("lokomo")


@pytest.mark.parametrize("name", ["mine.json", "chats.csv", "a/b.txt"])
def test_another_kind_of_file_is_no_set(name: str) -> None:
    """A file of one's own is JSON lines, and the message says so."""
    with pytest.raises(InputError, match=r"JSON lines, named \*\.jsonl"):
        load(name)


def test_a_file_of_one_s_own_is_loaded_by_its_path(tmp_path: Path) -> None:
    """What ends in .jsonl is a file and not a name."""
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "A cat."}), encoding="utf-8")
    assert load(str(path)).name == "mine"


def test_every_set_is_a_command() -> None:
    """The command line offers exactly the sets there are."""
    assert set(TOLD) == set(SETS)
