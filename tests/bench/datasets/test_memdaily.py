"""MemDaily: Chinese messages of daily life, one small memory for each trajectory."""

from __future__ import annotations

from typing import Any

import pytest

from combray.bench.datasets import memdaily
from combray.bench.datasets.form import Benchmark, split_of
from tests.bench.datasets.data import Write


def trajectory(tid: int, **changes: Any) -> dict[str, Any]:
    """Two messages and a question about the second."""
    return {
        "tid": tid,
        "message_list": [
            {
                "mid": 0,
                "message": "我住在北京。",
                "time": "2024年03月01日 星期五 08:05",
                "place": "北京",
            },
            {"mid": 1, "message": "我养了一只猫。", "time": "2024年3月2日09:30", "place": "家"},
            {"mid": 2, "message": " ", "time": "2024年3月2日09:31", "place": "家"},
        ],
        "question_list": [
            {
                "qid": 0,
                "question": "我养了什么?",
                "target_step_id": [1],
                "time": "2024年4月1日 7:00",
            }
        ],
    } | changes


@pytest.fixture
def found(write: Write) -> Benchmark:
    """Two files, one of them with a trajectory of no message and one of no question."""
    write("memdaily/01_simple_events.jsonl.gz", [trajectory(1), trajectory(2, message_list=[])])
    write("memdaily/02_noisy_roles.jsonl.gz", [trajectory(3), trajectory(4, question_list=[])])
    return memdaily.load()


def test_each_trajectory_is_a_memory(found: Benchmark) -> None:
    """Of every file in turn; without messages or without questions there is none."""
    assert [h.id for h in found.histories] == ["01_simple_events:1", "02_noisy_roles:3"]


def test_messages_have_their_time_and_place(found: Benchmark) -> None:
    """The day of the week does not matter, nor zeros; empty messages are left out."""
    one, two = found.histories[0].sessions
    assert one.content == [{"role": "user", "content": "我住在北京。"}]
    assert (one.timestamp, two.timestamp) == (
        "2024-03-01T08:05:00+00:00",
        "2024-03-02T09:30:00+00:00",
    )
    assert two.units == [{"message": "1"}]
    assert two.metadata == {"place": "家"}


def test_questions_name_their_message_and_kind(found: Benchmark) -> None:
    """The kind is the middle of the file's name; the split is by trajectory."""
    (question,) = found.histories[1].questions
    assert (question.id, question.kind) == ("02_noisy_roles:3:0", "noisy")
    assert question.gold == {"message": {"1"}}
    assert question.asked_at == "2024-04-01T07:00:00+00:00"
    assert question.split == split_of("memdaily", "02_noisy_roles:3")


def test_a_time_that_cannot_be_read_is_none() -> None:
    """Rather than a wrong one."""
    assert memdaily._moment("昨天") is None
    assert memdaily._moment("2024年3月2日09:30") == "2024-03-02T09:30:00+00:00"
