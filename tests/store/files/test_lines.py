"""The lines of an export: each is read by itself, and refused by its number."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.store.files.lines import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An export of a memory and a task."""
    with Memory(embedder="hashed") as memory:
        memory.add("I live in Rome.", user_id="u")
        memory.tasks("trip", user_id="u").set("city", "Rome")
        memory.export(tmp_path / "all.jsonl")
    return tmp_path / "all.jsonl"


def test_every_line_has_its_number_and_kind(path: Path) -> None:
    """The header is the first, and the count at the end is no record."""
    lines = list(read(path))
    assert [line.number for line in lines] == list(range(2, len(lines) + 2))
    assert {line.kind for line in lines} == {"item", "event", "step"}


SPOILT: dict[str, Callable[[list[str]], list[str]]] = {
    "nothing": lambda _: [],
    "another header": lambda lines: ['{"format": "other"}', *lines[1:]],
    "no end": lambda lines: lines[:-1],
    "a line too many": lambda lines: [*lines, lines[1]],
    "a step twice": lambda lines: [*lines[:-1], lines[-2], lines[-1]],
    "a step left out": lambda lines: [*lines[:-2], lines[-1]],
    "a kind that is none": lambda lines: [lines[0], '{"song": {}}', *lines[1:]],
    "no JSON": lambda lines: [lines[0], "{", *lines[1:]],
    "an end that counts nothing": lambda lines: [*lines[:-1], '{"end": 7}'],
    "steps that the end leaves out": lambda lines: [
        *lines[:-1],
        json.dumps({"end": {k: n for k, n in json.loads(lines[-1])["end"].items() if k != "step"}}),
    ],
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_refused_by_its_line(path: Path, name: str) -> None:
    """Before anything of it is used."""
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(SPOILT[name](lines)), encoding="utf-8")
    with pytest.raises(InputError, match=r"line \d+: .*Nothing was imported"):
        list(read(path))
