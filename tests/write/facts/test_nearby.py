"""What is new is settled beside the facts that it may change, as if beside all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from combray.core.changes import ChangeSet, Patch
from combray.core.errors import InputError
from combray.core.facts import ALSO, ENDED, IS, WAS
from combray.core.items import SUPERSEDES, Item, Link, Status
from combray.store.connect import connect
from combray.store.engine import Args, Row
from combray.store.history import verify
from combray.store.store import Store
from combray.write.change.undo import undo
from combray.write.change.validate import propose
from combray.write.facts import update_timelines as module
from combray.write.facts.nearby import is_enough
from combray.write.facts.update_timelines import update_timelines
from tests.write.stored import add, fact, pairs, raw, store_of

MOMENT = st.integers(0, 12)
VALUES = ("Xu", "Yu", "Xu Yu", "Rome", "Rome, Italy")
"""Of these some may be one."""
UNDO = -1
Stated = dict[str, Any]


@st.composite
def stated(draw: st.DrawFn) -> Stated:
    """A fact of any kind, with every kind of known and unknown time; half are as of their step."""
    says = draw(st.sampled_from([IS, IS, IS, ENDED, ALSO, WAS]))
    start = draw(st.none() | MOMENT) if draw(st.integers(0, 1)) == 0 else draw(MOMENT)
    end = draw(st.none() | MOMENT) if says in (IS, WAS, ALSO) else None
    if start is not None and end is not None:
        end = max(end, start + 1)
    held = draw(st.none() | MOMENT) if says == IS else None
    return {
        "value": draw(st.sampled_from([*VALUES] + [""] * (says == ENDED))),
        "says": says,
        "start": start,
        "end": end,
        "held_to": None if held is None or start is None else max(held, start),
        "at": draw(MOMENT),
        "now": draw(st.booleans()),
    }


TOLD = st.lists(stated(), min_size=1, max_size=2)
STEP = TOLD | TOLD | TOLD | st.integers(UNDO, 30)
"""Facts that are told at once, the number of one that is taken back, or that the last is undone."""


def told(number: int, about: Sequence[Stated]) -> list[Item]:
    """The facts of a step, each with its source, under ids that do not depend on the store."""
    items: list[Item] = []
    for n, one in enumerate(about):
        if one.get("now") and one["start"] is not None:
            one = {**one, "start": 20 + number, "at": 20 + number, "end": None, "held_to": None}
        fields = {key: value for key, value in one.items() if key not in ("value", "at", "now")}
        source = raw(f"source {number} {n}", at=one["at"], id=f"s{number}-{n}")
        made = fact(one["value"], [source], **fields)
        items += [source, replace(made, id=f"f{number:02}-{n}")]
    return items


def take_back(store: Store, number: int) -> None:
    """Delete one of the live facts, if there are any."""
    live = [i for i in store.items("u") if i.kind == "fact" and i.status == Status.LIVE]
    if not live:
        return
    gone = sorted(live, key=lambda item: item.id)[number % len(live)]
    fields = {"status": Status.DELETED}
    with store.engine.write("u") as cursor:
        timelines = update_timelines(cursor.run, "u", [gone.with_fields(fields)])
        change = ChangeSet(
            tenant="u", actor="user", patches=[Patch(id=gone.id, fields=fields, op="delete")]
        )
        store.apply_in(cursor, timelines.join(change))


def undo_last(store: Store) -> None:
    """Undo the last change, if it can be undone."""
    if events := store.events("u"):
        with suppress(InputError):
            undo(store, events[-1].change_id, "u")


def lived(steps: Sequence[Any], enough: Callable[..., bool]) -> tuple[Any, Any, list[str]]:
    """The intervals, the links, and what `verify` complains of after some steps."""
    store = connect(":memory:")
    with mock.patch.object(module, "is_enough", enough):
        for number, step in enumerate(steps):
            if step == UNDO:
                undo_last(store)
            elif isinstance(step, int):
                take_back(store, step)
            else:
                add(store, *told(number, step))
    facts = [item for item in store.items("u") if item.kind == "fact"]
    intervals = {f.id: (f.valid_from_us, f.valid_to_us, f.status) for f in facts}
    return intervals, pairs(store), list(verify.verify(store).problems)


def never(*_: Any) -> bool:
    """Read all facts of a topic each time."""
    return False


NEEDS_ALL: list[list[Stated]] = [
    [
        {"value": value, "says": ENDED, "start": None, "end": None, "held_to": None, "at": 0}
        for value in ("Xu", "Yu")
    ],
    [{"value": "Xu", "says": IS, "start": 1, "end": None, "held_to": None, "at": 0}],
]
"""A history whose end differs when only what lasts until the new fact is read."""


def plain(value: str, start: int | None, says: str = IS) -> list[Stated]:
    """A step that tells one fact, whose end is unknown."""
    return [{"value": value, "says": says, "start": start, "end": None, "held_to": None, "at": 0}]


OVER_WHO_KNOWS_WHEN = [
    plain("Zu", 0),
    plain("Xu Yu", 0),
    plain("Yu", 3, WAS),
    plain("Yu", 3),
]
"""A history in which a value is over, and nobody said since when."""


@settings(max_examples=80, deadline=None)
@example(NEEDS_ALL)
@example(OVER_WHO_KNOWS_WHEN)
@given(st.lists(STEP, min_size=2, max_size=25))
def test_settling_nearby_is_settling_everything(steps: Sequence[Any]) -> None:
    """Intervals, links and the index are the same after any history of all kinds of facts."""
    near = lived(steps, is_enough)
    assert near == lived(steps, never)
    assert near[2] == []


def always(*_: Any) -> bool:
    """Be content with the facts that last until the moment."""
    return True


def test_what_is_not_enough_is_noticed() -> None:
    """Content with too little the same history ends otherwise, so that `is_enough` is needed."""
    assert lived(NEEDS_ALL, always) != lived(NEEDS_ALL, never)


@pytest.mark.parametrize("enough", [is_enough, never])
def test_what_succeeds_what_is_told_by_the_timeline_alone(enough: Callable[..., bool]) -> None:
    """A proposed link between two facts of one topic is not made, whatever is read beside it."""
    store = connect(":memory:")
    add(store, raw("first", id="s"))
    source = store.items("u")[0]
    with mock.patch.object(module, "is_enough", enough):
        for n in range(4):
            add(store, replace(fact(f"V{n}", [source], start=n), id=f"f{n}"))
        told_before = pairs(store)
        by_hand = [Link(src="f3", dst="f0", kind=SUPERSEDES)]
        patch = Patch(id="f0", fields={"count": 2}, op="count", why="seen")
        propose(store, ChangeSet(tenant="u", actor="user", patches=[patch], links=by_hand))
        assert pairs(store) == told_before
        add(store, replace(fact("Wu", [source], start=9), id="f9"))
    assert pairs(store) == told_before | {("f9", "f3")}


@pytest.mark.parametrize("count", [10, 300])
def test_a_value_that_follows_many_reads_those_that_it_may_change(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there were before, the last is read, and what holds beside others is not."""
    store = connect(":memory:")
    add(store, raw("first", id="s"))
    source = store.items("u")[0]
    read: list[int] = []
    on_topics = module.on_topics

    def counted(*args: Any, **options: Any) -> list[Item]:
        found = on_topics(*args, **options)
        read.append(len(found))
        return found

    monkeypatch.setattr(module, "on_topics", counted)
    for n in range(count):
        add(store, fact(f"V{n}", [source], start=n, says=(IS, ALSO)[n % 2]))
    read.clear()
    add(store, fact("Wu", [source], start=count))
    assert sum(read) == 1


REPEATED: dict[str, Callable[[int, Item], Item]] = {
    "same": lambda n, said: fact("Rome", [said]),
    "may be one": lambda n, said: fact(("Rome", "Rome, Italy")[n % 2], [said]),
    "no longer": lambda n, said: fact("Rome", [said], says=ENDED),
    "since": lambda n, said: fact("Rome", [said], start=5, held_to=said.first_at_us),
}


@pytest.mark.parametrize("count", [10, 300])
@pytest.mark.parametrize(
    ("kind", "over"), [*((kind, False) for kind in REPEATED), ("same", True), ("may be one", True)]
)
def test_what_is_said_again_is_settled_beside_the_last_who_said_it(
    kind: str, count: int, over: bool
) -> None:
    """However often, beside what was over before; what ends a value reads all who said it."""
    said = [raw(f"note {n}", at=10 + n) for n in range(count + 1)]
    facts = [REPEATED[kind](n, one) for n, one in enumerate(said)]
    was = [fact("Oslo", said[:1], says=WAS, start=None, end=4)] * over
    store = store_of(*said, *was, *facts[:-1])

    def rows_for(new: Item) -> int:
        read: list[int] = []

        def run(sql: str, args: Args = ()) -> list[Row]:
            rows = store.engine.read(sql, args)
            read.append(len(rows))
            return rows

        update_timelines(run, "u", [new])
        return sum(read)

    assert rows_for(facts[-1]) <= 4
    assert rows_for(fact("Paris", [raw("x", at=10 + count)])) >= count // 2
