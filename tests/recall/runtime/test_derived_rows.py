"""A derived row may be answered when everything it rests on may."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from combray import Memory
from combray.core.items import Item
from combray.core.time import to_datetime
from combray.recall.runtime.derived_rows import answerable, best_shown, derived_rows, keywords
from combray.testing.base import item
from tests.recall.asking import USER, asked, opened, patch, said, texts

ACTOR = "notes/1"


def note(text: str, *sources: Item, **fields: Any) -> Item:
    """A note of a system on some turns."""
    ids = tuple(source.id for source in sources)
    given = {"kind": "note", "created_by": ACTOR, **fields}
    return item(text, USER, sources=ids, **given)


def derived(memory: Memory, *, ended: bool = False, creator: str | None = ACTOR, **q: Any) -> Any:
    """The texts of the notes that may be answered."""
    context = asked(memory, **q)
    return texts(context, derived_rows(context, ("note",), creator, ended=ended))


ONE, TWO = said("one", metadata={"n": 1}), said("two", metadata={"n": 2})


def test_a_row_goes_with_any_of_its_sources() -> None:
    """Filters, scopes and deletions of the user's words hold for what was made of them."""
    of_one = note("of one", ONE)
    memory = opened(ONE, TWO, of_one, note("of both", ONE, TWO), note("of two", TWO))
    assert derived(memory) == ["of both", "of one", "of two"]
    assert derived(memory, filters={"n": 1}) == ["of one"]
    assert derived(memory, session_id="elsewhere") == []
    patch(memory, of_one, status="deleted")
    patch(memory, ONE, status="deleted")
    assert derived(memory) == ["of two"]


def test_rows_are_of_a_kind_and_of_a_creator() -> None:
    """Or of any creator when none is named; raw rows and other kinds are none of them."""
    memory = opened(
        ONE, note("mine", ONE), note("theirs", ONE, created_by="x"), note("else", ONE, kind="gist")
    )
    assert derived(memory) == ["mine"]
    assert derived(memory, creator=None) == ["mine", "theirs"]
    assert derived(memory, creator="nobody") == []


@pytest.mark.parametrize(
    ("when", "standing"),
    [
        ({"asked_at": 9}, ["always", "ends", "to come"]),
        ({"asked_at": 10}, ["always", "to come"]),
        ({"as_of": 9}, ["always", "ends"]),
        ({"as_of": 10}, ["always"]),
        ({"as_of": 20}, ["always", "to come"]),
        ({"as_of": 0}, ["always", "ends"]),
        ({"as_of": -1}, ["always", "ends"]),
        ({"asked_at": 0}, ["always", "ends", "to come"]),
    ],
)
def test_what_was_replaced_by_the_moment_is_left_out_unless_it_is_wanted(
    when: dict[str, int], standing: list[str]
) -> None:
    """What is yet to come counts in the present, and of a past moment only what held then."""
    memory = opened(
        ONE,
        note("always", ONE),
        note("ends", ONE, valid_to_us=10),
        note("to come", ONE, valid_from_us=20),
    )
    moments = {name: to_datetime(at) for name, at in when.items()}
    assert derived(memory, **moments) == standing
    assert derived(memory, ended=True, **moments) == ["always", "ends", "to come"]


def test_rows_are_those_that_were_live_by_what_was_known() -> None:
    """What was deleted since counts, what was made since does not."""
    gone, late = note("gone", ONE, known_from_us=1), note("late", ONE, known_from_us=2**57)
    memory = opened(ONE, gone, late)
    at = patch(memory, gone, status="deleted")
    assert derived(memory) == ["late"]
    assert derived(memory, known_at=to_datetime(at - 1)) == ["gone"]
    assert derived(memory, known_at=to_datetime(at)) == []


def test_an_end_set_since_is_no_end_then() -> None:
    """By what was believed before it the row stands."""
    memory = opened(ONE, note("ended", ONE))
    at = patch(memory, memory._store.items(USER)[1], valid_to=5)
    now = {"asked_at": to_datetime(9)}
    assert derived(memory, **now) == []
    assert derived(memory, known_at=to_datetime(at - 1), **now) == ["ended"]


def rows(memory: Memory, **q: Any) -> list[str]:
    """The texts of what a system may answer with."""
    context = asked(memory, **q)
    return texts(context, answerable(context, ("note",), ACTOR))


def answers(memory: Memory, order: str, limit: int, **q: Any) -> list[str]:
    """What an answer shows of rows that a system ranks in the order of some texts."""
    context = asked(memory, **q)
    text_of = {row: memory.get(id_).text for row, id_ in enumerate(context.view.ids)}
    scores = np.array([-order.split().index(text_of[row]) for row in text_of], np.float32)
    rows = best_shown(context, scores, answerable(context, ("note",), ACTOR), limit)
    return [text_of[row] for row in rows.tolist()]


def test_a_raw_row_may_be_answered_beside_what_was_made_of_it() -> None:
    """No memory is lost to an extraction: which of the two is shown, the answer decides."""
    memory = opened(ONE, TWO, note("of one", ONE))
    assert rows(memory) == ["of one", "one", "two"]
    assert rows(memory, filters={"n": 1}) == ["of one", "one"]


def test_only_what_is_shown_hides_its_sources() -> None:
    """A note in the answer stands for its turns, wherever they rank; one below it hides nothing."""
    memory = opened(ONE, TWO, note("both", ONE, TWO))
    assert answers(memory, "both one two", 2) == ["both"]
    assert answers(memory, "one both two", 2) == ["both"]
    assert answers(memory, "one two both", 2) == ["one", "two"]
    assert answers(memory, "one two both", 3) == ["both"]


def test_a_note_on_what_may_not_be_seen_hides_nothing() -> None:
    """One session's turn is found although it was merged with another's."""
    memory = opened(ONE, TWO, note("both", ONE, TWO))
    assert answers(memory, "both one two", 2, filters={"n": 1}) == ["one"]
    assert answers(memory, "both one two", 2, filters={"n": 2}) == ["two"]


def test_the_places_of_hidden_rows_are_filled() -> None:
    """As many are shown as were asked for, when there are as many."""
    some = [said(name) for name in "abcdefgh"]
    memory = opened(*some, note("all", *some[:7]))
    assert answers(memory, "all a b c d e f g h", 2) == ["all", "h"]
    assert answers(opened(), "", 2) == []


def test_what_was_ended_stays_ended() -> None:
    """The turn of an ended note is not answered in its place, but for a note that stands."""
    ended = note("was", ONE, valid_to_us=0)
    assert rows(opened(ONE, ended)) == []
    assert rows(opened(ONE, ended, note("is", ONE))) == ["is", "one"]


def test_what_another_system_made_leaves_a_raw_row_standing() -> None:
    """Only rows of this creator and of these kinds take its place."""
    memory = opened(ONE, note("theirs", ONE, created_by="x"), note("gist", ONE, kind="gist"))
    assert rows(memory) == ["one"]


def test_a_question_that_names_kinds_gets_those() -> None:
    """Then what may be answered is what it asks for, raw or derived."""
    memory = opened(ONE, TWO, note("of one", ONE))
    assert rows(memory, kinds=["turn"]) == ["one", "two"]
    assert rows(memory, kinds=["note"]) == ["of one"]


def test_what_may_be_answered_is_not_changed_by_asking() -> None:
    """The masks are new arrays."""
    memory = opened(ONE, note("of one", ONE, valid_to_us=0))
    context = asked(memory)
    allowed, known = context.allowed.copy(), context.time.known.copy()
    answerable(context, ("note",), ACTOR)
    derived_rows(context, ("note",), ACTOR)
    assert (context.allowed == allowed).all()
    assert (context.time.known == known).all()


def test_keywords_are_weighed_in_the_collection_that_the_rows_are() -> None:
    """A word that all of them hold says little, whatever it says elsewhere."""
    memory = opened(said("heron boat"), said("heron"), said("boat"), said("boat"))
    context = asked(memory, "heron boat")
    some = np.array([True, True, False, False])
    scores = keywords(context, some)
    assert (scores > 0).tolist() == [True, True, False, False]
    alone = asked(opened(said("heron boat"), said("heron")), "heron boat").scores.bm25
    assert scores[:2] == pytest.approx(alone)
