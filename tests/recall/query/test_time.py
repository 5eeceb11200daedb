"""Time is decided once: what is known, held, superseded and believed at the moments asked about."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.core.changes import ChangeSet
from combray.core.items import Link
from combray.core.ports import Query
from combray.core.time import now, to_datetime, to_micros
from combray.recall.query.time import TimeFrame
from combray.testing.base import put
from tests.recall.asking import DAY, USER, asked, fact, opened, patch, said, texts
from tests.words import Words

MOMENTS = st.one_of(st.none(), st.integers(-3, 3))


def framed(memory: Memory, **moments: Any) -> TimeFrame:
    """The frame of a query that says these moments, in microseconds."""
    query = Query(text="what", **moments)
    return TimeFrame.of(query, memory._runtime.view(USER), memory._store)


# ── the moments ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("asked_at", [None, -5, 0, 7])
@pytest.mark.parametrize("as_of", [None, -5, 0, 7])
def test_a_question_is_put_when_it_says_else_as_of_else_now(
    asked_at: int | None, as_of: int | None
) -> None:
    """0 and negative moments are moments: only one that is left out is made up for."""
    before = now()
    frame = framed(opened(), asked_at=asked_at, as_of=as_of)
    if asked_at is not None:
        assert frame.asked_at == asked_at
    elif as_of is not None:
        assert frame.asked_at == as_of
    else:
        assert before <= frame.asked_at <= now()
    assert frame.moment == (frame.asked_at if as_of is None else as_of)


def test_a_frame_carries_what_the_query_says_and_does_not_change() -> None:
    """Knowledge and zone are those of the query, UTC by default; a frame is immutable."""
    frame = framed(opened(), known_at=-3, zone="Europe/Paris")
    assert (frame.known_at, frame.zone) == (-3, "Europe/Paris")
    assert framed(opened()).zone == Query(text="what").zone == "UTC"
    with pytest.raises(FrozenInstanceError):
        frame.asked_at = 0  # type: ignore[misc]


def test_every_mask_is_made_once() -> None:
    """Asked again, a frame gives the same arrays."""
    frame = framed(opened(said("a")), asked_at=0, as_of=0, known_at=1)
    for name in ("known", "held", "superseded", "standing", "allowed", "current"):
        assert getattr(frame, name) is getattr(frame, name)


# ── what held ────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=6), st.integers(-4, 4))
def test_a_row_holds_from_its_first_moment_up_to_its_last(
    spans: list[tuple[int | None, int | None]], moment: int
) -> None:
    """[valid_from, valid_to), where an open end has no bound, on both sides of 1970."""
    items = [
        said(str(n), valid_from_us=start, valid_to_us=end) for n, (start, end) in enumerate(spans)
    ]
    frame = framed(opened(*items), as_of=moment)
    held = [
        (start is None or start <= moment) and (end is None or moment < end) for start, end in spans
    ]
    assert frame.held.tolist() == held
    assert framed(opened(*items), asked_at=moment).held.tolist() == held


def test_current_is_what_nothing_ended_by_the_moment() -> None:
    """Rows yet to begin are current now, and are not when the question is about the past."""
    items = [
        said("over", valid_to_us=0),
        said("on", valid_from_us=0),
        said("to come", valid_from_us=5),
    ]
    memory = opened(*items)
    assert framed(memory, asked_at=0).current.tolist() == [False, True, True]
    assert framed(memory, asked_at=-1).current.tolist() == [True, True, True]
    assert framed(memory, as_of=0).current.tolist() == [False, True, False]
    assert framed(memory, asked_at=0, known_at=now()).current.tolist() == [False, True, False]


# ── what was known ───────────────────────────────────────────────────────────────────────────────


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 3), max_size=5), MOMENTS)
def test_a_row_is_known_from_when_it_was_learned(learned: list[int], known_at: int | None) -> None:
    """By all that is known every live row is; by a moment those learned up to it."""
    memory = opened(*(said(str(n), known_from_us=at) for n, at in enumerate(learned)))
    known = [known_at is None or at <= known_at for at in learned]
    assert framed(memory, known_at=known_at).known.tolist() == known


def test_what_was_deleted_since_is_known_by_what_was_known_before() -> None:
    """From the microsecond of a deletion on a row is not known, before it is."""
    memory = opened(said("a", known_from_us=1), said("b", known_from_us=1))
    gone = memory._store.items(USER)[0]
    at = patch(memory, gone, status="deleted")
    assert framed(memory).known.tolist() == [False, True]
    assert framed(memory, known_at=at).known.tolist() == [False, True]
    assert framed(memory, known_at=at - 1).known.tolist() == [True, True]
    assert framed(memory, known_at=0).known.tolist() == [False, False]


def test_what_was_deleted_before_stays_unknown_whatever_changed_since() -> None:
    """A later change of another field does not bring a deleted row back."""
    memory = opened(said("a"))
    (one,) = memory._store.items(USER)
    at = patch(memory, one, status="deleted")
    patch(memory, one, strength=2.0)
    frame = framed(memory, known_at=at)
    assert frame.known.tolist() == frame.allowed.tolist() == [False]
    assert asked(memory, known_at=to_datetime(at)).allowed.tolist() == [False]


def test_ends_set_since_did_not_hold_then() -> None:
    """By what was believed before an end was set, a row holds on; the start stays what it was."""
    memory = opened(said("a", valid_from_us=-2))
    (one,) = memory._store.items(USER)
    at = patch(memory, one, valid_to=1)
    assert framed(memory, as_of=5).held.tolist() == [False]
    assert framed(memory, as_of=5, known_at=at).held.tolist() == [False]
    assert framed(memory, as_of=5, known_at=at - 1).held.tolist() == [True]
    assert framed(memory, as_of=-2, known_at=at - 1).held.tolist() == [True]
    assert framed(memory, as_of=-3, known_at=at - 1).held.tolist() == [False]


def test_starts_set_since_did_not_hold_then() -> None:
    """A start that was moved since is where it was; so is an end that stood already."""
    memory = opened(said("a", valid_from_us=-2, valid_to_us=6))
    (one,) = memory._store.items(USER)
    at = patch(memory, one, valid_from=4)
    patch(memory, one, valid_from=5)
    for moment, held in ((-3, False), (-2, True), (3, True), (5, True), (6, False)):
        assert framed(memory, as_of=moment, known_at=at - 1).held.tolist() == [held]
    assert framed(memory, as_of=3).held.tolist() == [False]


def test_items_are_believed_as_they_were() -> None:
    """The earliest change after the moment says what a field was; others stay as they are."""
    memory = opened(said("first", metadata={"n": 1}), said("other"))
    one, other = memory._store.items(USER)
    at = patch(memory, one, text="second")
    patch(memory, one, text="third", metadata={"n": 2})
    items = memory._store.get(USER, [one.id, other.id])
    then = framed(memory, known_at=at - 1).believed(items)
    assert (then[one.id].text, dict(then[one.id].metadata)) == ("first", {"n": 1})
    assert then[other.id] is items[other.id]
    between = framed(memory, known_at=at).believed(items)
    assert (between[one.id].text, dict(between[one.id].metadata)) == ("second", {"n": 1})
    assert framed(memory).believed(items) == items
    assert then[one.id].digest == "", "a digest of other words would call it the same as another"


def test_links_change_nothing_that_was_believed() -> None:
    """That a row was linked since is no change of the row."""
    memory = opened(said("old"), said("new", valid_from_us=5))
    old, new = memory._store.items(USER)
    memory.supersede(old.id, new.id)
    links = [event for event in memory._store.events(USER) if event.op == "link"]
    items = memory._store.get(USER, [new.id])
    assert links
    assert framed(memory, known_at=links[0].at_us - 1).believed(items) == items


def test_links_that_were_taken_away_change_nothing_that_was_believed() -> None:
    """Nor does that a link is gone."""
    memory = opened(said("a"), said("b"))
    one, other = memory._store.items(USER)
    link = Link(src=one.id, dst=other.id, kind="similar")
    memory._store.apply(ChangeSet(tenant=USER, actor="test", links=[link]))
    gone = [(one.id, other.id, "similar")]
    memory._store.apply(ChangeSet(tenant=USER, actor="test", unlinks=gone))
    (event,) = [event for event in memory._store.events(USER) if event.op == "unlink"]
    items = memory._store.get(USER, [one.id, other.id])
    assert event.before
    assert framed(memory, known_at=event.at_us - 1).believed(items) == items


def test_what_came_after_the_view_changes_nothing_in_it() -> None:
    """Items that were added, changed and linked since are no rows, and say nothing of others."""
    memory = opened(said("a", valid_to_us=5), said("gone", status="deleted"))
    first = memory._store.items(USER)[0]
    frame = framed(memory, as_of=9, known_at=now())
    late = said("b", valid_from_us=7)
    put(memory._store, [late])
    patch(memory, late, status="deleted", valid_to=8)
    link = Link(src=late.id, dst=first.id, kind="supersedes")
    memory._store.apply(ChangeSet(tenant=USER, actor="test", links=[link]))
    assert (frame.known.tolist(), frame.held.tolist()) == ([True, False], [False, True])
    assert frame.superseded.current(0) == []


# ── what is superseded and allowed ───────────────────────────────────────────────────────────────


def lived() -> Memory:
    """Rome up to 0, Paris from then: two turns, each with a fact; the turns have no end."""
    rome, paris = said("I live in Rome.", -9), said("I live in Paris.", 0)
    memory = opened(rome, paris)
    home = ("Ann", "lives in")
    facts = [
        fact((*home, "Rome"), rome, valid_from_us=-9, valid_to_us=0),
        fact((*home, "Paris"), paris, valid_from_us=0),
    ]
    put(memory._store, facts)
    return memory


@pytest.mark.parametrize(
    ("moment", "past"),
    [(-10, []), (-9, []), (-1, []), (0, ["Rome"]), (1, ["Rome"])],
)
def test_a_turn_is_superseded_when_its_fact_is_over(moment: int, past: list[str]) -> None:
    """Decided at the moment asked about, 0 among them, whether by as_of or by asked_at."""
    memory = lived()
    for when in ({"as_of": moment}, {"asked_at": moment}):
        frame = framed(memory, **when)
        over = frame.superseded.rows & frame.view.rows.raw.values
        assert [frame.view.ids[row] for row in np.flatnonzero(over)] == [
            item.id for item in memory._store.items(USER)[:2] if any(p in item.text for p in past)
        ]


def test_a_person_names_the_successor() -> None:
    """Where no fact says so, what a person put in its place is current."""
    memory = opened(said("old"), said("new", valid_from_us=5))
    old, new = memory._store.items(USER)
    memory.supersede(old.id, new.id)
    assert framed(memory, as_of=5).superseded.current(0) == [1]
    assert framed(memory, as_of=5).superseded.current(1) == []


def test_a_turn_that_a_fact_holds_up_stands() -> None:
    """A turn whose own time is over stands while a fact that rests on it holds."""
    turn = said("I live in Rome.", valid_to_us=0)
    memory = opened(turn, said("I ski.", valid_to_us=0))
    put(memory._store, [fact(("Ann", "lives in", "Rome"), turn, valid_from_us=-9)])
    frame = framed(memory, as_of=5)
    assert frame.held.tolist() == [False, False, True]
    assert frame.standing.tolist() == frame.allowed.tolist() == [True, False, True]
    assert framed(memory, asked_at=5).allowed.tolist() == [True, True, True]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(MOMENTS, st.integers(-3, 3), st.booleans()), max_size=5), MOMENTS, MOMENTS
)
def test_time_allows_what_was_live_known_and_standing(
    rows: list[tuple[int | None, int, bool]], as_of: int | None, known_at: int | None
) -> None:
    """All three, each only as far as the question asks for it."""
    items = [
        said(str(n), valid_to_us=end, known_from_us=known, status="live" if live else "deleted")
        for n, (end, known, live) in enumerate(rows)
    ]
    frame = framed(opened(*items), as_of=as_of, known_at=known_at)
    allowed = [
        live
        and (known_at is None or known <= known_at)
        and (as_of is None or end is None or as_of < end)
        for end, known, live in rows
    ]
    assert frame.allowed.tolist() == allowed


# ── 1970 and before, through every verb ──────────────────────────────────────────────────────────


@pytest.fixture
def movers() -> Memory:
    """Oslo from 1960, Rome from 1968, Paris from 1972, told in those years."""
    memory = Memory(embedder=Words())
    for year, town in ((1960, "Oslo"), (1968, "Rome"), (1972, "Paris")):
        turn = {"role": "user", "name": "Ann", "content": f"I live in {town}."}
        memory.add(turn, user_id=USER, timestamp=f"{year}-01-01")
    return memory


@pytest.mark.parametrize(
    ("as_of", "town"),
    [
        ("1965-06-01", "Oslo"),
        ("1967-12-31T23:59:59.999999Z", "Oslo"),
        ("1968-01-01", "Rome"),
        ("1969-12-31T23:59:59.999999Z", "Rome"),
        ("1970-01-01", "Rome"),
        (0, "Rome"),
        ("1970-01-01T00:00:00.000001Z", "Rome"),
        ("1972-01-01", "Paris"),
        (None, "Paris"),
    ],
)
def test_as_of_1970_and_before_answers_of_that_year(movers: Memory, as_of: Any, town: str) -> None:
    """Search, explain and profile answer for the moment asked about, 0 microseconds too."""
    question = "Where does Ann live?"
    hit = movers.search(question, user_id=USER, as_of=as_of)[0]
    assert (hit.text, hit.superseded) == (f"I live in {town}.", False)
    told = movers.explain(question, user_id=USER, as_of=as_of).hits[0]
    assert (told.text, told.superseded) == (f"I live in {town}.", False)
    homes = [line.value for line in movers.profile(user_id=USER, as_of=as_of)]
    assert homes == [town]
    assert movers.fill(["city"], user_id=USER, as_of=as_of)["city"].value == town  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ({"asked_at": "1970-01-01"}, ("1969-12-31", "1969-12-31")),
        ({"asked_at": 0, "as_of": "2024-05-01"}, ("1969-12-31", "1969-12-31")),
        ({"as_of": "1970-01-01"}, ("1969-12-31", "1969-12-31")),
        ({"as_of": "1965-03-01"}, ("1965-02-28", "1965-02-28")),
        ({"asked_at": "1960-03-01", "as_of": "1970-01-01"}, ("1960-02-29", "1960-02-29")),
    ],
)
def test_relative_dates_are_counted_from_when_the_question_is_put(
    movers: Memory, when: dict[str, Any], days: tuple[str, str]
) -> None:
    """`asked_at`, else `as_of`, whenever that is."""
    assert movers.explain("What did Ann say yesterday?", user_id=USER, **when).dates == (
        tuple(map(date.fromisoformat, days)),
    )


def test_known_at_1970_knows_nothing_that_was_told_since(movers: Memory) -> None:
    """0 is a moment of knowledge too, and before all that was learned."""
    for moment in (0, "1970-01-01", "1950-01-01"):
        assert movers.search("Where does Ann live?", user_id=USER, known_at=moment) == []


def test_a_question_that_says_no_time_is_put_now(movers: Memory) -> None:
    """A query of one's own without any time is put in the present, and not in 1970."""
    context = movers._runtime.query_context(
        replace(movers._question("yesterday", {"user_id": USER}), asked_at=None)
    )
    (span,) = context.cues.dates
    assert span[0] <= to_micros(to_datetime(now())) - DAY < span[1]
    assert texts(context, context.time.superseded.rows & context.view.rows.raw.values) == [
        "I live in Oslo.",
        "I live in Rome.",
    ]
