"""systems and cite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.serve.conftest import Run


def test_systems_lists_the_catalogue(run: Run) -> None:
    """Every row is there with its paper; a tier or --working narrows it."""
    assert len(run("systems", "--json").json) == 53
    text = run("systems", "--tier", "text").out
    assert "mem0" in text
    assert "Chhikara et al., 2025" in text
    assert "titans" not in text
    assert all(row["status"] == "works" for row in run("systems", "--working", "--json").json)


def test_an_unknown_tier_is_refused(run: Run) -> None:
    """The nearest tier is suggested."""
    answer = run("systems", "--tier", "texts")
    assert answer.code == 1
    assert "'text'" in answer.err


def test_cite_prints_bibtex(run: Run) -> None:
    """Entries are printed whole, however long their lines."""
    answer = run("cite", "mem0", "hipporag")
    assert answer.code == 0
    assert answer.out.count("@") == 2
    assert "Bernal Jiménez Gutiérrez and Yiheng Shu and Yu Gu and Michihiro Yasunaga" in answer.out
    assert run("cite", "mem0", "--json").json[0]["bibtex"].startswith("@misc{chhikara2025mem0")


def test_cite_of_an_unknown_system_suggests(run: Run) -> None:
    """A wrong name prints nothing but the suggestion."""
    answer = run("cite", "zepp")
    assert answer.code == 1
    assert answer.out == ""
    assert "zep" in answer.err


CHATS = """\
{"session": "s1", "messages": [{"role": "user", "name": "Ann", "id": "m1", \
"content": "I adopted a grey cat called Misty last week."}]}
{"question": "What is the grey cat called?", "evidence": ["m1"], "split": "test"}
"""


def test_compare_prints_and_writes_one_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Your own file is measured; the table is printed, and written in three forms."""
    pytest.importorskip("matplotlib", reason="the extra figures is not installed")
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mine.jsonl").write_text(CHATS)
    words = ("compare", "--data", "mine.jsonl", "--systems", "evidence,bm25")
    answer = run(*words, "--embedder", "hashed", "--out", "t.md", "--figure", "f.png")
    assert answer.code == 0, answer.err
    assert "erased" in answer.out
    assert "Comparing 2 systems on 1 question of 1 memory: no model is asked." in answer.err
    assert "| evidence |" in (tmp_path / "t.md").read_text()
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    rows = run(*words, "--embedder", "hashed", "--json", "--out", "t.json").json["rows"]
    assert [row["system"] for row in rows] == ["evidence", "bm25"]
    assert json.loads((tmp_path / "t.json").read_text())["tables"][0]["rows"] == rows


def test_compare_drafts_questions(run: Run, tmp_path: Path) -> None:
    """Drafts are JSON lines of the same form, and the user is asked to check them."""
    (tmp_path / "mine.jsonl").write_text(CHATS)
    answer = run("compare", "--data", "mine.jsonl", "--make-questions", "3")
    assert json.loads(answer.out.splitlines()[0])["evidence"] == ["m1"]
    assert "Check each" in answer.err


def test_a_file_that_is_no_set_says_how_one_is_named(run: Run) -> None:
    """A file of one's own with another ending is not taken for the name of a public set."""
    wrong = run("compare", "--data", "chats.json")
    assert wrong.code == 1
    assert "chats.json is no set" in wrong.err
    assert ".jsonl" in wrong.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "t.txt"), ".json or .md"),
        (("--out", "t"), ".json or .md"),
        (("--out", "none/t.md"), "no folder none"),
        (("--figure", "f.bmp"), ".svg"),
        (("--make-questions", "3", "--out", "q.md"), ".jsonl"),
        (("--make-questions", "3", "--out", "mine.jsonl"), "overwrite nothing"),
        (("--make-questions", "0"), "at least 1"),
        (("--engine", "lm"), "'llm'"),
        (("--reader", "some"), "has an answer"),
    ],
)
def test_what_cannot_be_done_is_refused_first(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Nothing is measured, written or overwritten before the command is known to be whole."""
    (tmp_path / "mine.jsonl").write_text(CHATS)
    answer = run("compare", "--data", "mine.jsonl", *words)
    assert answer.code == 1
    assert said in answer.err
    assert "Comparing" not in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"]
    assert (tmp_path / "mine.jsonl").read_text() == CHATS


def test_both_tables_fit_a_narrow_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of systems stand whole at 80 columns."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mine.jsonl").write_text(CHATS)
    words = ("compare", "--data", "mine.jsonl", "--systems", "memorybank,second_me")
    answer = run(*words, "--embedder", "hashed", env={"COLUMNS": "80"})
    for name in ("memorybank", "second_me"):
        assert sum(name in line for line in answer.out.splitlines()) == 2
    assert max(map(len, answer.out.splitlines())) <= 80


def test_an_interruption_says_how_to_go_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is that of an interruption, and what was measured is kept."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "mine.jsonl").write_text(CHATS)
    monkeypatch.setattr("combray.bench.compare.report_card.compare", interrupted)
    answer = run("compare", "--data", "mine.jsonl")
    assert answer.code == 130
    assert "the same command goes on" in answer.err
