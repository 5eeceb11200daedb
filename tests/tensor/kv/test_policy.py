"""What a score keeps, against the specification as a sort, and what becomes of merged entries."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.tensor import Entries, LayerView, Plan, keep
from combray.tensor.kv.policy import carry, merge, protected

pytestmark = pytest.mark.torch


def view_of(position: list[list[int]], quota: list[int], heads: int = 1) -> LayerView:
    """A layer whose entries stand at these positions, -1 for padding."""
    place = torch.tensor(position)[:, None].expand(-1, heads, -1)
    b, _, t = place.shape
    one = torch.ones(place.shape)
    keys = torch.arange(float(b * heads * t * 2)).reshape(b, heads, t, 2)
    seen = place[:, 0].max(-1).values + 1
    entries = Entries(position=place, turn=torch.zeros_like(place), mass=one)
    limit = torch.tensor(quota)
    return LayerView(
        layer=0, keys=keys, values=keys, entries=entries, quota=limit, seen=seen, turn=0
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[LayerView, torch.Tensor, torch.Tensor]:
    """Rows with padding in front, small whole scores (so that ties are common), safe entries."""
    rows, t = draw(st.integers(1, 3)), draw(st.integers(1, 12))
    pads = [draw(st.integers(0, t - 1)) for _ in range(rows)]
    position = [[-1] * pad + list(range(t - pad)) for pad in pads]
    quota = draw(st.lists(st.integers(1, t), min_size=rows, max_size=rows))
    numbers = st.lists(st.integers(-2, 2), min_size=rows * t, max_size=rows * t)
    score = torch.tensor(draw(numbers)).reshape(rows, 1, t)
    safe = torch.tensor(draw(numbers)).reshape(rows, 1, t) > 1
    return view_of(position, quota), score, safe


@given(cases())
@settings(max_examples=150, deadline=None)
def test_the_kept_are_the_best_of_a_sort(
    case: tuple[LayerView, torch.Tensor, torch.Tensor],
) -> None:
    """The kept set is the first `quota` of a sort by safe, score and place, given in order."""
    view, score, safe = case
    plan = keep(view, score, safe)
    for row, quota in enumerate(view.quota.tolist()):
        place = view.entries.position[row, 0].tolist()
        real = [i for i, p in enumerate(place) if p >= 0]
        best = sorted(real, key=lambda i: (-int(safe[row, 0, i]), -int(score[row, 0, i]), -i))
        safe_first = [i for i in best if safe[row, 0, i]]
        newest_safe = sorted(safe_first, reverse=True)
        best = newest_safe + [i for i in best if not safe[row, 0, i]]
        kept = plan.index[row, 0][plan.live[row, 0]].tolist()
        assert kept == sorted(best[:quota])


def test_sinks_and_recent_count_real_tokens() -> None:
    """The first and the last tokens of a row are counted without its padding."""
    view = view_of([[-1, -1, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5]], [4, 4])
    safe = protected(view, sinks=1, recent=2)[:, 0]
    assert safe.tolist() == [
        [False, False, True, False, True, True],
        [True, *[False] * 3, *[True] * 2],
    ]


def test_merging_adds_masses_and_mixes_by_weight() -> None:
    """A slot's key is the weighted sum of its entries; its mass is the number of tokens in it."""
    view = view_of([[0, 1, 2, 3]], [2])
    plan = Plan(
        index=torch.tensor([[[1, 3]]]),
        live=torch.ones(1, 1, 2, dtype=torch.bool),
        segment=torch.tensor([[[0, 0, 0, 1]]]),
        weight=torch.tensor([[[0.25, 0.5, 0.25, 1.0]]]),
    )
    mixed = merge(view.keys, plan)
    k = view.keys[0, 0]
    assert torch.equal(mixed[0, 0, 0], 0.25 * k[0] + 0.5 * k[1] + 0.25 * k[2])
    assert torch.equal(mixed[0, 0, 1], k[3])
    after = carry(view.entries, plan)
    assert after.mass.tolist() == [[[3.0, 1.0]]]
    assert after.position.tolist() == [[[1, 3]]]
