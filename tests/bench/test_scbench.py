"""The tasks about shared contexts: one answer each, found by the solver, judged as it should be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.bench.scbench import TASKS, CaseShape, make
from combray.core.errors import InputError, UnknownName

SHAPES = st.builds(CaseShape, length=st.integers(1600, 6000), questions=st.integers(1, 5))


@given(st.sampled_from(sorted(TASKS)), SHAPES, st.integers(0, 999))
@settings(max_examples=120, deadline=None)
def test_every_answer_is_the_only_one(task: str, shape: CaseShape, seed: int) -> None:
    """The solver finds the answer and no other, and the scorer gives the answer full marks."""
    case = make(task, shape, seed)
    assert len(case.questions) == shape.questions
    for question in case.questions:
        assert list(case.solve(case.context, question.text)) == [question.answer]
        assert question.score(question.answer, question.answer) == pytest.approx(1)
        assert question.score("", question.answer) == 0


@given(st.sampled_from(sorted(TASKS)), SHAPES, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_case_is_made_again_from_its_seed(task: str, shape: CaseShape, seed: int) -> None:
    """The same seed gives the same context and questions, another seed another context."""
    case, again = make(task, shape, seed), make(task, shape, seed)
    assert case.context == again.context
    assert [q.text for q in case.questions] == [q.text for q in again.questions]
    assert make(task, shape, seed + 1).context != case.context


@pytest.mark.parametrize("task", sorted(TASKS))
def test_contexts_have_the_length_asked(task: str) -> None:
    """A context is as long as asked, within its last passage."""
    for length in (2000, 8000):
        found = len(make(task, CaseShape(length=length)).context)
        assert 0.8 * length <= found <= 1.1 * length


def test_two_tasks_take_turns_in_one_context() -> None:
    """Questions of both, one after the other; no depth is told, since there are two contexts."""
    case = make("summary_with_needles", CaseShape(length=4000, questions=5))
    kinds = ["chapters" in q.text for q in case.questions]
    assert kinds == [True, False, True, False, True]
    assert all(q.depth is None for q in case.questions)
    assert case.passages[0].startswith("Chapter 1.")
    assert case.passages[-1] == "}"


def test_the_id_names_task_length_and_seed() -> None:
    """Without a shape a case has 4,000 characters and 5 questions."""
    case = make("kv", seed=3)
    assert (case.id, case.task, len(case.questions)) == ("kv-4000-3", "kv", 5)


def test_bad_shapes_are_refused() -> None:
    """An unknown task and a context too short for its questions say so."""
    with pytest.raises(UnknownName, match="prefix_suffix"):
        make("prefix_sufix")
    with pytest.raises(InputError, match="at least 400"):
        CaseShape(length=100)
    with pytest.raises(InputError, match="Make it longer"):
        make("repoqa", CaseShape(length=400, questions=10))
