"""kv: questions put to text memories from the command line, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray.serve.cli import kv
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
        (["--memories", ""], "There is nobody to ask"),
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


def test_a_task_of_the_other_bench_is_a_mistake(run: Run) -> None:
    """Each bench names its own tasks, the nearest first."""
    wrong = run("bench", "needles", "--tasks", "kv", "--memories", "bm25")
    assert wrong.code == 1
    assert "needle task" in wrong.err
    wrong = run("bench", "scbench", "--tasks", "single", "--memories", "bm25")
    assert wrong.code == 1
    assert "SCBench task" in wrong.err


def test_several_lengths_tell_how_far_a_memory_reaches(run: Run) -> None:
    """Rows are by task and length, and a second table says the longest that still works."""
    words = ("bench", "needles", "--memories", "bm25", "--tasks", "single", "--cases", "1")
    told = run(*words, "--length", "1000,2000", "--json").json
    assert [row["of"] for row in told["rows"]] == ["single 1,000", "single 2,000"]
    assert [(r["answerer"], r["of"]) for r in told["effective_length"]] == [
        ("bm25 top 5", "single")
    ]
    assert "Effective context" in run(*words, "--length", "1000,2000").out


def test_pictures_need_a_folder(run: Run, tmp_path: Path) -> None:
    """One that is there; they are drawn into it."""
    pytest.importorskip("matplotlib", reason="the extra figures is not installed")
    words = ("kv", "compare", "--memories", "bm25", "--tasks", "single", "--cases", "1")
    refused = run(*words, "--figures", "nowhere")
    assert refused.code == 1
    assert "nowhere" in refused.err
    (tmp_path / "drawn").mkdir()
    assert run(*words, "--figures", "drawn").code == 0
    assert "quality.png" in {p.name for p in (tmp_path / "drawn").iterdir()}


def test_what_was_asked_once_is_not_asked_again(run: Run, tmp_path: Path) -> None:
    """The second run answers from the cache, the same to the digit; --fresh asks anew."""
    words = ("kv", "compare", "--memories", "bm25", "--tasks", "single", "--cases", "1", "--json")
    first = run(*words).json["rows"]
    assert run(*words).json["rows"] == first
    fresh = run(*words, "--fresh").json["rows"]
    assert [row["score"] for row in fresh] == [row["score"] for row in first]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("0.5,0.2", [0.5, 0.2]), ("1024", [1024]), (" 0.5 , 64 ,", [0.5, 64]), ("", [])],
)
def test_budgets_are_shares_or_tokens(text: str, numbers: list[float]) -> None:
    """A number with a point is a share, without one a number of tokens."""
    found = kv._budgets(text)
    assert found == numbers
    assert [type(n) for n in found] == [type(n) for n in numbers]


@pytest.mark.parametrize("words", [("--length", "long"), ("--budget", "0.5,x")])
def test_lists_that_are_no_numbers_are_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    """Exit 2, and nobody is asked."""
    assert run("kv", "compare", "--memories", "bm25", *words).code == 2
