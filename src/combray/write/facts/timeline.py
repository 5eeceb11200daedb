"""The timeline of one functional (subject, relation): which value held when.

    s, e    a claim's stated start and end; None is unknown or open
    t       when it was said
    h       until when it is known to have held, s ≤ h: "since 2020", said in 2024, holds to 2024

The timeline is a pure function of the set of claims, so the order in which they arrive does not
matter; its cost grows with their number, not its square, however often one thing is said. Later
claims refute earlier-said ones that start inside (s, h]; the others follow each other in the order
of (s, t, id); each value ends where the next one starts, where a claim says that it ended, or at
its own e. A value said to hold beside others (`also`) ends none and is ended by none; it holds
until a claim says that it ended. One that only does not end (`ends` is false) ends none, and is
ended as any other. Of two values that may be one ("Rome" and "Rome, Italy")
neither ends the other. Of several whose start is unknown each begins where the one that ended
before it ends; of those that have no end either, the last said stands. At any instant at most one
value of those that end holds. A gap after a stated end stays a gap: nothing is known there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from combray.core.facts import ALSO, ENDED, IS
from combray.write.facts.same_value import ends_with, may_be_one

START, END = -(2**62), 2**62
"""Before and after every moment that can be kept."""
Interval = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement about a value. `kind` is `is`, `also`, or `ended`: it stopped at `start`.

    An `ended` claim without a value ends whatever held, and one that is not said to end (`ends`)
    stands beside what held before. Times in microseconds UTC.
    """

    id: str
    value: str
    start: int | None
    end: int | None = None
    said_at: int = 0
    held_to: int | None = None
    kind: str = IS
    ends: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """The interval in which each claim holds, and the (later, earlier) pairs of successors.

    An interval with equal ends is empty: the claim is refuted, or another claim covers all of it.
    """

    intervals: Mapping[str, Interval]
    successions: Sequence[tuple[str, str]]


def timeline(claims: Iterable[Claim]) -> Timeline:
    """Return the timeline of all claims about one functional (subject, relation)."""
    listed = sorted(claims, key=_sort_key)
    everything = [claim for claim in listed if claim.kind != ALSO]
    refuted = _find_refuted(everything)
    intervals: dict[str, Interval] = {
        loser.id: (loser.start, loser.start) for loser in everything if loser.id in refuted
    }
    successions = [(winner, loser) for loser, winner in refuted.items()]
    row = [claim for claim in everything if claim.id not in refuted]
    dated = sum(claim.start is None for claim in row)
    follower: dict[str, Claim | None] = {}
    ahead = _Ahead()
    for i in reversed(range(len(row))):
        claim, end = row[i], row[i].end
        successor, same = ahead.successor_of(claim)
        if same is not None:
            successor, end = follower[same.id], _first(end, intervals[same.id][1])
        if successor is not None:
            end = _first(end, successor.start)
            if end == successor.start:
                successions.append((successor.id, claim.id))
        follower[claim.id] = successor
        intervals[claim.id] = (claim.start, None if end is None else max(end, _low(claim.start)))
        if i >= dated:
            ahead.put(claim)
    successions += _order_undated(row[:dated], intervals)
    stops: dict[str, list[Claim]] = {}
    for claim in row:
        if claim.kind == ENDED and claim.value:
            stops.setdefault(claim.value, []).append(claim)
    for claim in listed:
        if claim.kind == ALSO:
            intervals[claim.id] = (claim.start, _end_beside(claim, stops))
    return Timeline(intervals, sorted(successions))


def _end_beside(claim: Claim, stops: Mapping[str, Sequence[Claim]]) -> int | None:
    """Return where a value that holds beside others is said to end, or its own end."""
    found = []
    for value, said in stops.items():
        place = bisect_left(said, _low(claim.start), key=lambda stop: _low(stop.start))
        if place < len(said) and ends_with(claim.value, value):
            found.append(said[place])
    return _first(claim.end, min(found, key=_sort_key).start if found else None)


def _order_undated(
    undated: Sequence[Claim], intervals: dict[str, Interval]
) -> list[tuple[str, str]]:
    """Order claims without a start by their ends; return the pairs of successors."""
    ends = {claim.id: _high(intervals[claim.id][1]) for claim in undated}
    line = sorted(undated, key=lambda claim: (ends[claim.id], claim.said_at, claim.id))
    last = line[-1] if line else None
    pairs: list[tuple[str, str]] = []
    latest: Claim | None = None
    other: Claim | None = None  # the last of another value than the latest
    for claim in line:
        rival = last is not None and last.ends and not may_be_one(claim.value, last.value)
        if last is not None and rival and ends[claim.id] == END:
            intervals[claim.id] = (claim.said_at, claim.said_at)
            pairs.append((last.id, claim.id))
            continue
        before = latest if latest is not None and latest.value != claim.value else other
        if before is not None:
            intervals[claim.id] = (ends[before.id], intervals[claim.id][1])
        if ends[claim.id] < END:
            latest, other = claim, before
    return pairs


def _sort_key(claim: Claim) -> tuple[int, int, str]:
    return (_low(claim.start), claim.said_at, claim.id)


def _find_refuted(claims: Sequence[Claim]) -> dict[str, str]:
    """Return, for each refuted claim, the claim said later whose known time it contradicts."""
    refuted: dict[str, str] = {}
    heard: dict[str, list[tuple[int, int]]] = {}
    starts = [_low(claim.start) for claim in claims]
    witnesses = (claim for claim in claims if claim.held_to is not None)
    for witness in sorted(witnesses, key=_said, reverse=True):
        start, held_to = _low(witness.start), _low(witness.held_to)
        times = heard.setdefault(witness.value, [])
        # Who says again what was said for a longer time refutes nothing that is not refuted.
        if witness.id in refuted or any(s <= start and held_to <= h for s, h in times):
            continue
        times.append((start, held_to))
        for claim in claims[bisect_right(starts, start) : bisect_right(starts, held_to)]:
            if claim.id in refuted or _said(claim) >= _said(witness):
                continue
            if contradicts(witness, claim):
                refuted[claim.id] = witness.id
    return refuted


def _said(claim: Claim) -> tuple[int, str]:
    return claim.said_at, claim.id


def contradicts(claim: Claim, other: Claim) -> bool:
    """Return whether `other` cannot be true while the value of `claim` holds."""
    if not other.value or claim.value == other.value:
        return other.kind == ENDED
    if other.kind == ENDED:
        return ends_with(claim.value, other.value)
    return not may_be_one(claim.value, other.value)


@dataclass(slots=True)
class _Ahead:
    """The claims after a moment: of each kind the next, of which the nearest is last."""

    nearest: dict[tuple[str, str, bool], Claim] = field(default_factory=dict)
    next_value: Claim | None = None

    def put(self, claim: Claim) -> None:
        """Put a claim before the others."""
        key = (claim.kind, claim.value, claim.ends)
        self.nearest.pop(key, None)
        self.nearest[key] = claim
        if claim.kind == IS:
            self.next_value = claim

    def successor_of(self, claim: Claim) -> tuple[Claim | None, Claim | None]:
        """Return the next claim that changes or ends a value, or else the next that repeats it."""
        if claim.kind == ENDED:
            return self.next_value, None
        for other in reversed(self.nearest.values()):
            if other.ends and contradicts(claim, other):
                return other, None
            if other.kind == IS and other.value == claim.value:
                return None, other
        return None, None


def _first(one: int | None, other: int | None) -> int | None:
    """Return the earlier of two ends; None is open."""
    return min((end for end in (one, other) if end is not None), default=None)


def _low(moment: int | None) -> int:
    return START if moment is None else moment


def _high(moment: int | None) -> int:
    return END if moment is None else moment
