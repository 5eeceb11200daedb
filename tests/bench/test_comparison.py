"""A set of one's own, drafts of questions, and the table that compares memories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recollect import InputError, UnknownName
from recollect.bench import comparison
from recollect.bench.costs import costs
from recollect.bench.drafts import drafts
from recollect.bench.embedding import Clocked
from recollect.bench.reader import f1
from recollect.bench.runner import Contender
from recollect.bench.sets import load
from recollect.core.ports import ChatRequest
from tests.words import Words

CHATS: list[dict[str, Any]] = [
    {
        "session": "s1",
        "timestamp": "2024-05-01T10:00:00Z",
        "messages": [
            {"role": "user", "name": "Ann", "content": "I adopted Misty, a grey cat.", "id": "m1"},
            {"role": "user", "name": "Bob", "content": "How lovely, tell me more!"},
        ],
    },
    {
        "session": "s2",
        "messages": [
            {"role": "user", "name": "Bob", "content": "My sister Ada plays the cello."},
            {"role": "user", "name": "Ann", "content": "The tram to the harbour was late."},
        ],
    },
    {"question": "What is the grey cat called?", "evidence": ["m1"], "answer": "Misty"},
    {"question": "What does Ada play?", "evidence": ["s2#1"], "answer": "the cello"},
    {"question": "Who spoke of a sister and a tram?", "evidence": ["s2"]},
    {"question": "Which flute is best?", "evidence": []},
]  # fmt: skip


def written(path: Path, records: list[dict[str, Any]]) -> str:
    """A file of JSON lines; returns its path."""
    path.write_text("\n".join(map(json.dumps, records)) + "\n\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """A user's own file."""
    return written(tmp_path / "mine.jsonl", CHATS)


class Parrot:
    """A reader that answers with whatever the memory says first."""

    name = "parrot"

    def complete(self, request: ChatRequest, /) -> str:
        """Misty, when the memory holds her."""
        return "It is Misty" if "Misty" in request.messages[0]["content"] else "not known"


def test_a_file_of_ones_own_is_a_set(mine: str) -> None:
    """Evidence names messages by id or number, or whole sessions; none means unanswerable."""
    benchmark = load(mine)
    assert benchmark.name == "mine"
    (history,) = benchmark.histories
    gold = [sorted(question.gold["turn"]) for question in history.questions]
    assert gold == [["m1"], ["s2#1"], ["s2#1", "s2#2"], []]
    assert [q.answerable for q in history.questions] == [True, True, True, False]
    assert benchmark.only("all").size == 3


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"question": "x?", "evidence": ["nowhere"]}, "nowhere"),
        ({"session": "s", "messages": []}, "at least one"),
        ({"session": "s", "messages": [{"role": "user"}]}, "message 1"),
        ({"session": "s"}, "neither"),
        ({"question": "x?", "evidence": "m1"}, "list"),
    ],
)
def test_a_damaged_file_names_the_line(tmp_path: Path, record: dict[str, Any], named: str) -> None:
    """What cannot be used is named with its line."""
    path = written(tmp_path / "bad.jsonl", [CHATS[0], record])
    with pytest.raises(InputError, match=rf"bad\.jsonl line 2.*{named}"):
        load(path)


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    """No file, not JSON, and no session are errors of ours."""
    with pytest.raises(InputError, match="Cannot read"):
        load(str(tmp_path / "none.jsonl"))
    (tmp_path / "letter.jsonl").write_text("Dear reader\n")
    with pytest.raises(InputError, match="line 1 is not JSON"):
        load(str(tmp_path / "letter.jsonl"))
    with pytest.raises(InputError, match="no session"):
        load(written(tmp_path / "empty.jsonl", []))


def test_questions_are_drafted_with_their_evidence(mine: str) -> None:
    """Drafts ask about rare words of a statement, name it, and can be read back."""
    made = drafts(load(mine), 2)
    assert len(made) == 2
    assert made[0]["evidence"] == ["m1"]
    assert "Ann" in made[0]["question"]
    assert all(draft["draft"] for draft in made)


def test_memories_are_compared_in_one_table(mine: str) -> None:
    """Each memory has its recall, its cost, and whether it forgets; the note says how."""
    table = comparison.compare(
        mine, systems=["evidence", "bm25"], split="all", embedder=Words(), reader=Parrot()
    )
    assert [row["system"] for row in table["rows"]] == ["evidence", "bm25"]
    for row in table["rows"]:
        assert row["R@5"] == 1.0
        assert row["erased"] == "yes"
        assert row["calls"] == 0
        assert row["bytes"] > 0
        assert row["answer F1"] == pytest.approx(0.25)
    assert "n = 3" in table["note"]
    assert "token F1" in table["note"]
    assert comparison.markdown(table).count("|---|") >= 1


def test_a_memory_that_keeps_what_was_erased_is_told_apart(
    mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of erasure can fail: without the erasing the words are found."""
    monkeypatch.setattr("recollect.memory.Memory.erase", lambda *_, **__: None)
    benchmark = load(mine).only("all", 2)
    assert not costs(benchmark, Contender(system="evidence", embedder=Clocked(Words()))).erased


def test_wrong_names_are_refused_before_anything_runs(mine: str) -> None:
    """An unknown memory, an engine without a model, and an empty split are errors."""
    with pytest.raises(UnknownName, match="evidence"):
        comparison.compare(mine, systems=["evidense"], embedder=Words())
    with pytest.raises(InputError, match="--llm"):
        comparison.compare(mine, systems=["evidence"], engine="llm", embedder=Words())


def test_f1_counts_words() -> None:
    """Case, articles and punctuation do not count; nothing shared is nothing."""
    assert f1("The cello.", "cello") == 1
    assert f1("a cello and a flute", "cello") == pytest.approx(0.5)
    assert f1("harp", "cello") == 0
