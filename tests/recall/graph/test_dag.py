"""Dependencies: circles, distances and orders."""

from __future__ import annotations

import random

from combray.recall.graph.dag import circle_with, distances, in_order, path_between, turned

TRIP = {"trip": ["hotel", "flight"], "hotel": ["city"], "flight": ["city", "date"], "city": []}


def test_a_circle_is_shown_from_the_name_back_to_it() -> None:
    """The shortest one that the new dependency closes; none where it closes none."""
    assert circle_with(TRIP, "city", ["date", "trip"]) == ["city", "trip", "hotel", "city"]
    assert circle_with(TRIP, "city", ["city"]) == ["city", "city"]
    assert circle_with(TRIP, "city", ["date"]) == []


def test_distances_count_the_fewest_steps() -> None:
    """What is reached in two ways is as far as the shorter one."""
    needs = {**TRIP, "trip": ["hotel", "flight", "date"]}
    assert distances(needs, "trip") == {"trip": 0, "hotel": 1, "flight": 1, "date": 1, "city": 2}
    assert path_between(needs, "trip", "date") == ["trip", "date"]
    assert path_between(needs, "city", "trip") == []


def test_turned_says_what_depends_on_each() -> None:
    """Names that depend on nothing are in it, and names that only others depend on."""
    assert turned(TRIP) == {
        "trip": [],
        "hotel": ["trip"],
        "flight": ["trip"],
        "city": ["hotel", "flight"],
        "date": ["flight"],
    }


def test_in_order_each_comes_after_what_it_needs() -> None:
    """On random graphs without circles every name is there, once, after its dependencies."""
    draw = random.Random(0)
    for _ in range(100):
        names = [str(number) for number in range(draw.randrange(1, 30))]
        needs = {
            name: draw.choices(names[:place], k=draw.randrange(3)) if place else []
            for place, name in enumerate(names)
        }
        shuffled = dict(draw.sample(list(needs.items()), len(needs)))
        found = in_order(shuffled)
        assert sorted(found) == sorted(names)
        assert all(found.index(o) < found.index(n) for n in names for o in needs[n])


def test_in_order_leaves_out_what_is_in_a_circle() -> None:
    """And what comes after it."""
    assert in_order({"a": ["b"], "b": ["a"], "c": ["a"], "d": []}) == ["d"]
