"""Places, and what lies in what."""

from __future__ import annotations

import pytest

from combray.write.assertion.places import is_known, may_contain, plain_place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Germany", "Berlin"),
        ("Europe", "Lisbon"),
        ("the US", "Boston"),
        ("California", "San Diego"),
        ("New York", "Brooklyn"),
        ("the UK", "Leeds"),
        ("Rom", "Rome"),
        ("北京", "Beijing"),
        ("Italy", "a village nobody listed"),
        ("Kent County", "a village nobody listed"),
    ],
)
def test_a_place_may_lie_in_another(one: str, other: str) -> None:
    """In either order; an unlisted village may lie in any country."""
    assert may_contain(one, other)
    assert may_contain(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Rome", "Paris"), ("Germany", "Rome"), ("Texas", "Boston"), ("Rome", "Zorgle"),
     ("France", "Spain"), ("Italien", "Lyon")],
)  # fmt: skip
def test_two_places_apart_contain_nothing_of_each_other(one: str, other: str) -> None:
    """Two cities, two countries, a city and another country."""
    assert not may_contain(one, other)
    assert not may_contain(other, one)


def test_places_are_known_in_any_case_and_by_other_names() -> None:
    """With an article, a country behind it, or in German, Spanish and Chinese."""
    assert all(map(is_known, ("rome", "The Hague", "München", "Rome, Italy", "上海", "U.S.")))
    assert not is_known("Obsidian")
    assert plain_place("The Netherlands") == plain_place("Holland") == "netherlands"
