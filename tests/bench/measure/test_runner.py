"""The runner: what it measures, and that it goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from combray import Memory
from combray.bench.common.embedding import Clocked, kept, warm
from combray.bench.compare import report
from combray.bench.measure import runner
from combray.bench.measure.runner import Contender, ranks, run
from combray.bench.sets.form import Benchmark
from combray.core.arrays import FloatArray
from combray.core.items import Hit, Item
from tests.words import Words


class Counting(Words):
    """Counts what is embedded."""

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d)."""
        self.texts += len(texts)
        return super().embed(texts)


def contender(system: str = "evidence") -> Contender:
    """A system with an embedder of words."""
    return Contender(system=system, embedder=Clocked(Words()), budgets=(200,))


@pytest.mark.parametrize("system", ["evidence", "bm25", "dense", "hybrid", "convex"])
def test_a_set_is_measured(small: Benchmark, system: str) -> None:
    """Every answerable question of the made-up set is answered by the turn that holds it."""
    benchmark = small.only("all")
    records = run(benchmark, contender(system))
    figures = report.figures(benchmark, records)
    assert figures["levels"]["turn"]["R@5"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 4}
    assert figures["coverage"]["200"]["mean"] == 1.0
    headings, rows = report.context_rows({"systems": {system: figures}})
    assert headings == ["gold in a context of", "200 tokens>"]
    assert rows == [[system, "1.000 ±0.000"]]
    assert report.context_rows({"systems": {system: {}}})[1] == []
    assert [record["messages"] for record in records] == [6, 6]


def test_a_run_goes_on_where_it_stopped(
    small: Benchmark, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written down is not measured again, half a line is, and the figures agree."""
    benchmark = small.only("all")
    whole = run(benchmark, contender())
    (file,) = (own_cache / "bench").iterdir()
    first, second = file.read_text(encoding="utf-8").splitlines()
    file.write_text(f"{first}\n{second[:40]}", encoding="utf-8")
    opened = []
    build = runner.opened

    def watched(contender: Contender) -> Memory:
        opened.append(contender)
        return build(contender)

    monkeypatch.setattr(runner, "opened", watched)
    again = run(benchmark, contender())
    assert len(opened) == 1
    assert [a["levels"] for r in again for a in r["answers"]] == [
        a["levels"] for r in whole for a in r["answers"]
    ]


def test_other_options_are_another_run(small: Benchmark, own_cache: Path) -> None:
    """Records of one setting are never taken for those of another."""
    benchmark = small.only("test")
    for weight in (0.2, 0.8):
        run(benchmark, replace(contender("convex"), options={"weight": weight}))
    assert len(list((own_cache / "bench").iterdir())) == 2


def test_texts_are_embedded_once(small: Benchmark) -> None:
    """After warming, building the memories and asking embeds nothing that is new."""
    inner = Counting()
    embedder = kept(inner)
    warm(embedder, small.histories, None)
    before = inner.texts
    run(small.only("all"), Contender(system="hybrid", embedder=embedder), resume=False)
    assert inner.texts == before


def test_ranks_count_distinct_units() -> None:
    """A hit that rests on several items brings their units in order; a unit counts once."""
    units = {name: {"turn": name, "session": name[0]} for name in ("a1", "a2", "b1")}
    item = Item(id="note", text="note")
    hits = [
        Hit(item=item, score=1.0, evidence=("a2", "a1")),
        Hit(item=Item(id="b1", text="b"), score=0.5, evidence=("b1",)),
    ]
    assert ranks(hits, units, "turn", frozenset({"a1", "b1"})) == [2, 3]
    assert ranks(hits, units, "session", frozenset({"b"})) == [2]


def test_unanswerable_questions_stand_apart(small: Benchmark) -> None:
    """They are not in the metrics; the best score tells them from the others or does not."""
    benchmark = small.only("all", unanswerable=True)
    figures = report.figures(benchmark, run(benchmark, contender("bm25")))
    assert figures["levels"]["turn"]["R@5"]["n"] == 4
    assert figures["auroc_top"] == 1.0
