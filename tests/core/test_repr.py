"""How records show themselves to people."""

from __future__ import annotations

from typing import Any

import pytest

from combray.core.changes import Job
from combray.core.items import Event, Hit, Item, Scope, shown
from combray.core.ports import Call
from combray.recall.answer.profile import Line

NOON = 1_714_564_800_000_000


def test_what_is_empty_is_left_out() -> None:
    """A zero and a False are not empty; the name is that of the class."""
    data = {"a": 1, "b": None, "c": "", "d": [], "e": {}, "f": 0, "g": False, "h": "x"}
    assert shown(Scope(), data) == "Scope(a=1, f=0, g=False, h='x')"


ITEM = Item(id="i1", text="I like tea.", scope=Scope("u1"), first_at_us=NOON, last_at_us=NOON)
RECORDS = [
    ITEM,
    Event(
        seq=7, change_id="c1", item_id="i1", op="add", at_us=NOON, actor="user", why="",
        before_us=None, after_us={"first_at": NOON},
    ),
    Call(
        at_us=NOON, tenant="u1", system="mem0", step="extract", model="m", tokens_in=1,
        tokens_out=1, ms=2.0,
    ),
    Line(
        about="Ann", aspect="lives in", text="Ann lives in Rome", value="Rome",
        evidence=("i1",), confidence="low", since_us=NOON,
    ),
    Job(
        seq=1, tenant="u1", kind="mem0/1", payload={}, state="waiting", attempts=0, error=None,
        created_at_us=NOON, updated_at_us=NOON, due_at_us=NOON,
    ),
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_says_when_in_iso(record: Any) -> None:
    """Days and hours, not microseconds."""
    said = repr(record)
    assert said.startswith(type(record).__name__ + "(")
    assert "2024-05-01T12:00:00Z" in said
    assert str(NOON) not in said
    assert "_us=" not in said
    assert "None" not in said


def test_an_item_leads_with_its_id_and_words() -> None:
    """So does a hit, which holds one."""
    assert repr(ITEM).startswith("Item(id='i1', kind='turn', text='I like tea.', user_id='u1'")
    assert repr(ITEM) in repr(Hit(item=ITEM, score=1.0, evidence=("i1",)))
