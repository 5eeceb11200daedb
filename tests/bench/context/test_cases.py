"""Questions about a context read once: two modes, tables with intervals, how far one reaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.bench.context import cases
from combray.bench.context.cases import (
    Case,
    CaseQuestion,
    effective_length,
    run_cases,
    table,
    wilson,
)
from combray.bench.scbench import TASKS, make
from combray.bench.scbench.scores import contains
from combray.core.errors import UnknownName
from tests.bench.context.answerers import Mute, Oracle, reply


@pytest.mark.parametrize("mode", cases.MODES)
def test_an_oracle_answers_everything(mode: str) -> None:
    """In both modes the solver scores 1; requests settle once and fork for every question."""
    oracle = Oracle()
    replies = run_cases([make(task) for task in TASKS], oracle, mode)
    assert all(reply.score == pytest.approx(1) for reply in replies)
    assert oracle.settled is (mode == cases.REQUESTS)
    assert oracle.forks == (5 if mode == cases.REQUESTS else 0)
    rows = table(replies)
    assert [row.of for row in rows] == list(TASKS)
    assert all(row.n == 5 and row.score == pytest.approx(1) for row in rows)


@pytest.mark.parametrize("task", sorted(TASKS))
def test_silence_answers_nothing(task: str) -> None:
    """No task gives marks for an empty reply."""
    assert all(each.score == 0 for each in run_cases([make(task)], Mute()))


def test_a_session_goes_on_with_the_right_answer() -> None:
    """Each question is told with its answer, in order, and turns are counted from 1."""
    oracle, case = Oracle(), make("kv")
    replies = run_cases([case], oracle, cases.TURNS)
    assert oracle.told == [(q.text, q.answer) for q in case.questions]
    assert [each.turn for each in replies] == [1, 2, 3, 4, 5]
    assert [each.depth for each in replies] == [q.depth for q in case.questions]
    assert {each.length for each in replies} == {len(case.context)}
    assert {each.nbytes for each in replies} == {len(case.context.encode())}


def test_an_unknown_mode_is_refused() -> None:
    """Before any case is opened."""
    with pytest.raises(UnknownName, match="requests"):
        run_cases([make("kv")], Oracle(), "request")


def test_a_context_is_its_passages_joined() -> None:
    """By what the case says stands between them."""
    question = CaseQuestion(text="?", answer="a", score=contains)
    case = Case(
        task="t", id="1", passages=("a", "b"), questions=(question,), solve=lambda *_: ["a"]
    )
    assert case.context == "a\nb"
    assert question.depth is None


def test_a_table_has_a_row_for_each_answerer_and_group() -> None:
    """Means of score, bytes and times, in order of coming; groups as one says."""
    replies = [
        reply(1, nbytes=10, ms=1, read_ms=4),
        reply(0, nbytes=30, ms=3, read_ms=8),
        reply(1, task="u", turn=2),
        reply(1, answerer="y"),
    ]
    first, *others = table(replies)
    assert (first.answerer, first.of, first.n, first.score) == ("x", "t", 2, 0.5)
    assert (first.nbytes, first.ms, first.read_ms) == (20, 2, 6)
    assert (first.low, first.high) == wilson(0.5, 2)
    assert [(row.answerer, row.of) for row in others] == [("x", "u"), ("y", "t")]
    assert [(row.of, row.n) for row in table(replies, lambda r: r.turn)] == [
        ("1", 2),
        ("2", 1),
        ("1", 1),
    ]
    assert table([]) == []


def test_wilson_by_hand() -> None:
    """Published values: 10 of 10, none of 10, 7 of 10; nothing known of none."""
    assert wilson(1, 10) == pytest.approx((0.7225, 1), abs=1e-3)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-3)
    assert wilson(0.7, 10) == pytest.approx((0.3968, 0.8922), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 200), st.data())
def test_wilson_solves_its_equation(n: int, data: st.DataObject) -> None:
    """Its ends are the p for which the share lies z standard errors away."""
    share = data.draw(st.integers(0, n)) / n
    for p in wilson(share, n):
        if 0 < p < 1:
            assert (share - p) ** 2 == pytest.approx(1.96**2 * p * (1 - p) / n, abs=1e-12)


def test_effective_length_stops_at_the_first_failure() -> None:
    """The longest length up to which the lower Wilson bound stays at three quarters."""
    replies = [
        reply(float(i < right), length=length)
        for length, right in ((100, 30), (200, 30), (400, 10), (800, 30))
        for i in range(30)
    ]
    assert effective_length(replies) == 200
    assert effective_length(replies[60:]) == 0
    assert effective_length(replies, at_least=0.1) == 800
    assert effective_length([]) == 0


def test_few_replies_prove_little() -> None:
    """Eleven right of eleven are not yet three quarters, twelve are."""
    assert effective_length([reply()] * 11) == 0
    assert effective_length([reply()] * 12) == 100


def test_lengths_may_be_measured_otherwise() -> None:
    """By what the context was made for, so that contexts of like length stand together."""
    replies = [reply(length=95 + i % 10) for i in range(30)]
    assert effective_length(replies) == 0
    assert effective_length(replies, length=lambda _: 100) == 100
