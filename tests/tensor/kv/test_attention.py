"""Attention over what is left: masks by place, merged entries that weigh as many, mass received."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from combray.core.errors import Unsupported
from combray.tensor.kv import attention
from combray.tensor.kv.attach import make_policy
from combray.tensor.kv.attention import ACTIVE
from combray.tensor.kv.kv_store import DenseStore
from combray.tensor.kv.layer import PolicyLayer, Step
from combray.tensor.kv.policy import Entries
from tests.tensor.small import model_of

pytestmark = pytest.mark.torch


def layer_of(place: Any, mass: Any = None, attended: Tensor | None = None) -> PolicyLayer:
    """A layer that holds entries at these places (b h t), standing for so many tokens each."""
    position = torch.tensor(place)
    weight = torch.ones(position.shape) if mass is None else torch.tensor(mass)
    layer = PolicyLayer(0, make_policy("window"), 8, DenseStore())
    layer.entries = Entries(
        position=position, turn=torch.zeros_like(position), mass=weight, attention=attended
    )
    layer.merged = mass is not None
    layer.padded = bool((position < 0).any())
    return layer


def step_of(place: list[list[int]]) -> Step:
    """New tokens at these places (b q), -1 for padding."""
    position = torch.tensor(place)
    return Step(tokens=None, valid=position >= 0, position=position, padded=False, turn=0)


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Random numbers in double precision."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_query_sees_what_stands_at_or_before_its_place() -> None:
    """Later entries and padding are hidden, each row by its own places."""
    layer = layer_of([[[0, 3, 4, 5]], [[-1, 0, 1, 2]]])
    seen = attention._mask(layer, step_of([[4, 5], [1, 2]]), normal(2, 2, 2, 4))
    assert seen is not None
    assert seen.shape == (2, 1, 2, 4)
    assert seen[0, 0].tolist() == [[True, True, True, False], [True] * 4]
    assert seen[1, 0].tolist() == [[False, True, True, False], [False, True, True, True]]


def test_one_new_token_over_whole_rows_needs_no_mask() -> None:
    """It stands last and may see everything; padding or merged entries bring the mask back."""
    one = step_of([[5]])
    q = normal(1, 2, 1, 4)
    assert attention._mask(layer_of([[[0, 4, 5]]]), one, q) is None
    assert attention._mask(layer_of([[[-1, 4, 5]]]), one, q) is not None
    assert attention._mask(layer_of([[[0, 4, 5]]], [[[2.0, 1.0, 1.0]]]), one, q) is not None


def test_heads_that_choose_have_masks_of_their_own() -> None:
    """Each key-value head's mask is repeated for the attention heads that share it."""
    layer = layer_of([[[0, 1, 4], [0, 3, 5]]])
    seen = attention._mask(layer, step_of([[4, 5]]), normal(1, 4, 2, 4))
    assert seen is not None
    assert seen.shape == (1, 4, 2, 3)
    assert torch.equal(seen[0, 0], seen[0, 1])
    assert seen[0, 0, 0].tolist() == [True, True, True]
    assert seen[0, 2, 0].tolist() == [True, True, False]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_merged_entry_weighs_what_its_tokens_weighed(masses: list[int], seed: int) -> None:
    """Attention over m equal keys is attention over one of mass m: s = q·k + log m."""
    n = len(masses)
    q, k, v = normal(1, 1, 1, 4, seed=seed), normal(1, 1, n, 4, seed=seed + 1), normal(1, 1, n, 4)
    times = torch.tensor(masses)
    many = (q @ k.repeat_interleave(times, 2).mT / 2).softmax(-1) @ v.repeat_interleave(times, 2)
    layer = layer_of([[list(range(n))]], [[[float(m) for m in masses]]])
    bias = attention._mask(layer, step_of([[n]]), q)
    assert bias is not None
    once = (q @ k.mT / 2 + bias).softmax(-1) @ v
    assert torch.allclose(once, many, atol=1e-7)


def test_hidden_merged_entries_weigh_nothing() -> None:
    """Padding among merged entries is as far below as the precision goes, never infinite."""
    layer = layer_of([[[-1, 0, 1]]], [[[3.0, 3.0, 1.0]]])
    for dtype in (torch.float32, torch.float16, torch.float64):
        bias = attention._mask(layer, step_of([[2]]), normal(1, 1, 1, 4).to(dtype))
        assert bias is not None
        assert bias.dtype == dtype
        assert torch.isfinite(bias).all()
        assert bias.double().softmax(-1)[0, 0, 0, 0] == 0
        assert bias[0, 0, 0, 1].item() == pytest.approx(math.log(3), rel=1e-3)


def summed(q: Tensor, k: Tensor, visible: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Σ over counted queries of softmax weights, a mean over the heads of a group; by loops."""
    b, a, n, d = q.shape
    heads, t = k.shape[1:3]
    found = np.zeros((b, heads, t))
    for row in range(b):
        for head in range(a):
            of = head // (a // heads)
            for i in range(n):
                if not counted[row, i]:
                    continue
                s = np.array([float(q[row, head, i] @ k[row, of, j]) / d**0.5 for j in range(t)])
                s[~visible[row, i]] = -np.inf
                e = np.exp(s - s.max())
                found[row, of] += e / e.sum() / (a // heads)
    return found


@pytest.mark.parametrize("window", [math.inf, 2])
@pytest.mark.parametrize("part", [256, 2])
def test_mass_is_the_sum_of_weights(
    window: float, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without a mask, in slices or at once: what loops over queries and entries add up.

    Padding asks nothing, and only the newest queries of a window count.
    """
    monkeypatch.setattr(attention, "SLICE", part)
    q, k = normal(2, 4, 5, 6), normal(2, 2, 8, 6, seed=1)
    step = step_of([[3, 4, 5, 6, 7], [-1, 3, 4, 5, 6]])
    causal = np.arange(8)[None] <= np.arange(3, 8)[:, None]
    counted = step.valid.numpy().copy()
    counted[:, : 0 if window == math.inf else 3] = False
    got = attention._mass(q, k, None, None, step, window)
    assert np.allclose(got, summed(q, k, np.stack([causal] * 2), counted), atol=1e-5)
    some = torch.rand(2, 1, 5, 8, generator=torch.Generator().manual_seed(3)) > 0.4
    some[..., 0] = True
    got = attention._mass(q, k, some, None, step, window)
    assert np.allclose(got, summed(q, k, some[:, 0].numpy(), counted), atol=1e-5)


def test_mass_takes_masks_by_head_and_another_scale() -> None:
    """A mask for each attention head is split by groups; the scale is the module's own."""
    q, k = normal(1, 4, 2, 4), normal(1, 2, 3, 4, seed=1)
    step = step_of([[1, 2]])
    mask = torch.ones(1, 4, 2, 3, dtype=torch.bool)
    mask[:, 2:, :, 0] = False
    got = attention._mass(q, k, mask, 0.5, step, math.inf)
    assert torch.allclose(got.sum(-1), torch.full((1, 2), 2.0))
    assert got[0, 1, 0] == 0
    assert got[0, 0, 0] > 0
    doubled = attention._mass(2 * q, k, mask, 0.25, step, math.inf)
    assert torch.allclose(got, doubled, atol=1e-6)


def test_older_mass_leaks_away_under_a_window() -> None:
    """A window of w keeps 1 - q/w of the old after q queries, none after w; without one all."""
    old, new = torch.full((1, 2, 3), 4.0), torch.ones(1, 2, 3)
    for window, stay in ((8.0, 0.75), (2.0, 0.0), (1.0, 0.0), (math.inf, 1.0)):
        got = attention._leak(old, new, step_of([[6, 7]]), window)
        assert torch.equal(got, old * stay + new)
    shared = attention._leak(old[:, :1], torch.tensor([[[1.0], [3.0]]]), step_of([[1]]), math.inf)
    assert shared.tolist() == [[[6.0, 6.0, 6.0]]]


def test_outside_a_pass_of_ours_attention_is_the_plain_one() -> None:
    """With no cache under way every argument goes through as it came."""
    module = SimpleNamespace(layer_idx=0)
    told: list[Any] = []

    def plain(*args: Any, **kw: Any) -> tuple[Any, None]:
        told.append((args, kw))
        return "out", None

    assert ACTIVE.get() is None
    out = attention._attend(plain, module, 1, 2, 3, "mask", scaling=4)  # type: ignore[arg-type]
    assert out == ("out", None)
    assert told == [((module, 1, 2, 3, "mask"), {"scaling": 4})]


@pytest.mark.parametrize("trimmed", [False, True])
def test_our_mask_replaces_the_model_s_once_tokens_were_dropped(trimmed: bool) -> None:
    """While everything is held the model's mask stands; afterwards it counts places that went."""
    layer = layer_of([[[0, 3, 4]]])
    cache: Any = SimpleNamespace(layers=[layer], trimmed=trimmed)
    masks: list[Any] = []

    def plain(module: Any, q: Any, k: Any, v: Any, mask: Any, **_: Any) -> tuple[Any, None]:
        masks.append(mask)
        return q, None

    token = ACTIVE.set((cache, step_of([[3, 4]])))
    try:
        q, k = normal(1, 2, 2, 4), normal(1, 1, 3, 4)
        attention._attend(plain, SimpleNamespace(layer_idx=0), q, k, k, "theirs")  # type: ignore[arg-type]
    finally:
        ACTIVE.reset(token)
    if not trimmed:
        assert masks == ["theirs"]
        return
    (mask,) = masks
    # Plain attention adds its mask: nothing where an entry is seen, the lowest where it is not.
    assert mask[0, 0, 1].tolist() == [0.0, 0.0, 0.0]
    assert mask[0, 0, 0, 2] == attention._lowest(torch.float64)


def test_the_lowest_number_survives_a_softmax_in_float32() -> None:
    """Double precision reaches below float32, where plain attention takes its softmax."""
    assert attention._lowest(torch.float64) == torch.finfo(torch.float32).min
    assert attention._lowest(torch.float16) == torch.finfo(torch.float16).min


def test_attention_is_registered_once_and_for_all() -> None:
    """Registering again changes nothing, and each name runs the attention that it wraps."""
    attention.register()
    attention.register()
    assert attention.NAMES == {"sdpa": "combray_sdpa", "eager": "combray_eager"}
    module = SimpleNamespace(is_causal=True, training=False, num_key_value_groups=1)
    q = normal(1, 2, 3, 4)
    ours = attention._sdpa(module, q, q, q, None, scaling=0.5)[0]  # type: ignore[arg-type]
    assert torch.equal(ours, sdpa_attention_forward(module, q, q, q, None, scaling=0.5)[0])


def test_plain_attention_comes_from_the_file_of_the_module() -> None:
    """A module whose file has none is refused, with what to do instead."""
    part = model_of("llama").model.layers[0].self_attn
    assert attention.eager_of(part).__module__ == type(part).__module__
    with pytest.raises(Unsupported, match=r"Linear has no plain attention.*sdpa"):
        attention.eager_of(torch.nn.Linear(1, 1))
