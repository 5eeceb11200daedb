"""Filters in two dialects: what passes, what does not, and where one is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import FilterError, Item, Scope
from combray.core.filters import compile_filter
from combray.core.time import to_micros

ITEM = Item(
    id="1",
    text="x",
    role="user",
    name="Ann",
    scope=Scope("u1", "a1", "s1"),
    first_at_us=to_micros("2024-05-01"),
    metadata={
        "topic": "travel",
        "score": 3,
        "tags": ["a", "b"],
        "draft": False,
        "at": {"city": "Rome"},
    },
)


@pytest.mark.parametrize(
    "filters",
    [
        {"topic": "travel"},
        {"topic": {"eq": "travel"}, "score": {"gte": 3, "lt": 4}},
        {"score": {"$gt": 2}, "draft": {"$ne": True}},
        {"AND": [{"user_id": "u1"}, {"topic": {"in": ["travel", "food"]}}]},
        {"OR": [{"topic": "food"}, {"score": {"lte": 3}}]},
        {"NOT": [{"topic": "food"}]},
        {"$and": [{"topic": "travel"}], "$not": {"score": 4}},
        {"topic": "*", "tags": {"contains": "a"}},
        {"topic": {"icontains": "TRAV"}},
        {"missing": {"nin": ["x"]}},
        {"at.city": "Rome", "run_id": "s1", "name": "Ann"},
        {"timestamp": {"gte": "2024-04-30", "lt": "2024-05-02T00:00:00Z"}},
        {},
    ],
)
def test_both_dialects_match(filters: dict[str, Any]) -> None:
    """The spellings of mem0 and of LangGraph are understood alike."""
    matches = compile_filter(filters)
    assert matches is not None
    assert matches(ITEM)


@pytest.mark.parametrize(
    "filters",
    [
        {"topic": "food"},
        {"score": {"gt": 3}},
        {"score": {"gte": "3"}},
        {"missing": "*"},
        {"missing": {"gt": 1}},
        {"draft": 0},
        {"AND": [{"topic": "travel"}, {"score": 4}]},
        {"NOT": {"topic": "travel"}},
        {"user_id": "u2"},
    ],
)
def test_what_does_not_match_is_left_out(filters: dict[str, Any]) -> None:
    """A missing field, another value or another type does not match."""
    matches = compile_filter(filters)
    assert matches is not None
    assert not matches(ITEM)


@pytest.mark.parametrize(
    ("filters", "place"),
    [
        ({"score": {"greater": 3}}, "filters.score.greater"),
        ({"$nor": []}, "filters.$nor"),
        ({"AND": {"a": 1}}, "filters.AND"),
        ({"AND": [{"a": {"in": 3}}]}, "filters.AND[0].a.in"),
        ({"a": {"gt": None}}, "filters.a.gt"),
        ({"a": [1]}, "filters.a"),
        ({"a": {"contains": 3}}, "filters.a.contains"),
        ([], "filters"),
        ({3: 1}, "filters.3"),
    ],
)
def test_a_filter_that_does_not_parse_says_where(filters: Any, place: str) -> None:
    """An unknown operator or a wrong type is an error that names its place."""
    with pytest.raises(FilterError, match=place.replace("$", r"\$").replace("[", r"\[")):
        compile_filter(filters)


def matches(filters: dict[str, Any], item: Item = ITEM) -> bool:
    """Whether an item passes a filter."""
    found = compile_filter(filters)
    assert found is not None
    return found(item)


def test_no_filter_is_none() -> None:
    """So that nothing is asked of every item; an empty one lets all pass."""
    assert compile_filter(None) is None
    assert matches({})


@pytest.mark.parametrize("op", ["ne", "nin"])
def test_a_missing_field_matches_only_its_denial(op: str) -> None:
    """It is neither equal, greater, less nor inside; it is not equal to anything."""
    operand: Any = ["x"] if op == "nin" else "x"
    assert matches({"missing": {op: operand}})
    for other, value in (("eq", "x"), ("in", ["x"]), ("gt", 0), ("lte", "z"), ("contains", "")):
        assert not matches({"missing": {other: value}}), other
    assert matches({"NOT": {"missing": "*"}})


def test_true_is_not_one() -> None:
    """Nor false zero, as Python has it; a number written two ways is the same."""
    item = Item(id="1", text="x", metadata={"flag": True, "n": 1, "none": None})
    assert not matches({"flag": 1}, item)
    assert not matches({"n": True}, item)
    assert not matches({"flag": {"in": [1, 0]}}, item)
    assert matches({"n": 1.0, "flag": True}, item)
    assert matches({"none": None}, item)
    assert matches({"none": "*"}, item)


def test_metadata_comes_before_the_items_own_fields() -> None:
    """A key of the user's that is called like a field is the one that is meant."""
    item = Item(id="1", text="x", kind="turn", metadata={"kind": "mine"})
    assert matches({"kind": "mine"}, item)
    assert not matches({"kind": "turn"}, item)


def test_a_key_with_a_dot_may_be_a_key_or_a_path() -> None:
    """As it stands first, then step by step; a path that ends early is missing."""
    item = Item(id="1", text="x", metadata={"a.b": 1, "c": {"d": {"e": 2}}, "f": 3})
    assert matches({"a.b": 1, "c.d.e": 2}, item)
    assert not matches({"f.g": "*"}, item)
    assert not matches({"c.x": "*"}, item)


@pytest.mark.parametrize(
    ("op", "moment", "passes"),
    [
        ("eq", "2024-05-01", True),
        ("eq", "2024-05-01T00:00:00Z", True),
        ("eq", 1714521600, True),
        ("ne", "2024-05-02", True),
        ("gt", "2024-05-01", False),
        ("gte", "2024-05-01", True),
        ("lt", 1714521601, True),
        ("in", ["2024-05-01", "2023-01-01"], True),
    ],
)
def test_times_compare_in_whatever_form(op: str, moment: Any, passes: bool) -> None:
    """The item's moment against a date, a text or seconds."""
    assert matches({"timestamp": {op: moment}}) is passes


def test_contains_looks_into_texts_and_lists() -> None:
    """A part of a text, or an entry of a list; in anything else there is nothing."""
    assert matches({"tags": {"contains": "a"}})
    assert not matches({"tags": {"contains": "A"}})
    assert matches({"tags": {"icontains": "A"}})
    assert matches({"topic": {"contains": "rav"}})
    assert not matches({"score": {"contains": "3"}})


def test_groups_nest() -> None:
    """AND, OR and NOT in either dialect, inside each other; all conditions of a field count."""
    assert matches({"OR": [{"AND": [{"score": 3}, {"topic": "food"}]}, {"$not": {"score": 4}}]})
    assert not matches({"NOT": [{"score": 9}, {"topic": "travel"}]})
    assert not matches({"score": {"gte": 3, "lt": 3}})
    assert matches({"AND": []})
    assert not matches({"OR": []})


def test_a_field_may_be_called_and() -> None:
    """Small letters without a sign are a field of the user's."""
    item = Item(id="1", text="x", metadata={"and": 1, "not": 2})
    assert matches({"and": 1, "not": 2}, item)


SCALAR = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from("abc"))


@given(SCALAR, SCALAR)
def test_denial_is_the_opposite(value: Any, other: Any) -> None:
    """`ne` of `eq`, `nin` of `in`, NOT of anything."""
    item = Item(id="1", text="x", metadata={"f": value})
    assert matches({"f": {"eq": other}}, item) is not matches({"f": {"ne": other}}, item)
    assert matches({"f": {"in": [other]}}, item) is not matches({"f": {"nin": [other]}}, item)
    assert matches({"f": other}, item) is not matches({"NOT": {"f": other}}, item)


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_orders_are_pythons(value: int, other: int) -> None:
    """For numbers the four comparisons are what they are everywhere."""
    item = Item(id="1", text="x", metadata={"f": value})
    told = [matches({"f": {op: other}}, item) for op in ("gt", "gte", "lt", "lte")]
    assert told == [value > other, value >= other, value < other, value <= other]
