"""The walk: who is in the neighbourhood, and where its mass goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.index.view import View
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.walk import (
    ABOUT,
    COMMON,
    DAMPING,
    SEEDS,
    STEPS,
    USUAL,
    Neighbourhood,
    bridges,
    mentioned,
    neighbourhood,
)
from tests.recall.contexts import context_of, filled

SAID = (
    "Ann Lee met Bob Ray.",
    "Bob Ray keeps bees.",
    "Cleo Fox met Bob Ray.",
    "Cleo Fox keeps geese.",
    "nobody is named here",
)


def code(view: View, name: str) -> int:
    """The code of a name that some row mentions."""
    found = view.names.codes.find(name)
    assert found >= 0, name
    return found


def near(context: QueryContext, best: Sequence[int], *asked: str) -> Neighbourhood:
    """The neighbourhood of some rows and of some names."""
    codes = [code(context.view, name) for name in asked]
    return neighbourhood(context, np.array(best, np.int64), codes)


def walked(hood: Neighbourhood, rows: Sequence[float], names: Mapping[int, float]) -> list[float]:
    """The walk as its two equations have it, step by step over the edges."""
    size, edges = len(hood.rows), list(zip(hood.at, hood.to, hood.weight, strict=True))
    reset = [*rows, *[0.0] * len(hood.names)]
    for name, seed in names.items():
        if name in hood.names:
            reset[size + hood.names[name]] += seed
    reset = [seed / sum(reset) for seed in reset]
    both = [(a, size + b, w) for a, b, w in edges] + [(size + b, a, w) for a, b, w in edges]
    degree = [sum(w for a, _, w in both if a == node) for node in range(len(reset))]
    mass = reset
    for _ in range(STEPS):
        stuck = sum(m for m, d in zip(mass, degree, strict=True) if not d)
        moved = [
            sum(w / degree[a] * mass[a] for a, b, w in both if b == node)
            for node in range(len(reset))
        ]
        mass = [
            (1 - DAMPING) * r + DAMPING * (m + stuck * r) for m, r in zip(moved, reset, strict=True)
        ]
    return mass[:size]


def test_a_neighbourhood_has_the_best_the_asked_and_those_that_share_a_name() -> None:
    """Rows come in that order, each once; who shares no name stays outside."""
    context = context_of(filled(*SAID), "Where?")
    assert near(context, [3], "ann lee").rows.tolist() == [3, 0, 2]
    assert near(context, [4]).rows.tolist() == [4]
    assert near(context, [1, 0]).rows.tolist() == [1, 0, 2]
    assert near(context, []).rows.tolist() == []


def test_rows_that_may_not_be_answered_are_not_in_it() -> None:
    """A row of another kind of scope is neither reached nor kept, though it shares a name."""
    memory = filled(*SAID[:2], agent_id="one")
    memory.add(SAID[2], agent_id="two")
    context = context_of(memory, "Where?", agent_id="one")
    assert near(context, [1, 2], "cleo fox").rows.tolist() == [1, 0]


@pytest.mark.parametrize(("number", "reached"), [(USUAL, True), (USUAL + 1, False)])
def test_a_usual_name_of_a_candidate_leads_nowhere(number: int, reached: bool) -> None:
    """A name that more than USUAL rows mention does not tell which of them are near."""
    context = context_of(filled(*(f"Bob Ray has {n} bees." for n in range(number))), "Where?")
    assert (len(near(context, [0]).rows) == number) is reached


@pytest.mark.parametrize(("number", "reached"), [(COMMON, True), (COMMON + 1, False)])
def test_an_asked_name_may_be_more_usual(number: int, reached: bool) -> None:
    """What the question names itself is followed to COMMON rows, and no more."""
    context = context_of(filled(*(f"Bob Ray has {n} bees." for n in range(number))), "Where?")
    assert (len(near(context, [], "bob ray").rows) == number) is reached


def test_only_the_first_candidates_lead_on() -> None:
    """The names of a candidate after the SEEDS best bring nobody in."""
    said = [f"plain note {n}" for n in range(SEEDS)]
    context = context_of(filled(*said, "Bob Ray sings.", "Bob Ray dances."), "Where?")
    first = list(range(SEEDS))
    assert near(context, [*first, SEEDS]).rows.tolist() == [*first, SEEDS]
    assert near(context, [*first[1:], SEEDS]).rows.tolist() == [*first[1:], SEEDS, SEEDS + 1]


def test_edges_join_rows_to_the_names_they_mention() -> None:
    """One edge a mention, of weight 1, and of weight 2 to the name that a row is about."""
    memory = filled(*SAID[:2])
    memory.add("Bob Ray is a keeper of bees.", metadata={"title": "Bob Ray"})
    hood = near(context_of(memory, "Where?"), [2, 0, 1])
    view = context_of(memory, "Where?").view
    ann, bob = code(view, "ann lee"), code(view, "bob ray")
    assert set(hood.names) == {ann, bob}
    edges = set(zip(hood.at.tolist(), hood.to.tolist(), hood.weight.tolist(), strict=True))
    place = hood.names
    assert edges == {
        (0, place[bob], ABOUT),
        (1, place[ann], 1.0),
        (1, place[bob], 1.0),
        (2, place[bob], 1.0),
    }


@settings(max_examples=30, deadline=None)
@given(seeds=st.lists(st.floats(0.01, 1), min_size=4, max_size=4), name=st.floats(0, 1))
def test_the_mass_is_that_of_the_equations(seeds: list[float], name: float) -> None:
    """The walk from rows and names equals its two equations, followed edge by edge."""
    hood = near(CONTEXT, [0, 1, 2, 3])
    asked = {code(CONTEXT.view, "cleo fox"): name}
    mass = hood.pagerank(np.array(seeds), asked)
    assert mass.tolist() == pytest.approx(walked(hood, seeds, asked), abs=1e-9)
    assert mass.sum() <= 1 + 1e-9


CONTEXT = context_of(filled(*SAID), "Where?")


def test_names_and_rows_hold_all_of_the_mass_between_them() -> None:
    """What the rows do not have stands on the names: less than all, more than nothing."""
    mass = near(CONTEXT, [0, 1, 2, 3]).pagerank(np.array([1.0, 0, 0, 0]), {})
    assert 0.5 < mass.sum() < 1
    assert mass[0] > mass[1]
    assert mass[1] > 0, "it is reached over Bob Ray"


def test_a_name_outside_the_neighbourhood_seeds_nothing() -> None:
    """Its seed is left out, and the rest of the reset is scaled to one."""
    hood = near(CONTEXT, [1])
    inside = hood.pagerank(np.ones(len(hood.rows)), {})
    assert hood.pagerank(np.ones(len(hood.rows)), {12345: 3.0}) == pytest.approx(inside)


def test_without_names_the_mass_stays_on_its_seeds() -> None:
    """Rows that share no name keep what they were given, scaled to one; nothing stays nothing."""
    alone = near(CONTEXT, [4])
    assert alone.pagerank(np.array([0.2]), {}).tolist() == [1]
    assert alone.pagerank(np.array([0.0]), {}).tolist() == [0]
    nothing = np.zeros(0, np.int64)
    two = Neighbourhood(np.array([7, 8]), {}, nothing, nothing, np.zeros(0))
    assert two.pagerank(np.array([1.0, 3.0]), {}).tolist() == [0.25, 0.75]
    assert two.pagerank(np.array([1e-6, 3e-6]), {}).tolist() == pytest.approx([0.25, 0.75])


def test_a_row_of_many_names_is_walked_too() -> None:
    """More names than rows: half of the mass goes to the names and a part of it comes back."""
    hood = near(context_of(filled("Ann Lee met Bob Ray and Cleo Fox."), "Where?"), [0])
    assert len(hood.names) >= 3
    assert hood.pagerank(np.ones(1), {}).tolist() == pytest.approx(walked(hood, [1.0], {}))


def test_the_weights_that_ship_were_fitted_with_this_walk() -> None:
    """Another walk gives other numbers, and needs rules that are fitted to them."""
    assert (DAMPING, STEPS, SEEDS, COMMON, USUAL, ABOUT) == (0.5, 15, 10, 200, 50, 2.0)


def titled() -> QueryContext:
    """Passages with titles, the first two of which mention what the others are about."""
    memory = filled("Ann Lee met Bob Ray.", "The Cleo Fox show had Ann Lee.")
    for title in ("Bob Ray", "Ann Lee", "Dora Kay"):
        memory.add(f"{title} was born in May.", metadata={"title": title})
    return context_of(memory, "Where?")


def test_a_bridge_is_the_rank_of_the_best_row_that_mentions_a_title() -> None:
    """The passage of Ann Lee is mentioned by the second best; that of Dora Kay by nobody."""
    context = titled()
    hood = Neighbourhood(
        np.arange(5), {}, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    )
    assert bridges(context.view, hood, np.array([4, 1, 0])).tolist() == [0, 0, 1 / 3, 1 / 2, 0]
    assert bridges(context.view, hood, np.array([0, 1])).tolist() == [0, 0, 1, 1, 0]
    assert bridges(context.view, hood, np.zeros(0, np.int64)).tolist() == [0] * 5


def test_a_row_builds_no_bridge_to_its_own_title() -> None:
    """That a passage names what it is about says nothing about another."""
    context = titled()
    hood = Neighbourhood(
        np.array([2]), {}, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    )
    assert bridges(context.view, hood, np.array([2])).tolist() == [0]


def test_bridges_start_at_the_first_candidates() -> None:
    """What the eleventh best mentions is no bridge."""
    memory = filled(*(f"plain note {n}" for n in range(SEEDS)), "We saw Bob Ray.")
    memory.add("Bob Ray was born in May.", metadata={"title": "Bob Ray"})
    view = context_of(memory, "Where?").view
    nothing = np.zeros(0, np.int64)
    hood = Neighbourhood(np.array([SEEDS + 1]), {}, nothing, nothing, np.zeros(0))
    assert bridges(view, hood, np.arange(SEEDS + 1)).tolist() == [0]
    assert bridges(view, hood, np.arange(1, SEEDS + 1)).tolist() == [1 / SEEDS]


def test_mentions_come_by_place_and_code() -> None:
    """Every mention of every row asked for, in their order; a row without names has none."""
    at, codes = mentioned(CONTEXT.view, np.array([4, 2, 1]))
    names = [CONTEXT.view.names.codes.names[each] for each in codes.tolist()]
    assert list(zip(at.tolist(), names, strict=True)) == [
        (1, "cleo fox"),
        (1, "bob ray"),
        (2, "bob ray"),
    ]


def test_names_in_any_script_that_has_capitals_are_walked() -> None:
    """Accents and Cyrillic letters are names as others are, or no names at all, and no error."""
    context = context_of(filled("Zoë Ångström met Émile.", "Émile sings.", "Анна поёт."), "Who?")
    hood = near(context, [0, 2])
    assert {0, 2} <= set(hood.rows.tolist())
    assert np.isfinite(hood.pagerank(np.ones(len(hood.rows)), {})).all()
