"""Figures of FactConsolidation: what stands first, and what stands above it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.bench.compare import fact
from combray.core.errors import InputError, UnknownName
from tests.bench.datasets.data import writer
from tests.words import Words


def answered(current: list[int], outdated: list[int], name: str = "q") -> dict[str, Any]:
    """An answer with the ranks of what is current and of what is not."""
    ranks = {"current": current, "outdated": outdated}
    return {"id": name, "levels": {level: {"ranks": each} for level, each in ranks.items()}}


def test_the_figures_are_of_ranks() -> None:
    """First, above, and among five; what is found nowhere is below everything."""
    answers = [
        answered([1], [2]), answered([2], [1]), answered([5], []), answered([6], [7]),
        answered([], [9]),
    ]  # fmt: skip
    row = fact.figures(answers, "sh")
    assert (row["n"], row["first current"]) == (5, 0.2)
    assert (row["outdated above"], row["among five"]) == (0.4, 0.6)
    assert row["95 %"].startswith("0.000–")


def test_halves_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has the share of its own questions; several hops have no halves and nothing above."""
    monkeypatch.setattr(fact, "half_of", lambda name: name)
    answers = [answered([1], [], "dev"), answered([2], [], "test"), answered([1], [], "test")]
    row = fact.figures(answers, "sh")
    assert (row["dev"], row["test"]) == (1.0, 0.5)
    assert fact.figures(answers, "mh").keys() == {"n", "first current", "95 %", "among five"}


def test_systems_are_measured_on_each_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default memory puts the newest first, the keyword search whatever it finds."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))
    write = writer(tmp_path)
    for size in ("6k", "32k"):
        facts = [f"The capital of Utopia is {name}." for name in ("Amaurot", "Rome", "Paris")]
        write(f"fact_consolidation/facts_{size}.jsonl.gz", [{"text": text} for text in facts])
        for hop in ("sh", "mh"):
            asked = {"id": hop, "question": "What is the capital of Utopia?", "answers": ["Paris"]}
            write(f"fact_consolidation/questions_{hop}_{size}.jsonl.gz", [asked])
    found = fact.measure(
        systems=["evidence", "bm25"], sizes=["6k", "32k"], embedder=Words(), resume=False,
        command="combray bench fact", dated=True,
    )  # fmt: skip
    one, several = found["tables"]
    assert [(row["facts"], row["system"]) for row in one["rows"]] == [
        ("6k", "evidence"), ("6k", "bm25"), ("32k", "evidence"), ("32k", "bm25"),
    ]  # fmt: skip
    assert [row["first current"] for row in one["rows"]] == [1, 0, 1, 0]
    assert [row["outdated above"] for row in one["rows"]] == [0, 1, 0, 1]
    assert "later time" in one["note"]
    assert one["command"] == several["command"] == "combray bench fact"
    assert [row["among five"] for row in several["rows"]] == [1, 1, 1, 1]


def test_what_is_unknown_is_refused() -> None:
    """Sizes and systems by their nearest names, before anything is told."""
    with pytest.raises(UnknownName):
        fact.measure(systems=["evidence"], sizes=["7k"], embedder=Words())
    with pytest.raises(InputError):
        fact.measure(systems=["evidnce"], embedder=Words())
