"""A place for keys and values: adding, replacing, forgetting, and forks that part."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.tensor.kv.kv_store import KV, DenseStore

pytestmark = pytest.mark.torch


def entries(t: int, seed: int = 0, *, width: int = 4, value: int = 3) -> KV:
    """Random keys (2 2 t width) and values (2 2 t value)."""
    rng = torch.Generator().manual_seed(seed)
    return KV(
        torch.randn(2, 2, t, width, generator=rng), torch.randn(2, 2, t, value, generator=rng)
    )


def equal(one: KV, other: KV) -> bool:
    """Whether keys and values are the same to the bit."""
    return torch.equal(one.keys, other.keys) and torch.equal(one.values, other.values)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_what_is_added_stands_in_its_order(lengths: list[int]) -> None:
    """However it is cut into pieces, all that was added comes back, the newest last."""
    pieces = [entries(t, seed) for seed, t in enumerate(lengths)]
    store = DenseStore()
    for piece in pieces:
        held = store.append(piece)
    assert torch.equal(held.keys, torch.cat([p.keys for p in pieces], dim=2))
    assert torch.equal(held.values, torch.cat([p.values for p in pieces], dim=2))


def test_bytes_are_those_of_both_tensors() -> None:
    """Keys and values may differ in width; half precision takes half."""
    store = DenseStore()
    assert store.nbytes == 0
    store.append(entries(5))
    assert store.nbytes == 2 * 2 * 5 * (4 + 3) * 4
    half = DenseStore()
    half.append(KV(*(x.half() for x in entries(5))))
    assert half.nbytes == store.nbytes // 2


def test_replacing_leaves_nothing_of_before() -> None:
    """What is put in the place of everything is what later entries are added to."""
    store, kept, new = DenseStore(), entries(2, 1), entries(1, 2)
    store.append(entries(6))
    assert equal(store.replace(kept), kept)
    assert torch.equal(store.append(new).keys, torch.cat([kept.keys, new.keys], dim=2))


def test_rows_may_change_in_number() -> None:
    """After a beam was repeated, the store holds as many rows as it was given."""
    store = DenseStore()
    store.append(entries(3))
    many = KV(*(x.repeat_interleave(3, 0) for x in entries(3)))
    assert store.replace(many).keys.shape == (6, 2, 3, 4)


def test_cleared_it_starts_anew() -> None:
    """Nothing is held, and the next entries are the first."""
    store, new = DenseStore(), entries(2, 3)
    store.append(entries(6))
    store.clear()
    assert store.nbytes == 0
    assert equal(store.append(new), new)


def test_forks_part_from_one_another() -> None:
    """A fork begins with the same entries; adding to either leaves the other as it is."""
    store, base = DenseStore(), entries(4)
    store.append(base)
    twin = store.fork()
    longer = twin.append(entries(1, 1))
    assert longer.keys.shape[2] == 5
    assert torch.equal(longer.keys[:, :, :4], base.keys)
    assert store.append(entries(2, 2)).keys.shape[2] == 6
    store.clear()
    assert twin.nbytes == 2 * 2 * 5 * 7 * 4


def test_nothing_is_written_in_place() -> None:
    """What was handed out before stays what it was."""
    store = DenseStore()
    first = store.append(entries(3))
    copy = first.keys.clone()
    store.append(entries(3, 1))
    store.replace(entries(1, 2))
    assert torch.equal(first.keys, copy)
