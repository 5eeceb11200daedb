"""The default memory: its answers are the user's words, each told why it was found."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from combray import Memory
from combray.core.arrays import FloatArray
from combray.recall.rank import linear
from combray.testing.story import QUESTIONS, STORY, messages
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """The story under the default system."""
    made = Memory(embedder=Words())
    for session in dict.fromkeys(turn[0] for turn in STORY):
        made.add(messages(session), session_id=session)
    return made


def test_every_answer_is_a_raw_item_and_its_own_evidence(memory: Memory) -> None:
    """No hit rests on anything but the words that were said."""
    for question, _ in QUESTIONS:
        for hit in memory.search(question):
            assert hit.item.is_raw
            assert hit.evidence == (hit.id,)


def test_the_turn_that_answers_is_first(memory: Memory) -> None:
    """The rule puts it before the turns that share less with the question."""
    for question, turn in QUESTIONS:
        assert memory.search(question)[0].text == STORY[turn][3]


def test_a_turn_is_found_through_its_conversation(memory: Memory) -> None:
    """Each channel names what it is made of: words and vectors of the turn, or around it."""
    by = {hit.text: hit.explain["channels"] for hit in memory.search("Who is allergic to cats?")}
    allergic, after, class_ = (by[STORY[turn][3]] for turn in (1, 2, 3))
    assert allergic["dense"] == allergic["bm25"] == 1
    assert "bm25" not in after
    assert {"bm25_before", "bm25_around", "bm25_session"} <= after.keys()
    assert after["window"] < after["dense"]
    assert after["session_dense"] < after["dense"]
    assert class_.keys() == {"dense", "window", "session_dense"}


def test_turns_notes_and_passages_have_weights_of_their_own() -> None:
    """The bias of a hit is that of the rule of its domain."""
    rules = linear.load()
    with Memory(embedder=Words()) as memory:
        memory.add("A heron flew over the mill.", metadata={"title": "Heron"})
        memory.add("I saw a heron.")
        turns = [("Ann", "A heron!"), ("Bob", "Where was the heron?")]
        memory.add([{"role": "user", "name": n, "content": t} for n, t in turns], session_id="s")
        bias = {hit.text: hit.explain["parts"]["bias"] for hit in memory.search("heron")}
    for text, domain in (
        ("A heron flew over the mill.", "passages"),
        ("I saw a heron.", "notes"),
        ("A heron!", "dialogue"),
    ):
        assert bias[text] == pytest.approx(rules[domain].bias, abs=1e-3)
    assert len(set(bias.values())) == 3


def test_the_parts_add_up_to_the_score(memory: Memory) -> None:
    """The score is the logistic of the sum of the parts: nothing else moves it."""
    for question, _ in QUESTIONS:
        for hit in memory.search(question):
            z = sum(hit.explain["parts"].values())
            assert hit.score == pytest.approx(1 / (1 + math.exp(-z)), abs=0.01)


@pytest.mark.parametrize("kinds", [None, ["fact"], ["turn", "fact"]])
def test_scores_are_shares_that_fall(kinds: list[str] | None) -> None:
    """From 0 to 1 and never up from one hit to the next, of notes, turns and facts alike.

    What was lifted before what it replaced has the score of its place.
    """
    with Memory(embedder=Words(), extractor="rules") as memory:
        memory.add("I live in Lisbon.", timestamp="2023-01-01", user_id="u")
        memory.add("I moved to Porto.", timestamp="2024-01-01", user_id="u")
        memory.add(["The gate code is 4711.", "The gate code is 8025."], user_id="u")
        memory.add(messages("s1"), session_id="s1", user_id="u")
        for question in ("Do I live in Lisbon?", "gate code", "grey cat", "xylophone", "Where?"):
            hits = memory.search(question, user_id="u", kinds=kinds, limit=50)
            scores = [hit.score for hit in hits]
            assert scores == sorted(scores, reverse=True)
            assert all(0 <= score <= 1 for score in scores)
            assert hits


def test_the_scores_of_another_question_are_others() -> None:
    """A question that nothing answers gives the same memories far lower scores."""
    with Memory(embedder=Words()) as memory:
        memory.add(["The gate code is 4711.", "My sister plays the cello."])
        for asked, other in (("gate code", "cello sister"), ("cello sister", "gate code")):
            mine = {hit.id: hit.score for hit in memory.search(asked)}
            best = memory.search(asked)[0].id
            assert mine[best] > 2 * {hit.id: hit.score for hit in memory.search(other)}[best]


def test_the_score_is_fair_where_little_is_remembered() -> None:
    """The one memory that answers is likely right, and the less so the more there is beside it."""
    tops = []
    for others in (0, 4, 40):
        with Memory(embedder=Words()) as memory:
            memory.add(["I play the cello."] + [f"On day {i} it rained." for i in range(others)])
            tops.append(memory.search("Do I play the cello?")[0].score)
    assert tops[0] > 0.5
    assert tops == sorted(tops, reverse=True)


def test_words_are_matched_in_tails_and_blocks_of_the_index() -> None:
    """The words of a hit are those of the question that it holds, however it was loaded."""
    memory = Memory(embedder=Words())
    memory.add([f"Number {i} is plain." for i in range(70)])
    memory.add("The zebra is striped.")
    memory.add("The zebra sleeps.")
    hits = memory.search("does number 7 or the zebra sleep", limit=100)
    words = {hit.text: hit.explain["words"] for hit in hits}
    assert words["The zebra sleeps."] == ["zebra", "sleep"]
    assert words["The zebra is striped."] == ["zebra"]
    assert words["Number 7 is plain."] == ["number", "7"]
    assert words["Number 8 is plain."] == ["number"]


def test_what_replaced_a_past_value_is_lifted_before_it() -> None:
    """The current value stands first, and says so even when no channel named it."""
    memory = Memory(embedder=Words())
    memory.add("I live in Lisbon.", timestamp="2023-01-01", user_id="u")
    (new,) = memory.add("I moved to Porto.", timestamp="2024-01-01", user_id="u")
    hits = memory.search("Do I live in Lisbon?", user_id="u")
    assert hits[0].id == new.id
    assert hits[1].superseded


def test_the_newer_of_two_that_contradict_is_lifted_before_the_older() -> None:
    """It says which it updates and why; both stay, and what holds beside them is left alone."""
    memory = Memory(embedder=Words())
    (old,) = memory.add("The code of the gate is 4711.", user_id="u")
    (new,) = memory.add("The code of the gate is 8025.", user_id="u")
    memory.add("The code of the shed is 1234.", user_id="u")
    first, second, third = memory.search("What is the code of the gate?", user_id="u")
    assert (first.id, second.id) == (new.id, old.id)
    assert first.explain["updates"] == {old.id: "'8025' for '4711'"}
    assert not first.superseded
    assert not second.superseded
    assert "updates" not in second.explain | third.explain


def test_a_search_calls_the_embedder_once() -> None:
    """A question that names a speaker is embedded with its told form, in one call."""
    calls: list[list[str]] = []

    class Counted(Words):
        def embed(self, texts: Sequence[str], /) -> FloatArray:
            calls.append(list(texts))
            return super().embed(texts)

    memory = Memory(embedder=Counted())
    memory.add([{"role": "user", "name": "Ann", "content": "I moved to Porto."}])
    calls.clear()
    memory.search("Where did Ann move?")
    memory.search("What is the weather?")
    assert calls == [["Where did Ann move?", "Where did I move?"], ["What is the weather?"]]
