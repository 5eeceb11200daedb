from __future__ import annotations

from typing import Any

import pytest

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
