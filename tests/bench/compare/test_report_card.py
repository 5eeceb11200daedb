"""A set of one's own, drafts of questions, and the table that compares memories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from combray import InputError, UnknownName
from combray.bench.common.embedding import Clocked
from combray.bench.compare import report_card
from combray.bench.compare.costs import costs
from combray.bench.compare.drafts import drafts
from combray.bench.datasets import load
from combray.bench.measure.reader import f1
from combray.bench.measure.runner import Contender
from combray.bench.tuning.custom import refit
from combray.core.ports import ChatRequest
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
    {"id": "p1", "title": "Harbours", "text": "A harbour shelters ships."},
    {"question": "What is the grey cat called?", "evidence": ["m1"], "answer": "Misty"},
    {"question": "What does Ada play?", "evidence": ["s2#1"], "answer": "the cello"},
    {"question": "Who spoke of a sister and a tram?", "evidence": ["s2"]},
    {"question": "Which flute is best?", "evidence": []},
]  # fmt: skip


def written(path: Path, records: list[Any]) -> str:
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
        known = "Misty" in request.messages[1]["content"]
        return json.dumps({"answer": "It is Misty" if known else "not known"})


def test_a_file_of_ones_own_is_a_set(mine: str) -> None:
    """Evidence names messages by id or number, or whole sessions; none means unanswerable."""
    benchmark = load(mine)
    assert benchmark.name == "mine"
    (history,) = benchmark.histories
    gold = [sorted(question.gold["turn"]) for question in history.questions]
    assert gold == [["m1"], ["s2#1"], ["s2#1", "s2#2"], []]
    assert [q.answerable for q in history.questions] == [True, True, True, False]
    assert benchmark.only("all").size == 3
    assert [len(session.units) for session in history.sessions] == [2, 2, 1]
    assert history.sessions[2].metadata == {"title": "Harbours"}


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"question": "x?", "evidence": ["nowhere"]}, "nowhere"),
        ({"session": "s", "messages": []}, "at least one"),
        ({"session": "s", "messages": [{"role": "user"}]}, "message 1"),
        ({"session": "s"}, "neither"),
        ({"question": "x?", "evidence": "m1"}, "list"),
        ({"question": "x?", "evidances": ["m1"]}, "unknown part 'evidances'"),
        ({"question": "x?", "answer": 7}, "answer must be text"),
        ({"question": "x?", "split": "train"}, "dev or test"),
        ({"question": "x?", "asked_at": "soon"}, "asked_at"),
        ({"question": "x?", "user": "zoe"}, "zoe"),
        ({"session": "s", "messages": [{"role": "Ann", "content": "x"}]}, "role 'Ann'.*'name'"),
        ({"session": "s", "messages": [{"content": "x", "name": ""}]}, "'name'"),
        ({"session": "s", "timestamp": "soon", "messages": [{"content": "x"}]}, "timestamp"),
        ({"session": "s", "messages": [{"content": "x", "id": "m1"}]}, "'m1' stands twice"),
        ({"text": "no id"}, "id that evidence"),
        ({"text": "x", "id": "p", "kind": "note"}, "unknown part 'kind'"),
        ([1, 2], "no.* JSON object"),
    ],
)
def test_a_damaged_file_names_the_line(tmp_path: Path, record: Any, named: str) -> None:
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
    with pytest.raises(InputError, match="no session and no text"):
        load(written(tmp_path / "empty.jsonl", []))


def test_questions_are_drafted_with_their_evidence(mine: str) -> None:
    """Drafts ask about rare words of a statement, name it, and say that nobody checked them."""
    made = drafts(load(mine), 9)
    assert [draft["evidence"] for draft in made] == [["m1"], ["s2#1"], ["s2#2"]]
    assert "Ann" in made[0]["question"]
    assert all(draft["draft"] for draft in made)


def test_drafts_feed_both_commands(tmp_path: Path) -> None:
    """What was drafted from a file is a line of it: compared as it is, and fitted to."""
    words = "kettle lamp violin carpet ladder mirror pillow bucket candle hammer basket".split()
    told = [
        {"id": f"{a}{b}", "text": f"My old {words[a]} stands in the {words[b]} room upstairs."}
        for a in range(5)
        for b in range(5, 10)
    ]
    path = written(tmp_path / "mine.jsonl", told)
    made = drafts(load(path), 25)
    assert len(made) == 25
    path = written(tmp_path / "mine.jsonl", [*told, *made])
    table = report_card.compare(path, systems=["bm25"], split="all", embedder=Words())
    assert table["rows"][0]["R@5"] == 1
    assert "25 of the questions are unchecked drafts" in table["note"]
    fitted = refit(Path(path), Clocked(Words()))
    assert (fitted.drafts, fitted.fitted + fitted.held_out) == (25, 25)


def test_an_edited_file_is_measured_anew(mine: str) -> None:
    """Figures of the file as it was are not taken for those of the file as it is."""
    first = report_card.compare(mine, systems=["bm25"], split="all", embedder=Words())
    other = [*CHATS[:3], {**CHATS[3], "evidence": ["s2#2"]}, *CHATS[4:]]
    written(Path(mine), other)
    second = report_card.compare(mine, systems=["bm25"], split="all", embedder=Words())
    assert second["rows"][0]["NDCG@10"] != first["rows"][0]["NDCG@10"]


def test_memories_are_compared_in_one_table(mine: str) -> None:
    """Each memory has its recall, its cost, and whether it forgets; the note says how."""
    table = report_card.compare(
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
    assert report_card.markdown(table).count("|---|") >= 1


def test_a_memory_that_keeps_what_was_erased_is_told_apart(
    mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of erasure can fail: without the erasing the words are found."""
    monkeypatch.setattr("combray.memory.Memory.erase", lambda *_, **__: None)
    benchmark = load(mine).only("all", 2)
    assert not costs(benchmark, Contender(system="evidence", embedder=Clocked(Words()))).erased


def test_wrong_names_are_refused_before_anything_runs(mine: str) -> None:
    """An unknown memory, an extractor without a model, and an empty split are errors."""
    with pytest.raises(UnknownName, match="evidence"):
        report_card.compare(mine, systems=["evidense"], embedder=Words())
    with pytest.raises(InputError, match="--llm"):
        report_card.compare(mine, systems=["evidence"], extractor="llm", embedder=Words())


def test_f1_counts_words() -> None:
    """Case, articles and punctuation do not count; nothing shared is nothing."""
    assert f1("The cello.", "cello") == 1
    assert f1("a cello and a flute", "cello") == pytest.approx(0.5)
    assert f1("harp", "cello") == 0
