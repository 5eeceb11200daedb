"""One layer: what it has seen and what it holds, and when the policy is asked."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.errors import InputError, Unsupported
from combray.tensor.kv.attach import make_policy
from combray.tensor.kv.kv_store import DenseStore
from combray.tensor.kv.layer import PolicyLayer, Step
from combray.tensor.kv.policy import LayerView, Plan, Requirements, keep
from tests.tensor.kv.steps import HEADS, WIDTH, cache_of, count, feed, held, states

pytestmark = pytest.mark.torch


class Asked:
    """Keeps the newest and notes what it was shown."""

    def __init__(self, **needs: object) -> None:
        self.needs = Requirements(**needs)  # type: ignore[arg-type]
        self.views: list[LayerView] = []

    def plan(self, view: LayerView, /) -> Plan:
        """By place."""
        self.views.append(view)
        return keep(view, view.entries.position)


def layer_of(policy: object, budget: int | float | None) -> PolicyLayer:
    """An empty layer, number 3 of its model."""
    return PolicyLayer(3, policy, budget, DenseStore())  # type: ignore[arg-type]


def step_of(place: list[list[int]], turn: int = 0) -> Step:
    """A pass whose tokens stand at these places, -1 for padding."""
    position = torch.tensor(place)
    valid = position >= 0
    return Step(
        tokens=position, valid=valid, position=position, padded=not bool(valid.all()), turn=turn
    )


def read(layer: PolicyLayer, place: list[list[int]], surprisal: torch.Tensor | None = None) -> None:
    """Take in the tokens of a pass and close it."""
    layer.step = step_of(place)
    key = states(layer.step.position)
    layer.update(key, -key)
    layer.end_step(layer.step.position.max(-1).values + 1, surprisal)


def test_without_an_open_pass_nothing_is_taken() -> None:
    """A layer that was not told which tokens come in says how it is to be called."""
    layer = layer_of(make_policy("window"), 5)
    with pytest.raises(Unsupported, match=r"outside its `with attach"):
        layer.update(torch.ones(1, HEADS, 1, WIDTH), torch.ones(1, HEADS, 1, WIDTH))
    assert layer.held == 0


def test_new_tokens_are_described() -> None:
    """Each stands for one token, has its place and turn, and only what the policy asks for."""
    plain = layer_of(Asked(), None)
    plain.step = step_of([[-1, 0, 1]], turn=4)
    plain.update(states(plain.step.position), states(plain.step.position))
    entries = plain.entries
    assert entries is not None
    assert entries.position.tolist() == [[[-1, 0, 1]]]
    assert entries.turn.tolist() == [[[4, 4, 4]]]
    assert entries.mass.tolist() == [[[1.0, 1.0, 1.0]]]
    assert entries.surprisal is None
    assert entries.attention is None
    asks = layer_of(Asked(surprisal=True, attention=3, per_head=True), None)
    asks.step = step_of([[0, 1]])
    asks.update(states(asks.step.position), states(asks.step.position))
    assert asks.entries is not None
    assert asks.entries.attention is not None
    assert asks.entries.attention.shape == (1, HEADS, 2)
    assert asks.entries.surprisal is not None


def test_the_policy_is_asked_only_over_the_budget() -> None:
    """Up to the budget nobody asks; one token more, and the view says all that it should."""
    policy = Asked()
    layer = layer_of(policy, 4)
    read(layer, [[0, 1, 2, 3]])
    assert policy.views == []
    read(layer, [[4]])
    (view,) = policy.views
    assert (view.layer, view.turn, view.room) == (3, 0, 4)
    assert view.quota.tolist() == [4]
    assert view.seen.tolist() == [5]
    assert view.keys.shape == (1, HEADS, 5, WIDTH)
    assert layer.held == 4
    assert layer.trimmed


def test_a_share_is_rounded_up_and_has_a_floor() -> None:
    """ceil(share · seen), and never less than the policy can work with."""
    for share in (0.1, 0.34, 0.5, 1.0):
        policy = Asked(floor=3)
        layer = layer_of(policy, share)
        read(layer, [list(range(10))])
        assert layer.held == min(10, max(3, math.ceil(share * 10)))


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_the_two_lengths(chunks: list[int], budget: int) -> None:
    """Whatever comes in, `seen` counts all, `held` keeps the budget, and masks know both."""
    cache = cache_of("window", budget + 1, sinks=1)
    layer, total = cache.layers[0], 0
    for n in chunks:
        feed(cache, count(1, total, total + n))
        total += n
        assert layer.get_seq_length() == layer.seen == total
        assert layer.held == min(total, budget + 1)
        assert layer.get_mask_sizes(3) == (layer.held + 3, total - layer.held)
        kept = held(cache)[0]
        assert kept == ([0, *range(total - budget, total)] if total > budget else [*range(total)])


def test_surprisal_goes_to_the_new_tokens_alone() -> None:
    """What was known of older tokens stays when the next pass tells its own."""
    layer = layer_of(Asked(surprisal=True), 9)
    read(layer, [[0, 1]], torch.tensor([[5.0, 6.0]]))
    read(layer, [[2]], torch.tensor([[7.0]]))
    assert layer.entries is not None
    assert layer.entries.surprisal is not None
    assert layer.entries.surprisal[0, 0].tolist() == [5.0, 6.0, 7.0]


def test_a_shorter_row_makes_the_layer_padded() -> None:
    """Rows with fewer real tokens than slots are marked, so that their slots are hidden."""
    layer = layer_of(Asked(), 3)
    read(layer, [[0, 1, 2, 3], [-1, -1, -1, 0]])
    assert layer.padded
    assert layer.entries is not None
    assert layer.entries.live[:, 0].sum(-1).tolist() == [3, 1]


class Sparse(Asked):
    """Leaves the first slot of every row empty."""

    def plan(self, view: LayerView, /) -> Plan:
        """By place, with a hole."""
        plan = super().plan(view)
        live = plan.live.clone()
        live[..., 0] = False
        return Plan(index=plan.index, live=live)


def test_an_empty_slot_makes_the_layer_padded() -> None:
    """Without any padding among the tokens: what a plan leaves empty must be hidden."""
    layer = layer_of(Sparse(), 3)
    read(layer, [[0, 1, 2, 3]])
    assert layer.padded
    assert layer.entries is not None
    assert layer.entries.position[0, 0].tolist() == [-1, 2, 3]


def test_undo_takes_back_what_came_since() -> None:
    """A layer the pass had not reached is left alone; one it had reached loses the new tokens."""
    layer = layer_of(Asked(), 9)
    read(layer, [[0, 1, 2]])
    layer.step = step_of([[3, 4]])
    layer.undo(3)
    assert (layer.held, layer.step) == (3, None)
    layer.step = step_of([[3, 4]])
    layer.update(states(layer.step.position), states(layer.step.position))
    layer.undo(3)
    assert (layer.held, layer.seen) == (3, 3)


def test_taking_everything_back_empties_the_layer() -> None:
    """A crop of all, or of more, leaves a layer that is as new."""
    layer = layer_of(Asked(), 9)
    read(layer, [[0, 1, 2]])
    layer.crop(-3)
    assert (layer.held, layer.seen, layer.entries, layer.nbytes) == (0, 0, None, 0)
    with pytest.raises(InputError, match="not 1"):
        layer.crop(1)


def test_only_a_layer_without_a_budget_can_always_be_cropped() -> None:
    """Transformers asks before it speculates; a cache has no greatest length."""
    assert layer_of(make_policy("full"), None).is_croppable
    assert not layer_of(make_policy("window"), 8).is_croppable
    assert layer_of(make_policy("full"), None).get_max_length() == -1
    assert layer_of(make_policy("full"), None).get_max_cache_shape() == -1


def test_a_fork_has_the_marks_of_the_layer() -> None:
    """Trimmed, padded and the lengths go with it; entries are the same."""
    layer = layer_of(Asked(), 3)
    read(layer, [[0, 1, 2, 3], [-1, -1, 0, 1]])
    twin = layer.fork()
    assert (twin.index, twin.seen, twin.held) == (3, 4, 3)
    assert (twin.trimmed, twin.padded, twin.merged) == (True, True, False)
    assert twin.keys is not None
    assert layer.keys is not None
    assert torch.equal(twin.keys, layer.keys)
    twin.reset()
    assert layer.held == 3
    assert layer_of(Asked(), 3).fork().held == 0
