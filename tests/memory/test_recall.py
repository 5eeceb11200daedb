"""add, search, cite, context, explain, why_not: what the verbs do beside the parts they call."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from combray import Memory
from combray.core.errors import InputError, NotFound
from combray.recall.answer.context import NOTHING
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """Two moves of one user."""
    made = Memory(embedder=Words())
    made.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
    made.add("I moved to Paris.", user_id="u", timestamp="2024-06-01")
    return made


def test_run_id_is_another_name_of_session_id(memory: Memory) -> None:
    """Either narrows alike; both with different values are refused."""
    (item,) = memory.add("I like tea.", user_id="u", run_id="r1")
    assert item.scope.session_id == "r1"
    for name in ("run_id", "session_id"):
        (hit,) = memory.search("tea", user_id="u", **{name: "r1"})
        assert hit.id == item.id
    with pytest.raises(InputError, match="give one of them"):
        memory.search("tea", user_id="u", run_id="r1", session_id="r2")


def test_what_a_search_shows_is_known_as_an_echo(memory: Memory) -> None:
    """Words that were shown are known again when they come back, for the user who saw them."""
    assert not memory._recalled.echoes.recalled("u", "I moved to Paris.")
    (hit,) = memory.search("Paris", user_id="u", limit=1)
    assert memory._recalled.echoes.recalled("u", hit.text)
    assert not memory._recalled.echoes.recalled("v", hit.text)


def test_nothing_is_answered_below_the_confidence_asked_for(memory: Memory) -> None:
    """search, context and explain say nothing alike, and explain still says how sure it is."""
    asked = {"user_id": "u", "min_confidence": 1.0}
    assert memory.search("Paris", **asked) == []
    assert memory.context("Paris", tokens=50, **asked).text == NOTHING
    found = memory.explain("Paris", **asked)
    assert found.hits == []
    assert 0 < found.confidence < 1
    assert memory.search("Paris", user_id="u", min_confidence=found.confidence)
    with pytest.raises(InputError, match="min_confidence"):
        memory.search("Paris", user_id="u", min_confidence=1.5)


def test_only_what_is_likely_enough_is_answered(memory: Memory) -> None:
    """`min_score` cuts by the score of each hit: search, context and explain show the same."""
    memory.add([f"The heron number {n} stands by the river." for n in range(5)], user_id="u")
    whole = memory.search("Where is heron number 3?", user_id="u")
    least = whole[1].score
    kept = [hit.id for hit in whole if hit.score >= least]
    assert 0 < len(kept) < len(whole)
    asked = {"user_id": "u", "min_score": least}
    assert [hit.id for hit in memory.search("Where is heron number 3?", **asked)] == kept
    assert [hit.id for hit in memory.explain("Where is heron number 3?", **asked).hits] == kept
    shown = memory.context("Where is heron number 3?", tokens=500, **asked)
    assert {item.id for item in shown.items} == set(kept)
    assert memory.search("heron", user_id="u", min_score=0) == memory.search("heron", user_id="u")
    assert memory.search("heron", user_id="u", min_score=1) == []
    assert memory.context("heron", user_id="u", tokens=50, min_score=1).text == NOTHING


def test_what_was_superseded_is_no_likely_answer(memory: Memory) -> None:
    """However high it ranks, `min_score` leaves it out; a question as of its time has it."""
    hits = memory.search("Do I live in Rome?", user_id="u")
    assert [hit.superseded for hit in hits] == [False, True]
    (now,) = memory.search("Do I live in Rome?", user_id="u", min_score=0.01)
    assert "Paris" in now.text
    then = {"user_id": "u", "as_of": "2024-04-01", "min_score": 0.01}
    assert [hit.text for hit in memory.search("Do I live in Rome?", **then)] == ["I live in Rome."]


@pytest.mark.parametrize("least", [-0.1, 1.5, True, "much"])
def test_a_least_score_is_a_share(memory: Memory, least: object) -> None:
    """What is no number from 0 to 1 is refused by its name, by every verb that takes it."""
    for verb, more in (("search", {}), ("context", {"tokens": 50}), ("explain", {})):
        with pytest.raises(InputError, match="min_score must be a number from 0 to 1"):
            getattr(memory, verb)("Paris", user_id="u", min_score=least, **more)


def test_scores_of_other_scales_are_not_cut() -> None:
    """A system whose scores are no probabilities refuses `min_score` and says what to do."""
    with Memory(embedder=Words(), system="bm25") as memory:
        memory.add("I live in Rome.")
        with pytest.raises(InputError, match=r"'bm25' are none.*min_confidence"):
            memory.search("Rome", min_score=0.5)
        assert memory.search("Rome", min_score=None, min_confidence=0.01)


def test_explain_leaves_no_trace(memory: Memory) -> None:
    """What explain shows was not recalled: it cannot be cited."""
    memory.explain("Paris", user_id="u")
    with pytest.raises(InputError, match="there was none"):
        memory.cite(answer="You moved to Paris.", user_id="u")


def test_cite_takes_ids_or_the_answer(memory: Memory) -> None:
    """Cited are the ids given, or those whose words the answer uses, in the order shown."""
    hits = memory.search("Where do I live?", user_id="u")
    paris = next(hit.id for hit in hits if "Paris" in hit.text)
    assert memory.cite([paris], user_id="u") == [paris]
    assert memory.cite(answer="You moved to Paris.", user_id="u") == [paris]
    for wrong in ({}, {"ids": [paris], "answer": "Paris"}):
        with pytest.raises(InputError, match="one of them"):
            memory.cite(user_id="u", **wrong)


def test_a_context_reads_deeper_than_a_search_and_follows_its_limit(memory: Memory) -> None:
    """Without a limit the budget of tokens decides; with one there are no more items than that."""
    memory.add([f"Rome letter number {n}." for n in range(20)], user_id="u")
    assert len(memory.search("Rome", user_id="u")) == 10
    assert len(memory.context("Rome", user_id="u", tokens=10_000).items) > 10
    assert len(memory.context("Rome", user_id="u", tokens=10_000, limit=2).items) == 2


def test_a_question_is_put_when_it_is_asked_or_as_of(memory: Memory) -> None:
    """ "last month" counts from `asked_at`, else from `as_of`; the dates are days."""
    for when in ({"asked_at": "2024-04-10"}, {"as_of": "2024-04-10"}):
        found = memory.explain("Where did I live last month?", user_id="u", **when)
        first, last = found.dates[0]
        assert first <= datetime(2024, 3, 15, tzinfo=UTC).date() <= last


def test_why_not_asks_for_the_user_of_a_named_users_memory(memory: Memory) -> None:
    """Without a user_id no user's text is shown; what belongs to no user is found without one."""
    (shared,) = memory.add("The shop is open.")
    (mine,) = memory.list(user_id="u", limit=1, kinds=["text"])
    assert memory.why_not("shop", shared.id).rank == 1
    with pytest.raises(NotFound, match="Give the user_id") as refused:
        memory.why_not("Paris", mine.id)
    assert "Paris" not in str(refused.value)
    with pytest.raises(NotFound):
        memory.why_not("shop", shared.id, user_id="u")
    with pytest.raises(NotFound):
        memory.why_not("shop", "no such id", user_id="u")
