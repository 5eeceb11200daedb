"""Serving simulated on counted pages: waste, requests at once, who is put back."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.errors import InputError
from combray.tensor.paging.simulate import Request, Served, _Run, serve, waste

pytestmark = pytest.mark.torch


def asked(*about: tuple[int, int, int]) -> list[Request]:
    """Requests of (step, prompt, answer)."""
    return [Request(comes=c, prompt=p, answer=a) for c, p, a in about]


@pytest.mark.parametrize(
    ("lengths", "block", "wanted"),
    [([16, 32], 16, 0.0), ([1], 16, 15 / 16), ([17, 15], 16, 1 - 32 / 48), ([10, 30], 100, 0.8)],
)
def test_waste_by_hand(lengths: list[int], block: int, wanted: float) -> None:
    """What whole blocks reserve beyond the tokens, as a share of what is reserved."""
    assert waste(lengths, block) == pytest.approx(wanted)


@given(st.lists(st.integers(1, 500), min_size=1), st.integers(1, 64))
@settings(max_examples=50, deadline=None)
def test_single_tokens_waste_nothing(lengths: list[int], block: int) -> None:
    """Blocks of one token fit exactly; any other wastes less than a block a request."""
    assert waste(lengths, 1) == 0
    assert 0 <= waste(lengths, block) < len(lengths) * block / sum(lengths)


def test_one_request_takes_a_step_a_token() -> None:
    """A prompt of 3 and an answer of 4: four steps, seven tokens, two pages of four."""
    found = serve(asked((0, 3, 4)), block=4, capacity=8)
    assert (found.steps, found.peak_batch, found.waited, found.preempted) == (4, 1, 2, 0)


def test_a_request_waits_until_it_comes_and_there_is_room() -> None:
    """The second finds no room while the first is served; the third comes late."""
    together = serve(asked((0, 4, 4), (0, 4, 4)), block=8, capacity=16)
    assert (together.steps, together.peak_batch) == (4, 2)
    apart = serve(asked((0, 4, 4), (0, 4, 4)), block=8, capacity=8)
    assert (apart.steps, apart.peak_batch) == (8, 1)
    assert serve(asked((5, 4, 4)), block=8, capacity=8).steps == 9


def test_the_newest_is_put_back_when_memory_runs_out() -> None:
    """Two prompts fit and their answers do not: the newer starts again when the older is done."""
    found = serve(asked((0, 2, 6), (0, 2, 6)), block=1, capacity=10)
    assert found.preempted >= 1
    assert found.steps > 6
    alone = serve(asked((0, 2, 6), (0, 2, 6)), block=1, capacity=16)
    assert (alone.preempted, alone.steps) == (0, 6)


def test_of_three_the_last_to_come_goes_first() -> None:
    """The oldest keep their pages; who is put back is named to be served again."""
    first, second, third = asked((0, 2, 8), (0, 2, 9), (0, 2, 10))
    run = _Run(block=1, capacity=12, ahead=0, deferred=True)
    assert all(run.admit(request) for request in (first, second, third))
    back: list[Request] = []
    while not back:
        back = run.step()
    assert back == [third]
    assert [request for request, _, _ in run.live] == [first, second]


def test_the_static_scheme_is_a_block_of_the_longest() -> None:
    """Whatever is asked, one block is one request: as many at once as blocks fit."""
    many = asked(*[(0, 5, 5)] * 6)
    assert serve(many, block=100, capacity=300).peak_batch == 3
    assert serve(many, block=10, capacity=300).peak_batch == 6


def test_pages_of_the_finished_serve_the_next() -> None:
    """Deferred, a second equal request waits for no page; given back at once, for all again."""
    two = asked((0, 7, 1), (1, 7, 1))
    assert serve(two, block=4, capacity=8).waited == 2
    assert serve(two, block=4, capacity=8, deferred=False).waited == 4


def test_pages_mapped_ahead_are_there_in_time() -> None:
    """With one page ahead only the first is waited for, and no more than the limit exist."""
    found = serve(asked((0, 3, 9)), block=4, capacity=16, ahead=1)
    assert found.waited == 1
    assert found.ahead >= 2


def test_a_request_that_never_fits_is_refused() -> None:
    """Prompt and answer together are more than all pages hold."""
    with pytest.raises(InputError, match=r"5 \+ 4 tokens never fits"):
        serve(asked((0, 5, 4)), block=4, capacity=8)


def test_no_requests_and_a_last_step() -> None:
    """Nothing asked takes no step; a bound on steps ends the run."""
    assert serve([], block=4, capacity=8) == Served(
        mean_batch=0, peak_batch=0, steps=0, waited=0, ahead=0, preempted=0
    )
    assert serve(asked((0, 2, 100)), block=4, capacity=200, steps=7).steps == 7


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 20), st.integers(1, 20)),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([1, 4, 16]),
    st.booleans(),
    st.integers(0, 2),
)
@settings(max_examples=50, deadline=None)
def test_all_requests_end(
    about: list[tuple[int, int, int]], block: int, deferred: bool, ahead: int
) -> None:
    """Whatever comes, everybody is served, in no fewer steps than the longest answer takes."""
    found = serve(asked(*about), block=block, capacity=64, deferred=deferred, ahead=ahead)
    assert found.steps >= max(comes + answer for comes, _, answer in about)
    assert 1 <= found.mean_batch <= found.peak_batch <= len(about) or found.peak_batch == 0
