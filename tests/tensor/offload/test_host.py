"""Where tensors go: back they come bit for bit, places are used again, a full place is refused."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from combray.core.errors import InputError, Unsupported
from combray.tensor.offload.host import DiskStore, RamStore, free_or_refuse

pytestmark = pytest.mark.torch
DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64)


def numbers(dtype: torch.dtype, *shape: int) -> Tensor:
    """Numbers of a type, some of them not to be rounded away."""
    rng = torch.Generator().manual_seed(0)
    return (100 * torch.randn(*shape, generator=rng)).to(dtype)


def hosts(folder: Path) -> list[Any]:
    """Both kinds."""
    return [RamStore(), DiskStore(2**20, folder)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_tensor_comes_back_bit_for_bit(dtype: torch.dtype, tmp_path: Path) -> None:
    """Type, shape and every bit; a number, nothing at all, and a view with strides as well."""
    base = numbers(dtype, 4, 6)
    for x in (base, base[0, 0], base[:0], base.T, base[::2, 1:4]):
        for host in hosts(tmp_path):
            y = host.put(x).get()
            assert (y.dtype, y.shape, y.device) == (x.dtype, x.shape, x.device)
            assert torch.equal(y, x)


def test_what_is_not_a_number_comes_back(tmp_path: Path) -> None:
    """Infinities, NaN and the sign of zero are kept."""
    x = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45])
    for host in hosts(tmp_path):
        y = host.put(x).get()
        assert torch.equal(x.view(torch.int32), y.view(torch.int32))


def test_a_copy_does_not_follow_the_original(tmp_path: Path) -> None:
    """What is changed after it went out comes back as it was."""
    for host in hosts(tmp_path):
        x = torch.ones(5)
        handle = host.put(x)
        x.zero_()
        assert handle.get().tolist() == [1.0] * 5
        assert handle.get().tolist() == [1.0] * 5


def test_gradients_stay_behind(tmp_path: Path) -> None:
    """A tensor under autograd is kept as numbers."""
    x = torch.ones(3, requires_grad=True)
    assert not DiskStore(2**10, tmp_path).put(x).get().requires_grad


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_places_do_not_overlap(sizes: list[int], chance: Any) -> None:
    """Whatever is put and forgotten between, each tensor still alive is what it was."""
    host, alive = DiskStore(2**16), []
    for i, n in enumerate(sizes * 3):
        x = torch.full((n,), i)
        alive.append((host.put(x), x))
        if chance.random() < 0.4:
            alive.pop(chance.randrange(len(alive)))
    for handle, x in alive:
        assert torch.equal(handle.get(), x)


def test_a_forgotten_place_is_used_again(tmp_path: Path) -> None:
    """Room for one tensor is enough for many, one after the other; two at once are too many."""
    host = DiskStore(4 * 100, tmp_path)
    for i in range(20):
        handle = host.put(torch.full((100,), float(i)))
        assert handle.get()[0] == i
        del handle
    first = host.put(torch.zeros(100))
    with pytest.raises(Unsupported, match="400 bytes set aside on disk are full"):
        host.put(torch.zeros(1))
    assert first.get().sum() == 0


def test_the_file_has_no_name_and_ends_with_the_host(tmp_path: Path) -> None:
    """Nothing is left in the folder, not even while it is used; the descriptor is closed."""
    before = len(os.listdir("/proc/self/fd"))
    host = DiskStore(2**10, tmp_path)
    handle = host.put(torch.ones(4))
    assert list(tmp_path.iterdir()) == []
    assert handle.get().sum() == 4
    del host, handle
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


def test_room_is_checked_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little free, no folder, and a negative number are told apart."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    free_or_refuse(tmp_path, 1000)
    with pytest.raises(Unsupported, match=r"1,000 bytes free and 1,001 are needed"):
        free_or_refuse(tmp_path, 1001)
    with pytest.raises(InputError, match="not -1"):
        free_or_refuse(tmp_path, -1)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match="is not a folder"):
        DiskStore(1, file)
    with pytest.raises(Unsupported, match="nothing was written"):
        DiskStore(2000, tmp_path)
    assert list(tmp_path.iterdir()) == [file]
