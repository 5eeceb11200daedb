"""Addresses planned before anything runs: blocks with a life, placed so that none overlap.

Block i has s_i bytes and lives in [start_i, end_i); A_i is its address, P the memory of all.

    min P    A_i + s_i ≤ P
    for i, j that live at once:   A_i + s_i ≤ A_j + (1 - z_ij) M     A_j + s_j ≤ A_i + z_ij M

No plan can be smaller than the largest sum of bytes that live at once. With many blocks the
integer program is split: blocks whose whole life lies in one pass of a layer are placed among
themselves, equal passes once, and each pass is then one block among the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from combray.core.errors import InputError, MissingExtra, Unsupported


class Block(NamedTuple):
    """Bytes that live from one moment to before another."""

    size: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """An address for each block, and the memory of all. `proved`: no smaller memory is possible."""

    addresses: tuple[int, ...]
    peak: int
    proved: bool


Solver = Callable[[Sequence[Block]], Plan]


def live_bound(blocks: Sequence[Block]) -> int:
    """The largest sum of bytes that live at one moment."""
    events = sorted(
        (t, change) for b in blocks for t, change in ((b.start, b.size), (b.end, -b.size))
    )
    live = most = 0
    for _, change in events:
        live += change
        most = max(most, live)
    return most


def conflicts(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Pairs of blocks that live at once."""
    order = sorted(range(len(blocks)), key=lambda i: blocks[i].start)
    pairs: list[tuple[int, int]] = []
    open_: list[int] = []
    for i in order:
        open_ = [j for j in open_ if blocks[j].end > blocks[i].start]
        pairs += [(min(i, j), max(i, j)) for j in open_]
        open_.append(i)
    return sorted(pairs)


def check_plan(blocks: Sequence[Block], plan: Plan) -> None:
    """Raise InputError when two live blocks overlap, or one stands outside the memory."""
    for i, (block, at) in enumerate(zip(blocks, plan.addresses, strict=True)):
        if at < 0 or at + block.size > plan.peak:
            raise InputError(f"Block {i} stands outside the {plan.peak} bytes of the plan.")
    for i, j in conflicts(blocks):
        a, b = plan.addresses[i], plan.addresses[j]
        if a < b + blocks[j].size and b < a + blocks[i].size:
            raise InputError(f"Blocks {i} and {j} live at once and overlap.")


def greedy(blocks: Sequence[Block]) -> Plan:
    """The best of placing by size, by life and by both, each block in the lowest gap that fits."""
    if any(b.size <= 0 or b.end <= b.start for b in blocks):
        raise InputError("A block needs at least one byte and one moment of life.")
    near = _neighbours(blocks)
    orders: list[Callable[[int], float]] = [
        lambda i: -blocks[i].size,
        lambda i: -(blocks[i].end - blocks[i].start),
        lambda i: -blocks[i].size * (blocks[i].end - blocks[i].start),
        lambda i: blocks[i].start,
    ]
    bound, best = live_bound(blocks), None
    for order in orders:
        plan = _place(blocks, sorted(range(len(blocks)), key=order), near, bound)
        if best is None or plan.peak < best.peak:
            best = plan
        if best.proved:
            break
    assert best is not None
    return best


def _neighbours(blocks: Sequence[Block]) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in blocks]
    for i, j in conflicts(blocks):
        near[i].append(j)
        near[j].append(i)
    return near


def _place(
    blocks: Sequence[Block], order: Sequence[int], near: list[list[int]], bound: int
) -> Plan:
    """Each block in its turn goes to the lowest address that no live neighbour covers."""
    at: dict[int, int] = {}
    for i in order:
        taken = sorted((at[j], at[j] + blocks[j].size) for j in near[i] if j in at)
        low = 0
        for start, end in taken:
            if low + blocks[i].size <= start:
                break
            low = max(low, end)
        at[i] = low
    peak = max((at[i] + b.size for i, b in enumerate(blocks)), default=0)
    return Plan(tuple(at[i] for i in range(len(blocks))), peak, peak == bound)


def mip(blocks: Sequence[Block], *, seconds: float = 60.0) -> Plan:
    """The integer program, solved by HiGHS; Unsupported when it finds no plan in time."""
    try:
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import coo_array
    except ImportError as error:
        raise MissingExtra("the planner of memory", "scipy", "torch") from error
    pairs, n, bound = conflicts(blocks), len(blocks), live_bound(blocks)
    if not pairs:
        return Plan((0,) * n, bound, True)
    unit = math.gcd(*(b.size for b in blocks))
    size = [b.size // unit for b in blocks]
    most = sum(size)
    rows: list[tuple[int, int, float]] = []
    limits: list[float] = []
    p = n + len(pairs)
    for k, (i, j) in enumerate(pairs):
        rows += [(len(limits), i, 1), (len(limits), j, -1), (len(limits), n + k, most)]
        limits.append(most - size[i])
        rows += [(len(limits), j, 1), (len(limits), i, -1), (len(limits), n + k, -most)]
        limits.append(-size[j])
    for i in range(n):
        rows += [(len(limits), i, 1), (len(limits), p, -1)]
        limits.append(-size[i])
    r, c, v = zip(*rows, strict=True)
    matrix = coo_array((v, (r, c)), shape=(len(limits), p + 1)).tocsr()
    low, high = np.zeros(p + 1), np.full(p + 1, float(most))
    high[n:p], low[p] = 1, bound // unit
    found = milp(
        np.eye(1, p + 1, p)[0],
        integrality=np.r_[np.zeros(n), np.ones(len(pairs)), 0],
        bounds=Bounds(low, high),
        constraints=LinearConstraint(matrix, -np.inf, np.asarray(limits)),
        options={"time_limit": seconds},
    )
    if found.x is None:
        raise Unsupported(
            f"No plan for {n} blocks and {len(pairs)} pairs within {seconds:g} s. Split the "
            "problem by layers with `bilevel`, or give it more time."
        )
    below = [(i, j) if z > 0.5 else (j, i) for (i, j), z in zip(pairs, found.x[n:p], strict=True)]
    return _settle(blocks, below, bound, proved=found.status == 0)


def _settle(
    blocks: Sequence[Block], below: list[tuple[int, int]], bound: int, *, proved: bool
) -> Plan:
    """Whole addresses from the order alone: each block on top of the highest one below it."""
    over: list[list[int]] = [[] for _ in blocks]
    waits = [0] * len(blocks)
    for i, j in below:
        over[i].append(j)
        waits[j] += 1
    at = [0] * len(blocks)
    ready = [i for i, n in enumerate(waits) if not n]
    while ready:
        i = ready.pop()
        for j in over[i]:
            at[j] = max(at[j], at[i] + blocks[i].size)
            waits[j] -= 1
            if not waits[j]:
                ready.append(j)
    peak = max(a + b.size for a, b in zip(at, blocks, strict=True))
    return Plan(tuple(at), peak, proved or peak == bound)


def solve(blocks: Sequence[Block], *, seconds: float = 10.0) -> Plan:
    """Greedy when that is provably the best, else the integer program, else the greedy plan."""
    if not blocks:
        return Plan((), 0, True)
    quick = greedy(blocks)
    if quick.proved:
        return quick
    try:
        exact = mip(blocks, seconds=seconds)
    except Unsupported:
        return quick
    return min(exact, quick, key=lambda plan: plan.peak)


def bilevel(
    blocks: Sequence[Block],
    passes: Sequence[tuple[int, int]],
    *,
    inner: Solver = solve,
    outer: Solver = solve,
) -> Plan:
    """Place the blocks within each pass of a layer, equal passes once; then passes and the rest.

    passes: [start, end) of each pass forward or backward, in order, none overlapping another.
    """
    if any(a[1] > b[0] for a, b in combinations(sorted(passes), 2)):
        raise InputError("Passes overlap; give each pass of a layer its own span of time.")
    groups = [[i for i, b in enumerate(blocks) if s <= b.start and b.end <= e] for s, e in passes]
    groups = [group for group in groups if group]
    known: dict[tuple[Block, ...], Plan] = {}
    plans: list[Plan] = []
    outer_blocks: list[Block] = []
    for group in groups:
        first = min(blocks[i].start for i in group)
        shape = tuple(
            Block(blocks[i].size, blocks[i].start - first, blocks[i].end - first) for i in group
        )
        if shape not in known:
            known[shape] = inner(shape)
        plans.append(known[shape])
        last = max(blocks[i].end for i in group)
        outer_blocks.append(Block(known[shape].peak, first, last))
    inside = {i for group in groups for i in group}
    rest = [i for i in range(len(blocks)) if i not in inside]
    whole = outer([*outer_blocks, *(blocks[i] for i in rest)])
    at = [0] * len(blocks)
    for group, plan, base in zip(groups, plans, whole.addresses, strict=False):
        for i, address in zip(group, plan.addresses, strict=True):
            at[i] = base + address
    for i, address in zip(rest, whole.addresses[len(groups) :], strict=True):
        at[i] = address
    return _let_down(blocks, Plan(tuple(at), whole.peak, whole.peak == live_bound(blocks)))


def _let_down(blocks: Sequence[Block], plan: Plan) -> Plan:
    """The same blocks in the order of their addresses, each as low as it can go, when smaller.

    A pass holds its memory from its first moment to its last; its blocks alone hold less.
    """
    if plan.proved or not blocks:
        return plan
    order = sorted(range(len(blocks)), key=lambda i: (plan.addresses[i], blocks[i].start))
    lower = _place(blocks, order, _neighbours(blocks), live_bound(blocks))
    return lower if lower.peak < plan.peak else plan


def plan(blocks: Sequence[Block], passes: Sequence[tuple[int, int]] = ()) -> Plan:
    """The smallest plan that is found: by passes, and all at once by greed; checked."""
    found = bilevel(blocks, passes)
    if not found.proved and blocks:
        found = min(found, greedy(blocks), key=lambda each: each.peak)
    check_plan(blocks, found)
    return found
