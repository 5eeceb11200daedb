"""Names in a text, found by rule, and how they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.entities import entities, normal_name, title_entity


def test_names_are_capitalised_spans_and_quotations() -> None:
    """Names come lower-case, once each, without the word that only opens the sentence."""
    found = entities('However, Ann Lee read "old sea tales" in New York. Ann Lee liked New York.')
    assert sorted(found) == ["ann lee", "new york", "old sea tales"]
    assert entities("no names here") == []
    assert entities("今天天气很好") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I met Ann.", ["ann"]),
        ("Ann met Bob, and Bob met Ann.", ["ann", "bob"]),
        ("The Bank of England is old.", ["bank of england"]),
        ("She sings in Die Zauberflöte.", ["die zauberflöte"]),
        ("We saw Vincent van Gogh there.", ["vincent van gogh"]),
        ("I live in St. Moritz.", ["st moritz"]),
        ("J. R. R. Tolkien wrote it.", ["j r r tolkien"]),
        ("She read “a long walk” twice.", ["long walk"]),
        ("He works at Node.js now", ["node.js"]),
        ("U.S. law", ["u.s"]),
        ("They met Jean-Luc O’Brien", ["jean-luc o'brien"]),
        ("I met Will.", ["will"]),
        ("Is Will here?", ["will"]),
        ("The US is big.", ["us"]),
        ("IT helped.", ["it"]),
        ("I met Élodie or Øystein.", ["élodie", "øystein"]),
        ("Near Москва", ["near москва"]),
        ("met E\u0301lodie", ["élodie"]),
        ("met Ａｎｎ", ["ann"]),
    ],
)
def test_what_a_name_is(text: str, found: list[str]) -> None:
    """Several words with small ones between, initials, titles, quotations, signs inside."""
    assert entities(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "However it rained.",
        "Yes. No. Okay!",
        "On Monday in January we rest.",
        "What is that?",
        "Will you come? It may rain.",
        "I",
        "",
        '"x"',
        f'"{"long " * 20}"',
    ],
)
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    """Openers, days, months, single letters, and quotations too short or too long."""
    assert entities(text) == []


def test_a_sentence_opener_is_cut_off_a_name() -> None:
    """Once for each opener, and what stays is the name."""
    assert entities("Hey Ann") == ["ann"]
    assert entities("Yes Thanks Ann Lee") == ["ann lee"]


def test_a_long_name_counts_by_its_parts_too() -> None:
    """So that it is found by either."""
    assert entities("We love Simon and Garfunkel.") == ["simon and garfunkel", "simon", "garfunkel"]


def test_a_full_stop_ends_a_name() -> None:
    """Two sentences are not one name."""
    assert entities("I know Ann. Bob is here.") == ["ann", "bob"]


def test_names_compare_without_possessive_or_punctuation() -> None:
    """`Ann's` and `Ann,` are Ann."""
    assert normal_name("Ann’s") == normal_name("Ann,") == normal_name("ANN") == "ann"
    assert normal_name("  The  Nile’s (delta) ") == "the nile delta"
    assert normal_name("O’Brien") == "o'brien"
    assert normal_name("…") == ""


@given(st.text(max_size=80))
def test_any_text_has_names_or_none(text: str) -> None:
    """Nothing breaks; names are distinct, lower-case and not empty."""
    found = entities(text)
    assert len(found) == len(set(found))
    assert all(len(name) > 1 and name == name.lower() for name in found)


@given(st.text(max_size=40))
def test_a_name_as_compared_stays_as_it_is(name: str) -> None:
    """To compare it again changes nothing, whatever was in it."""
    once = normal_name(name)
    assert normal_name(once).split() == normal_name(normal_name(once)).split()


def test_a_title_is_what_an_item_is_about() -> None:
    """What stands in parentheses does not count; without a title there is none."""
    assert title_entity({"title": "Mercury (planet)"}) == "mercury"
    assert title_entity({"title": "(planet)"}) is None
    assert title_entity({"title": ""}) is None
    assert title_entity({}) is None
    assert title_entity({"title": 7}) is None
