"""Whether data has the shape of a schema: every problem with its place, nothing extra let in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.models.shape import problems
from combray.models.stub_model import least

VALUES: dict[str, list[Any]] = {
    "object": [{}],
    "array": [[]],
    "string": ["", "x"],
    "integer": [0, -3],
    "number": [0, 1.5],
    "boolean": [True, False],
    "null": [None],
}


@pytest.mark.parametrize("kind", VALUES)
def test_each_type_takes_its_values_and_no_others(kind: str) -> None:
    """A bool is no number, a whole number is a number, a number with a fraction no integer."""
    for other, values in VALUES.items():
        for value in values:
            fits = other == kind or (kind == "number" and other == "integer")
            fits = fits or (kind == "integer" and value == 0 and type(value) is int)
            assert (problems(value, {"type": kind}) == []) is fits, (kind, value)


def test_several_types_take_any_of_them() -> None:
    """The message names them all."""
    schema = {"type": ["string", "null"]}
    assert problems(None, schema) == problems("x", schema) == []
    assert "string or null" in problems(3, schema)[0]


def test_a_schema_without_a_type_takes_anything() -> None:
    """But still holds a value to its list, its parts and its entries."""
    assert problems(object(), {}) == []
    assert problems("c", {"enum": ["a", "b"]}) != []
    assert problems("a", {"enum": ["a", "b"]}) == []


INNER = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
    "required": ["n", "s"],
}
OUTER = {
    "type": "object",
    "properties": {"list": {"type": "array", "items": INNER, "maxItems": 3}},
    "required": ["list"],
}


def test_every_problem_is_named_with_its_place() -> None:
    """All of them at once, so that a model can mend its answer in one go."""
    found = problems({"list": [{"n": 1, "s": "a"}, {"n": "1"}, {"n": 1, "s": 2, "x": 3}]}, OUTER)
    assert len(found) == 4
    told = "; ".join(found)
    for place in ("answer.list[1].n", "answer.list[1].s", "answer.list[2].s", "'x'"):
        assert place in told


def test_the_root_is_called_as_asked() -> None:
    """`answer` unless another name is given."""
    assert problems(3, INNER)[0].startswith("answer ")
    assert problems(3, INNER, "config")[0].startswith("config ")


@pytest.mark.parametrize(("count", "fits"), [(0, True), (3, True), (4, False)])
def test_a_list_may_have_a_greatest_length(count: int, fits: bool) -> None:
    """Then its entries are not looked at one by one."""
    found = problems({"list": [{"n": 1, "s": ""}] * count}, OUTER)
    assert (found == []) is fits
    assert len(found) <= 1


def test_a_long_value_is_cut_in_the_message() -> None:
    """What a model rambles does not fill the next question."""
    (found,) = problems("x" * 10_000, {"type": "integer"})
    assert len(found) < 120


SCHEMAS = st.recursive(
    st.sampled_from(
        [{"type": t} for t in ("string", "integer", "number", "boolean", "null")]
        + [{"type": "string", "enum": ["a", "b"]}, {"type": ["integer", "null"]}]
    ),
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items, "maxItems": 2}),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda parts: {"type": "object", "properties": parts, "required": sorted(parts)}
        ),
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_the_least_value_of_a_schema_fits_it(schema: dict[str, Any]) -> None:
    """So that a stand-in for a model always answers in the right shape."""
    assert problems(least(schema), schema) == []


@given(SCHEMAS, st.sampled_from([v for values in VALUES.values() for v in values]))
def test_any_value_is_judged_without_an_error(schema: dict[str, Any], value: Any) -> None:
    """A model may answer anything: the judgement is a list of texts."""
    found = problems(value, schema)
    assert all(isinstance(each, str) and each for each in found)
