"""What is new is settled beside the facts that it may change, as if beside all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.changes import ChangeSet, Patch
from combray.core.facts import ALSO, ENDED, IS, WAS
from combray.core.items import Item, Status
from combray.store.connect import connect
from combray.store.history import verify
from combray.store.store import Store
from combray.write.facts import update_timelines as module
from combray.write.facts.nearby import is_enough
from combray.write.facts.update_timelines import update_timelines
from tests.write.stored import add, fact, pairs, raw

MOMENT = st.integers(0, 12)
Stated = dict[str, Any]


@st.composite
def stated(draw: st.DrawFn) -> Stated:
    """A fact of any kind, with every kind of known and unknown time."""
    says = draw(st.sampled_from([IS, IS, IS, IS, ENDED, ALSO, WAS]))
    start = draw(st.none() | MOMENT) if draw(st.integers(0, 3)) == 0 else draw(MOMENT)
    end = draw(st.none() | MOMENT) if says in (IS, WAS, ALSO) else None
    if start is not None and end is not None:
        end = max(end, start + 1)
    held = draw(st.none() | MOMENT) if says == IS else None
    return {
        "value": draw(st.sampled_from(["Xu", "Yu", "Zu", "Xu Yu"] + [""] * (says == ENDED))),
        "says": says,
        "start": start,
        "end": end,
        "held_to": None if held is None or start is None else max(held, start),
        "at": draw(MOMENT),
    }


STEP = st.lists(stated(), min_size=1, max_size=2) | st.integers(0, 30)
"""Facts that are told at once, or the number of one that is taken back."""


def told(number: int, about: Sequence[Stated]) -> list[Item]:
    """The facts of a step, each with its source, under ids that do not depend on the store."""
    items: list[Item] = []
    for n, one in enumerate(about):
        fields = {key: value for key, value in one.items() if key not in ("value", "at")}
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


def lived(steps: Sequence[Any], enough: Callable[..., bool]) -> tuple[Any, Any, list[str]]:
    """The intervals, the links, and what `verify` complains of after some steps."""
    store = connect(":memory:")
    with mock.patch.object(module, "is_enough", enough):
        for number, step in enumerate(steps):
            if isinstance(step, int):
                take_back(store, step)
            else:
                add(store, *told(number, step))
    facts = [item for item in store.items("u") if item.kind == "fact"]
    intervals = {f.id: (f.valid_from_us, f.valid_to_us, f.status) for f in facts}
    return intervals, pairs(store), list(verify.verify(store).problems)


def never(*_: Any) -> bool:
    """Read all facts of a topic each time."""
    return False


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=12))
def test_settling_nearby_is_settling_everything(steps: Sequence[Any]) -> None:
    """Intervals, links and the index are the same after any history of all kinds of facts."""
    near = lived(steps, is_enough)
    assert near == lived(steps, never)
    assert near[2] == []


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
