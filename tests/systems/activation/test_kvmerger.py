"""KVMerger: sets, weights and masses, and what merging leaves of attention."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.systems.activation.kvmerger import KVMerger
from combray.tensor import Entries, LayerView, attach
from combray.tensor.kv.policy import carry, merge
from tests.tensor.small import ATTENTIONS, model_of, run

pytestmark = pytest.mark.torch


def view_of(keys: torch.Tensor, attention: torch.Tensor, quota: int, pad: int = 0) -> LayerView:
    """One row (H t d) whose first `pad` entries are padding."""
    heads, t, _ = keys.shape
    position = (torch.arange(t) - pad).clamp(min=-1).expand(1, heads, t)
    entries = Entries(
        position=position,
        turn=torch.zeros_like(position),
        mass=torch.ones(1, heads, t),
        attention=attention[None],
    )
    seen = torch.tensor([t - pad])
    limit = torch.tensor([quota])
    return LayerView(
        layer=0,
        keys=keys[None],
        values=keys[None],
        entries=entries,
        quota=limit,
        seen=seen,
        turn=0,
    )


@st.composite
def views(draw: st.DrawFn) -> LayerView:
    """Random keys and attention, with padding in front and any budget the policy accepts."""
    rng = torch.Generator().manual_seed(draw(st.integers(0, 9999)))
    pad, t = draw(st.integers(0, 3)), draw(st.integers(8, 24))
    keys = torch.randn(2, pad + t, 4, generator=rng)
    attention = torch.rand(2, pad + t, generator=rng)
    return view_of(keys, attention, draw(st.integers(4, t)), pad)


POLICY = KVMerger(sinks=1, recent=1, heavy=0.25)


@given(views())
@settings(max_examples=100, deadline=None)
def test_sets_hold_every_token_once_and_in_order(view: LayerView) -> None:
    """Sets are runs of neighbours, no more than the budget, and their masses add up to all."""
    plan = POLICY.plan(view)
    live = view.entries.live[0]
    for head in range(2):
        slots = plan.segment[0, head][live[head]].tolist()
        assert slots == sorted(slots)
        assert set(slots) == set(range(len(set(slots))))
        assert len(set(slots)) == min(int(view.quota), len(slots))
        assert int(plan.live[0, head].sum()) == len(set(slots))
    after = carry(view.entries, plan)
    assert torch.equal(after.mass.sum(-1), live.sum(-1).float()[None])


@given(views())
@settings(max_examples=100, deadline=None)
def test_a_merged_key_lies_among_its_keys(view: LayerView) -> None:
    """Weights of a set are positive and sum to 1, and each coordinate stays within its range."""
    plan = POLICY.plan(view)
    mixed = merge(view.keys, plan)
    for head in range(2):
        for slot in range(int(plan.live[0, head].sum())):
            members = plan.segment[0, head] == slot
            share, keys = plan.weight[0, head][members], view.keys[0, head][members]
            assert share.min() > 0
            assert float(share.sum()) == pytest.approx(1, abs=1e-5)
            assert (mixed[0, head, slot] <= keys.max(0).values + 1e-5).all()
            assert (mixed[0, head, slot] >= keys.min(0).values - 1e-5).all()


def test_the_most_similar_neighbours_merge_around_the_most_attended() -> None:
    """Two runs of near keys become two entries, each at the place of its pivot."""
    near, far = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    keys = torch.stack([near, near, near, far, far, -near])[None]
    attention = torch.tensor([[0.1, 0.9, 0.2, 0.3, 0.8, 0.1]])
    plan = KVMerger(sinks=0, recent=0, heavy=0).plan(view_of(keys, attention, 3))
    assert plan.segment.tolist() == [[[0, 0, 0, 1, 1, 2]]]
    assert plan.index.tolist() == [[[1, 4, 5]]]


def test_weights_fall_with_the_distance_from_the_pivot() -> None:
    """w = g / Σ g, g = exp(-|k_p - k|² / 2σ²), σ² the mean squared distance of the others."""
    keys = torch.tensor([[[1.0, 0.0], [1.0, 0.1], [1.0, 0.3], [0.0, -9.0]]])
    attention = torch.tensor([[0.1, 0.9, 0.1, 0.1]])
    plan = KVMerger(sinks=0, recent=0, heavy=0).plan(view_of(keys, attention, 2))
    assert plan.segment.tolist() == [[[0, 0, 0, 1]]]
    far = torch.tensor([0.01, 0.0, 0.04])
    g = torch.exp(-far / (2 * 0.025))
    assert torch.allclose(plan.weight[0, 0, :3], g / g.sum(), atol=1e-5)


def test_sinks_recent_and_heavy_hitters_stay_alone() -> None:
    """Protected entries are in a set of their own although their neighbours are the most alike."""
    keys = torch.ones(1, 12, 4)
    keys[0, 2:10, 0] += 0.1 * torch.arange(8)
    attention = torch.zeros(1, 12)
    attention[0, 6] = 9
    plan = KVMerger(sinks=2, recent=2, heavy=0.15).plan(view_of(keys, attention, 7))
    assert plan.segment.tolist() == [[[0, 1, 2, 2, 2, 2, 3, 4, 4, 4, 5, 6]]]


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mass: torch.Tensor) -> torch.Tensor:
    """(q d) attention with log masses."""
    return torch.softmax(q @ k.T + mass.log(), dim=-1) @ v


@given(st.integers(0, 9999))
@settings(max_examples=50, deadline=None)
def test_merging_identical_keys_is_exact(seed: int) -> None:
    """Attention to merged equal keys is attention to all of them, merged once or twice."""
    rng = torch.Generator().manual_seed(seed)
    runs = torch.randint(1, 5, (5,), generator=rng)
    distinct = torch.randn(5, 4, generator=rng, dtype=torch.float64)
    k = distinct.repeat_interleave(runs, 0)
    v = torch.randn(len(k), 4, generator=rng, dtype=torch.float64)
    q = torch.randn(3, 4, generator=rng, dtype=torch.float64)
    wanted = attend(q, k, v, torch.ones(len(k), dtype=torch.float64))
    view = view_of(k[None], torch.rand(1, len(k), generator=rng), max(5, len(k) - 3))
    policy = KVMerger(sinks=0, recent=0, heavy=0)
    keys, values, entries = view.keys, v[None, None], view.entries
    for quota in (max(5, len(k) - 3), 5):
        view = LayerView(
            layer=0,
            keys=keys,
            values=values,
            entries=entries,
            quota=torch.tensor([quota]),
            seen=view.seen,
            turn=0,
        )
        if keys.shape[2] <= quota:
            continue
        plan = policy.plan(view)
        keys, values, entries = merge(keys, plan), merge(values, plan), carry(entries, plan)
    assert keys.shape[2] == 5
    got = attend(q, keys[0, 0], values[0, 0], entries.mass[0, 0].double())
    assert torch.allclose(got, wanted, atol=1e-6)


def test_a_layer_within_its_budget_is_left_alone() -> None:
    """Planning again at the same budget changes nothing: as many sets as entries."""
    rng = torch.Generator().manual_seed(0)
    keys = torch.randn(2, 16, 4, generator=rng)
    view = view_of(keys, torch.rand(2, 16, generator=rng), 9)
    plan = POLICY.plan(view)
    kept = merge(view.keys, plan)
    again = LayerView(
        layer=0,
        keys=kept,
        values=kept,
        entries=carry(view.entries, plan),
        quota=view.quota,
        seen=view.seen,
        turn=0,
    )
    assert torch.equal(merge(kept, POLICY.plan(again)), kept)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_model_that_sees_one_token_again_and_again_loses_nothing(attention: str) -> None:
    """With equal keys (no positions in them), a merged cache answers as the full one does.

    The token that asks is another one: its own key and value stand beside the merged.
    """
    model = model_of("gpt2", attention, precise=True)
    place = torch.zeros(1, 31, dtype=torch.long)
    tokens = torch.cat([torch.full((1, 30), 5), torch.full((1, 1), 7)], dim=1)
    said = []
    for policy, budget in (("full", None), ("kvmerger", 12)):
        options = {} if policy == "full" else {"sinks": 0, "recent": 2}
        with attach(model, policy, budget=budget, **options) as cache:
            run(model, tokens[:, :30], cache, position_ids=place[:, :30])
            said.append(run(model, tokens[:, 30:], cache, position_ids=place[:, 30:]))
            held = cache.layers[0].held
    assert held == 12
    assert (said[0] - said[1]).abs().max() <= 1e-6
