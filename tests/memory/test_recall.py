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
