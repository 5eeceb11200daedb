"""bench precision: which options reach the measurement, and what is written and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.serve.conftest import Run

FOUND = {
    "set": "precision_mem_bench",
    "tables": [{"title": "Public cases", "rows": [{"system": "bm25", "half": "dev", "P": 0.5}]}],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the measurement was asked, which answers at once."""
    calls: list[dict[str, Any]] = []

    def measured(**given: Any) -> Any:
        calls.append(given)
        return FOUND

    monkeypatch.setattr("combray.bench.compare.precision.measure", measured)
    return calls


def test_options_reach_the_measurement(run: Run, asked: list[dict[str, Any]]) -> None:
    """And stand in the command that is noted."""
    run("bench", "precision")
    run(
        "bench",
        "precision",
        "--systems",
        "bm25, dense",
        "--min-score",
        "0.2",
        "--embedder",
        "hashed",
    )
    plain, given = asked
    assert (plain["systems"][0], plain["least"], plain["embedder"]) == ("evidence", None, "auto")
    assert plain["command"] == "combray bench precision --systems evidence,bm25,dense,hybrid"
    assert (given["systems"], given["least"]) == (["bm25", "dense"], 0.2)
    assert given["command"].endswith("--min-score 0.2 --embedder hashed")


def test_figures_are_shown_and_written(run: Run, asked: list[Any]) -> None:
    """A table to read, data with --json, and a file when one is named."""
    said = run("bench", "precision", "--out", "deep/precision.json")
    assert "Public cases" in said.out
    assert "0.500" in said.out
    assert json.loads(Path("deep/precision.json").read_text()) == FOUND
    assert run("bench", "precision", "--json").json == FOUND
