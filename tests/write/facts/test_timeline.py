"""Laws of the timeline of a functional relation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.write.facts.timeline import ALSO, ENDED, IS, Claim, Interval, timeline
from tests.effort import seconds
from tests.words import Words

MOMENT = st.integers(0, 12)


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    """Up to seven claims of three values, with every kind of known and unknown end."""
    found = []
    for number in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from([IS, IS, IS, ENDED]))
        start = draw(MOMENT if kind == ENDED else st.none() | MOMENT)
        end = draw(st.none() | MOMENT) if kind == IS else None
        held = draw(st.none() | MOMENT)
        claim = Claim(
            id=f"c{number}",
            value=draw(st.sampled_from(["a", "b", "c"] + [""] * (kind == ENDED))),
            start=start,
            end=end if end is None or start is None or end > start else start + 1,
            said_at=draw(MOMENT),
            held_to=held if held is not None and start is not None and held >= start else None,
            kind=kind,
        )
        found.append(claim)
    return found


def holds(interval: Interval, moment: float) -> bool:
    """Whether an interval holds at a moment."""
    start, end = interval
    return (start is None or start <= moment) and (end is None or moment < end)


@settings(max_examples=120, deadline=None)
@given(claims(), st.randoms())
def test_the_order_of_arrival_does_not_matter(some: list[Claim], random: Any) -> None:
    """A timeline is a function of the set of claims."""
    shuffled = list(some)
    random.shuffle(shuffled)
    assert timeline(shuffled) == timeline(some)


@settings(max_examples=120, deadline=None)
@given(claims())
def test_at_any_instant_at_most_one_value_holds(some: list[Claim]) -> None:
    """Whatever was claimed, no two values hold at once."""
    intervals = timeline(some).intervals
    for moment in [-1.0, *(n / 2 for n in range(30))]:
        values = {c.value for c in some if c.kind == IS and holds(intervals[c.id], moment)}
        assert len(values) <= 1


@settings(max_examples=80, deadline=None)
@given(claims())
def test_intervals_never_end_before_they_begin(some: list[Claim]) -> None:
    """Every claim has an interval; an empty one is where it starts."""
    line = timeline(some)
    assert set(line.intervals) == {claim.id for claim in some}
    for start, end in line.intervals.values():
        assert start is None or end is None or start <= end


@settings(max_examples=80, deadline=None)
@given(claims())
def test_successions_have_no_cycle(some: list[Claim]) -> None:
    """Nothing follows itself, not even through others."""
    pairs = set(timeline(some).successions)
    reached = set(pairs)
    for _ in range(len(some)):
        reached |= {(a, d) for a, b in reached for c, d in pairs if b == c}
    assert not [a for a, b in reached if a == b]


STORY = (
    ("2024-01-01", "I live in Rome."),
    ("2024-03-01", "I moved to Paris."),
    ("2024-05-01", "I have lived in Berlin since 2024-04-01."),
    ("2024-07-01", "I no longer live in Berlin."),
    ("2024-09-01", "I live in Rome."),
)


def told(order: Sequence[int]) -> list[tuple[Any, ...]]:
    """The facts after a story was told in some order."""
    with Memory(embedder=Words()) as memory:
        for number in order:
            when, text = STORY[number]
            memory.add([{"role": "user", "content": text}], user_id="u", timestamp=when)
        facts = memory.list(user_id="u", kinds=["fact"])
        assert memory.verify().ok
        return sorted((f.text, f.timestamp, *map(str, f.valid)) for f in facts)


def test_a_story_told_in_any_order_gives_the_same_facts() -> None:
    """Every seventh of the orders of five statements ends in the same timeline."""
    expected = told(range(5))
    assert len(expected) == 5
    for order in itertools.islice(itertools.permutations(range(5)), 1, None, 7):
        assert told(order) == expected


# ── examples ─────────────────────────────────────────────────────────────────────────────────────


def claim(id: str, value: str, start: int | None, **fields: Any) -> Claim:
    """A claim that is said when it begins, unless told otherwise."""
    return Claim(**{"id": id, "value": value, "start": start, "said_at": start or 0, **fields})


def test_each_value_ends_where_the_next_begins_and_is_succeeded_by_it() -> None:
    """Three homes one after the other: the last is open."""
    line = timeline([claim("c", "z", 30), claim("a", "x", 10), claim("b", "y", 20)])
    assert line.intervals == {"a": (10, 20), "b": (20, 30), "c": (30, None)}
    assert line.successions == [("b", "a"), ("c", "b")]


def test_a_stated_end_leaves_a_gap_that_no_successor_fills() -> None:
    """What ended before the next began was not succeeded by it."""
    line = timeline([claim("a", "x", 10, end=15), claim("b", "y", 20)])
    assert line.intervals == {"a": (10, 15), "b": (20, None)}
    assert line.successions == []


def test_a_stated_end_after_the_next_beginning_does_not_count() -> None:
    """At most one value holds: the later claim is believed."""
    line = timeline([claim("a", "x", 10, end=25), claim("b", "y", 20)])
    assert line.intervals["a"] == (10, 20)
    assert line.successions == [("b", "a")]


def test_a_repeated_value_goes_on_until_another_comes() -> None:
    """Both claims of it end together, and both are succeeded."""
    line = timeline([claim("a", "x", 10), claim("b", "x", 20), claim("c", "y", 30)])
    assert line.intervals == {"a": (10, 30), "b": (20, 30), "c": (30, None)}
    assert line.successions == [("c", "a"), ("c", "b")]


def test_a_claim_that_a_value_stopped_ends_it() -> None:
    """An end of another value changes nothing; an end without a value ends whatever held."""
    held = claim("a", "x", 10)
    line = timeline([held, claim("e", "x", 20, kind=ENDED)])
    assert line.intervals["a"] == (10, 20)
    assert line.successions == [("e", "a")]
    assert timeline([held, claim("e", "", 20, kind=ENDED)]).intervals["a"] == (10, 20)
    assert timeline([held, claim("e", "y", 20, kind=ENDED)]).intervals["a"] == (10, None)


def test_an_end_lasts_until_a_value_is_claimed_again() -> None:
    """After the end the next value begins; a second end says nothing new."""
    ends = [claim("e", "x", 20, kind=ENDED), claim("f", "x", 25, kind=ENDED)]
    line = timeline([claim("a", "x", 10), *ends, claim("b", "y", 30)])
    assert line.intervals == {"a": (10, 20), "e": (20, 30), "f": (25, 30), "b": (30, None)}
    assert line.successions == [("b", "e"), ("b", "f"), ("e", "a")]


def test_what_is_known_to_have_held_refutes_an_earlier_claim_inside_it() -> None:
    """ "Since 2020", said later, contradicts a move in between that was said before."""
    moved = claim("a", "x", 20, said_at=21)
    since = claim("b", "y", 10, said_at=30, held_to=30)
    line = timeline([moved, since])
    assert line.intervals == {"a": (20, 20), "b": (10, None)}
    assert line.successions == [("b", "a")]
    assert timeline([replace(moved, value="y"), since]).intervals["a"] == (20, None)
    assert timeline([replace(moved, start=10), since]).intervals["a"] == (10, 10)
    assert timeline([replace(moved, start=31), since]).intervals["a"] == (31, None)
    assert timeline([replace(moved, said_at=40), since]).intervals["a"] == (20, None)


def test_what_was_refuted_refutes_nothing() -> None:
    """The latest witness counts; a claim that it refutes is no witness against others."""
    latest = claim("c", "z", 5, said_at=50, held_to=50)
    middle = claim("b", "y", 10, said_at=40, held_to=40)
    first = claim("a", "z", 20, said_at=20)
    line = timeline([latest, middle, first])
    assert line.intervals["b"] == (10, 10)
    assert line.intervals["a"] == (20, None)


def test_values_of_unknown_beginning_are_ordered_by_their_ends() -> None:
    """Each begins where the one that ended before it ends."""
    one, two = claim("a", "x", None, end=10), claim("b", "y", None, end=20)
    assert timeline([two, one]).intervals == {"a": (None, 10), "b": (10, 20)}


def test_of_two_without_any_end_the_last_said_stands() -> None:
    """The other is empty, and superseded."""
    one, two = claim("a", "x", None, said_at=1), claim("b", "y", None, said_at=2)
    line = timeline([one, two])
    assert line.intervals == {"a": (1, 1), "b": (None, None)}
    assert line.successions == [("b", "a")]
    same = timeline([one, replace(two, value="x")])
    assert same.intervals == {"a": (None, None), "b": (None, None)}


def test_a_value_holds_from_its_beginning_and_not_at_its_end() -> None:
    """The value that an end names stops there, whatever is known of it afterwards."""
    claims = [claim("a", "x", 10), claim("e", "x", 20, kind=ENDED)]
    interval = timeline(claims).intervals["a"]
    assert [holds(interval, moment) for moment in (9, 10, 19, 20)] == [False, True, True, False]


REPEATED: dict[str, Callable[[int], Claim]] = {
    "no longer": lambda n: claim(f"{n:05}", "x", n, said_at=n, kind=ENDED),
    "beside others": lambda n: claim(f"{n:05}", "x", n, said_at=n, kind=(ALSO, ENDED)[n % 2]),
    "since a moment": lambda n: claim(f"{n:05}", "x", 0, said_at=n, held_to=n),
    "since two": lambda n: claim(f"{n:05}", "x", n % 2 * n, said_at=n, held_to=n),
    "used to": lambda n: claim(f"{n:05}", "xy"[n % 2], None, end=n, said_at=n),
}


@pytest.mark.parametrize("kind", REPEATED)
def test_the_cost_grows_with_the_number_of_claims(kind: str) -> None:
    """Eight times as many take about eight times as long, not sixty-four, whatever is repeated."""
    few, many = ([REPEATED[kind](n) for n in range(count)] for count in (400, 3200))
    assert seconds(lambda: timeline(many)) < 24 * seconds(lambda: timeline(few))
