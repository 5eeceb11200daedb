"""The nulls of paging and offloading. Torch is imported when one is applied."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.nulls.base import Null, System, around, put

vattention = System("vattention", "systems.activation.vattention:VAttention")
ONE_MORE = SimpleNamespace(ceil=lambda x: math.ceil(x) + 1)
FORKS = "test_forks_share_the_prefix_until_one_writes"


def _copied(_share: Any) -> Any:
    """A second slot with pages of its own, as many."""

    def share(self: Any, slot: Any, address: int) -> Any:
        twin = self.open(address)
        self.grow(twin, slot.kept)
        return twin

    return share


VATTENTION = [
    vattention.null(
        1, "nothing is reserved", {"tokens": 1}, "test_reserving_is_free_and_use_is_what_costs"
    ),
    vattention.null(
        2,
        "a page more than needed",
        put("systems.activation.vattention:math", ONE_MORE),
        "test_reserving_is_free_and_use_is_what_costs",
    ),
    vattention.null(
        3, "nothing ahead of need", {"ahead": 0}, "test_pages_mapped_ahead_are_not_waited_for"
    ),
    vattention.null(
        4, "pages go at once", {"deferred": False}, "test_reserving_is_free_and_use_is_what_costs"
    ),
    vattention.null(
        5,
        "prefixes are not shared",
        around("tensor.paging.allocator:Allocator.share", _copied),
        FORKS,
    ),
    vattention.null(
        6,
        "shared pages are written",
        put("tensor.paging.allocator:Allocator.own", lambda *_: None),
        FORKS,
    ),
]

flash = System("flash", "systems.activation.flash:Flash")


def _everything(_fit: Any) -> Any:
    """A predictor that says that all neurons fire."""
    from combray.tensor.offload.sparsity import Everything

    return lambda _x, y, **_: Everything(y.shape[1])


def _in_place(drop: Any) -> Any:
    """Forgetting that moves the pointers and not the rows."""

    def dropped(self: Any, ids: Any) -> None:
        before = self._rows.clone()
        drop(self, ids)
        self._rows[:] = before

    return dropped


FLASH = [
    flash.null(
        1,
        "every neuron is predicted",
        around("systems.activation.flash:fit", _everything),
        "test_a_fitted_predictor_runs_under_generate",
    ),
    flash.null(
        2, "no window", {"window": 0}, "test_a_window_reads_less_and_a_small_buffer_still_answers"
    ),
    flash.null(
        3, "no bundles", {"bundled": False}, "test_a_bundle_is_one_read_where_its_parts_are_three"
    ),
    flash.null(4, "no budget", {"budget": 1.0}, "test_one_token_over_the_budget_is_an_error"),
    flash.null(
        4,
        "holes are not filled",
        around("tensor.offload.row_file:NeuronBuffer.drop", _in_place),
        "test_the_buffer_is_a_set_of_neurons",
    ),
    flash.null(
        5,
        "a read has no latency",
        around(
            "systems.activation.flash:Disk.seconds",
            lambda seconds: lambda self, _reads, nbytes: seconds(self, 0, nbytes),
        ),
        "test_reads_bring_the_records_and_cost_what_is_counted",
    ),
]

memo_swap = System("memo_swap", "systems.activation.memo_swap:MemoSwap")
BITS = "test_gradients_are_the_same_bits_for_any_share"
SHARE = "test_the_share_is_the_largest_that_both_bounds_allow"
MEMO = "systems.activation.memo_swap"


def _unwaiting(self: Any, under: Any) -> None:
    """As many layers under way as there are."""
    self.ledger.layers_out += 1
    under.left = self.worker.submit(under.leave)


def _whole(solve: Any) -> Any:
    return lambda cost: replace(solve(cost), value=1.0)


def _flat(_bilevel: Any) -> Any:
    """One program for all blocks, whatever the passes, in the time that a test has."""
    from combray.tensor.offload.addresses import mip

    return lambda blocks, _passes: mip(blocks, seconds=3)


def _halves(keep: Any) -> Any:
    """What always goes out whole goes out by its tokens, as the rest does."""

    def kept(self: Any, x: Any, span: Any = None) -> Any:
        from combray.tensor.offload.recompute import span_of

        return keep(self, x, span or span_of(x, self.b, self.s))

    return kept


MEMO_SWAP = [
    memo_swap.null(1, "everything goes out", {"alpha": 1.0}, BITS),
    memo_swap.null(
        2, "no bound on the share", around("tensor.sizing.estimate:solve_alpha", _whole), SHARE
    ),
    memo_swap.null(
        3, "attention is computed again", put(f"{MEMO}:Replay", lambda _: nullcontext()), BITS
    ),
    memo_swap.null(
        3,
        "the input goes out in part",
        around(f"{MEMO}:_Pass._keep", _halves),
        "test_input_and_attention_always_go_out_whole",
    ),
    memo_swap.null(
        4,
        "any number of layers under way",
        put(f"{MEMO}:_Run._send", _unwaiting),
        "test_a_third_layer_waits_until_the_first_is_out",
    ),
    memo_swap.null(
        5,
        "nothing is brought back early",
        put(f"{MEMO}:_Pass.fetch", lambda _: None),
        "test_the_layer_before_is_brought_back_beside_the_work",
    ),
    memo_swap.null(6, "the last layers swap too", {"keep_last": 0}, BITS),
    memo_swap.null(
        7,
        "one level",
        around("tensor.offload.addresses:bilevel", _flat),
        "test_two_levels_solve_what_one_program_does_not",
    ),
]


SYSTEMS = (vattention, flash, memo_swap)
NULLS: list[Null] = [*VATTENTION, *FLASH, *MEMO_SWAP]
