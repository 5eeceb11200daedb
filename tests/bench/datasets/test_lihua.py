"""LiHua-World: a year of chats, lines that become turns, sessions as evidence."""

from __future__ import annotations

import pytest

from combray.bench.datasets import lihua
from combray.bench.datasets.form import Benchmark, split_of
from tests.bench.datasets.data import Write

CHATS = [
    {
        "id": "20260102_1000",
        "time": "20260102_1000",
        "text": "Time: x\nLiHua: Hi.\nWolfgang Schulz: Dinner?\nQuick recipe: eggs\n\nand salt\n"
        "<END>",
    },
    {
        "id": "20260101",
        "time": "20260101",
        "text": "Time: y\nWolfgang Schulz: Happy new year!\nLiHua:\nLiHua: You too.",
    },
]
ASKED = [
    {
        "id": "1",
        "question": "What?",
        "type": "Single",
        "evidence": ["20260102_1000"],
        "answer": "eggs",
    },
    {"id": "2", "question": "Who?", "type": "Null", "evidence": []},
]


@pytest.fixture
def found(write: Write) -> Benchmark:
    """The year with two chats."""
    write("lihua_world/sessions.jsonl.gz", CHATS)
    write("lihua_world/questions.jsonl.gz", ASKED)
    return lihua.load()


def test_speakers_open_more_than_one_line() -> None:
    """A name is a name because it comes again; the first line of a chat is its time."""
    texts = ["Time: x\nAnn: Hi.\nQuick recipe: eggs\nBob: Yum.", "Time: y\nBob: Hello.\nAnn: Hey."]
    assert lihua.speakers(texts) == {"Ann", "Bob"}
    assert lihua.speakers(["Time: x\nAnn: Hi."]) == set()
    assert lihua.speakers(["z\nann: a\nann: b", "z\n7 Up: a\n7 Up: b"]) == set()
    assert lihua.speakers(["z\nJean-Luc de Funes: a\nJean-Luc de Funes: b"]) == {
        "Jean-Luc de Funes"
    }


def test_lines_of_nobody_belong_to_the_turn_before(found: Benchmark) -> None:
    """A recipe is part of what was said; ends and empty lines are nothing; nor are empty turns."""
    later = found.histories[0].sessions[1]
    assert later.content == [
        {"role": "user", "name": "LiHua", "content": "Hi."},
        {
            "role": "user",
            "name": "Wolfgang Schulz",
            "content": "Dinner?\nQuick recipe: eggs\nand salt",
        },
    ]
    assert [m["content"] for m in found.histories[0].sessions[0].content] == [  # type: ignore[index]
        "Happy new year!",
        "You too.",
    ]


def test_the_year_is_in_order(found: Benchmark) -> None:
    """Chats by time, with a minute where there is one; every turn counts as its session."""
    first, second = found.histories[0].sessions
    assert (first.timestamp, second.timestamp) == (
        "2026-01-01T00:00:00+00:00",
        "2026-01-02T10:00:00+00:00",
    )
    assert second.units == [{"session": "20260102_1000"}] * 2


def test_questions_are_put_when_the_year_is_over(found: Benchmark) -> None:
    """A question of no answer is known by its type; the split is by question."""
    one, none = found.histories[0].questions
    assert (one.id, one.kind, one.gold["session"]) == ("lihua:1", "single", {"20260102_1000"})
    assert (one.answer, none.answer) == ("eggs", None)
    assert (one.answerable, none.answerable) == (True, False)
    assert one.asked_at == lihua.ASKED_AT > (found.histories[0].sessions[-1].timestamp or "")
    assert one.split == split_of("lihua", "1")
