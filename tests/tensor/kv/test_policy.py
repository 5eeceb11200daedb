"""What a score keeps, against the specification as a sort, and what becomes of merged entries."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.tensor import Entries, LayerView, Plan, keep
from combray.tensor.kv.policy import attended, carry, merge, protected, take

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


@given(cases())
@settings(max_examples=80, deadline=None)
def test_no_row_keeps_more_than_its_quota(
    case: tuple[LayerView, torch.Tensor, torch.Tensor],
) -> None:
    """Whatever scores and safe entries say, each row keeps its quota or all it has, no padding."""
    view, score, safe = case
    plan = keep(view, score, safe)
    real = view.entries.live[:, 0].sum(-1)
    assert plan.live[:, 0].sum(-1).tolist() == torch.minimum(view.quota, real).tolist()
    assert plan.index.shape[-1] == view.room
    kept = carry(view.entries, plan)
    assert torch.equal(kept.live, plan.live)


def test_heads_that_choose_keep_their_own() -> None:
    """Scores by head give an index by head, and keys are taken by it."""
    view = view_of([[0, 1, 2, 3]], [2], heads=2)
    score = torch.tensor([[[9.0, 0, 8, 0], [0.0, 9, 0, 8]]])
    plan = keep(view, score)
    assert plan.index.tolist() == [[[0, 2], [1, 3]]]
    taken = take(view.keys, plan.index)
    assert torch.equal(taken[0, 0], view.keys[0, 0, [0, 2]])
    assert torch.equal(taken[0, 1], view.keys[0, 1, [1, 3]])


def test_one_choice_for_all_heads_is_taken_by_each() -> None:
    """An index of one head holds for every key-value head."""
    view = view_of([[0, 1, 2]], [2], heads=3)
    taken = take(view.keys, torch.tensor([[[0, 2]]]))
    assert torch.equal(taken, view.keys[:, :, [0, 2]])


def test_room_is_the_largest_quota_that_can_be_used() -> None:
    """Never more slots than there are entries."""
    assert view_of([[0, 1, 2], [0, 1, 2]], [1, 2]).room == 2
    assert view_of([[0, 1, 2]], [9]).room == 3


def test_entries_are_joined_field_by_field() -> None:
    """What nobody asked for stays unknown; changes reach every field that is there."""
    one, two = view_of([[0, 1]], [9]).entries, view_of([[2]], [9]).entries
    both = one.joined(two)
    assert both.position.tolist() == [[[0, 1, 2]]]
    assert both.mass.tolist() == [[[1.0, 1.0, 1.0]]]
    assert both.surprisal is None
    last = both.map(lambda x: x[..., -1:])
    assert (last.position.tolist(), last.turn.tolist()) == ([[[2]]], [[[0]]])


def test_attention_that_nobody_listened_to_is_none() -> None:
    """Zeros in the shape of the entries, else what was received."""
    entries = view_of([[0, 1]], [9]).entries
    assert attended(entries).tolist() == [[[0.0, 0.0]]]
    heard = replace(entries, attention=torch.tensor([[[3.0, 4.0]]]))
    assert attended(heard).tolist() == [[[3.0, 4.0]]]


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_merging_is_a_weighted_sum_by_slot(t: int, n: int, seed: int) -> None:
    """Against a loop: keys mix by share, masses and attention add up, `n` stands for no slot."""
    rng = torch.Generator().manual_seed(seed)
    view = view_of([list(range(t))], [n], heads=2)
    segment = torch.randint(0, n + 1, (1, 2, t), generator=rng)
    weight = torch.rand(1, 2, t, generator=rng)
    plan = Plan(
        index=torch.zeros(1, 2, n, dtype=torch.long),
        live=torch.ones(1, 2, n, dtype=torch.bool),
        segment=segment,
        weight=weight,
    )
    entries = replace(view.entries, attention=torch.rand(1, 2, t, generator=rng))
    mixed, after = merge(view.keys, plan), carry(entries, plan)
    assert after.attention is not None
    for head in range(2):
        for slot in range(n):
            inside = [i for i in range(t) if segment[0, head, i] == slot]
            wanted = sum(
                (weight[0, head, i] * view.keys[0, head, i] for i in inside), torch.zeros(2)
            )
            assert torch.allclose(mixed[0, head, slot], wanted, atol=1e-4)
            assert after.mass[0, head, slot] == len(inside)
            heard = sum(float(entries.attention[0, head, i]) for i in inside)  # type: ignore[index]
            assert float(after.attention[0, head, slot]) == pytest.approx(heard, abs=1e-5)


def test_an_empty_slot_becomes_padding() -> None:
    """Its place is -1, so that no query sees it."""
    view = view_of([[0, 1, 2]], [2])
    live = torch.tensor([[[True, False]]])
    assert carry(
        view.entries, Plan(index=torch.tensor([[[0, 2]]]), live=live)
    ).position.tolist() == [[[0, -1]]]
