"""What was said ten times takes one place of a result, and still enough others are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import Memory
from combray.core.items import Hit, Item
from combray.core.ports import Query
from combray.core.time import iso, to_datetime
from combray.recall.answer import dedupe
from combray.recall.answer.dedupe import distinct, group
from tests.words import Words


def hit(number: int, text: str, *, superseded: bool = False, **fields: Any) -> Hit:
    """A hit of a score that falls with its number."""
    item = Item(id=str(number), text=text, **{"kind": "turn", "role": "user", **fields})
    return Hit(
        item=item,
        score=1 / (number + 1),
        evidence=(item.id,),
        explain={"n": number},
        superseded=superseded,
    )


def test_hits_of_the_same_words_are_one() -> None:
    """The first stands for all: its score and explanation, and the evidence of all of them."""
    hits = [hit(0, "Café."), hit(1, "Boat."), hit(2, "Cafe\u0301."), hit(3, "  Café. ")]
    one, other = group(hits)
    assert (one.id, one.score, one.evidence) == ("0", 1.0, ("0", "2", "3"))
    assert one.explain == {"n": 0, "alike": ["2", "3"]}
    assert one.alike == (hits[2].item, hits[3].item)
    assert other is hits[1]


def test_a_hit_tells_every_time_at_which_its_words_were_said() -> None:
    """vectordotdev/vector#22847: three donations are three days, the first day first."""
    days = {"0": 5, "1": 3, "2": 8}
    (one,) = group([hit(int(n), "I donated blood.", first_at_us=at) for n, at in days.items()])
    assert one.timestamps == [to_datetime(at) for at in (3, 5, 8)]
    assert one.as_dict()["timestamps"] == [iso(at) for at in (3, 5, 8)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("My wifi password is SunRise42", "My wifi password is sunrise42"),
        ("Take .5 mg", "Take 5 mg"),
        ("Move -5", "Move 5"),
        ("f(x)", "fx"),
        ("We won!", "We won"),
        ("*args", "args"),
        ("the US left", "the us left"),
        ("Straße", "Strasse"),
        ("Ｒｏｏｍ", "Room"),
        ("10²", "102"),
    ],
)
def test_what_only_looks_alike_has_its_own_place(one: str, other: str) -> None:
    """plur-ai/plur#896: false duplicates absorbed; case and signs change what is said."""
    assert [each.text for each in group([hit(0, one), hit(1, other)])] == [one, other]


def test_evidence_of_alike_hits_is_named_once() -> None:
    """In the order it comes."""
    first = replace(hit(0, "Heron."), evidence=("b", "a"))
    again = replace(hit(1, "Heron."), evidence=("a", "c"))
    assert group([first, again])[0].evidence == ("b", "a", "c")


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Heron, grey"},
        {"kind": "fact"},
        {"name": "Ann"},
        {"role": "assistant"},
        {"superseded": True},
        {"valid_to_us": 9},
        {"valid_from_us": 7},
    ],
)
def test_hits_that_differ_are_kept_apart(other: dict[str, Any]) -> None:
    """In words, kind, speaker, when they held, or in that one is past: a guess hides nothing."""
    text = other.pop("text", "Heron.")
    assert len(group([hit(0, "Heron."), hit(1, text, **other)])) == 2


def test_a_speaker_is_known_by_name_before_role() -> None:
    """The same person in two roles says the same thing once."""
    hits = [hit(0, "Heron.", name="Ann"), hit(1, "Heron.", name="Ann", role="assistant")]
    assert len(group(hits)) == 1
    assert group([]) == []


def answering(texts: Sequence[str]) -> tuple[Any, list[int]]:
    """A system that answers these texts in order, and the limits it was asked for."""
    hits, limits = [hit(n, text) for n, text in enumerate(texts)], []

    def recall(query: Query) -> list[Hit]:
        limits.append(query.limit)
        return hits[: query.limit]

    return recall, limits


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(1, 8))
def test_as_many_different_answers_come_as_there_are_up_to_the_limit(
    texts: list[str], limit: int
) -> None:
    """The first of each, in order."""
    recall, _ = answering(texts)
    found = [each.text for each in distinct(recall, Query(text="x", limit=limit))]
    assert found == list(dict.fromkeys(texts))[:limit]


def test_no_more_are_asked_for_than_are_needed() -> None:
    """Once when all differ or no more are there; else four times as many."""
    for texts, limits in (
        ("abcd", [3]),
        ("aa", [3]),
        ("aaabcde", [3, 12]),
        ("a" * 50, [3, 12, 48, 192]),
    ):
        recall, asked = answering(texts)
        distinct(recall, Query(text="x", limit=3))
        assert asked == limits


def test_the_search_for_more_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """At WIDEST it stops with what it has, and asks for no more than that."""
    monkeypatch.setattr(dedupe, "WIDEST", 20)
    recall, limits = answering("a" * 100)
    assert len(distinct(recall, Query(text="x", limit=3))) == 1
    assert limits == [3, 12, 20]
    recall, limits = answering("a" * 100)
    distinct(recall, Query(text="x", limit=50))
    assert limits == [50]


def test_only_the_limit_of_the_question_changes() -> None:
    """Everything else is asked as it was."""
    asked: list[Query] = []

    def recall(query: Query) -> list[Hit]:
        asked.append(query)
        return [hit(n, "a") for n in range(query.limit)][:9]

    wanted = Query(text="x", limit=3, as_of=0, known_at=-1, kinds=("turn",))
    distinct(recall, wanted)
    assert [replace(query, limit=3) for query in asked] == [wanted] * 2


def test_a_hit_is_completed_by_what_was_not_found() -> None:
    """A limit of one still tells all days, of this speaker, in this scope, that hold as the hit."""
    with Memory(embedder=Words()) as memory:
        for day, session, role in ((3, "a", "user"), (1, "b", "user"), (2, "a", "assistant")):
            turn = {"role": role, "content": "I donated blood."}
            memory.add([turn], user_id="u", session_id=session, timestamp=f"2024-01-{day:02}")
        memory.add([turn | {"role": "user"}], user_id="v", timestamp="2024-01-04")
        for scope, days in (({}, [1, 3]), ({"session_id": "a"}, [3])):
            hits = memory.search("blood", user_id="u", limit=2, **scope)
            (mine,) = [hit for hit in hits if hit.item.role == "user"]
            assert [said.day for said in mine.timestamps] == days
            assert len(mine.evidence) == len(days)
            assert memory.search("blood", user_id="u", limit=1, **scope)[0].alike == hits[0].alike
