"""A question under way: what may be answered, what is computed once, what is shared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.filters import compile_filter
from combray.core.items import Item, Scope
from combray.core.ports import Query
from combray.core.time import to_datetime
from combray.recall.query.query_context import QueryContext
from tests.recall.asking import USER, Counting, asked, fact, opened, patch, said, texts
from tests.words import Words


def scoped(text: str, agent: str | None, session: str | None, **fields: Any) -> Item:
    """A turn of an agent and a session."""
    return replace(said(text, **fields), scope=Scope(USER, agent, session))


# ── what may be answered ─────────────────────────────────────────────────────────────────────────

NAMES = st.sampled_from([None, "a", "b"])
ROW = st.tuples(
    st.sampled_from(["turn", "text", "fact"]), NAMES, NAMES, st.booleans(), st.integers(0, 2)
)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(ROW, max_size=6),
    kinds=st.sampled_from([None, ("turn",), ("fact",), ("turn", "fact")]),
    agent=NAMES,
    session=NAMES,
    creator=st.sampled_from([None, "user", "rules/1"]),
    wanted=st.sampled_from([None, 0, 1]),
)
def test_a_row_is_allowed_by_kind_creator_scope_standing_and_filter(
    rows: list[Any],
    kinds: tuple[str, ...] | None,
    agent: str | None,
    session: str | None,
    creator: str | None,
    wanted: int | None,
) -> None:
    """All at once, and each only as far as the question names it; own words by default."""
    root = said("root")
    items = [root]
    for kind, its_agent, its_session, live, number in rows:
        derived = {"sources": (root.id,), "created_by": "rules/1"} if kind == "fact" else {}
        made = scoped("x", its_agent, its_session, metadata={"n": number}, **derived)
        status = "live" if live else "deleted"
        items.append(replace(made, kind=kind, status=status))
    query = Query(
        text="x",
        scope=Scope(USER, agent, session),
        kinds=kinds,
        created_by=creator,
        matches=None if wanted is None else compile_filter({"n": wanted}),
    )
    context = opened(*items)._runtime.query_context(query)
    allowed = [
        item.kind in (kinds or ("turn", "text", "passage"))
        and item.status == "live"
        and agent in (None, item.scope.agent_id)
        and session in (None, item.scope.session_id)
        and creator in (None, item.created_by)
        and (wanted is None or item.metadata.get("n") == wanted)
        for item in items
    ]
    assert context.allowed.tolist() == allowed
    assert context.corpus.size == sum(
        item.kind in (kinds or ("turn", "text", "passage"))
        and item.status == "live"
        and creator in (None, item.created_by)
        for item in items
    )


def test_an_unknown_agent_or_session_has_nothing() -> None:
    """Rows without an agent or session are not those of one that was never seen."""
    memory = opened(said("a"))
    assert asked(memory, agent_id="nobody").allowed.tolist() == [False]
    assert asked(memory, session_id="nothing").allowed.tolist() == [False]


def test_a_filter_is_asked_of_what_else_is_allowed_only() -> None:
    """It is not bothered with rows that may not be answered."""
    seen: list[str] = []

    def matches(item: Item) -> bool:
        seen.append(item.id)
        return True

    items = [said("a"), said("b", status="deleted")]
    context = opened(*items)._runtime.query_context(
        Query(text="x", scope=Scope(USER), matches=matches)
    )
    assert context.allowed.tolist() == [True, False]
    assert seen == [items[0].id]


def test_a_filter_is_asked_of_what_was_believed() -> None:
    """With `known_at`, metadata that was changed since counts as it was."""
    memory = opened(said("a", metadata={"n": 1}))
    (one,) = memory._store.items(USER)
    then = to_datetime(patch(memory, one, metadata={"n": 2}) - 1)
    for number, now_, before in ((1, False, True), (2, True, False)):
        assert asked(memory, filters={"n": number}).allowed.tolist() == [now_]
        context = asked(memory, filters={"n": number}, known_at=then)
        assert context.allowed.tolist() == [before]


def test_time_has_its_say() -> None:
    """What its frame does not allow is not allowed."""
    memory = opened(said("old", valid_to_us=0), said("new"))
    assert texts(asked(memory, as_of=0), asked(memory, as_of=0).allowed) == ["new"]
    assert texts(asked(memory), asked(memory).allowed) == ["new", "old"]


# ── the words of the question ────────────────────────────────────────────────────────────────────


def test_terms_are_stems_and_emoji_in_order() -> None:
    """Stop words are dropped, repeats kept."""
    context = asked(opened(), "Are herons and the boats herons? 🦆🦆")
    assert context.terms == ["heron", "boat", "heron", "🦆", "🦆"]
    assert context.scores.terms == context.terms


def test_names_are_those_the_memory_knows() -> None:
    """By code, each with its weight."""
    context = asked(opened(said("I saw Oslo."), said("Oslo again.")), "Is Oslo nearer than Lima?")
    assert {context.view.names.codes.names[c]: w for c, w in context.names.items()} == {"oslo": 0.5}


def test_the_first_person_has_no_names_of_speakers() -> None:
    """The wording and the words are those that the speaker would use."""
    memory = opened(said("I moved.", name="Ann"), said("Ann moved.", name="Bob"))
    context = asked(memory, "Where did Ann move?")
    assert context.cues.first_person == "Where did I move?"
    assert context.first_person.terms == ["mov"]
    assert context.scores.terms == ["ann", "mov"]
    near = Words().embed(["Where did I move?", "Where did Ann move?"])
    assert (context.first_person.vector == near[0]).all()
    assert (context.scores.vector == near[1]).all()


def test_every_name_of_a_speaker_is_left_out_of_the_words() -> None:
    """First, last, and both in one."""
    context = asked(opened(said("I moved.", name="Ina Oak")), "When did Ina or Oak or InaOak move?")
    assert context.first_person.terms == ["mov"]


def test_a_question_of_names_alone_keeps_them() -> None:
    """Words are not all taken away."""
    context = asked(opened(said("I moved.", name="Ann")), "Who is Ann?")
    assert context.first_person.terms == ["ann"]


def test_a_name_that_is_a_common_word_is_put_in_the_first_person_too() -> None:
    """Then the words stay the same, and the vector does not."""
    context = asked(opened(said("I moved.", name="Will")), "When did Will move?")
    assert context.first_person.terms == context.scores.terms == ["mov"]
    assert (context.first_person.vector == Words().embed(["When did I move?"])[0]).all()
    assert (context.scores.vector == Words().embed(["When did Will move?"])[0]).all()


def test_a_question_that_names_nobody_is_its_own_first_person() -> None:
    """Then there is one set of scores, computed once."""
    context = asked(opened(said("I moved.", name="Ann")), "Where is the boat?")
    assert context.first_person is context.scores


# ── embedding ────────────────────────────────────────────────────────────────────────────────────


def counted(text: str, *items: Item) -> tuple[QueryContext, Counting]:
    """A question whose embedder counts, from when it is put."""
    embedder = Counting()
    memory = opened(*items, embedder=embedder)
    context = asked(memory, text)
    embedder.calls.clear()
    return context, embedder


def test_the_question_and_its_first_person_are_embedded_in_one_call() -> None:
    """In whatever order they are wanted, no text twice."""
    context, embedder = counted("Where did Ann move?", said("I moved.", name="Ann"))
    assert context.first_person.dense is not None
    assert context.scores.dense is not None
    assert embedder.calls == [["Where did Ann move?", "Where did I move?"]]


def test_the_question_alone_is_embedded_alone() -> None:
    """When nobody asks for another text."""
    context, embedder = counted("Where did Ann move?", said("I moved.", name="Ann"))
    assert context.scores.vector is not None
    assert embedder.calls == [["Where did Ann move?"]]
    assert context.first_person.vector is not None
    assert embedder.calls[1:] == [["Where did I move?"]]


def test_other_texts_are_embedded_once_with_the_question() -> None:
    """In the order given, equal texts with equal rows, and none for none."""
    context, embedder = counted("boat")
    rows = context.embed(["heron", "bread", "heron"])
    assert embedder.calls == [["boat", "heron", "bread"]]
    assert (rows == Words().embed(["heron", "bread", "heron"])).all()
    assert rows.dtype == np.float32
    again = context.embed(["bread", "garden", "boat"])
    assert embedder.calls[1:] == [["garden"]]
    assert (again == Words().embed(["bread", "garden", "boat"])).all()
    assert context.embed([]).shape == (0, rows.shape[1])
    assert len(embedder.calls) == 2


def test_keywords_need_no_embedding() -> None:
    """Nor do cues, names, times and what is allowed."""
    context, embedder = counted("Where did Ann move?", said("I moved to Oslo.", name="Ann"))
    assert context.allowed.all()
    assert context.scores.bm25.max() > 0
    assert context.first_person.bm25_around.max() > 0
    assert (context.cues.speakers, context.names) == ({"Ann"}, {})
    assert embedder.calls == []


# ── once, and shared ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["cues", "names", "terms", "corpus", "scores", "first_person", "allowed", "time"]
)
def test_every_property_is_computed_once(name: str) -> None:
    """Asked again it is the same object."""
    context = asked(opened(said("I moved.", name="Ann")), "Where did Ann move?")
    assert getattr(context, name) is getattr(context, name)


def test_what_is_made_for_a_question_is_kept_by_its_key() -> None:
    """Another key is made anew, and nothing of one question is another's."""
    memory = opened(said("a"))
    context = asked(memory)
    made = [
        context.compute_once("k", lambda: object()),
        context.compute_once("k", lambda: object()),
    ]
    assert made[0] is made[1]
    assert context.compute_once("other", lambda: object()) is not made[0]
    assert asked(memory).compute_once("k", lambda: object()) is not made[0]
    assert context.compute_once("nothing", lambda: None) is None


@pytest.mark.parametrize("name", ["cues", "corpus", "scores", "first_person", "allowed", "time"])
@pytest.mark.parametrize("first", [0, 1])
def test_another_limit_shares_everything(name: str, first: int) -> None:
    """Whichever of the two computes it; only the number of answers differs."""
    context = asked(opened(said("I moved.", name="Ann")), "Where did Ann move?", limit=3)
    wider = context.with_limit(50)
    assert (context.query.limit, wider.query.limit) == (3, 50)
    assert replace(wider.query, limit=3) == context.query
    pair = (context, wider)
    assert getattr(pair[first], name) is getattr(pair[1 - first], name)
    assert pair[first].compute_once("k", lambda: object()) is pair[1 - first].compute_once(
        "k", lambda: object()
    )


def test_another_limit_does_not_embed_again() -> None:
    """Vectors made by either are those of both."""
    context, embedder = counted("boat", said("boat"))
    wider = context.with_limit(50)
    assert wider.scores.dense is context.scores.dense
    assert (context.embed(["heron"]) == wider.embed(["heron"])).all()
    assert embedder.calls == [["boat"], ["heron"]]


def test_facts_are_asked_for_by_kind() -> None:
    """A question for facts has their words as its corpus, and scores those."""
    turn = said("I live in Rome.")
    memory = opened(turn, fact(("Ann", "lives in", "Rome"), turn))
    context = asked(memory, "Rome", kinds=["fact"])
    assert texts(context, context.allowed) == ["Ann lives in Rome."]
    assert np.flatnonzero(context.scores.bm25).tolist() == [1]
