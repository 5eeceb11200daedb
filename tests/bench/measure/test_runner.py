"""The runner: what it measures, and that it goes on where it stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from combray import Memory
from combray.bench.common.embedding import Clocked, cached_embedder, warm
from combray.bench.compare import report
from combray.bench.datasets.form import Benchmark
from combray.bench.measure import runner
from combray.bench.measure.runner import Contender, ranks, run
from combray.core.arrays import FloatArray
from combray.core.errors import BudgetExceeded, ModelError
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
    assert figures["answer_words"]["200"] == {}
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
    embedder = cached_embedder(inner)
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


def test_a_memory_is_built_as_a_user_builds_it(small: Benchmark) -> None:
    """Every session with its name, time and data; each stored item's units by its id."""
    with runner.opened(contender("bm25")) as memory:
        units = runner.remember(memory, small.histories[0])
        items = memory.list(user_id=runner.USER)
    assert {units[item.id]["turn"] for item in items} == {
        f"{s}:{t}" for s in range(3) for t in (0, 1)
    }
    cat = next(item for item in items if "Misty" in item.text)
    assert units[cat.id] == {"turn": "0:0", "session": "0"}
    assert cat.scope.session_id == "ann-0"
    assert cat.name == "Ann"


@pytest.mark.parametrize(
    ("messages", "kept"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (100, 3)]
)
def test_a_beginning_is_of_whole_sessions(small: Benchmark, messages: int, kept: int) -> None:
    """Sessions of two messages, as many as fit, and never none; questions stay."""
    part = runner.beginning(small.histories[0], messages)
    assert len(part.sessions) == kept
    assert part.sessions == small.histories[0].sessions[:kept]
    assert part.questions == small.histories[0].questions


class Outcome:
    """What became of one job."""

    def __init__(self, error: str | None = None, refused: bool = False) -> None:
        self.error, self.refused = error, refused


class Working:
    """A memory whose jobs end as told, call by call."""

    def __init__(self, *calls: list[Outcome]) -> None:
        self.calls, self.retries = list(calls), []

    def consolidate(self, *, user_id: str, retry: bool) -> list[Outcome]:
        """The next outcomes."""
        self.retries.append(retry)
        return self.calls.pop(0)


def test_jobs_that_failed_are_tried_once_more() -> None:
    """What fails twice is counted; when all went well nothing is tried again."""
    well, bad = Outcome(), Outcome("no line")
    memory = Working([well, bad, bad], [well, bad])
    assert runner.derived(memory) == 1  # type: ignore[arg-type]
    assert memory.retries == [False, True]
    memory = Working([well, well])
    assert runner.derived(memory) == 0  # type: ignore[arg-type]
    assert memory.retries == [False]
    assert runner.derived(Working([])) == 0  # type: ignore[arg-type]


def test_no_figures_are_made_of_a_model_that_does_nothing() -> None:
    """A spent budget ends the run, and so does a model whose every job fails."""
    with pytest.raises(BudgetExceeded, match="spent"):
        runner.derived(Working([Outcome(), Outcome("spent", refused=True)]))  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="no line"):
        runner.derived(Working([Outcome("no line")]))  # type: ignore[arg-type]


class Late(Words):
    """Takes 30 ms of the processor for every call."""

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d)."""
        end = time.process_time() + 0.03
        while time.process_time() < end:
            pass
        return super().embed(texts)


def test_the_embedder_s_time_is_not_the_memory_s(small: Benchmark) -> None:
    """Writing and asking are timed without it."""
    late = Contender(system="dense", embedder=Clocked(Late()))
    (record,) = run(small.only("test"), late, resume=False)
    assert late.embedder.seconds > 0.1
    assert sum(a["ms"] for a in record["answers"]) < 1000 * late.embedder.seconds / 2


def test_a_label_names_the_row_and_the_file(small: Benchmark, own_cache: Path) -> None:
    """The same system may stand twice in a table."""
    labelled = replace(contender("bm25"), label="mine")
    assert (labelled.name, contender("bm25").name) == ("mine", "bm25")
    run(small.only("test"), labelled)
    (file,) = (own_cache / "bench").iterdir()
    assert file.name.startswith("small-mine-")


def test_settings_are_all_that_figures_depend_on(small: Benchmark) -> None:
    """Another set, version, depth, question, option, budget, embedder or model is another run."""
    base = runner.settings(small, contender())
    other = Clocked(Words())
    other.name = "other"
    changed = [
        runner.settings(replace(small, version="2"), contender()),
        runner.settings(replace(small, depth=3), contender()),
        runner.settings(small.only("all"), contender()),
        runner.settings(small, replace(contender(), options={"x": 1})),
        runner.settings(small, replace(contender(), budgets=())),
        runner.settings(small, replace(contender(), embedder=other)),
        runner.settings(small, replace(contender(), llm="model")),
    ]
    assert all(each != base for each in changed)
    assert runner.settings(small, contender()) == base


def test_progress_counts_questions(small: Benchmark) -> None:
    """After each history, up to all."""
    seen: list[tuple[int, int]] = []
    run(small.only("all"), contender("bm25"), progress=lambda *at: seen.append(at), resume=False)
    assert seen == [(2, 4), (4, 4)]


def test_a_record_short_of_answers_is_measured_again(small: Benchmark, own_cache: Path) -> None:
    """A history whose record lacks a question is not half taken."""
    benchmark = small.only("test")
    run(benchmark, contender("bm25"))
    (file,) = (own_cache / "bench").iterdir()
    record = json.loads(file.read_text())
    record["answers"].pop()
    file.write_text(json.dumps(record) + "\n")
    (again,) = run(benchmark, contender("bm25"))
    assert len(again["answers"]) == 2
