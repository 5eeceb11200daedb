"""systems, cite and compare: what is listed, measured, written and refused."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from combray.core.catalogue import TIERS, registry
from combray.serve.cli.bench.compare import Compared
from combray.systems import names
from tests.serve.conftest import Run


def test_systems_lists_the_catalogue(run: Run) -> None:
    """Every row is there with its paper; a tier or --working narrows it."""
    rows = run("systems", "--json").json
    assert sum(row["status"] != "baseline" for row in rows) >= 53
    assert {row["name"] for row in rows} == set(registry())
    text = run("systems", "--tier", "text").out
    assert "mem0" in text
    assert "Chhikara et al., 2025" in text
    assert "titans" not in text
    working = run("systems", "--working", "--json").json
    assert {row["status"] for row in working} == {"works", "baseline"}


def test_baselines_are_listed_as_what_they_are(run: Run) -> None:
    """They have a mark of their own, and a paper or the word that there is none."""
    lines = run("systems", "--tier", "text").out.splitlines()
    marked = {line.split()[1]: line for line in lines if line.lstrip().startswith("=")}
    assert list(marked) == ["evidence", "bm25", "dense", "hybrid", "convex"]
    assert "no paper" in marked["evidence"]
    assert "Robertson and Zaragoza, 2009" in marked["bm25"]


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
        (("--extractor", "lm"), "'llm'"),
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
    assert "the same command resumes" in answer.err


# ── what the verb does with its options ──────────────────────────────────────────────────────────

TABLE = {
    "title": "mine",
    "note": "One question.",
    "rows": [{"system": "bm25", "R@5": 0.5, "bytes": 10}],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the comparison was asked, which answers at once."""
    calls: list[dict[str, Any]] = []

    def compared(data: str, **given: Any) -> dict[str, Any]:
        calls.append({"data": data, **given})
        return TABLE

    monkeypatch.setattr("combray.bench.compare.report_card.compare", compared)
    return calls


def test_all_systems_are_compared_unless_some_are_named(
    run: Run, asked: list[dict[str, Any]]
) -> None:
    """Names come with commas and may have spaces."""
    run("compare", "--data", "mine.jsonl", "--json")
    run("compare", "--data", "mine.jsonl", "--systems", " bm25, mem0 ,", "--json")
    assert asked[0]["systems"] == list(names("text"))
    assert asked[1]["systems"] == ["bm25", "mem0"]


def test_models_and_budget_reach_the_comparison(
    run: Run, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model of the engine comes from the option, else from the environment."""
    words = ("compare", "--data", "mine.jsonl", "--extractor", "llm", "--json")
    monkeypatch.setenv("COMBRAY_LLM", "small")
    run(*words, "--reader", "big", "--budget-usd", "0.5", "--fresh")
    run(*words, "--llm", "other")
    assert (asked[0]["extractor"], asked[0]["llm"], asked[0]["reader"]) == ("llm", "small", "big")
    assert (asked[0]["budget"], asked[0]["resume"]) == (0.5, False)
    assert (asked[1]["llm"], asked[1]["resume"]) == ("other", True)


@pytest.mark.parametrize(
    "compared",
    [
        Compared(data="mine.jsonl"),
        Compared(data="locomo", systems="bm25,mem0", split="dev", limit=3, embedder="hashed"),
        Compared(data="locomo", extractor="llm", llm="small", reader="big"),
    ],
)
def test_the_command_that_is_noted_compares_the_same(
    run: Run, asked: list[dict[str, Any]], compared: Compared
) -> None:
    """Whoever doubts the table runs the line under it."""
    program, *words = shlex.split(compared.command())
    assert program == "combray"
    assert run(*words, "--json").code == 0
    (call,) = asked
    assert (call["data"], call["split"], call["limit"]) == (
        compared.data,
        compared.split,
        compared.limit,
    )
    assert (call["extractor"], call["llm"]) == (compared.extractor, compared.llm)
    assert (call["reader"], call["embedder"]) == (compared.reader, compared.embedder)
    assert call["command"] == compared.command()


def test_drafts_go_to_a_file_of_their_own(run: Run, tmp_path: Path) -> None:
    """JSON lines that are marked as drafts; nothing else is printed but what to do with them."""
    (tmp_path / "mine.jsonl").write_text(CHATS)
    said = run("compare", "--data", "mine.jsonl", "--make-questions", "2", "--out", "drafts.jsonl")
    assert said.code == 0
    assert said.out == ""
    drafts = [json.loads(line) for line in (tmp_path / "drafts.jsonl").read_text().splitlines()]
    assert drafts
    assert all("draft" in draft for draft in drafts)


def test_tiers_part_the_catalogue(run: Run) -> None:
    """Each row is in one tier, and all tiers together are the whole."""
    whole = run("systems", "--json").json
    parts = [run("systems", "--tier", tier, "--json").json for tier in TIERS]
    assert sorted(r["name"] for part in parts for r in part) == sorted(r["name"] for r in whole)
    both = run("systems", "--tier", "text", "--working", "--json").json
    assert {r["tier"] for r in both} <= {"text"}
    assert {r["status"] for r in both} == {"works", "baseline"}


def test_cite_takes_several_and_all_must_exist(run: Run) -> None:
    """Entries are parted by an empty line; one wrong name prints none."""
    out = run("cite", "mem0", "zep").out
    assert len(out.strip().split("\n\n")) == 2
    wrong = run("cite", "mem0", "zepp")
    assert (wrong.code, wrong.out) == (1, "")
    assert run("cite").code == 2


def test_a_bibliography_is_whole_on_a_narrow_terminal(run: Run) -> None:
    """Each field stays on its line, so that it can be copied."""
    for width in ("40", "200"):
        lines = run("cite", "hipporag", env={"COLUMNS": width}).out.splitlines()
        assert all(line.startswith(("@", "  ", "}")) for line in lines if line)
