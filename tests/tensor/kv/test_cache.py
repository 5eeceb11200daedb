"""The cache of a whole model, driven by hand: places, turns, rows, taking back, forks."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from combray.core.errors import InputError, Unsupported
from tests.tensor.kv.steps import HEADS, WIDTH, cache_of, count, feed, held

pytestmark = pytest.mark.torch


def test_an_empty_cache_has_seen_nothing() -> None:
    """No entries, no bytes, no turn."""
    cache = cache_of("window", 5, 5)
    assert (cache.get_seq_length(), cache.nbytes, cache.turn) == (0, 0, 0)
    assert cache.positions().shape == (0, 1, 0)
    assert not cache.trimmed
    cache.finish()
    assert cache.seen is None


def test_each_layer_obeys_its_own_budget() -> None:
    """One layer drops its middle while another still holds all; both have seen the same."""
    cache = cache_of("window", 5, 9, sinks=2)
    feed(cache, count(1, 0, 6))
    assert held(cache, 0) == [[0, 1, 3, 4, 5]]
    assert held(cache, 1) == [[0, 1, 2, 3, 4, 5]]
    assert cache.trimmed
    assert cache.get_seq_length() == 6
    assert cache.nbytes == (5 + 6) * 2 * HEADS * WIDTH * 4


def test_places_count_real_tokens() -> None:
    """Padding has place -1 and is not counted, in the prompt and in a later turn."""
    cache = cache_of("full", None)
    mask = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])
    feed(cache, count(2, 0, 4), mask)
    assert cache.positions()[:, 0].tolist() == [[-1, -1, 0, 1], [0, 1, 2, 3]]
    assert cache.seen is not None
    assert cache.seen.tolist() == [2, 4]
    mask = torch.cat([mask, torch.tensor([[1, 1], [0, 1]])], dim=1)
    feed(cache, count(2, 4, 6), mask)
    assert cache.positions()[:, 0, 4:].tolist() == [[2, 3], [-1, 4]]
    assert cache.seen.tolist() == [4, 5]


def test_without_a_mask_every_token_is_real() -> None:
    """Places go on where the last pass ended."""
    cache = cache_of("full", None)
    feed(cache, count(1, 0, 3))
    feed(cache, count(1, 3, 5))
    assert cache.positions()[0, 0].tolist() == [0, 1, 2, 3, 4]
    assert not cache.layers[0].padded


def test_several_tokens_after_a_generated_one_open_a_turn() -> None:
    """Single tokens go on with the answer; the next prompt is a new turn, and so is `end_turn`."""
    cache = cache_of("full", None)
    turns = []
    for start, end in ((0, 4), (4, 5), (5, 6), (6, 8), (8, 12)):
        feed(cache, count(1, start, end))
        turns.append(cache.turn)
    assert turns == [0, 0, 0, 1, 1]
    cache.end_turn()
    feed(cache, count(1, 12, 13))
    entries = cache.layers[0].entries
    assert entries is not None
    assert entries.turn[0, 0].tolist() == [0] * 6 + [1] * 6 + [2]


def test_a_prompt_of_one_token_is_no_answer() -> None:
    """The first token of all opens no turn after it."""
    cache = cache_of("full", None)
    feed(cache, count(1, 0, 1))
    feed(cache, count(1, 1, 4))
    assert cache.turn == 0


def test_rows_are_kept_repeated_and_reordered_together() -> None:
    """Keys, places and what was seen follow the same index."""
    cache = cache_of("window", 4, sinks=1)
    feed(cache, count(3, 0, 6), torch.tensor([[1] * 6, [0] + [1] * 5, [0, 0] + [1] * 4]))
    cache.rows(torch.tensor([2, 0]))
    assert held(cache) == [[202, 203, 204, 205], [0, 3, 4, 5]]
    assert cache.seen is not None
    assert cache.seen.tolist() == [4, 6]
    cache.batch_repeat_interleave(2)
    assert [row[0] for row in held(cache)] == [202, 202, 0, 0]
    assert cache.seen.tolist() == [4, 4, 6, 6]
    cache.batch_select_indices(torch.tensor([3]))
    cache.reorder_cache(torch.tensor([0]))
    assert held(cache) == [[0, 3, 4, 5]]
    assert cache.positions()[0, 0].tolist() == [0, 3, 4, 5]


def test_the_newest_can_be_taken_back_while_nothing_was_dropped() -> None:
    """After a crop the cache is as it was before the tokens, padding not counted."""
    cache = cache_of("window", 9)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    feed(cache, count(2, 0, 4), mask)
    cache.crop(-2)
    assert held(cache) == [[0, 1], [100, 101]]
    assert cache.seen is not None
    assert cache.seen.tolist() == [2, 2]
    assert cache.get_seq_length() == 2
    feed(cache, count(2, 7, 8))
    assert held(cache)[0] == [0, 1, 7]
    assert cache.positions()[0, 0].tolist() == [0, 1, 2]


def test_what_was_dropped_cannot_be_taken_back() -> None:
    """A crop after dropping is refused in words, and a positive number always."""
    cache = cache_of("window", 5)
    feed(cache, count(1, 0, 8))
    with pytest.raises(Unsupported, match="newest 2 cannot be taken back"):
        cache.crop(-2)
    with pytest.raises(InputError, match="negative number, not 2"):
        cache.crop(2)
    cache.crop(0)
    assert cache.get_seq_length() == 8


def test_a_pass_that_failed_is_taken_back() -> None:
    """Layers that had taken the tokens give them up; those that had not are left alone."""
    cache = cache_of("window", 8, 8)
    feed(cache, count(1, 0, 3))
    cache.begin(count(1, 3, 5), (1, 2), None, "cpu")
    cache.layers[0].update(*[torch.ones(1, HEADS, 2, WIDTH)] * 2)
    cache.abort(3)
    assert [held(cache, i) for i in (0, 1)] == [[[0, 1, 2]], [[0, 1, 2]]]
    assert cache.get_seq_length() == 3
    feed(cache, count(1, 3, 4))
    assert held(cache, 1) == [[0, 1, 2, 3]]


def test_a_fork_goes_on_alone() -> None:
    """A fork has the state of now, turn and rows included; neither sees what the other reads."""
    cache = cache_of("window", 6, sinks=1)
    for start, end in ((0, 4), (4, 5), (5, 8)):
        feed(cache, count(1, start, end))
    twin = cache.fork()
    assert (twin.turn, twin.policy, held(twin)) == (1, cache.policy, held(cache))
    before = held(cache)
    feed(twin, count(1, 50, 52))
    assert held(cache) == before
    assert held(twin) == [[0, 5, 6, 7, 50, 51]]
    feed(cache, count(1, 60, 61))
    assert held(twin) == [[0, 5, 6, 7, 50, 51]]
    assert twin.positions()[0, 0].tolist() == [0, 5, 6, 7, 8, 9]
    # A turn that was being answered is over for the fork too when several tokens come in.
    answering = cache.fork()
    feed(answering, count(1, 70, 72))
    assert (answering.turn, cache.turn) == (2, 1)


def test_a_reset_cache_is_new() -> None:
    """Rows of another number may come in, and turns count from the start."""
    cache = cache_of("window", 3, sinks=1)
    feed(cache, count(2, 0, 5))
    cache.end_turn()
    cache.reset()
    assert (cache.turn, cache.seen, cache.nbytes) == (0, None, 0)
    assert not cache.trimmed
    feed(cache, count(3, 0, 2))
    assert held(cache)[2] == [200, 201]


def test_masks_and_rows_that_do_not_fit_are_refused() -> None:
    """A mask of new tokens alone, one of four dimensions, and another number of rows."""
    cache = cache_of("full", None)
    feed(cache, count(2, 0, 3))
    with pytest.raises(InputError, match="covers 2 tokens; the cache has seen 3 and 2"):
        cache.begin(count(2, 3, 5), (2, 2), torch.ones(2, 2), "cpu")
    with pytest.raises(Unsupported, match="4 dimensions"):
        cache.begin(count(2, 3, 5), (2, 2), torch.ones(2, 1, 2, 5), "cpu")
    with pytest.raises(InputError, match="holds 2 rows and 1 came in"):
        cache.begin(count(1, 3, 5), (1, 2), None, "cpu")
    assert held(cache) == [[0, 1, 2], [100, 101, 102]]
