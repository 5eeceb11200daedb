"""What a run says: figures worked out by hand from records, and the rows of tables."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from combray.bench.compare import report
from combray.bench.datasets.form import Benchmark


def answer(
    ranks: list[int], kind: str = "one", *, gold: int = 1, coverage: Any = None, **more: Any
) -> dict[str, Any]:
    """A record of one question, with the same ranks at both levels."""
    levels = {name: {"gold": gold, "ranks": ranks} for name in ("turn", "session")}
    base = {"id": "q", "kind": kind, "answerable": True, "ms": 2.0, "top": 0.5}
    return base | {"levels": levels, "coverage": coverage or {}} | more


def record(*answers: dict[str, Any], messages: int = 4, write_ms: float = 8.0) -> dict[str, Any]:
    """A record of one history."""
    return {"history": "h", "messages": messages, "write_ms": write_ms, "answers": list(answers)}


def test_figures_are_means_over_all_histories(small: Benchmark) -> None:
    """Ranks 1, 6 and none: R@1 ⅓, R@10 ⅔, MRR (1 + 1/6) / 3; times a message and a search."""
    records = [
        record(answer([1], ms=1.0), answer([6], ms=9.0)),
        record(answer([], ms=3.0), messages=2, write_ms=1.0),
    ]
    found = report.figures(small, records)
    turn = found["levels"]["turn"]
    assert turn["R@1"]["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert turn["R@10"]["mean"] == pytest.approx(2 / 3, abs=1e-4)
    assert turn["MRR"]["mean"] == pytest.approx((1 + 1 / 6) / 3, abs=1e-4)
    assert turn["MRR"]["n"] == 3
    assert found["write_ms"] == 9 / 6
    assert found["search_ms"] == 3.0
    assert "coverage" not in found
    assert "auroc_top" not in found


def test_kinds_stand_apart(small: Benchmark) -> None:
    """Each kind's figures are of its questions alone, at every level."""
    found = report.figures(small, [record(answer([1]), answer([], "two"), answer([2], "two"))])
    assert list(found["kinds"]) == ["one", "two"]
    assert found["kinds"]["one"]["turn"]["R@1"]["mean"] == 1
    assert found["kinds"]["two"]["session"]["R@5"] == {"mean": 0.5, "low": 0, "high": 1, "n": 2}


def test_questions_without_an_answer_count_elsewhere(small: Benchmark) -> None:
    """Not in metrics or kinds; the score of the best hit says how well they are told apart."""
    none = answer([], "none", gold=0, answerable=False, top=0.2)
    found = report.figures(small, [record(answer([1], top=0.9), answer([1], top=0.1), none)])
    assert found["levels"]["turn"]["R@1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    assert found["auroc_top"] == 0.5
    assert list(found["kinds"]) == ["one"]


def test_gold_in_a_context_is_a_mean_for_each_budget(small: Benchmark) -> None:
    """Budgets in order of their numbers; a question without one is left out of its mean."""
    records = [
        record(
            answer([1], coverage={"1000": {"turn": 1.0}, "200": {"turn": 0.5}}),
            answer([1], coverage={"1000": {"turn": 0.0}}),
        )
    ]
    coverage = report.figures(small, records)["coverage"]
    assert list(coverage) == ["200", "1000"]
    assert (coverage["200"]["mean"], coverage["200"]["n"]) == (0.5, 1)
    assert (coverage["1000"]["mean"], coverage["1000"]["n"]) == (0.5, 2)


def test_nothing_measured_is_no_division_by_nothing(small: Benchmark) -> None:
    """No records have no times of a search and no metrics."""
    found = report.figures(small, [])
    assert (found["search_ms"], found["write_ms"]) == (None, 0)
    assert found["levels"] == {"turn": {}, "session": {}}


@pytest.fixture
def result(small: Benchmark) -> report.Result:
    """Two systems on the small set."""
    runs = {
        "good": [record(answer([1]), answer([2], "two"))],
        "bad": [record(answer([9]), answer([], "two"))],
    }
    return report.result(small, runs, embedder="words", command="combray bench", split="test")


def test_a_result_is_json_that_says_how_it_was_made(result: report.Result) -> None:
    """Command, split, seed, draws and sizes; it survives being written down."""
    assert json.loads(json.dumps(result)) == result
    (table,) = result["tables"]
    assert (table["title"], table["command"]) == ("small", "combray bench")
    for words in ("test split", "n = 6", "words", "seed 0"):
        assert words in table["note"]
    assert (result["questions"], result["histories"], result["draws"]) == (6, 2, 1000)


def test_rows_show_what_the_set_shows(small: Benchmark, result: report.Result) -> None:
    """Columns by level and metric, the first level without its name; figures and half intervals."""
    headings, rows = report.rows(small, result)
    assert headings == ["System", "R@1>", "R@5>", "session MRR>", "write ms>", "search ms>"]
    good, bad = rows
    assert good == ["good", "0.500 ±0.500", "1.000 ±0.000", "0.750 ±0.250", "2.00", "2.0"]
    assert bad[1:3] == ["0.000 ±0.000", "0.000 ±0.000"]
    first = result["tables"][0]["rows"][0]
    assert first == {
        "system": "good",
        "R@1": 0.5,
        "R@5": 1.0,
        "session MRR": 0.75,
        "write ms": 2.0,
        "search ms": 2.0,
    }


def test_kinds_are_rows_and_systems_columns(small: Benchmark, result: report.Result) -> None:
    """By the second figure that the set shows, with how many questions; by the first of one."""
    headings, rows = report.kind_rows(small, result)
    assert headings == ["turn R@5", "n>", "good>", "bad>"]
    assert rows == [["one", "1", "1.000", "0.000"], ["two", "1", "1.000", "0.000"]]
    one = replace(small, shown=(("session", "MRR"),))
    assert report.kind_rows(one, result)[0][0] == "session MRR"
    assert report.kind_rows(small, {"systems": {}}) == (["turn R@5", "n>"], [])


def test_contexts_have_a_table_only_when_they_were_asked_for(result: report.Result) -> None:
    """A column for each budget; a system that lacks one has an empty cell."""
    assert report.context_rows(result) == (["gold in a context of"], [])
    figure = {"mean": 0.5, "low": 0.25, "high": 0.75, "n": 4}
    systems = {"a": {"coverage": {"200": figure}}, "b": {"coverage": {"400": figure}}}
    headings, rows = report.context_rows({"systems": systems})
    assert headings == ["gold in a context of", "200 tokens>", "400 tokens>"]
    assert rows == [["a", "0.500 ±0.250", ""], ["b", "", "0.500 ±0.250"]]
    systems["b"]["answer_words"] = {"200": figure}
    _, rows = report.context_rows({"systems": systems})
    assert rows[2] == ["b: answer's words", "0.500 ±0.250", ""]
