"""Comparing caches and memories: what is asked, who answers, replies kept, figures for pictures."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from combray.bench.context import kv
from combray.bench.context.cases import Row
from combray.bench.context.kv import (
    ALL_TASKS,
    Contestants,
    Reach,
    Trial,
    byte_points,
    compare,
    depth_cells,
    reach_of,
)
from combray.core.errors import InputError, UnknownName
from tests.bench.context.answerers import Mute, Oracle, reply
from tests.words import Words

TRIAL = Trial(tasks=("kv", "thread"), lengths=(4000, 1600), cases=2, questions=2)


class Some(Contestants):
    """Those who answer are given by hand."""

    def each(self) -> Any:
        """An oracle and somebody who says nothing."""
        for answerer in (Oracle(), Mute()):
            yield answerer.name, lambda answerer=answerer: nullcontext(answerer)


def test_cases_are_of_every_task_and_length() -> None:
    """The shortest first, so many of each, all different, and the same again."""
    made = TRIAL.make()
    assert [(c.task, c.id.split("-")[1]) for c in made] == [
        ("kv", "1600"),
        ("kv", "1600"),
        ("thread", "1600"),
        ("thread", "1600"),
        ("kv", "4000"),
        ("kv", "4000"),
        ("thread", "4000"),
        ("thread", "4000"),
    ]
    assert len({c.context for c in made}) == 8
    assert all(len(c.questions) == 2 for c in made)
    assert [c.context for c in TRIAL.make()] == [c.context for c in made]
    assert replace(TRIAL, seed=1).make()[0].context == made[1].context


@pytest.mark.parametrize("task", ALL_TASKS)
def test_every_task_can_be_asked(task: str) -> None:
    """Those of needles and those of SCBench, by one list of names."""
    (case,) = Trial(tasks=[task], lengths=[3000], cases=1, questions=1).make()
    assert case.task == task
    assert len(case.questions) == 1


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"tasks": ["vk"]}, UnknownName, "kv"),
        ({"mode": "turn"}, UnknownName, "turns"),
        ({"tasks": []}, InputError, "one task and one length"),
        ({"lengths": []}, InputError, "one task and one length"),
        ({"cases": 0}, InputError, "not 0"),
    ],
)
def test_a_trial_of_nothing_is_refused(
    changes: dict[str, Any], error: type[Exception], said: str
) -> None:
    """Wrong names and empty lists, before anything is made."""
    with pytest.raises(error, match=said):
        replace(TRIAL, **changes)


def test_a_reply_belongs_to_the_nearest_length() -> None:
    """Contexts are a little shorter than asked."""
    assert TRIAL.length_of(reply(length=1590)) == 1600
    assert TRIAL.length_of(reply(length=3300)) == 4000


def test_the_full_cache_comes_first_and_memories_last() -> None:
    """Every policy at every budget; the full one has none, whoever names it."""
    who = Contestants(
        model=object(),
        policies=["window", "full", "h2o"],
        budgets=[8, 0.5],
        memories=["bm25", "dense"],
        embedder=Words(),
    )
    assert [name for name, _ in who.each()] == [
        "full",
        "window 8",
        "window 0.5",
        "h2o 8",
        "h2o 0.5",
        "bm25 top 5",
        "dense top 5",
    ]
    assert list(Contestants().each()) == []
    assert [n for n, _ in Contestants(memories=["bm25"], policies=["window"]).each()] == [
        "bm25 top 5"
    ]


def test_everybody_gets_the_same_cases() -> None:
    """One list of replies each, in order, with progress over all."""
    seen: list[tuple[int, int]] = []
    all_, none = compare(TRIAL, Some(), progress=lambda done, of: seen.append((done, of)))
    assert [r.case for r in all_] == [r.case for r in none]
    assert {r.score for r in all_} == {1.0}
    assert {r.score for r in none} == {0.0}
    assert seen == [(i, 16) for i in range(1, 17)]


def test_replies_are_kept_for_an_equal_comparison(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered is not asked again; another mode, case or way of judging is."""
    first = list(compare(TRIAL, Some(), resume=True))
    asked: list[Any] = []
    answer = kv.run_cases
    monkeypatch.setattr(kv, "run_cases", lambda c, *rest: asked.extend(c) or answer(c, *rest))
    assert list(compare(TRIAL, Some(), resume=True)) == first
    assert asked == []
    more = replace(TRIAL, cases=3)
    list(compare(more, Some(), resume=True))
    assert len(asked) == 2 * 4
    asked.clear()
    list(compare(replace(TRIAL, mode="turns"), Some(), resume=True))
    assert len(asked) == 2 * 8
    asked.clear()
    monkeypatch.setattr(kv, "_asking", lambda: "changed")
    list(compare(TRIAL, Some(), resume=True))
    assert len(asked) == 2 * 8
    assert len(list((own_cache / "bench").iterdir())) == 6


def test_a_model_is_known_again_by_its_folder(tmp_path: Path) -> None:
    """Without one nothing can be taken up; its files, sizes and times are in the settings."""
    with pytest.raises(InputError, match="only by the folder"):
        next(compare(TRIAL, Contestants(model=object()), resume=True))
    (tmp_path / "weights").write_bytes(b"123")
    (tmp_path / "folder").mkdir()
    told = Contestants(source=tmp_path, prompt="{}").told()
    ((name, size, moment),) = told["files"]
    assert (name, size, told["prompt"], told["embedder"]) == ("weights", 3, "{}", "")
    assert moment == (tmp_path / "weights").stat().st_mtime_ns
    assert Contestants(memories=["bm25"], embedder=Words()).told()["embedder"] == "words"


def test_how_far_each_reaches_in_each_task() -> None:
    """The effective length over the lengths of the trial, for each answerer and task apart."""
    replies = [reply(length=1590)] * 20 + [reply(0, length=3950)] * 20
    replies += [reply(task="u", length=1590)] * 20 + [reply(task="u", length=3950)] * 20
    replies += [reply(0, answerer="y", length=1590)] * 20
    assert reach_of(TRIAL, replies) == [
        Reach("x", "t", 1600),
        Reach("x", "u", 4000),
        Reach("y", "t", 0),
    ]


def test_cells_are_fifths_of_the_context() -> None:
    """The mean score by length and fifth; the end is of the last; spread tasks are left out."""
    replies = [
        reply(1, task="single", depth=0.0, length=1600),
        reply(0, task="single", depth=0.19, length=1600),
        reply(1, task="kv", depth=0.2, length=1600),
        reply(1, task="kv", depth=1.0, length=4000),
        reply(0, task="thread", depth=0.5, length=1600),
        reply(0, task="kv", depth=None, length=1600),
        reply(0, answerer="y", task="kv", depth=0.5, length=1600),
    ]
    assert depth_cells(TRIAL, replies) == {
        "x": {(1600, 0): 0.5, (1600, 1): 1.0, (4000, 4): 1.0},
        "y": {(1600, 2): 0.0},
    }
    assert depth_cells(TRIAL, []) == {}


def test_points_join_the_budgets_of_a_policy() -> None:
    """A policy's rows are one line of bytes and scores; memories are named by what they recall."""

    def row(answerer: str, of: str, score: float, nbytes: float) -> Row:
        return Row(
            answerer=answerer,
            of=of,
            n=1,
            score=score,
            low=0,
            high=1,
            nbytes=nbytes,
            read_ms=0,
            ms=0,
        )

    found = byte_points(
        [
            row("window 8", "kv", 0.2, 10),
            row("window 0.5", "kv", 0.6, 50),
            row("full", "kv", 1.0, 99),
            row("bm25 top 5", "kv", 0.9, 7),
            row("full", "mf", 0.5, 99),
        ]
    )
    assert found == {
        "kv": {"window": [(10, 0.2), (50, 0.6)], "full": [(99, 1.0)], "bm25 top 5": [(7, 0.9)]},
        "mf": {"full": [(99, 0.5)]},
    }
