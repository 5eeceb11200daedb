"""The validator: what is kept, what is refused and why, and that all which is kept can be used."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import InputError, Item, Scope
from combray.core.checks import (
    DATA,
    DEPTH,
    NAME,
    TEXT,
    VALUES,
    characters_problem,
    check_data,
    check_name,
    check_names,
    check_text,
    data_problem,
    item_problem,
    moment_problem,
    text_problem,
)
from combray.core.time import FIRST, LAST


def nested(levels: int) -> dict[str, Any]:
    """Metadata of so many levels."""
    data: dict[str, Any] = {"a": 1}
    for _ in range(levels - 1):
        data = {"a": data}
    return data


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (5, "must be text, not int"),
        (None, "must be text, not NoneType"),
        ("", "is empty"),
        (" \n", "is empty"),
        ("a\0b", "NUL character at 1"),
        ("a\ud800", "surrogate pair at 1"),
        ("\udc00 ü", "surrogate pair at 0"),
        ("x" * (TEXT + 1), "at most 16,777,216 are kept"),
    ],
)
def test_text_that_cannot_be_stored_is_refused(text: Any, said: str) -> None:
    """With the reason and the place; all other text comes back as it is."""
    with pytest.raises(InputError, match=f"here .*{said}"):
        check_text(text, "here")
    assert check_text(" Grüße 🙂\n", "here") == " Grüße 🙂\n"


def test_an_empty_text_has_no_problem_of_its_own() -> None:
    """Whether something must be said is another question than whether it can be kept."""
    assert text_problem("") is None
    assert text_problem("abc", most=2) is not None
    assert characters_problem("\ufeff\u200b") is None


def test_a_name_is_short_text() -> None:
    """Counted in bytes, since indexes are; blank or half a character it is no name."""
    assert check_name("ü" * (NAME // 2), "user_id") == "ü" * (NAME // 2)
    for bad in ("ü" * NAME, " ", "a\0", 5):
        with pytest.raises(InputError, match=r"^user_id "):
            check_name(bad, "user_id")


def test_names_are_several_texts() -> None:
    """Any collection of texts, an empty one too; one text is not read letter by letter."""
    for several in (["a", "b"], ("a", "b"), dict.fromkeys("ab").keys()):
        assert check_names(several, "kinds", "['turn']") == ("a", "b")
    assert check_names([], "kinds", "['turn']") == ()
    for wrong in ("ab", b"ab", 5, None, ["a", 5], {"a": 1}, iter("ab")):
        with pytest.raises(InputError, match=r"kinds must be a list such as \['turn'\], not"):
            check_names(wrong, "kinds", "['turn']")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"a": float("nan")}, "not finite"),
        ({"a": [float("-inf")]}, "not finite"),
        ({"a": 10**400}, "beyond 1e300"),
        ({"a": -(10**5000)}, "beyond 1e300"),
        ({"a": object()}, "type object is not JSON"),
        ({"a": {1, 2}}, "type set is not JSON"),
        ({"a": b"x"}, "type bytes is not JSON"),
        ({(1, 2): "x"}, "keys must be"),
        ({"a": "\ud800"}, "surrogate pair"),
        ({"\udfff": 1}, "surrogate pair"),
        ({"a": ["\0"]}, "NUL"),
        ({"a\0": 1}, "NUL"),
        ({"a": ["x" * (DATA // 2 + 1)] * 2}, "characters in all"),
        ({"a": [0] * VALUES}, "more than 200,000 values"),
        (nested(DEPTH + 1), "64 levels"),
        (nested(100_000), "64 levels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_data_that_is_no_json_is_refused(data: Any, said: str) -> None:
    """Never by an error of Python's own, however deep or however great."""
    with pytest.raises(InputError, match=f"metadata cannot be kept as JSON: .*{said}"):
        check_data(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [({1: "a", "1": "b"}, "1"), ({"x": [{True: 1, "true": 2}]}, "true"),
     ({None: 1, "null": 2}, "null"), ({1.5: 1, "1.5": 2}, "1.5")],
)  # fmt: skip
def test_keys_that_become_one_are_refused(data: Any, text: str) -> None:
    """Keys are text in JSON; where two would become one, a value would be lost without a word."""
    with pytest.raises(InputError, match=f"two keys of it are '{text}'"):
        check_data(data)


def test_keys_that_are_numbers_become_text() -> None:
    """As long as no other key has that text, nothing is lost."""
    data = {1: "a", "2": "b", None: {2.5: "c", "25": "d"}}
    assert check_data(data) == {"1": "a", "2": "b", "null": {"2.5": "c", "25": "d"}}


def test_data_that_holds_itself_is_refused() -> None:
    """A circle has no end, and two references to one list count twice at each level."""
    circle: list[Any] = []
    circle += [circle, circle]
    with pytest.raises(InputError, match="cannot be kept as JSON"):
        check_data({"a": circle})


def test_data_is_given_back_as_plain_json() -> None:
    """Tuples become lists, mappings dicts, keys texts; nothing given is nothing."""
    assert check_data(None) == {}
    assert check_data({"a": (1, 2), 3: None}) == {"a": [1, 2], "3": None}
    assert check_data({"a": MappingProxyType({"b": True})}) == {"a": {"b": True}}
    assert check_data(nested(DEPTH)) == nested(DEPTH)
    with pytest.raises(InputError, match="must be a mapping, not list"):
        check_data([1])  # type: ignore[arg-type]


def test_moments_are_of_the_years_that_can_be_shown() -> None:
    """From the first of year 1 to the last of year 9999; true is no moment."""
    assert moment_problem(FIRST) is moment_problem(LAST) is None
    for bad in (FIRST - 1, LAST + 1, 1.5, "x", True, None, 10**40):
        assert "no moment" in str(moment_problem(bad))


GOOD = Item(id="1", text="x", scope=Scope("u", "a", "s"), name="Ann", metadata={"a": 1})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "\ud800"}, "text holds half"),
        ({"name": "a\0"}, "name holds a NUL"),
        ({"role": 5}, "role must be text"),
        ({"scope": Scope("\udc00")}, "user_id holds half"),
        ({"scope": Scope("u", session_id="\0")}, "session_id holds a NUL"),
        ({"first_at_us": FIRST - 1}, "first_at is"),
        ({"valid_from_us": FIRST - 1}, "valid_from is"),
        ({"valid_to_us": LAST + 1}, "valid_to is"),
        ({"metadata": nested(DEPTH + 1)}, "metadata cannot be kept as JSON"),
        ({"strength": 1e16}, "strength is 1e+16"),
        ({"strength": float("nan")}, "strength is nan"),
    ],
)
def test_an_item_is_checked_whole(change: dict[str, Any], said: str) -> None:
    """The field at fault is named; a good item has no problem."""
    assert item_problem(GOOD) is None
    assert said in str(item_problem(replace(GOOD, **change)))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), ANYTHING, max_size=3))
def test_what_is_accepted_goes_round(data: dict[str, Any]) -> None:
    """As JSON in UTF-8 and back it is the same; what is not accepted has a reason."""
    try:
        plain = check_data(data)
    except InputError:
        assert data_problem(data) is not None
        return
    assert json.loads(json.dumps(plain, ensure_ascii=False).encode()) == plain
