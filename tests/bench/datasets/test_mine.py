"""A set of one's own: chats, notes and questions, evidence by name, and lines that are refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from combray.bench.datasets import mine
from combray.bench.datasets.form import Benchmark, split_of
from combray.core.errors import InputError

SESSION: dict[str, Any] = {
    "session": "s1",
    "timestamp": "2024-05-01T10:00:00Z",
    "messages": [
        {"role": "user", "name": "Ann", "content": "I adopted Misty.", "id": "m1"},
        {"role": "assistant", "content": "How lovely!"},
    ],
}
NOTE = {"id": "p1", "title": "Harbours", "text": "A harbour shelters ships."}
Load = Callable[..., Benchmark]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Reads lines as a file of one's own."""

    def read(*lines: Any) -> Benchmark:
        path = tmp_path / "mine.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        return mine.load(path)

    return read


def asked(evidence: Any = None, **more: Any) -> dict[str, Any]:
    """A question with this evidence."""
    return {"question": "What?", "evidence": evidence} | more


@pytest.mark.parametrize(
    ("evidence", "turns", "sessions"),
    [
        (["m1"], {"m1"}, {"s1"}),
        (["s1#2"], {"s1#2"}, {"s1"}),
        (["s1#1"], {"m1"}, {"s1"}),
        (["s1"], {"m1", "s1#2"}, {"s1"}),
        (["m1", "s1#1", "m1"], {"m1"}, {"s1"}),
        (["p1", "s1#2"], {"p1", "s1#2"}, {"p1", "s1"}),
        ([], set(), set()),
        (None, set(), set()),
    ],
)
def test_evidence_names_messages_texts_or_sessions(
    load: Load, evidence: Any, turns: set[str], sessions: set[str]
) -> None:
    """By id, by number in the session, or the session for all of its messages."""
    (question,) = load(SESSION, NOTE, asked(evidence)).histories[0].questions
    assert question.gold == {"turn": turns, "session": sessions}
    assert question.answerable is bool(turns)


def test_messages_are_what_a_memory_takes(load: Load) -> None:
    """The id is for evidence and not for the memory; a session has its time."""
    (session, note) = load(SESSION, NOTE).histories[0].sessions
    assert session.content[0] == {"role": "user", "name": "Ann", "content": "I adopted Misty."}
    assert (session.id, session.timestamp) == ("s1", "2024-05-01T10:00:00Z")
    assert note.content == ["A harbour shelters ships."]
    assert (note.id, note.metadata) == (None, {"title": "Harbours"})


def test_what_has_no_time_has_that_of_the_file(load: Load, tmp_path: Path) -> None:
    """When it was written, to the second."""
    load(NOTE)
    os.utime(tmp_path / "mine.jsonl", (86_400, 86_400))
    (note,) = mine.load(tmp_path / "mine.jsonl").histories[0].sessions
    assert str(note.timestamp).startswith("1970-01-02T00:00:00")


def test_a_session_without_a_name_has_that_of_its_line(load: Load) -> None:
    """Its messages can still be named by number."""
    unnamed = {"messages": SESSION["messages"][1:]}
    benchmark = load(NOTE, unnamed, asked(["line 2#1"]))
    assert benchmark.histories[0].questions[0].gold["session"] == {"line 2"}


def test_each_user_is_a_memory(load: Load) -> None:
    """Ids of one are not known to another, and may stand again there."""
    other = {**NOTE, "user": "bob", "text": "Bob's harbour."}
    benchmark = load(NOTE, other, asked(["p1"]), asked(["p1"], user="bob"))
    assert [h.id for h in benchmark.histories] == ["me", "bob"]
    assert [len(h.questions) for h in benchmark.histories] == [1, 1]
    with pytest.raises(InputError, match="line 3: the evidence 'm1' is no message"):
        load(SESSION, other, asked(["m1"], user="bob"))


def test_what_a_question_may_say(load: Load) -> None:
    """Answer, time, kind and split are taken; without a split the words decide; drafts are told."""
    first, second, third = (
        load(
            NOTE,
            asked(["p1"], answer="ships", asked_at="2024-06-01", kind="fact", split="dev"),
            asked(["p1"]),
            asked(["p1"], draft=True, kind="fact"),
        )
        .histories[0]
        .questions
    )
    assert (first.answer, first.asked_at, first.kind, first.split) == (
        "ships",
        "2024-06-01",
        "fact",
        "dev",
    )
    assert (second.kind, second.split) == ("mine", split_of("mine", "What?"))
    assert third.kind == "draft"
    assert [q.id for q in (first, second, third)] == ["mine:2", "mine:3", "mine:4"]


def test_the_version_follows_the_bytes(load: Load) -> None:
    """An edited file is another set under the same name; the same bytes are the same."""
    one, same, other = load(NOTE), load(NOTE), load({**NOTE, "text": "A harbour hides ships."})
    assert one.version == same.version != other.version
    assert one.name == other.name == "mine"


def test_marks_of_order_and_empty_lines_do_not_matter(tmp_path: Path) -> None:
    """A file from a Windows editor reads as any other."""
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(NOTE).encode() + b"\r\n\r\n  \n")
    assert mine.load(path).histories[0].sessions[0].units == [{"turn": "p1", "session": "p1"}]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\xff\xfe", "line 2 is not UTF-8 .byte 0"),
        (b"{", "line 2 is not JSON"),
        (b"7", "line 2 is not a JSON object"),
        (b'{"id": "x"}', "line 2 has neither 'messages' nor 'text' nor 'question'"),
        (b'{"id": "x", "text": " "}', "needs words"),
        (b'{"id": "p1", "text": "again"}', "'p1' stands twice"),
        (b'{"question": " "}', "needs text"),
        (b'{"messages": [{"content": "x", "timestamp": "soon"}]}', "message 1: timestamp"),
        (b'{"messages": "x"}', "must be a list"),
        (
            b'{"question": "?", "splitt": "dev"}',
            "unknown part 'splitt'. Known here: answer, asked_at",
        ),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    """With its number and what is wrong with it."""
    path = tmp_path / "mine.jsonl"
    path.write_bytes(json.dumps(NOTE).encode() + b"\n" + line)
    with pytest.raises(InputError, match=said):
        mine.load(path)


def test_questions_alone_are_no_memory(load: Load, tmp_path: Path) -> None:
    """Nothing told, a user nobody told of, and no file."""
    with pytest.raises(InputError, match="no session and no text"):
        load(asked([]))
    with pytest.raises(InputError, match="line 2: no line tells anything of the user 'zoe'"):
        load(NOTE, asked([], user="zoe"))
    with pytest.raises(InputError, match="Cannot read"):
        mine.load(tmp_path)
