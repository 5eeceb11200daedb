"""What every system works with: views that do not change while held, one context of a question."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import CombrayError, InputError
from combray.core.items import Scope
from combray.core.ports import Query
from combray.core.time import to_datetime
from combray.models.stub_model import StubModel
from combray.recall.query.query_context import QueryContext
from combray.recall.runtime import runtime as runtime_module
from combray.recall.runtime.runtime import Runtime
from combray.testing.base import item, put
from tests.recall.asking import DAY, USER, Counting, asked, fact, opened, patch, said
from tests.words import Words

# ── views ────────────────────────────────────────────────────────────────────────────────────────


def test_a_view_has_everything_committed_and_does_not_change_while_it_is_held() -> None:
    """The next view has what came since; the one that is held has not."""
    memory = opened(said("one"))
    held = memory._runtime.view(USER)
    put(memory._store, [said("two")])
    patch(memory, memory._store.items(USER)[0], status="deleted")
    after = memory._runtime.view(USER)
    assert (len(held), held.rows.alive.values.tolist()) == (1, [True])
    assert (len(after), after.rows.alive.values.tolist()) == (2, [False, True])


def test_a_view_that_nobody_holds_is_brought_up_in_place() -> None:
    """No fork is made for readers that have gone."""
    memory = opened(said("one"))
    kept = memory._runtime._views
    assert len(memory._runtime.view(USER)) == 1
    before = kept[USER]._view
    put(memory._store, [said("two")])
    held = memory._runtime.view(USER)
    assert kept[USER]._view is before
    put(memory._store, [said("three")])
    assert len(memory._runtime.view(USER)) == 3
    assert kept[USER]._view is not before
    assert len(held) == 2


def test_tenants_have_views_of_their_own_and_the_least_used_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as VIEWS are kept; what is dropped is read again when it is wanted."""
    monkeypatch.setattr(runtime_module, "VIEWS", 2)
    memory = opened(said("one"))
    put(memory._store, [item("two", "v")])
    runtime = memory._runtime
    assert [len(runtime.view(tenant)) for tenant in (USER, "v", USER, "w")] == [1, 1, 1, 0]
    assert list(runtime._views) == [USER, "w"]
    assert len(runtime.view("v")) == 1


def test_views_are_forgotten_of_one_tenant_or_of_all() -> None:
    """An unknown tenant is no error."""
    runtime = opened()._runtime
    for tenant in ("a", "b", "c"):
        runtime.view(tenant)
    runtime.forget("b")
    runtime.forget("nobody")
    assert list(runtime._views) == ["a", "c"]
    runtime.forget()
    assert list(runtime._views) == []


def test_a_runtime_beside_has_the_same_views_and_another_model() -> None:
    """It asks its own model, and reads what the other reads."""
    runtime = opened(said("one"))._runtime
    other = runtime.beside(StubModel())
    runtime.view(USER)
    assert other._views is runtime._views
    assert (other.store, other.embedder) == (runtime.store, runtime.embedder)
    assert isinstance(other.chat, StubModel)
    assert runtime.chat is None


# ── models ──────────────────────────────────────────────────────────────────────────────


def test_a_model_is_asked_in_the_name_of_a_system() -> None:
    """For a tenant, or for none; without a model the error says how to give one."""
    runtime = opened()._runtime
    with pytest.raises(InputError, match=r"mem0 needs a language model.*llm="):
        runtime.asker("mem0")
    other = runtime.beside(StubModel())
    asker = other.asker("mem0", USER)
    assert (asker.system, asker.tenant, asker.chat) == ("mem0", USER, other.chat)
    assert other.asker("mem0").tenant == ""


# ── one context ──────────────────────────────────────────────────────────────────────────────────


def question(text: str = "heron", **fields: Any) -> Query:
    """A question of the user."""
    return Query(text=text, scope=Scope(USER), **fields)


def test_a_context_is_of_the_query_its_tenant_and_its_moments() -> None:
    """View, store and embedder are those of the runtime."""
    runtime = opened(said("heron"))._runtime
    wanted = question(as_of=0, known_at=5, zone="Asia/Tokyo")
    context = runtime.query_context(wanted)
    assert context.query is wanted
    assert (context.store, context.embedder) == (runtime.store, runtime.embedder)
    assert (context.view.tenant, len(context.view)) == (USER, 1)
    assert context.time.view is context.view
    time = context.time
    assert (time.as_of, time.asked_at, time.known_at, time.zone) == (0, 0, 5, "Asia/Tokyo")
    assert runtime.query_context(wanted) is not context


def test_a_question_to_vectors_of_another_embedder_is_refused() -> None:
    """Vectors that another process made meanwhile mean nothing to ours."""
    memory = opened(said("heron"))
    memory._heal(USER)

    class Other(Words):
        """Another embedder by name."""

        name = "other"

    stale = Runtime(memory._store, Other())
    with pytest.raises(CombrayError, match="other"):
        stale.query_context(question())
    assert memory._runtime.query_context(question()).scores.dense[0] > 0


def test_a_shared_context_is_given_to_whoever_asks_the_same() -> None:
    """Inside the block, for any number of answers; outside every call makes its own."""
    runtime = opened(said("heron"))._runtime
    with runtime.shared_context(question(limit=3)) as context:
        assert runtime.query_context(question(limit=3)) is context
        wider = runtime.query_context(question(limit=30))
        assert (wider.query.limit, context.query.limit) == (30, 3)
        assert wider.scores is context.scores
        assert wider.time is context.time
    assert runtime.query_context(question(limit=3)) is not context
    assert runtime.query_context(question(limit=3)).scores is not context.scores


@pytest.mark.parametrize(
    "other",
    [
        {"text": "boat"},
        {"scope": Scope("v")},
        {"scope": Scope(USER, "agent")},
        {"kinds": ("fact",)},
        {"as_of": 0},
        {"known_at": 0},
        {"asked_at": 0},
        {"zone": "Asia/Tokyo"},
        {"created_by": "rules/1"},
        {"matches": bool},
        {"options": {"a": 1}},
    ],
)
def test_another_question_has_a_context_of_its_own(other: dict[str, Any]) -> None:
    """Whatever of it is other than the number of answers."""
    runtime = opened(said("heron"))._runtime
    with runtime.shared_context(question()) as context:
        asked_too = runtime.query_context(replace(question(), **other))
        assert asked_too.scores is not context.scores
        assert runtime.query_context(question()) is context


def test_a_shared_context_is_of_one_moment() -> None:
    """What is written inside is not seen inside, and is seen after."""
    memory = opened(said("heron"))
    with memory._runtime.shared_context(question()):
        put(memory._store, [said("heron too")])
        assert len(memory._runtime.query_context(question()).view) == 1
    assert len(memory._runtime.query_context(question()).view) == 2


def test_blocks_may_stand_in_one_another() -> None:
    """The inner has its own question, and afterwards that of the outer is shared again."""
    runtime = opened(said("heron"))._runtime
    with runtime.shared_context(question()) as outer:
        with runtime.shared_context(question("boat")) as inner:
            assert runtime.query_context(question("boat")) is inner
        with runtime.shared_context(question(limit=99)) as same:
            assert same.scores is outer.scores
        assert runtime.query_context(question()) is outer


def test_an_error_ends_the_block() -> None:
    """Nothing is shared after it."""
    runtime = opened(said("heron"))._runtime
    with pytest.raises(KeyError), runtime.shared_context(question()) as context:
        raise KeyError
    assert runtime.query_context(question()) is not context


def test_other_threads_share_nothing() -> None:
    """Each has its own block."""
    runtime = opened(said("heron"))._runtime
    made: list[QueryContext] = []
    with runtime.shared_context(question()) as context:
        thread = threading.Thread(target=lambda: made.append(runtime.query_context(question())))
        thread.start()
        thread.join()
    assert made[0] is not context


TALK = "Where did Ann put the heron?"


@pytest.fixture
def counting() -> tuple[Memory, Counting]:
    """A memory whose embedder counts."""
    embedder = Counting()
    memory = Memory(embedder=embedder)
    for text in ("I put the heron away.", "I put the heron away", "The boat is blue."):
        memory.add({"role": "user", "name": "Ann", "content": text}, user_id=USER)
    memory.search("warm", user_id=USER)
    embedder.calls.clear()
    return memory, embedder


@pytest.mark.parametrize(
    "system", ["evidence", "dense", "hybrid", "convex", "hipporag2", "memorag"]
)
@pytest.mark.parametrize("verb", ["search", "confident", "context", "explain", "why_not"])
def test_a_verb_embeds_the_question_once(system: str, verb: str) -> None:
    """However many parts of it look at the question, and however often the system is asked."""
    embedder = Counting()
    memory = Memory(embedder=embedder, system=system)
    memory.add(["I put the heron away.", "I put the heron away", "The boat is blue."], user_id=USER)
    lost = memory.list(user_id=USER)[-1].id
    embedder.calls.clear()
    {
        "search": lambda: memory.search(TALK, user_id=USER, limit=2),
        "confident": lambda: memory.search(TALK, user_id=USER, limit=2, min_confidence=0.0),
        "context": lambda: memory.context(TALK, user_id=USER, tokens=90, min_confidence=0.0),
        "explain": lambda: memory.explain(TALK, user_id=USER, limit=2),
        "why_not": lambda: memory.why_not(TALK, lost, user_id=USER, limit=1),
    }[verb]()
    assert embedder.times(TALK) == 1


def test_a_search_that_is_sure_enough_calls_the_embedder_once(
    counting: tuple[Memory, Counting],
) -> None:
    """One call for the question and what its speaker would say, none for the second look."""
    memory, embedder = counting
    assert memory.search(TALK, user_id=USER, limit=2, min_confidence=0.0)
    assert embedder.calls == [[TALK, "Where did I put the heron?"]]


def test_candidates_are_scored_once(
    counting: tuple[Memory, Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Confidence and recall look at the same ones."""
    from combray.recall.rank import features

    scored: list[int] = []
    real = features._candidates

    def count(context: QueryContext, depth: int) -> features.Candidates:
        scored.append(depth)
        return real(context, depth)

    monkeypatch.setattr(features, "_candidates", count)
    memory, _ = counting
    memory.search(TALK, user_id=USER, limit=2, min_confidence=0.0)
    memory.explain(TALK, user_id=USER)
    assert scored == [features.DEPTH] * 2


# ── hits ─────────────────────────────────────────────────────────────────────────────────────────


def test_hits_come_in_the_order_given_with_what_they_rest_on() -> None:
    """A raw item is its own evidence, a derived one cites its sources."""
    turn = said("I live in Rome.")
    memory = opened(turn, fact(("Ann", "lives in", "Rome"), turn))
    context = asked(memory)
    hits = memory._runtime.hits(context, [1, 0], [0.5, 0.25], lambda row: {"row": row})
    assert [(hit.text, hit.score, hit.evidence, hit.explain) for hit in hits] == [
        ("Ann lives in Rome.", 0.5, (turn.id,), {"row": 1}),
        ("I live in Rome.", 0.25, (turn.id,), {"row": 0}),
    ]
    assert memory._runtime.hits(context, [0], [1.0])[0].explain == {}


def test_what_was_erased_meanwhile_is_no_hit() -> None:
    """A row of the view whose item is gone is left out."""
    memory = opened(said("one"), said("two"))
    context = asked(memory)
    memory.erase(context.view.ids[0])
    assert [hit.text for hit in memory._runtime.hits(context, [0, 1], [1, 1])] == ["two"]


def test_hits_are_as_they_were_believed_to_be() -> None:
    """With `known_at` the text is that of the time."""
    memory = opened(said("first"))
    then = to_datetime(patch(memory, memory._store.items(USER)[0], text="second") - 1)
    for when, text in (({"known_at": then}, "first"), ({}, "second")):
        (hit,) = memory._runtime.hits(asked(memory, **when), [0], [1.0])
        assert hit.text == text


def test_hits_say_whether_they_are_superseded() -> None:
    """A turn whose facts are over, and a summary that tells only of them."""
    turn, other = said("I love Paris."), said("I ski.")
    over = fact(("Ann", "lives in", "Paris"), turn, valid_to_us=0)
    told = item("Ann loves Paris.", USER, kind="summary", sources=(turn.id,))
    memory = opened(turn, other, over, told)
    hits = memory._runtime.hits(
        asked(memory, asked_at=to_datetime(DAY)), [0, 1, 2, 3], [1, 1, 1, 1]
    )
    assert [hit.superseded for hit in hits] == [True, False, True, True]
    before = memory._runtime.hits(asked(memory, asked_at=to_datetime(-DAY)), [0, 3], [1, 1])
    assert [hit.superseded for hit in before] == [False, False]
