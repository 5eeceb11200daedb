"""kv: questions put to text memories from the command line, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serve.conftest import Run


@pytest.fixture(autouse=True)
def _kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are kept in a cache folder of the test's own."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))


def test_a_text_memory_alone_is_asked(run: Run) -> None:
    """Without a model only the memories answer; exact recall finds every single needle."""
    said = run("kv", "compare", "--memories", "bm25", "--tasks", "single", "--cases", "1", "--json")
    assert said.code == 0
    assert [(row["answerer"], row["of"], row["n"], row["score"]) for row in said.json["rows"]] == [
        ("bm25 top 5", "single", 5, 1.0)
    ]
    table = run("kv", "compare", "--memories", "bm25", "--tasks", "single", "--cases", "1")
    assert "bm25 top 5" in table.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tasks", "singel"], "single"),
        (["--mode", "turn", "--memories", "bm25"], "turns"),
        (["--cases", "0"], "At least one"),
        (["--memories", ""], "Nobody was asked"),
        (["--length", "300"], "at least 400"),
    ],
)
def test_what_cannot_be_asked_is_refused(run: Run, words: list[str], message: str) -> None:
    """Unknown tasks and modes, no contexts, nobody to ask and no room are one line each."""
    said = run("kv", "compare", *words)
    assert said.code == 1
    assert message in said.err


def test_budgets_are_numbers(run: Run) -> None:
    """A budget that is no number is wrong usage."""
    assert run("kv", "compare", "--budget", "half").code == 2
