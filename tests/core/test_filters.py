"""Filters in two dialects: what passes, what does not, and where one is wrong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import FilterError, Item, Scope
from combray.core.checks import DEPTH
from combray.core.filters import compile_filter, has_condition
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
        ({"a": {1}}, "filters.a"),
        ({"a": {"contains": [3]}}, "filters.a.contains"),
        ({"a": {"exists": 1}}, "filters.a.exists"),
        ({"timestamp": {"gt": "soon"}}, "filters.timestamp.gt"),
        ({"a": {3: 1}}, "filters.a.3"),
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


# ── lists, times, what is not there, what is misspelt ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"in": ["a"]}, True),
        ({"in": ["x", "b"]}, True),
        ({"in": ["x"]}, False),
        ({"in": []}, False),
        ({"nin": ["a"]}, False),
        ({"nin": ["x"]}, True),
        ({"$in": ["a"]}, True),
        ({"$nin": ["b"]}, False),
        ({"contains": "a"}, True),
        ({"contains": "ab"}, False),
        ({"icontains": "B"}, True),
        (["a", "b"], True),
        (["b", "a"], False),
        ({"ne": ["a"]}, True),
        ("a", False),
    ],
)
def test_lists_are_looked_into(condition: Any, passes: bool) -> None:
    """uhh-lt/dats#159: `in` asks for one entry of many, `nin` for none, a list for the whole."""
    assert matches({"tags": condition}) is passes


def test_nin_lets_pass_what_has_no_list() -> None:
    """uhh-lt/dats#159: without the field nothing of it is among the options."""
    bare = Item(id="1", text="x")
    assert matches({"tags": {"nin": ["a"]}}, bare)
    assert not matches({"tags": {"in": ["a"]}}, bare)
    assert not matches({"tags": {"contains": "a"}}, bare)


def test_numbers_in_lists_are_found() -> None:
    """Numbers as numbers; true is none of them."""
    item = Item(id="1", text="x", metadata={"n": [1, 2.5], "flags": [True]})
    assert matches({"n": {"contains": 1.0}}, item)
    assert matches({"n": {"in": [2.5]}}, item)
    assert not matches({"flags": {"in": [1]}}, item)
    assert not matches({"flags": {"contains": 1}}, item)


MAY = (
    datetime(2024, 5, 1),
    datetime(2024, 5, 1, tzinfo=UTC),
    datetime(2024, 5, 1, 2, tzinfo=timezone(timedelta(hours=2))),
    date(2024, 5, 1),
    "2024-05-01",
    "2024-05-01T00:00:00Z",
    "2024-05-01T02:00+02:00",
    1714521600,
)


@pytest.mark.parametrize("moment", MAY)
@pytest.mark.parametrize("field", ["timestamp", "created_at", "updated_at"])
def test_times_are_known_by_all_their_names_and_forms(field: str, moment: Any) -> None:
    """xataio/client-ts#536, mem0ai/mem0#4463: a datetime, a date, ISO text, seconds."""
    item = Item(id="1", text="x", first_at_us=to_micros("2024-05-01"), last_at_us=ITEM.first_at_us)
    for op, passes in (("eq", True), ("gte", True), ("lte", True), ("gt", False), ("ne", False)):
        assert matches({field: {op: moment}}, item) is passes, op
    assert matches({field: {"in": [moment]}}, item)
    assert not matches({field: {"nin": [moment]}}, item)


def test_times_in_the_metadata_compare_as_moments() -> None:
    """Texts of dates in whatever zone, and seconds where a datetime is asked for."""
    item = Item(
        id="1",
        text="x",
        metadata={"due": "2024-05-01T01:00:00+02:00", "at": 1714521600, "note": "May"},
    )
    assert matches({"due": {"lt": "2024-05-01"}}, item)
    assert matches({"due": {"lt": datetime(2024, 5, 1), "gt": date(2024, 4, 29)}}, item)
    assert matches({"due": datetime(2024, 4, 30, 23)}, item)
    assert matches({"at": {"gte": datetime(2024, 5, 1)}}, item)
    assert not matches({"note": {"gt": datetime(1, 1, 1)}}, item)
    assert not matches({"note": {"gt": "2024-05-01"}}, Item(id="1", text="x"))
    assert matches({"note": {"gt": "2024-05-01"}}, item), "other texts compare as texts"


LATE = Item(id="1", text="x", first_at_us=to_micros("2024-06-01T22:30Z"))


@pytest.mark.parametrize(
    ("op", "passes"),
    [("eq", True), ("ne", False), ("gt", False), ("gte", True), ("lt", False), ("lte", True)],
)
@pytest.mark.parametrize("whole", ["2024-06-01", date(2024, 6, 1), "2024-06", "2024", "2024-W22"])
def test_a_day_is_whole(whole: Any, op: str, passes: bool) -> None:
    """So are a week, a month and a year: what was said in it is equal to it, not after it."""
    assert matches({"created_at": {op: whole}}, LATE) is passes


def test_a_day_is_one_of_the_zone() -> None:
    """Half past ten in the evening in UTC is the next day in Berlin."""
    berlin = ZoneInfo("Europe/Berlin")
    for day, passes in (("2024-06-01", False), ("2024-06-02", True)):
        found = compile_filter({"created_at": day}, berlin)
        assert found is not None
        assert found(LATE) is passes
        assert matches({"created_at": {"in": [day]}}, LATE) is not passes
    late = compile_filter({"created_at": {"gte": "2024-06-02T00:15"}}, berlin)
    assert late is not None
    assert late(LATE)


def test_a_date_asked_of_the_metadata_is_a_day() -> None:
    """Text is compared with text, as other memories do; a date is any moment of it."""
    item = Item(id="1", text="x", metadata={"due": "2024-06-01T15:00"})
    assert matches({"due": date(2024, 6, 1)}, item)
    assert matches({"due": {"lte": date(2024, 6, 1)}}, item)
    assert not matches({"due": "2024-06-01"}, item)


def test_intervals_can_be_asked_for() -> None:
    """When it held and when it was learnt; an open end is missing."""
    item = Item(id="1", text="x", valid_from_us=to_micros("2024-01-01"))
    assert matches({"valid_from": {"lte": "2024-01-01"}, "valid_to": None}, item)
    assert not matches({"valid_to": {"gt": "2024-01-01"}}, item)


@pytest.mark.parametrize("filters", [{"none": None}, {"gone": None}, {"session_id": None}])
def test_none_is_null_or_missing(filters: dict[str, Any]) -> None:
    """As LangGraph has it; `ne` None is its opposite."""
    item = Item(id="1", text="x", metadata={"none": None, "there": 0})
    (name,) = filters
    assert matches(filters, item)
    assert not matches({name: {"ne": None}}, item)
    assert matches({name: {"null": True}}, item)
    assert not matches({"there": None}, item)
    assert matches({"there": {"ne": None, "null": False, "exists": True}}, item)


def test_exists_is_apart_from_null() -> None:
    """A key that holds null is there."""
    item = Item(id="1", text="x", metadata={"none": None})
    assert matches({"none": {"exists": True}, "gone": {"$exists": False}}, item)
    assert not matches({"none": {"exists": False}}, item)


def test_fields_nest_as_paths_and_as_mappings() -> None:
    """With operators at their ends; of a mapping only the parts named must agree."""
    item = Item(id="1", text="x", metadata={"place": {"city": "Rome", "geo": {"lat": 41.9}}})
    assert matches({"place.geo.lat": {"gt": 41}}, item)
    assert matches({"place": {"city": "Rome", "geo": {"lat": {"gt": 41}}}}, item)
    assert matches({"place": {"eq": {"city": "Rome", "geo": {"lat": 41.9}}}}, item)
    assert matches({"metadata": {"place.city": {"in": ["Rome"]}}}, item)
    for other in ({"city": "Oslo"}, {"eq": {"city": "Rome"}}, {"city": {"name": "Rome"}}):
        assert not matches({"place": other}, item)
    assert not matches({"place.city": "Oslo", "place.country": "*"}, item)


@pytest.mark.parametrize("name", ["gth", "equls", "between", "containz", "$city"])
def test_what_is_nearly_an_operator_is_no_part(name: str) -> None:
    """A misspelt one is an error that names the path to mean it by, not a filter of nothing."""
    with pytest.raises(FilterError, match="unknown operator"):
        compile_filter({"place": {name: 3}})


PEERS = json.loads((Path(__file__).parent / "filters_peers.json").read_text(encoding="utf-8"))
"""Metadata, filter and answer, drawn at random and answered by the packages themselves.

Left out is where they contradict each other or themselves: a bool against a number (there true is
1), a text against a list of texts, `nin` of a list, "*" (mem0 takes it for anything), and one field
twice under AND (mem0 forgets the first).
"""


@pytest.mark.parametrize("peer", PEERS)
def test_filters_answer_as_those_of_other_memories(peer: str) -> None:
    """Whoever brings filters from there gets what they got there."""
    for metadata, filters, passes in PEERS[peer]:
        item = Item(id="1", text="x", metadata=metadata)
        assert matches(filters, item) is passes, (metadata, filters)


def test_the_metadata_can_be_named() -> None:
    """For a key that is called like a field, or nearly so."""
    item = Item(id="1", text="x", kind="turn", metadata={"userId": 7})
    assert matches({"metadata.userId": 7, "kind": "turn"}, item)
    assert not matches({"metadata.kind": "turn"}, item)


@pytest.mark.parametrize(
    ("filters", "hint"),
    [
        ({"a": {"greater": 3}}, "'gt'"),
        ({"a": {"equals": 3}}, "'eq'"),
        ({"a": {"neq": 3}}, "'ne'"),
        ({"a": {"$not_in": [3]}}, "'nin'"),
        ({"a": {"$regex": "x"}}, "'icontains'"),
        ({"a": {"contain": "x"}}, "'contains'"),
        ({"a": {"before": "2024"}}, "'lt'"),
        ({"$nor": []}, "'\\$or'"),
        ({"userId": "u"}, "'user_id'"),
        ({"usr_id": "u"}, "'user_id'"),
        ({"sessionId": "s"}, "'session_id'"),
        ({"createdAt": "2024"}, "'created_at'"),
        ({"timestmp": "2024"}, "'timestamp'"),
        ({"memory_id": "1"}, "'id'"),
        ({"OR": [{"run-id": "s"}]}, "'run_id'"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(filters: Any, hint: str) -> None:
    """An operator of another library, or a field nearly written."""
    with pytest.raises(FilterError, match=f"Did you mean {hint}"):
        compile_filter(filters)


@pytest.mark.parametrize("key", ["AND", "NOT"])
def test_depth_is_bounded(key: str) -> None:
    """Groups and nested fields alike; the deepest allowed still works."""
    deep: Any = {"a": 1}
    for level in range(3000):
        deep = {key: [deep] if key == "AND" else deep}
        if level == DEPTH - 4:
            assert compile_filter(deep) is not None
    with pytest.raises(FilterError, match="64 levels"):
        compile_filter(deep)


@given(st.recursive(SCALAR | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_filter_compiles_or_is_our_error(filters: Any) -> None:
    """Nothing of Python's own comes out, neither in compiling nor in asking."""
    try:
        found = compile_filter({"f": filters, **(filters if isinstance(filters, dict) else {})})
    except FilterError:
        return
    assert found is not None
    found(ITEM)


def test_a_field_without_a_condition_is_refused() -> None:
    """A field that is named is asked something."""
    with pytest.raises(FilterError, match="no condition"):
        compile_filter({"topic": {}})


@pytest.mark.parametrize(
    "filters", [{}, {"NOT": []}, {"AND": [{}]}, {"$or": [{}, {"topic": "x"}]}, {"OR": []}]
)
def test_a_filter_may_ask_nothing(filters: dict[str, object]) -> None:
    """It matches everything or nothing, whatever the items are; an erasure refuses it."""
    assert not has_condition(filters)
    assert has_condition({"topic": "x", **filters})
