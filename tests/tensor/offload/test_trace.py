"""What memory is asked for: storages made and gone, a caching allocator, a training step."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.errors import Unsupported
from combray.tensor.learn import tiny
from combray.tensor.offload.addresses import Block, live_bound
from combray.tensor.offload.trace import (
    GRAIN,
    LARGE_SEGMENT,
    SMALL_SEGMENT,
    Trace,
    id_of,
    layers_of,
    passes_of,
    record,
    reserved,
    training_step,
)

pytestmark = pytest.mark.torch
MIB = 2**20


def test_lives_begin_and_end_in_order() -> None:
    """A storage lives from its making until nothing refers to it; the last ones to the end."""

    def work(mark: Any) -> Any:
        a = torch.ones(10)
        b = torch.ones(2000)
        del a
        c = torch.ones(1)
        del b
        return c

    trace = record(work)
    assert trace.blocks == [Block(512, 0, 2), Block(8192, 1, 4), Block(512, 3, 5)]
    assert trace.moments == 5
    assert live_bound(trace.blocks) == 512 + 8192


def test_views_and_work_in_place_ask_for_nothing() -> None:
    """A storage is counted once, whoever looks at it; what was there before is not counted."""
    before = torch.ones(4)

    def work(mark: Any) -> Any:
        x = torch.ones(6)
        x.view(2, 3).t().mul_(2)
        before.add_(1)
        return x[1:]

    assert [b.size for b in record(work).blocks] == [GRAIN]


def test_empty_storages_are_nothing() -> None:
    """No bytes, no block; a trace of no work has no moment."""
    assert record(lambda _: torch.empty(0)).blocks == []
    assert Trace().moments == 0


def test_marks_name_moments() -> None:
    """Spans between marks are passes; marks of one moment make none."""

    def work(mark: Any) -> Any:
        mark("start")
        mark("again")
        a = torch.ones(1)
        mark("middle")
        b = torch.ones(1)
        del a
        mark("end")
        return b

    trace = record(work)
    assert trace.marks == [("start", 0), ("again", 0), ("middle", 1), ("end", 3)]
    assert passes_of(trace) == [(0, 1), (1, 3)]


def test_a_storage_is_one_by_its_name() -> None:
    """Views share it, copies do not."""
    x = torch.ones(3)
    assert id_of(x) == id_of(x[1:]) != id_of(x.clone())


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ([MIB], SMALL_SEGMENT),
        ([MIB, MIB], SMALL_SEGMENT),
        ([MIB, MIB, 512], 2 * SMALL_SEGMENT),
        ([MIB + 1], LARGE_SEGMENT),
        ([9 * MIB, 9 * MIB], LARGE_SEGMENT),
        ([10 * MIB], 10 * MIB),
        ([11 * MIB], 12 * MIB),
    ],
)
def test_segments_by_their_published_sizes(sizes: list[int], wanted: int) -> None:
    """Up to 1 MiB from segments of 2, up to 10 from 20, above in whole pairs of MiB."""
    assert reserved([[Block(size, i, 100) for i, size in enumerate(sizes)]]) == wanted


def test_free_neighbours_are_joined() -> None:
    """Three pieces freed in any order make room for one as large as all."""
    for ends in ((3, 4, 5), (5, 4, 3), (4, 3, 5), (3, 5, 4)):
        pieces = [Block(6 * MIB, i, end) for i, end in enumerate(ends)]
        assert reserved([[*pieces, Block(18 * MIB, 6, 7)]]) == LARGE_SEGMENT


def test_small_requests_never_use_large_segments() -> None:
    """A free large segment does not serve a small request."""
    assert reserved([[Block(5 * MIB, 0, 1), Block(512, 2, 3)]]) == LARGE_SEGMENT + SMALL_SEGMENT


def test_segments_serve_the_next_iteration() -> None:
    """Equal iterations reserve no more; a larger one does, and nothing is given back."""
    one = [Block(30 * MIB, 0, 1)]
    assert reserved([one, one, one]) == 30 * MIB
    assert reserved([one, [Block(31 * MIB, 0, 1)], one]) == 62 * MIB
    assert reserved([]) == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=15
    )
)
@settings(max_examples=50, deadline=None)
def test_never_less_is_reserved_than_lives(lives: list[tuple[int, int, int]]) -> None:
    """Whatever comes, the segments hold what is alive at once."""
    blocks = [Block(size * MIB // 2, start, start + long) for size, start, long in lives]
    assert reserved([blocks]) >= live_bound(blocks)


@pytest.fixture(scope="module")
def model() -> Any:
    """An untrained model of three layers."""
    recipe = tiny.Recipe(task=tiny.Needles(), layers=3, width=32, length=64)
    return tiny.blank(recipe).train()


def test_a_training_step_is_marked_at_every_border(model: Any) -> None:
    """Forward through the layers, the head, and backward through them in reverse."""
    trace = training_step(model, torch.ones(1, 20, dtype=torch.long))
    assert [name for name, _ in trace.marks] == [
        "forward 0",
        "forward 1",
        "forward 2",
        "head",
        "backward",
        "backward 2",
        "backward 1",
        "backward 0",
    ]
    moments = [moment for _, moment in trace.marks]
    assert moments == sorted(moments)
    assert len(passes_of(trace)) == 7


def test_a_training_step_leaves_the_model_as_it_was(model: Any) -> None:
    """Gradients are there and zero, no hook of ours is left, no weight has moved."""
    before = [p.clone() for p in model.parameters()]
    training_step(model, torch.ones(1, 8, dtype=torch.long))
    assert all(p.grad is not None and not p.grad.any() for p in model.parameters())
    assert all(map(torch.equal, before, model.parameters()))
    assert not any(m._forward_pre_hooks for m in model.modules())


def test_longer_rows_ask_for_more(model: Any) -> None:
    """What lives at once grows with the tokens."""
    bounds = [
        live_bound(training_step(model, torch.ones(1, s, dtype=torch.long)).blocks)
        for s in (8, 24, 48)
    ]
    assert bounds[0] < bounds[1] < bounds[2]


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2"])
def test_layers_are_found_in_every_family(family: str) -> None:
    """In order, under whichever name the family has for them."""
    recipe = tiny.Recipe(task=tiny.Runs(), family=family, layers=2, width=16, length=32)
    layers = list(layers_of(tiny.blank(recipe)))
    assert len(layers) == 2
    assert len({type(layer) for layer in layers}) == 1


def test_a_model_without_layers_is_refused() -> None:
    """Its kind is named."""
    with pytest.raises(Unsupported, match="Linear has no list"):
        layers_of(torch.nn.Linear(1, 1))
