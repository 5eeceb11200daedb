"""bench and tune: which options reach the measurement, and what is written and shown."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from combray.serve.cli.bench import measure
from combray.serve.cli.bench.measure import SETS, Measured
from combray.serve.cli.reference import commands
from tests.serve.conftest import Run

FOUND = {"set": "LoCoMo", "questions": 2, "histories": 1, "rows": [{"system": "bm25", "R@5": 0.5}]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the measurement was asked, which answers at once."""
    calls: list[dict[str, Any]] = []

    def measured(name: str, **given: Any) -> tuple[Any, Any]:
        calls.append({"name": name, **given})
        return FOUND, [(["System", "R@5>"], [["bm25", "0.500"]])]

    monkeypatch.setattr("combray.bench.compare.compare.measure", measured)
    return calls


@pytest.mark.parametrize("name", SETS)
def test_every_set_has_its_verb(run: Run, asked: list[dict[str, Any]], name: str) -> None:
    """With the sentence that says what it holds; it measures that set and prints its table."""
    assert commands()["bench", name].help == SETS[name]
    said = run("bench", name)
    assert said.code == 0
    assert "bm25" in said.out
    assert "2 questions of 1 memory" in " ".join(said.out.split())
    assert [call["name"] for call in asked] == [name]
    assert run("bench", name, "--json").json == FOUND


def test_options_reach_the_measurement(run: Run, asked: list[dict[str, Any]]) -> None:
    """Lists with commas and spaces, numbers and switches; --fresh means: do not go on."""
    run("bench", "locomo")
    run(
        "bench", "locomo", "--systems", " bm25 , dense,,", "--split", "dev", "-n", "7",
        "--context", "500, 1000", "--unanswerable", "--fresh", "--embedder", "hashed",
    )  # fmt: skip
    plain, given = asked
    assert plain["systems"] == ["evidence", "bm25", "dense", "hybrid", "convex"]
    assert (plain["resume"], plain["unanswerable"], plain["budgets"]) == (True, False, [])
    assert given["systems"] == ["bm25", "dense"]
    assert (given["split"], given["limit"], given["embedder"]) == ("dev", 7, "hashed")
    assert given["budgets"] == [500, 1000]
    assert (given["resume"], given["unanswerable"]) == (False, True)


def test_figures_are_written_where_they_shall_be(run: Run, asked: list[Any]) -> None:
    """As JSON, into a folder that is made; what cannot be written is refused in a line."""
    assert run("bench", "scm", "--out", "deep/er/figures.json").code == 0
    assert json.loads(Path("deep/er/figures.json").read_text()) == FOUND
    Path("file").write_text("mine")
    refused = run("bench", "scm", "--out", "file/figures.json")
    assert refused.code == 1
    assert "file/figures.json" in refused.err


@pytest.mark.parametrize("words", [("--context", "many"), ("--limit", "x")])
def test_what_is_no_number_is_wrong_usage(
    run: Run, asked: list[Any], words: tuple[str, ...]
) -> None:
    """Before anything is measured."""
    assert run("bench", "locomo", *words).code == 2
    assert asked == []


@pytest.mark.parametrize(
    "measured",
    [
        Measured(),
        Measured(systems="bm25", limit=5, context="500", unanswerable=True, embedder="hashed"),
        Measured(split="dev"),
    ],
)
def test_the_command_that_is_noted_measures_the_same(
    run: Run, asked: list[dict[str, Any]], measured: Measured
) -> None:
    """Whoever doubts a figure runs the line beside it."""
    program, *words = shlex.split(measured.command("locomo"))
    assert program == "combray"
    assert run(*words).code == 0
    (call,) = asked
    assert call["systems"] == measured.systems.split(",")
    assert (call["split"], call["limit"]) == (measured.split, measured.limit)
    assert call["unanswerable"] is measured.unanswerable
    assert call["command"] == measured.command("locomo")


def test_an_unknown_system_names_the_nearest(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Or the data that is missing, in one line either way."""
    monkeypatch.delenv("COMBRAY_DATA", raising=False)
    wrong = run("bench", "locomo", "--systems", "bm52")
    assert wrong.code == 1
    assert len(wrong.err.strip().splitlines()) == 1


def test_sort_measures_every_shape_by_every_share(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pair of segment and share is a table; one row a system, one column a table."""
    shapes: list[Any] = []

    def measured(systems: list[str], model: Any, shape: Any, **_: Any) -> dict[str, Any]:
        shapes.append(shape)
        rows = [{"system": name, "accuracy": 0.5} for name in systems]
        return {"title": f"SORT, {shape.segment} words, {shape.keep:.0%}", "rows": rows}

    monkeypatch.setattr("combray.bench.order.sort.measure", measured)
    monkeypatch.setattr("combray.bench.common.embedding.cached_embedder", lambda name: None)
    words = ("bench", "sort", "--systems", "bm25,dense", "--segment", "50,20", "--pairs", "4")
    out = run(*words).out
    assert [(s.segment, s.keep, s.pairs) for s in shapes] == [
        (50, 1.0, 4), (50, 0.5, 4), (20, 1.0, 4), (20, 0.5, 4),
    ]  # fmt: skip
    assert out.count("0.500") == 8
    assert run(*words, "--json", "--out", "sort.json").json["set"] == "sort"
    assert len(json.loads(Path("sort.json").read_text())["tables"]) == 4


@pytest.mark.parametrize("better", [True, False])
def test_a_rule_of_ones_own_is_written_only_when_it_is_better(
    run: Run, monkeypatch: pytest.MonkeyPatch, better: bool
) -> None:
    """The answer says what was gained, and whether there is a file now."""
    from combray.bench.tuning import custom

    class Made:
        domains, fitted, held_out, drafts = ("chat",), 30, 30, 2
        before, after, low, high, rules = 0.5, 0.6, 0.01, 0.2, {}

        def __init__(self) -> None:
            self.better = better

    written: list[Path] = []
    monkeypatch.setattr(custom, "refit", lambda data, model, progress: Made())
    monkeypatch.setattr("combray.bench.common.embedding.cached_embedder", lambda name: None)
    monkeypatch.setattr("combray.bench.tuning.tune.write", lambda rules, path: written.append(path))
    Path("mine.jsonl").write_text("")
    told = run("tune", "mine.jsonl", "--json").json
    assert written == ([Path("rule.json")] if better else [])
    assert ("rule.json" in told["rule"]) is better
    assert told["gain"].startswith("+0.100")
    assert told["unchecked drafts among them"] == 2


def test_lists_of_numbers_are_read() -> None:
    """Empty parts are passed over."""
    assert measure._numbers("1, 2,,3,") == [1, 2, 3]
    assert measure._numbers("") == []
