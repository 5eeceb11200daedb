"""LoCoMo: dialogues as sessions, evidence as turns, the audit beside it."""

from __future__ import annotations

from typing import Any

import pytest

from combray.bench.datasets import locomo
from combray.bench.datasets.form import Benchmark, split_of
from tests.bench.datasets.data import Write

SAMPLE: dict[str, Any] = {
    "sample_id": "conv-1",
    "conversation": {
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ann", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a cat"},
            {"speaker": "Bob", "dia_id": "D1:2", "text": "Nice."},
        ],
        "session_2_date_time": "12:05 am on 1 June, 2023",
        "session_2": [
            {"speaker": "Bob", "dia_id": "D2:1", "text": "I moved."},
            {"speaker": "Ann", "dia_id": "D2:2", "text": "  "},
        ],
        "session_3_date_time": "9:00 am on 2 June, 2023",
        "session_3": [],
    },
    "qa": [
        {"question": "What?", "answer": "x", "evidence": ["D1:01; D9:9"], "category": 1},
        {"question": "When?", "answer": 2023, "evidence": ["D1:2", "D2:1"], "category": 2},
        {"question": "Trap?", "adversarial_answer": "y", "evidence": [], "category": 5},
    ],
}


@pytest.fixture
def found(write: Write) -> Benchmark:
    """The set with the one conversation and one correction."""
    write("locomo/locomo_public8.json.gz", [SAMPLE])
    errata = [{"sample_id": "conv-1", "qa_index": 0, "correct_evidence": ["D1:2", "D2:001"]}]
    write("locomo/errata.jsonl.gz", errata)
    return locomo.load()


def test_sessions_have_speakers_captions_and_times(found: Benchmark) -> None:
    """Empty turns and sessions are left out; a day begins at twelve in the night."""
    (history,) = found.histories
    first, second = history.sessions
    assert first.content == [
        {"role": "user", "name": "Ann", "content": "Look!", "metadata": {"caption": "a cat"}},
        {"role": "user", "name": "Bob", "content": "Nice.", "metadata": {}},
    ]
    assert (first.id, first.timestamp) == ("session_1", "2023-05-08T13:56:00+00:00")
    assert second.timestamp == "2023-06-01T00:05:00+00:00"
    assert second.units == [{"turn": "D2:1", "audited": "D2:1", "session": "D2"}]


def test_evidence_is_in_one_spelling(found: Benchmark) -> None:
    """Joined references are taken apart, zeros dropped, and what nobody said is not gold."""
    first, second, _ = found.histories[0].questions
    assert first.gold["turn"] == {"D1:1"}
    assert first.gold["session"] == {"D1"}
    assert second.gold["turn"] == second.gold["audited"] == {"D1:2", "D2:1"}
    assert second.gold["session"] == {"D1", "D2"}


def test_the_audit_stands_beside_the_original(found: Benchmark) -> None:
    """Where it corrects, its evidence is a level of its own; sessions follow the original."""
    first = found.histories[0].questions[0]
    assert first.gold["audited"] == {"D1:2", "D2:1"}


def test_questions_are_put_after_the_last_session(found: Benchmark) -> None:
    """With kinds by category; the fifth has no answer; the split is of the conversation."""
    first, second, trap = found.histories[0].questions
    assert {q.asked_at for q in (first, second, trap)} == {"2023-06-01T00:05:00+00:00"}
    assert [q.kind for q in (first, second, trap)] == ["1 several", "2 time", "5 adversarial"]
    assert [q.answerable for q in (first, second, trap)] == [True, True, False]
    assert [q.answer for q in (first, second, trap)] == ["x", "2023", None]
    assert {q.split for q in (first, second, trap)} == {split_of("locomo", "conv-1")}
    assert [q.id for q in (first, second, trap)] == ["conv-1:0", "conv-1:1", "conv-1:2"]
