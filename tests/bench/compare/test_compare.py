"""Several memories on one set: the same questions and vectors, figures and tables."""

from __future__ import annotations

from typing import Any

import pytest

from combray.bench.compare import compare
from combray.bench.datasets.form import Benchmark
from combray.core.errors import InputError, UnknownName
from tests.bench.conftest import FACTS
from tests.words import Words


@pytest.fixture
def measured(small: Benchmark, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Measures memories on the small set under the name of a known one."""
    monkeypatch.setattr(compare, "load", lambda _: small)

    def run(*systems: str, **more: Any) -> Any:
        return compare.measure("locomo", systems=systems, embedder=Words(), **more)

    return run


def test_each_memory_has_its_figures(measured: Any) -> None:
    """In the order named, on the questions of the split, with the command that made them."""
    found, tables = measured("bm25", "dense", split="dev", command="combray bench locomo")
    assert list(found["systems"]) == ["bm25", "dense"]
    assert (found["questions"], found["split"], found["embedder"]) == (2, "dev", "words")
    assert found["command"] == "combray bench locomo"
    assert found["systems"]["bm25"]["levels"]["turn"]["R@5"]["mean"] == 1
    headings, rows = tables[0]
    assert headings[0] == "System"
    assert [row[0] for row in rows] == ["bm25", "dense"]


def test_a_table_of_contexts_comes_when_asked_for(measured: Any) -> None:
    """Without budgets there are two tables, with them three."""
    assert len(measured("bm25")[1]) == 2
    _, (_, _, (headings, rows)) = measured("bm25", budgets=(100, 200))
    assert headings[1:] == ["100 tokens>", "200 tokens>"]
    assert len(rows) == 1


def test_questions_without_an_answer_are_put_only_when_asked_for(measured: Any) -> None:
    """Then they have a figure of their own."""
    assert "auroc_top" not in measured("bm25")[0]["systems"]["bm25"]
    found, _ = measured("bm25", split="all", unanswerable=True)
    assert found["questions"] == 6
    assert 0 <= found["systems"]["bm25"]["auroc_top"] <= 1


def test_a_limit_takes_the_first_of_the_fixed_order(measured: Any) -> None:
    """One question of four."""
    assert measured("bm25", split="all", limit=1)[0]["questions"] == 1


def test_fusions_have_the_options_of_their_set(
    measured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was tuned for the set's name goes to the memory, and to no other."""
    seen = {}
    run = compare.run

    def noted(benchmark: Any, contender: Any, **more: Any) -> Any:
        seen[contender.system] = dict(contender.options)
        return run(benchmark, contender, **more)

    monkeypatch.setattr(compare, "run", noted)
    monkeypatch.setattr(compare, "tuned", lambda: {"locomo": {"convex": {"weight": 0.3}}})
    measured("convex", "bm25")
    assert seen == {"convex": {"weight": 0.3}, "bm25": {}}


def test_progress_is_told_of_vectors_and_of_questions(measured: Any) -> None:
    """Both end with all."""
    seen: list[tuple[int, int]] = []
    measured("bm25", split="all", progress=lambda done, total: seen.append((done, total)))
    texts = len({*FACTS["ann"], *FACTS["bob"]}) + 2 + 4
    assert seen[0] == (texts, texts)
    assert seen[-1] == (4, 4)


@pytest.mark.parametrize(
    ("about", "error", "said"),
    [
        (([], "test", None), InputError, "at least one text memory"),
        ((["evidense"], "test", None), UnknownName, "evidence"),
        ((["bm25"], "tests", None), UnknownName, "test"),
        ((["bm25"], "test", 0), InputError, "limit must be at least 1, not 0"),
    ],
)
def test_wrong_settings_are_refused(
    about: tuple[Any, Any, Any], error: type[Exception], said: str
) -> None:
    """Before anything is embedded."""
    with pytest.raises(error, match=said):
        compare.check(*about)


def test_an_empty_split_is_refused(
    small: Benchmark, measured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set can have all its conversations in the other half."""
    monkeypatch.setattr(compare, "load", lambda _: small.only("dev"))
    with pytest.raises(InputError, match="test split of locomo has no questions"):
        measured("bm25")
