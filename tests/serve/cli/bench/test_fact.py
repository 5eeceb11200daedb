"""bench fact: which options reach the measurement, and what is written and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.serve.conftest import Run

FOUND = {
    "set": "fact_consolidation",
    "tables": [{"title": "One hop", "rows": [{"facts": "6k", "system": "bm25", "first": 0.5}]}],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the measurement was asked, which answers at once."""
    calls: list[dict[str, Any]] = []

    def measured(**given: Any) -> Any:
        calls.append(given)
        return FOUND

    monkeypatch.setattr("combray.bench.compare.fact.measure", measured)
    return calls


def test_options_reach_the_measurement(run: Run, asked: list[dict[str, Any]]) -> None:
    """And stand in the command that is noted."""
    run("bench", "fact")
    run(
        "bench", "fact", "--systems", "bm25, dense", "--sizes", "6k, 32k", "--dated", "--fresh",
        "--embedder", "hashed",
    )  # fmt: skip
    plain, given = asked
    assert plain["sizes"] == ["6k", "32k", "64k", "262k"]
    assert (plain["dated"], plain["resume"], plain["embedder"]) == (False, True, "auto")
    assert (given["systems"], given["sizes"]) == (["bm25", "dense"], ["6k", "32k"])
    assert (given["dated"], given["resume"], given["embedder"]) == (True, False, "hashed")
    assert given["command"].endswith("--dated --embedder hashed")


def test_figures_are_shown_and_written(run: Run, asked: list[Any]) -> None:
    """Tables to read, data with --json, and a file when one is named."""
    said = run("bench", "fact", "--out", "deep/fact.json")
    assert "One hop" in said.out
    assert "0.500" in said.out
    assert json.loads(Path("deep/fact.json").read_text()) == FOUND
    assert run("bench", "fact", "--json").json == FOUND
