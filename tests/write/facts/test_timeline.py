"""Laws of the timeline of a functional relation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.write.facts.timeline import ENDED, IS, Claim, Interval, current, timeline
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
@given(claims(), MOMENT)
def test_current_is_the_value_that_holds(some: list[Claim], moment: int) -> None:
    """`current` names the value whose interval holds, and None where none does."""
    intervals = timeline(some).intervals
    values = {c.value for c in some if c.kind == IS and holds(intervals[c.id], moment)}
    assert current(some, moment) == (values.pop() if values else None)


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
