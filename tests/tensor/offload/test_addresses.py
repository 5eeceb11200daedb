"""Addresses of blocks that live and end: bounds, plans by greed and by program, passes."""

from __future__ import annotations

import builtins
from itertools import combinations, permutations
from typing import Any

import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.errors import InputError, MissingExtra, Unsupported
from combray.tensor.offload import addresses
from combray.tensor.offload.addresses import (
    Block,
    Plan,
    bilevel,
    check_plan,
    conflicts,
    greedy,
    live_bound,
    mip,
    plan,
    solve,
)

pytestmark = pytest.mark.torch
LIVES = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 8), st.integers(1, 6)).map(
        lambda x: Block(x[0], x[1], x[1] + x[2])
    ),
    min_size=1,
    max_size=6,
)


def smallest(blocks: list[Block]) -> int:
    """The least memory of all, by trying every order of placing blocks as low as they go."""
    best = sum(b.size for b in blocks)
    for order in permutations(range(len(blocks))):
        at: dict[int, int] = {}
        for i in order:
            near = [j for j in at if _meet(blocks[i], blocks[j])]
            low = 0
            while any(low < at[j] + blocks[j].size and at[j] < low + blocks[i].size for j in near):
                low += 1
            at[i] = low
        best = min(best, max(at[i] + b.size for i, b in enumerate(blocks)))
    return best


def _meet(a: Block, b: Block) -> bool:
    return a.start < b.end and b.start < a.end


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_the_bound_is_the_fullest_moment(blocks: list[Block]) -> None:
    """Added up at every moment by hand; a block is gone at its end."""
    moments = range(max(b.end for b in blocks))
    live = [sum(b.size for b in blocks if b.start <= t < b.end) for t in moments]
    assert live_bound(blocks) == max(live)


def test_nothing_needs_nothing() -> None:
    """No blocks, no bytes, and a plan of none."""
    assert live_bound([]) == 0
    assert solve([]) == Plan((), 0, True)
    assert plan([]) == Plan((), 0, True)
    assert conflicts([]) == []


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_conflicts_are_the_pairs_that_meet(blocks: list[Block]) -> None:
    """Every pair that lives at one moment, once, the smaller number first; ends do not meet."""
    pairs = [(i, j) for i, j in combinations(range(len(blocks)), 2) if _meet(blocks[i], blocks[j])]
    assert conflicts(blocks) == pairs


@given(LIVES)
@settings(max_examples=25, deadline=None)
def test_the_program_finds_the_smallest(blocks: list[Block]) -> None:
    """Its proved plan is as small as the best of all orders; the others are not smaller."""
    best = smallest(blocks)
    exact = mip(blocks, seconds=5)
    assert exact.proved
    assert exact.peak == best
    for found in (exact, greedy(blocks), solve(blocks), plan(blocks)):
        check_plan(blocks, found)
        assert found.peak >= best
    assert solve(blocks).peak == best


def test_sizes_with_a_common_measure_are_exact() -> None:
    """Addresses come out in bytes, whatever unit the program counts in."""
    blocks = [Block(512, 0, 3), Block(1024, 1, 2), Block(1536, 2, 4)]
    found = mip(blocks)
    assert found.peak == 2048
    assert all(a % 512 == 0 for a in found.addresses)
    check_plan(blocks, found)


def test_blocks_that_never_meet_share_an_address() -> None:
    """One after the other, all stand at zero, and that is proved."""
    blocks = [Block(5, 0, 1), Block(9, 1, 2), Block(2, 2, 3)]
    for found in (mip(blocks), greedy(blocks), plan(blocks)):
        assert (found.addresses, found.peak, found.proved) == ((0, 0, 0), 9, True)


def test_greed_does_not_claim_what_it_cannot_know() -> None:
    """Four blocks for which every greedy order needs 7 bytes and the program finds 6."""
    blocks = [Block(2, 1, 4), Block(3, 0, 1), Block(2, 0, 3), Block(2, 2, 3)]
    found = greedy(blocks)
    check_plan(blocks, found)
    assert (found.peak, found.proved) == (7, False)
    assert solve(blocks).peak == smallest(blocks) == 6


def test_a_gap_that_fits_exactly_is_used() -> None:
    """The fourth block stands where the second was, between two that still live."""
    blocks = [Block(2, 0, 3), Block(2, 0, 1), Block(2, 0, 3), Block(2, 1, 3)]
    near = addresses._neighbours(blocks)
    found = addresses._place(blocks, [0, 1, 2, 3], near, live_bound(blocks))
    assert (found.addresses, found.proved) == ((0, 2, 4, 2), True)


@pytest.mark.parametrize("wrong", [Block(0, 0, 1), Block(-1, 0, 1), Block(1, 2, 2), Block(1, 3, 2)])
def test_a_block_without_bytes_or_life_is_refused(wrong: Block) -> None:
    """Such a block has no place."""
    with pytest.raises(InputError, match="one byte and one moment"):
        greedy([Block(1, 0, 1), wrong])


def test_a_plan_is_checked_pair_by_pair() -> None:
    """Below zero, above the memory, over a live neighbour; touching and taking turns are fine."""
    blocks = [Block(4, 0, 2), Block(4, 1, 3), Block(4, 2, 4)]
    check_plan(blocks, Plan((0, 4, 0), 8, True))
    for at, said in (((-1, 4, 0), "Block 0"), ((0, 5, 0), "Block 1"), ((0, 3, 0), "0 and 1")):
        with pytest.raises(InputError, match=said):
            check_plan(blocks, Plan(at, 8, True))
    with pytest.raises(ValueError, match="zip"):
        check_plan(blocks, Plan((0, 4), 8, True))


def test_equal_passes_are_planned_once() -> None:
    """Two passes of the same lives ask the inner solver once, and stand at one address."""
    asked: list[Any] = []

    def inner(blocks: Any) -> Plan:
        asked.append(blocks)
        return solve(blocks)

    one = [Block(2, 0, 2), Block(3, 1, 3)]
    later = [Block(b.size, b.start + 10, b.end + 10) for b in one]
    found = bilevel([*one, *later, Block(7, 0, 20)], [(0, 5), (10, 15)], inner=inner)
    assert asked == [tuple(one)]
    check_plan([*one, *later, Block(7, 0, 20)], found)
    assert found.peak == 12
    assert found.addresses[:2] == found.addresses[2:4]


def test_what_outlives_its_pass_is_placed_among_passes() -> None:
    """Only blocks whose whole life lies in the pass are given to the inner solver."""
    seen: list[Any] = []

    def inner(blocks: Any) -> Plan:
        seen.extend(blocks)
        return solve(blocks)

    blocks = [Block(1, 0, 3), Block(2, 1, 9), Block(4, 5, 6)]
    check_plan(blocks, bilevel(blocks, [(0, 4), (4, 7)], inner=inner))
    assert seen == [Block(1, 0, 3), Block(4, 0, 1)]


def test_passes_must_not_overlap() -> None:
    """In whatever order they are given; those that touch are fine."""
    blocks = [Block(1, 0, 1)]
    with pytest.raises(InputError, match="Passes overlap"):
        bilevel(blocks, [(5, 9), (0, 6)])
    assert bilevel(blocks, [(5, 9), (0, 5)]).peak == 1


def test_a_pass_is_let_down_to_what_its_blocks_need() -> None:
    """A pass holds its peak all its life; the last step gives back what only that claimed."""
    blocks = [Block(1, 4, 5), Block(2, 6, 7), Block(1, 2, 5)]
    found = bilevel(blocks, [(0, 4), (4, 8)])
    check_plan(blocks, found)
    assert found.peak == live_bound(blocks) == 2


def test_without_a_solution_in_time_greed_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program says what to do; `solve` falls back on the plan it had."""
    blocks = [Block(2, 0, 2), Block(3, 1, 3)]
    monkeypatch.setattr("scipy.optimize.milp", lambda *_, **__: type("None", (), {"x": None}))
    with pytest.raises(Unsupported, match=r"2 blocks and 1 pairs within 3 s.*bilevel"):
        mip(blocks, seconds=3)
    worse = Plan((0, 2), 6, False)
    monkeypatch.setattr(addresses, "greedy", lambda _: worse)
    assert solve(blocks) is worse


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the command that installs it."""
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtra, match=r"scipy.*pip install"):
        mip([Block(1, 0, 2), Block(1, 1, 3)])
