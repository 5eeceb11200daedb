"""Data on one line: a line for each value, so that what is asked for is shown with its keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from combray.core.items import Hit, Item
from combray.recall.answer.context import build
from combray.recall.answer.records import spread

FACTS = (
    ("What is the wifi password of the office?", "xk-4471-zq", ("office", "wifi", "password")),
    ("Which port does the billing database use?", "59321", ("billing", "database", "port")),
    ("What colour is the kitchen wall?", "teal", ("kitchen", "wall", "colour")),
    ("What is the phone number of the plumber?", "030-7781122", ("contacts", "plumber", "phone")),
    ("Who is the owner of the red boat?", "Marguerite", ("red", "boat", "owner")),
)
PLACES = ("home", "garden", "lab", "attic", "cellar", "garage", "studio", "shed")
THINGS = ("printer", "router", "camera", "lamp", "stove", "fridge", "heater")
FIELDS = ("model", "year", "price", "state", "note", "serial")


def others() -> Iterator[tuple[str, str, str]]:
    """What stands beside the answer."""
    return ((place, thing, field) for place in PLACES for thing in THINGS for field in FIELDS)


def tree(path: tuple[str, str, str], answer: str) -> dict[str, Any]:
    """Settings three levels deep, whose last key stands in every other place too."""
    made: dict[str, Any] = {}
    for number, (place, thing, field) in enumerate(others()):
        made.setdefault(place, {}).setdefault(thing, {})[field] = f"{thing[:2]}{number}"
        made[place][thing][path[2]] = f"none in {place}"
        if number == 150:
            made[path[0]] = {"fan": {"model": "m0"}, path[1]: {"model": "m1", path[2]: answer}}
    return made


def nested(path: tuple[str, str, str], answer: str) -> str:
    """JSON as it is usually written."""
    return json.dumps(tree(path, answer))


def minified(path: tuple[str, str, str], answer: str) -> str:
    """JSON without a space."""
    return json.dumps(tree(path, answer), separators=(",", ":"))


def rows(path: tuple[str, str, str], answer: str) -> str:
    """A list of records."""
    made = [{"name": f"{place} {thing}", "model": field} for place, thing, field in others()]
    made.insert(90, {"name": " ".join(path[:2]), path[2]: answer, "note": "x"})
    return json.dumps(made, separators=(",", ":"))


def table_row(path: tuple[str, str, str], answer: str) -> str:
    """A row of a table."""
    cells = [f"{' '.join(other)}: {other[1][:2]}" for other in others()][:120]
    cells.insert(70, f"{' '.join(path)}: {answer}")
    return f"| {' | '.join(cells)} |"


def log_line(path: tuple[str, str, str], answer: str) -> str:
    """A line of a log, of some 3,000 letters."""
    pairs = [f"{'.'.join(other)}={other[1][:2]}" for other in others()][:130]
    pairs.insert(80, f"{'.'.join(path)}={answer}")
    return f"2024-05-01T10:00:00Z INFO worker[4411] {' '.join(pairs)}"


SHAPES = (nested, minified, rows, table_row, log_line)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tokens", [40, 60, 100, 150])
def test_the_answer_on_one_long_line_is_shown(
    shape: Callable[[tuple[str, str, str], str], str], tokens: int
) -> None:
    """In a small context too, and beside what explains it."""
    for question, answer, path in FACTS:
        text = shape(path, answer)
        assert "\n" not in text
        assert len(text) > 2500
        hit = Hit(item=Item(id="a" * 36, text=text, name="Ann"), score=1.0, evidence=("a",))
        shown = build([hit], tokens, question=question)
        assert answer in shown.text, (question, shown.text)
        assert path[1] in shown.text, (question, shown.text)
        assert shown.tokens <= tokens


def test_each_value_is_a_line_with_its_keys() -> None:
    """Records of a list stay together, and what stands around the data stays beside it."""
    wide = {"pad": "x" * 160}
    data = {"a": {"b": [{"name": "Ann", "age": 3}, {"name": "Bo"}], "c": None}, "t": [1, 2], **wide}
    lines = spread(f"[INFO] Config [7]: {json.dumps(data)} end").split("\n")
    assert lines == [
        "[INFO] Config [7]:", "a.b[0]: name: Ann · age: 3", "a.b[1]: name: Bo", "a.c: null",
        "t: 1 · 2", f"pad: {'x' * 160}", "end",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line", ["[x] " * 80, "{" * 5000, "[" * 100_000, '{"a": 1}', "[1] " + "word " * 60, "x" * 400]
)
def test_what_is_no_data_stays_as_it_is(line: str) -> None:
    """Nor is what is narrow, or a single value, changed."""
    assert spread(line) == line


def test_data_may_be_deep() -> None:
    """A value is told by its path however deep it lies."""
    deep: Any = "x"
    for _ in range(200):
        deep = {"key": deep}
    lines = spread(json.dumps({"a": 1, "b": 2, "c": deep})).split("\n")
    assert lines == ["a: 1", "b: 2", f"c{'.key' * 200}: x"]


def test_values_stay_as_they_are_written() -> None:
    """Versions, prices and long numbers keep their digits, and a key may come twice."""
    told = '{"a": {"version": 1.10, "price": 100.00, "at": 20240501.1230, "most": 1e400}, '
    told += '"owner": "Ann", "owner": "Bob", "note": "' + "x " * 60 + '"}'
    shown = spread(told)
    for words in ("1.10", "100.00", "20240501.1230", "1e400", "owner: Ann", "owner: Bob"):
        assert words in shown


def test_characters_that_no_text_holds_stay_escaped() -> None:
    """Half of a surrogate pair and a NUL never reach a context as themselves."""
    shown = spread('{"half": "\\ud83d", "nul": "a\\u0000b", "pad": "' + "x " * 80 + '"}')
    assert "\\ud83d" in shown
    assert "\0" not in shown
    shown.encode()
