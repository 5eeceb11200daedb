"""Why a memory was found, and why another was not."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.core.errors import NotFound
from combray.core.filters import compile_filter
from combray.core.items import Item, Scope
from combray.core.ports import Query
from combray.core.text import counted
from combray.core.time import to_datetime
from combray.recall.answer.why_not import _barriers, why_not
from combray.testing.base import put
from combray.testing.story import STORY, messages
from tests.recall.asking import USER, fact, opened, patch, said
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """The story of test_laws under the default system."""
    made = Memory(embedder=Words())
    for session in dict.fromkeys(turn[0] for turn in STORY):
        made.add(messages(session), user_id="u", session_id=session)
    return made


def turn(memory: Memory, words: str) -> Item:
    """The turn that holds some words."""
    return next(item for item in memory.list(user_id="u") if words in item.text)


def test_an_answer_says_where_it_stands(memory: Memory) -> None:
    """A memory that is among the answers is lost nowhere."""
    found = memory.why_not("What is the grey cat called?", turn(memory, "Misty").id, user_id="u")
    assert found.lost_at is None
    assert found.rank == 1
    assert found.reasons == ("it is answer 1",)
    assert found.would == ()


def test_what_is_ranked_below_says_by_what(memory: Memory) -> None:
    """One answer asked for, another given: the rank, the costly parts, and the limit it takes."""
    lost = turn(memory, "pottery class")
    found = memory.why_not("What is the grey cat called?", lost.id, user_id="u", limit=1)
    assert found.lost_at == "rank"
    assert found.rank is not None
    assert found.rank > 1
    assert found.would[0] == f"limit={found.rank}"
    assert "thursday" in found.would[1]
    assert all(cost < 0 for cost in found.costs.values())
    deep = memory.search("What is the grey cat called?", user_id="u", limit=found.rank)
    assert deep[-1].id == lost.id
    assert found.channels["bm25"]["best"] > found.channels["bm25"]["score"]


@pytest.mark.parametrize(
    ("asked", "stage", "remedy"),
    [
        ({"session_id": "s2"}, "scope", "no session_id"),
        ({"kinds": ["fact"]}, "kind", "kinds=['turn']"),
        ({"filters": {"topic": "dogs"}}, "filter", "no filters, or another filter"),
        ({"known_at": "2020-01-01"}, "time", "known_at from"),
    ],
)
def test_every_barrier_is_named_with_its_remedy(
    memory: Memory, asked: dict[str, object], stage: str, remedy: str
) -> None:
    """Scope, kind, filter and time: each is the stage that lost it, and says what would not."""
    found = memory.why_not("grey cat", turn(memory, "Misty").id, user_id="u", **asked)
    assert found.lost_at == stage
    assert remedy in found.would[0]


def test_validity_and_status_are_barriers(memory: Memory) -> None:
    """What did not hold then, and what was deleted, say so."""
    (item,) = memory.add("The shop is open.", valid_from="2024-01-01", valid_to="2024-02-01")
    early = memory.why_not("open shop", item.id, as_of="2023-01-01")
    assert early.lost_at == "time"
    assert "2024-01-01" in early.reasons[0]
    memory.delete(item.id)
    assert memory.why_not("open shop", item.id).reasons == ("it is deleted",)


def test_another_users_memory_is_not_there(memory: Memory) -> None:
    """Asked as another user it does not exist; asked as no user, the user_id is asked for."""
    misty = turn(memory, "Misty")
    with pytest.raises(NotFound):
        memory.why_not("cat", misty.id, user_id="v")
    with pytest.raises(NotFound, match="Give the user_id") as error:
        memory.why_not("cat", misty.id)
    assert "Misty" not in str(error.value)


def test_nothing_sure_enough_is_a_stage(memory: Memory) -> None:
    """Where `min_confidence` keeps everything back, that is why, with the other reasons."""
    misty = turn(memory, "Misty")
    found = memory.why_not("grey cat", misty.id, user_id="u", min_confidence=1.0)
    assert found.lost_at == "confidence"
    assert "at least 1.0 was asked" in found.reasons[0]
    assert memory.why_not("grey cat", misty.id, user_id="u", min_confidence=0.0).lost_at is None


def test_not_likely_enough_is_a_stage(memory: Memory) -> None:
    """Where `min_score` leaves an answer out, its score is told, and what was asked."""
    misty = turn(memory, "Misty")
    (hit,) = memory.search("grey cat", user_id="u", limit=1)
    asked = {"query": "grey cat", "id": misty.id, "user_id": "u"}
    assert hit.id == misty.id
    found = memory.why_not(**asked, min_score=1.0)
    assert (found.lost_at, found.score) == ("score", round(hit.score, 4))
    assert f"its score is {hit.score:.3f}, and at least 1.0 was asked" in found.reasons[0]
    assert found.would[0] == "a lower min_score"
    assert memory.why_not(**asked, min_score=hit.score / 2).lost_at is None
    assert memory.why_not(**asked, min_score=1.0, kinds=["fact"]).lost_at == "kind"
    last = memory.search("grey cat", user_id="u")[-1]
    ranked = memory.why_not("grey cat", last.id, user_id="u", limit=1, min_score=1.0)
    assert (ranked.lost_at, ranked.score) == ("rank", round(last.score, 4))


def test_what_was_superseded_is_left_out_by_a_least_score() -> None:
    """It says that it holds no longer, and without a least score it is an answer."""
    with Memory(embedder=Words()) as memory:
        (old,) = memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        memory.add("I moved to Paris.", user_id="u", timestamp="2024-06-01")
        assert memory.why_not("Rome", old.id, user_id="u").lost_at is None
        found = memory.why_not("Rome", old.id, user_id="u", min_score=0.001)
    assert (found.lost_at, "was superseded" in found.reasons[0]) == ("score", True)


def test_several_barriers_are_all_told(memory: Memory) -> None:
    """The first in order is where it was lost; the others are there too."""
    found = memory.why_not(
        "cat", turn(memory, "Misty").id, user_id="u", session_id="s2", kinds=["fact"]
    )
    assert found.lost_at == "kind"
    assert len(found.reasons) == 2


@pytest.mark.parametrize("system", ["bm25", "dense", "hybrid", "hipporag", "hipporag2"])
def test_every_system_can_be_asked(system: str) -> None:
    """Whatever the system, the channels are told, and what it never ranks is lost as candidate."""
    memory = Memory(embedder=Words(), system=system)
    items = memory.add(["The cat is grey.", "Porto was rainy."])
    found = memory.why_not("grey cat", items[1].id, limit=1)
    assert found.lost_at == ("candidates" if system == "bm25" else "rank")
    assert found.channels["dense"]["rank"] == 2


def test_an_explanation_tells_how_the_question_was_read(memory: Memory) -> None:
    """Words with their counts, speakers, names, dates, and the hits with what they match."""
    found = memory.explain("What did Ann say about Misty in March 2024?", user_id="u", limit=1)
    assert found.words["misty"] == 1
    assert found.speakers == ("Ann",)
    assert found.entities == {"misty": 1}
    assert found.dates == ((date(2024, 3, 1), date(2024, 3, 31)),)
    assert found.as_dict()["dates"] == [["2024-03-01", "2024-03-31"]]
    assert found.memories == 6
    told = found.hits[0].explain
    assert told["channels"]["bm25"] == 1
    assert told["words"] == ["misty"]
    assert told["entities"] == ["misty"]
    assert told["speakers"] == ["Ann"]
    assert told["dates"] == [["2024-03-01", "2024-03-31"]]
    assert told["parts"]


TIMES = st.one_of(st.none(), st.integers(-2, 2))
NAMES = st.sampled_from([None, "a", "b"])


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(["turn", "text", "note"]),
    status=st.sampled_from(["live", "deleted", "quarantined"]),
    scope=st.tuples(NAMES, NAMES),
    valid=st.tuples(TIMES, TIMES),
    known=st.integers(-2, 2),
    asked_scope=st.tuples(NAMES, NAMES),
    as_of=TIMES,
    known_at=TIMES,
    kinds=st.sampled_from([None, ("turn",), ("note", "text")]),
    number=st.sampled_from([None, 0, 1]),
    creator=st.sampled_from([None, "user", "x"]),
)
def test_something_bars_a_memory_exactly_when_it_is_not_allowed(
    kind: str,
    status: str,
    scope: tuple[str | None, str | None],
    valid: tuple[int | None, int | None],
    known: int,
    asked_scope: tuple[str | None, str | None],
    as_of: int | None,
    known_at: int | None,
    kinds: tuple[str, ...] | None,
    number: int | None,
    creator: str | None,
) -> None:
    """why_not and recall agree, whatever of kind, status, scope, times and filter is asked."""
    root = said("root")
    one = replace(
        said("x", metadata={"n": 0}, sources=(root.id,) if kind == "note" else ()),
        kind=kind, status=status, scope=Scope(USER, *scope), known_from_us=known,
        valid_from_us=valid[0], valid_to_us=valid[1],
    )  # fmt: skip
    memory = opened(root, one)
    query = Query(
        text="x", scope=Scope(USER, *asked_scope), as_of=as_of, known_at=known_at, kinds=kinds,
        created_by=creator, matches=None if number is None else compile_filter({"n": number}),
    )  # fmt: skip
    context = memory._runtime.query_context(query)
    barred = list(_barriers(context, one, 1))
    assert bool(context.allowed[1]) is (not barred)
    found = why_not(context, one, memory._system.recall)
    assert (found.lost_at in (None, "rank", "candidates")) is bool(context.allowed[1])


def test_why_not_tells_of_the_memory_as_it_was_believed() -> None:
    """What was deleted or ended since was live and held by what was known before."""
    memory = opened(said("open shop"))
    (one,) = memory._store.items(USER)
    at = patch(memory, one, valid_to=5)
    then = to_datetime(at - 1)
    patch(memory, one, text="closed shop", status="deleted")
    now_found = memory.why_not("open shop", one.id, user_id=USER)
    assert (now_found.lost_at, now_found.text) == ("status", "closed shop")
    found = memory.why_not("open shop", one.id, user_id=USER, as_of=to_datetime(9), known_at=then)
    assert (found.lost_at, found.text) == (None, "open shop")
    ended = memory.why_not(
        "open shop", one.id, user_id=USER, as_of=to_datetime(9), known_at=to_datetime(at)
    )
    assert ended.lost_at == "time"
    assert ended.reasons == ("it held from … to 1970-01-01T00:00:00.000005Z",)


def test_a_turn_that_a_fact_holds_up_is_not_lost_to_time() -> None:
    """Its own end is not the end while a fact that rests on it holds, as recall has it."""
    turn = said("I live in Rome.", valid_to_us=0)
    memory = opened(turn, fact(("Ann", "lives in", "Rome"), turn))
    for when, stage in (({"as_of": to_datetime(5)}, None), ({"as_of": to_datetime(-5)}, None)):
        assert memory.why_not("Rome", turn.id, user_id=USER, **when).lost_at == stage
    memory.delete(memory.list(user_id=USER, kinds=["fact"])[0].id)
    for moment, stage in ((-1, None), (0, "time"), (5, "time")):
        lost = memory.why_not("Rome", turn.id, user_id=USER, as_of=to_datetime(moment))
        assert lost.lost_at == stage


def test_what_came_after_the_question_says_so() -> None:
    """A memory that the view does not hold yet is found by asking again."""
    memory = opened(said("a boat"))
    context = memory._runtime.query_context(memory._question("heron", {"user_id": USER}))
    late = said("a heron")
    put(memory._store, [late])
    found = why_not(context, late, memory._system.recall)
    assert (found.lost_at, found.would) == ("status", ("asking again",))
    assert memory.why_not("heron", late.id, user_id=USER).rank == 1


def test_what_was_superseded_says_that_another_comes_first() -> None:
    """A reason more, whatever its rank."""
    turn = said("I live in Rome.")
    memory = opened(turn, fact(("Ann", "lives in", "Rome"), turn, valid_to_us=0))
    found = memory.why_not("Rome", turn.id, user_id=USER, asked_at=to_datetime(5))
    assert "superseded" in found.reasons[-1]
    early = memory.why_not("Rome", turn.id, user_id=USER, asked_at=to_datetime(-5))
    assert early.reasons == ("it is answer 1",)


def test_the_plain_data_has_every_part(memory: Memory) -> None:
    """As `--json` prints it."""
    found = memory.why_not(
        "What is the grey cat called?", turn(memory, "pottery class").id, user_id="u", limit=1
    )
    data = found.as_dict()
    assert list(data) == [field.name for field in fields(found)]
    assert data["channels"]["bm25"] == dict(found.channels["bm25"])
    assert (data["reasons"], data["would"]) == (list(found.reasons), list(found.would))
    assert data["among"] == 6
    better = counted((found.rank or 0) - 1, "memory")
    assert data["reasons"] == [f"{better} with a better score; asked for were 1"]


def test_ranks_of_channels_count_the_better_rows(memory: Memory) -> None:
    """1 is the best of those that may be answered; rows that may not be are not counted."""
    question, misty = "What is the grey cat called?", turn(memory, "Misty")
    context = memory._runtime.query_context(memory._question(question, {"user_id": "u"}))
    found = memory.why_not(question, misty.id, user_id="u")
    row = context.view.row_of[misty.id]
    for name, scores in context.first_person.channels().items():
        place = found.channels[name]
        assert place["rank"] == 1 + int((scores[context.allowed] > scores[row]).sum())
        assert place["score"] == round(float(scores[row]), 4)
        assert place["best"] == round(float(scores[context.allowed].max()), 4)
    alone = memory.why_not(question, misty.id, user_id="u", session_id="s1")
    assert alone.among == 3
