"""What a long context needs: the share that goes out, what lives at once, what is served."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.errors import InputError, Unsupported
from combray.tensor.sizing.estimate import (
    PAGES,
    Cost,
    Machine,
    block_of,
    cost_of,
    largest,
    longest_served,
    room_to_serve,
    serving,
    solve_alpha,
    training,
)
from combray.tensor.sizing.model_config import ModelShape

LLAMA = ModelShape(layers=32, width=4096, heads=32, kv_heads=8, head=128, inner=14336, words=128256)
"""Llama-3-8B."""
GB = 10**9
EIGHT = Machine(gpu=80 * GB, gpus=8)


def cost(**changes: float) -> Cost:
    """A layer of 1 + 1 + 10 bytes that takes a second, over 4 bytes a second, 6 layers."""
    base = Cost(input=1, attention=1, rest=10, forward=1, layers=6, bandwidth=4, host=1000)
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "value", "bound", "hidden"),
    [
        ({}, 0.2, "bandwidth", True),
        ({"bandwidth": 12}, 1.0, "nothing", True),
        ({"bandwidth": 500}, 1.0, "nothing", True),
        ({"host": 4 * 3}, 0.1, "host", True),
        ({"host": 4 * 2}, 0.0, "host", True),
        ({"bandwidth": 1}, 0.0, "bandwidth", False),
        ({"layers": 2, "host": 0}, 0.2, "bandwidth", True),
        ({"rest": 0}, 1.0, "nothing", True),
    ],
)
def test_the_share_by_hand(
    changes: dict[str, float], value: float, bound: str, hidden: bool
) -> None:
    """(1 + 1 + 10 α) / B ≤ T and 4 (1 + 1 + 10 α) ≤ M, worked out for each case."""
    found = solve_alpha(cost(**changes))
    assert found.value == pytest.approx(value)
    assert (found.bound, found.hidden) == (bound, hidden)


def test_a_host_too_small_for_nothing_is_refused() -> None:
    """Where not even inputs and attention fit, the message has both figures."""
    with pytest.raises(Unsupported, match=r"has 7 bytes and 8 are needed"):
        solve_alpha(cost(host=7))


def test_a_layer_s_cost_is_split_over_the_devices() -> None:
    """Bytes, work and the host are shared; the link to the host is each device's own."""
    one, eight = cost_of(LLAMA, 4096, replace(EIGHT, gpus=1)), cost_of(LLAMA, 4096, EIGHT)
    for name in ("input", "attention", "rest", "forward", "host"):
        assert getattr(eight, name) == pytest.approx(getattr(one, name) / 8)
    assert eight.bandwidth == one.bandwidth == 32e9
    assert one.input == 4096 * 4096 * 2
    assert one.forward == pytest.approx(LLAMA.forward_work(4096) / 150e12)
    assert one.sent(0.5) == one.input + one.attention + one.rest / 2


def test_three_ways_to_keep_activations() -> None:
    """All of 32 layers, one input a layer and a layer under way, or four layers of 32."""
    found = training(LLAMA, 10**6, EIGHT)
    whole = found.cost.sent(1)
    ways = {way.way: way for way in found.ways}
    assert ways["all kept"].activations == pytest.approx(32 * whole)
    assert ways["checkpoint"].activations == pytest.approx(32 * found.cost.input + whole)
    assert ways["MEMO"].activations == pytest.approx(4 * whole)
    state = 16 * LLAMA.parameters / 8
    assert sum(found.state.values()) == pytest.approx(state)
    assert all(way.total == pytest.approx(way.activations + state) for way in found.ways)
    assert found.logits == 10**6 * 128256 * 4 / 8


def test_what_each_way_costs_elsewhere() -> None:
    """Nothing, a layer forward again, or the share that stayed out and 30 layers on the host."""
    found = training(LLAMA, 10**6, EIGHT)
    kept, again, memo = found.ways
    assert (kept.again, kept.host) == (0, 0)
    assert (again.again, again.host) == (found.cost.forward, 0)
    alpha = found.alpha.value
    assert memo.again == pytest.approx(LLAMA.token_work(10**6) / 8 / 150e12 * (1 - alpha))
    assert memo.host == pytest.approx(30 * found.cost.sent(alpha))
    assert found.transfer == pytest.approx(found.cost.sent(alpha) / 32e9)


def test_the_longest_sequence_is_where_it_stops_to_fit() -> None:
    """One token more does not fit; more devices make it fit, in the number that is told."""
    for way in training(LLAMA, 10**6, EIGHT).ways:
        index = [w.way for w in training(LLAMA, 10**6, EIGHT).ways].index(way.way)
        assert training(LLAMA, way.longest, EIGHT).ways[index].fits
        assert not training(LLAMA, way.longest + 1, EIGHT).ways[index].fits
        assert way.gpus is not None
        there = replace(EIGHT, gpus=way.gpus, host=EIGHT.host * way.gpus / 8)
        assert training(LLAMA, 10**6, there).ways[index].fits
        fewer = replace(EIGHT, gpus=way.gpus // 2, host=EIGHT.host * way.gpus / 16)
        if way.gpus > 1:
            assert not training(LLAMA, 10**6, fewer).ways[index].fits


def test_hosts_come_with_their_devices() -> None:
    """Where the host is what is too small, twice the devices and their hosts make it fit."""
    plenty = Machine(gpu=10**15, host=1)
    always = 30 * cost_of(LLAMA, 1000, plenty).sent(0)
    half = replace(plenty, host=always / 2 + 1)
    assert largest(lambda s: 30 * cost_of(LLAMA, s, half).sent(0) <= half.host) == 500
    tight = replace(plenty, host=always)
    (*_, memo) = training(LLAMA, 1000, tight).ways
    assert (memo.fits, memo.longest, memo.gpus) == (True, 1000, 1)
    longer = _ways(2000, replace(plenty, host=always * 1.5))
    assert longer == (False, 1500, 2)


def _ways(s: int, machine: Machine) -> tuple[bool, int, int | None]:
    """Whether MEMO fits, its longest, and the devices it takes; the share is not asked."""
    from combray.tensor.sizing import estimate

    way = estimate._way(LLAMA, s, machine, "MEMO", 0.0, 0.0)
    return way.fits, way.longest, way.gpus


def test_a_request_is_served_in_whole_blocks() -> None:
    """Llama-3-8B: 16 tokens paged, 32 in 64 KB; a request rounds up, half a block is lost."""
    found = {row.page: row for row in serving(LLAMA, 1000, EIGHT)}
    assert list(found) == list(PAGES)
    assert [row.tokens for row in found.values()] == [16, 32, 128, 1024]
    assert found["64 KB"].request == 1024 * 128 * 1024
    assert found["paged, 16 tokens"].request == 1008 * 128 * 1024
    assert found["256 KB"].waste == 127 / 2 * 128 * 1024
    room = 640 * GB - 2 * LLAMA.parameters
    assert room_to_serve(LLAMA, EIGHT) == room
    assert found["2 MB"].at_once == room // (1024 * 128 * 1024)


def test_weights_that_do_not_fit_leave_no_room() -> None:
    """No request stands beside them, and the longest has no token."""
    small = Machine(gpu=10 * GB)
    assert room_to_serve(LLAMA, small) < 0
    assert [row.at_once for row in serving(LLAMA, 10, small)] == [0, 0, 0, 0]
    assert longest_served(LLAMA, small) == 0


def test_the_longest_request_fills_the_room() -> None:
    """One token more is more than the weights leave."""
    longest = longest_served(LLAMA, Machine(gpu=24 * GB))
    room = room_to_serve(LLAMA, Machine(gpu=24 * GB))
    assert LLAMA.cache_bytes(longest) <= room < LLAMA.cache_bytes(longest + 1)
    assert longest == room // (128 * 1024)


def test_tokens_of_a_page() -> None:
    """2 MB hold 1,024 tokens of 8 heads of 128 halves; a page below one token is refused."""
    assert block_of(2**21, heads=8, width=128, nbytes=2) == 1024
    assert block_of(2**21 + 2047, heads=8, width=128, nbytes=2) == 1024
    assert block_of(2048, heads=8, width=128, nbytes=2) == 1
    with pytest.raises(InputError, match="2047 bytes holds no token of 2048"):
        block_of(2047, heads=8, width=128, nbytes=2)


@given(st.integers(0, 10**9))
def test_the_largest_that_fits_is_found(limit: int) -> None:
    """By doubling and halving, whatever the limit; few questions are asked."""
    asked = []

    def fits(n: int) -> bool:
        asked.append(n)
        return n <= limit

    assert largest(fits) == limit
    assert len(asked) <= 2 * math.log2(limit + 2) + 2


def test_a_search_has_an_end() -> None:
    """Where everything fits, the answer is the most that was asked about, and no more."""
    assert largest(lambda _: True, most=1000) == 1000
    assert largest(lambda _: True, most=1024) == 1024
    assert largest(lambda n: n < 1000, most=1000) == 999
    assert largest(lambda _: False, most=1000) == 0
