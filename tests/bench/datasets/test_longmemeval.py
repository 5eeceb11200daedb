"""LongMemEval S: a haystack of sessions for each question, with and without the assistant."""

from __future__ import annotations

from typing import Any

import pytest

from combray.bench.datasets import longmemeval
from combray.bench.datasets.form import Benchmark, split_of
from tests.bench.datasets.data import Write


def record(name: str, **changes: Any) -> dict[str, Any]:
    """A question about two sessions, given newest first."""
    return {
        "question_id": name,
        "question": "What colour?",
        "question_type": "single-session-user",
        "answer": 7,
        "evidence": {"s1": [0, 1]},
        "s": {
            "haystack_session_ids": ["s2", "s1"],
            "haystack_dates": ["2023/05/21 (Sun) 10:00", "2023/05/20 (Sat) 02:21"],
            "answer_session_ids": ["s1"],
            "question_date": "2023/06/01 (Thu) 23:40",
        },
    } | changes


@pytest.fixture(params=["longmemeval", "longmemeval-user"])
def found(request: pytest.FixtureRequest, write: Write) -> Benchmark:
    """Either set, from two files of sessions and three questions."""
    turns = [["user", "My car is red."], ["assistant", "Nice\0!"], ["user", " "]]
    write("longmemeval/sessions_0.jsonl.gz", [{"id": "s1", "turns": turns}])
    write("longmemeval/sessions_1.jsonl.gz", [{"id": "s2", "turns": [["assistant", "Hello."]]}])
    questions = [record("q1"), record("q2_abs"), record("q3", s=None)]
    write("longmemeval/questions.jsonl.gz", questions)
    both = request.param == "longmemeval"
    return longmemeval.load() if both else longmemeval.load_user()


def test_sessions_are_in_order_of_time(found: Benchmark) -> None:
    """The oldest first, whatever the order of the haystack; sessions without words are left out."""
    first = found.histories[0]
    both = found.name == "longmemeval"
    assert [s.id for s in first.sessions] == (["s1", "s2"] if both else ["s1"])
    assert first.sessions[0].timestamp == "2023-05-20T02:21:00+00:00"


def test_the_user_s_set_has_the_user_s_turns(found: Benchmark) -> None:
    """Turns keep their numbers in the session; empty ones are left out, zero bytes taken out."""
    said, units = found.histories[0].sessions[0].content, found.histories[0].sessions[0].units
    user = {"role": "user", "content": "My car is red."}
    if found.name == "longmemeval":
        assert said == [user, {"role": "assistant", "content": "Nice!"}]
        assert [u["turn"] for u in units] == ["s1:0", "s1:1"]
    else:
        assert said == [user]
        assert units == [{"turn": "s1:0", "session": "s1"}]


def test_evidence_is_of_turns_that_are_remembered(found: Benchmark) -> None:
    """A marked turn of the assistant is gold only where the assistant is remembered."""
    (question,) = found.histories[0].questions
    wanted = {"s1:0", "s1:1"} if found.name == "longmemeval" else {"s1:0"}
    assert question.gold == {"session": {"s1"}, "turn": wanted}


def test_both_sets_ask_the_same(found: Benchmark) -> None:
    """Questions without a haystack are left out, those of no answer marked; splits are shared."""
    assert [h.id for h in found.histories] == ["q1", "q2_abs"]
    one, none = (h.questions[0] for h in found.histories)
    assert (one.answerable, none.answerable) == (True, False)
    assert one.asked_at == "2023-06-01T23:40:00+00:00"
    assert (one.kind, one.answer) == ("single-session-user", "7")
    assert one.split == split_of("longmemeval", "q1")
