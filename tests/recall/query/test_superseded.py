"""What was superseded is past, and what took its place never ranks below it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.recall.query.superseded import Superseded, find_superseded, reorder

MOMENT = 10


def view_of(
    rows: int, facts: dict[int, tuple[int, list[int]]], starts: dict[int, int] | None = None
) -> Any:
    """A view of rows where some are facts: row → (topic, the rows it rests on)."""
    topic, begin = np.full(rows, -1), np.zeros(rows, np.int64)
    citing, cited = [], []
    for row, (about, sources) in facts.items():
        topic[row] = about
        citing += [row] * len(sources)
        cited += sources
    for row, start in (starts or {}).items():
        begin[row] = start
    return Sized(
        rows=columns(topic=topic),
        times=columns(valid_from=begin),
        graph=columns(citing=citing, cited=cited),
    )


def columns(**values: Any) -> SimpleNamespace:
    """A group of columns, by the name of each."""
    return SimpleNamespace(
        **{name: SimpleNamespace(values=np.asarray(v, np.int64)) for name, v in values.items()}
    )


class Sized(SimpleNamespace):
    """A few groups of columns of a view, and its length."""

    def __len__(self) -> int:
        return len(self.rows.topic.values)


def found(
    view: Any, valid: list[int], known: list[int] | None = None, moment: int = MOMENT
) -> Superseded:
    """What is superseded when these rows are valid and these known, by default all."""
    held, live = np.zeros(len(view), np.bool_), np.zeros(len(view), np.bool_)
    held[valid] = True
    live[range(len(view)) if known is None else known] = True
    return find_superseded(view, held, live, moment, lambda row: [100 + row])


def rows(mask: np.ndarray) -> list[int]:
    """The numbers of the rows that a mask lets through."""
    return np.flatnonzero(mask).tolist()


HOMES = view_of(5, {2: (7, [0]), 3: (7, [1])})
"""Row 0 and its fact 2 say Rome, row 1 and its fact 3 say Paris; row 4 says nothing."""


def test_a_row_is_past_when_no_fact_of_it_holds() -> None:
    """The fact that is over is past with its row, and the one that holds holds its row up."""
    now = found(HOMES, valid=[0, 1, 3, 4])
    assert rows(now.rows) == [0, 2]
    assert rows(now.held) == [1]


def test_a_row_without_facts_is_past_when_its_own_time_is_over() -> None:
    """It began, and is no longer valid."""
    assert rows(found(HOMES, valid=[0, 1, 2, 3]).rows) == [4]
    assert rows(found(view_of(1, {}), valid=[]).rows) == [0]


@pytest.mark.parametrize(("start", "past"), [(9, [0]), (10, [0]), (11, [])])
def test_what_has_not_begun_is_not_past(start: int, past: list[int]) -> None:
    """From its first moment on a row can be over, before that it is yet to come."""
    assert rows(found(view_of(1, {}, {0: start}), valid=[]).rows) == past


def test_what_is_not_known_is_neither_past_nor_ends_anything() -> None:
    """An unknown fact counts as never told, and an unknown row is not called past for its time."""
    assert rows(found(HOMES, valid=[0, 1], known=[0, 1, 2, 4]).rows) == [0, 2, 4]
    assert rows(found(HOMES, valid=[0, 1, 2, 3, 4], known=[0, 1]).held) == []
    assert rows(found(view_of(1, {}), valid=[], known=[]).rows) == []


def test_a_fact_yet_to_begin_ends_nothing() -> None:
    """A row whose only fact begins later is judged by its own time."""
    later = view_of(2, {1: (7, [0])}, {1: 11})
    assert rows(found(later, valid=[0]).rows) == []
    assert rows(found(later, valid=[]).rows) == [0]


def test_one_fact_that_holds_is_enough() -> None:
    """A row that states two things is past only when both are over."""
    two = view_of(3, {1: (7, [0]), 2: (8, [0])})
    assert rows(found(two, valid=[0, 2]).rows) == [1]
    assert rows(found(two, valid=[0]).rows) == [0, 1, 2]


def test_a_derived_row_without_a_topic_makes_nothing_past() -> None:
    """A summary whose time is over leaves its sources as they are."""
    assert rows(found(view_of(2, {1: (-1, [0])}), valid=[0]).rows) == [1]
    assert found(view_of(2, {1: (-1, [0])}), valid=[0, 1]).held.tolist() == [False, False]


def test_a_fact_that_holds_keeps_a_row_whose_time_is_over() -> None:
    """What a fact holds up is not past, whatever its own end says."""
    assert rows(found(view_of(2, {1: (7, [0])}), valid=[1]).rows) == []


def test_the_first_topic_is_a_topic() -> None:
    """Topics are numbered from 0."""
    first = view_of(4, {2: (0, [0]), 3: (0, [1])})
    now = found(first, valid=[0, 1, 3])
    assert (rows(now.rows), rows(now.held), now.current(0)) == ([0, 2], [1], [1])


def test_the_current_rows_are_those_of_the_same_topic_that_stand() -> None:
    """All of them, in order, without the row itself; of other topics none."""
    view = view_of(8, {4: (7, [0]), 5: (7, [2]), 6: (7, [1]), 7: (8, [3])})
    now = found(view, valid=[5, 6, 7])
    assert now.current(0) == [1, 2]
    assert now.current(2) == [1]
    assert now.current(3) == []


def test_a_row_of_two_topics_has_the_successors_of_both() -> None:
    """Each thing that it stated has its own."""
    view = view_of(7, {3: (7, [0]), 4: (8, [0]), 5: (7, [1]), 6: (8, [2])})
    assert found(view, valid=[5, 6]).current(0) == [1, 2]


def test_a_row_without_facts_has_the_successors_that_a_person_named() -> None:
    """And only such a row."""
    assert found(HOMES, valid=[3]).current(4) == [104]
    assert found(HOMES, valid=[3]).current(0) == [1]
    assert found(HOMES, valid=[]).current(0) == []


# ── the order ────────────────────────────────────────────────────────────────────────────────────


def judged(past: list[int], current: dict[int, list[int]], size: int = 9) -> Superseded:
    """Some rows past, with what is in their place."""
    mask = np.zeros(size, np.bool_)
    mask[past] = True
    return Superseded(mask, ~mask, lambda row: current.get(row, []))


ALL = np.ones(9, np.bool_)


def test_the_current_row_takes_the_place_and_score_of_the_past_one() -> None:
    """The past one follows with the same score; the others keep their order."""
    order = reorder([0, 1, 2], [0.9, 0.5, 0.1], judged([0], {0: [2]}), ALL, 3)
    assert order == ([2, 0, 1], [0.9, 0.9, 0.5])


def test_a_row_that_is_current_already_above_is_left_there() -> None:
    """Nothing is lifted when one of the current rows was answered before the past one."""
    order = reorder([2, 0, 3], [0.9, 0.5, 0.1], judged([0], {0: [2, 3]}), ALL, 3)
    assert order == ([2, 0, 3], [0.9, 0.5, 0.1])


def test_of_several_the_best_candidate_is_lifted_and_else_the_newest() -> None:
    """By their place among the candidates; of those that are none, the last row."""
    both = judged([0], {0: [3, 2]})
    assert reorder([0, 2, 3], [0.9, 0.5, 0.1], both, ALL, 3)[0] == [2, 0, 3]
    assert reorder([0, 3, 2], [0.9, 0.5, 0.1], both, ALL, 3)[0] == [3, 0, 2]
    assert reorder([0, 3], [0.9, 0.5], both, ALL, 3)[0] == [3, 0]
    assert reorder([0], [0.9], both, ALL, 3) == ([3, 0], [0.9, 0.9])


def test_what_may_not_be_answered_or_is_past_itself_is_not_lifted() -> None:
    """Only a row that is allowed and stands takes a place."""
    barred = ALL.copy()
    barred[2] = False
    assert reorder([0, 1], [0.9, 0.5], judged([0], {0: [2]}), barred, 3)[0] == [0, 1]
    assert reorder([0, 1], [0.9, 0.5], judged([0, 2], {0: [2]}), ALL, 3)[0] == [0, 1]
    barred[2], barred[3] = True, False
    assert reorder([0], [0.9], judged([0], {0: [2, 3]}), barred, 3)[0] == [2, 0]


def test_a_lifted_row_counts_within_the_limit() -> None:
    """The limit cuts what comes last, a past row too."""
    assert reorder([0, 1, 2], [0.9, 0.5, 0.1], judged([0], {0: [2]}), ALL, 1) == ([2], [0.9])
    assert reorder([1, 0, 2], [0.9, 0.5, 0.1], judged([0], {0: [2]}), ALL, 2) == (
        [1, 2],
        [0.9, 0.5],
    )
    assert reorder([], [], judged([], {}), ALL, 3) == ([], [])


@given(
    st.permutations(range(9)),
    st.sets(st.integers(0, 8)),
    st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=3)),
    st.integers(1, 9),
)
def test_no_past_row_stands_before_all_that_took_its_place(
    order: list[int], past: set[int], current: dict[int, list[int]], limit: int
) -> None:
    """No row comes twice, scores fall, and what is not lifted keeps its order."""
    scores = [1 - place / 10 for place in range(9)]
    chosen, values = reorder(order, scores, judged(sorted(past), current), ALL, limit)
    assert len(chosen) == len(set(chosen)) == len(values) == limit
    assert values == sorted(values, reverse=True)
    place = {row: n for n, row in enumerate(chosen)}
    for row in past & place.keys():
        better = [each for each in current.get(row, []) if each not in past]
        assert not better or min(place.get(each, 99) for each in better) < place[row]
    lifted = {each for row in past for each in current.get(row, [])}
    rest = [row for row in chosen if row not in lifted]
    assert rest == [row for row in order if row in rest]
