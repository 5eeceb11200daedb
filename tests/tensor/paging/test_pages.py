"""Pages of this machine's memory, and pages that are only counted, on one port."""

from __future__ import annotations

import errno
import gc
import mmap
import os
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from combray.core.errors import InputError, Unsupported
from combray.tensor.paging import pages as module
from combray.tensor.paging.pages import CountingPages, HostPages, check_size

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(sys.platform != "linux", reason="pages are put under addresses on Linux"),
]
PAGE = mmap.PAGESIZE


@pytest.fixture
def memory() -> HostPages:
    """Pages of the least size there is."""
    return HostPages(PAGE)


def test_addresses_without_a_page_read_zero(memory: HostPages) -> None:
    """A reservation can be read at once, and what is written to one address is not at another."""
    here = memory.reserve(4 * PAGE)
    x = here.tensor()
    assert (here.nbytes, x.numel(), x.data_ptr()) == (4 * PAGE, 4 * PAGE, here.address)
    assert not x.any()


def test_a_page_under_two_addresses_is_one_page(memory: HostPages) -> None:
    """What is written through one address is read through the other, and nowhere else."""
    here = memory.reserve(3 * PAGE)
    x, page = here.tensor(), memory.create()
    memory.map(here.address, page)
    memory.map(here.address + 2 * PAGE, page)
    x[:PAGE] = 7
    assert (x[2 * PAGE :] == 7).all()
    assert not x[PAGE : 2 * PAGE].any()


def test_an_unmapped_page_keeps_its_bytes(memory: HostPages) -> None:
    """Taken away, the addresses read zero; put elsewhere, the page still says what was written."""
    here, there = memory.reserve(PAGE), memory.reserve(PAGE)
    page = memory.create()
    memory.map(here.address, page)
    here.tensor().fill_(5)
    memory.unmap(here.address)
    assert not here.tensor().any()
    memory.map(there.address, page)
    assert (there.tensor() == 5).all()


def test_a_copy_is_another_page(memory: HostPages) -> None:
    """After copying, the same address reads the same and no longer writes to the old page."""
    here = memory.reserve(2 * PAGE)
    x, old, new = here.tensor(), memory.create(), memory.create()
    memory.map(here.address, old)
    memory.map(here.address + PAGE, old)
    x[:PAGE] = 3
    memory.copy(here.address, new)
    assert (x[:PAGE] == 3).all()
    x[:PAGE] = 4
    assert (x[PAGE:] == 3).all()


def test_a_page_given_back_comes_again_empty(memory: HostPages) -> None:
    """Its number is used again, and its bytes are gone."""
    here = memory.reserve(PAGE)
    page = memory.create()
    memory.map(here.address, page)
    here.tensor().fill_(9)
    memory.unmap(here.address)
    memory.destroy(page)
    assert memory.create() == page
    memory.map(here.address, page)
    assert not here.tensor().any()
    assert memory.create() == page + 1


def test_pages_may_be_of_several_system_pages() -> None:
    """Pages of 16 KiB stand side by side and do not overlap."""
    memory = HostPages(4 * PAGE)
    here = memory.reserve(2 * memory.size)
    for i in range(2):
        memory.map(here.address + i * memory.size, memory.create())
        here.tensor()[i * memory.size : (i + 1) * memory.size] = i + 1
    assert here.tensor().view(2, -1).tolist() == [[1] * 4 * PAGE, [2] * 4 * PAGE]


def test_addresses_are_freed_with_the_last_tensor(memory: HostPages) -> None:
    """A tensor keeps its addresses; when nothing refers to them any more, they are given back."""
    nbytes = 2**30 + PAGE
    here = memory.reserve(nbytes)
    x, address = here.tensor()[:8], f"{here.address:x}-"
    del here
    gc.collect()
    assert address in Path("/proc/self/maps").read_text()
    assert not x.any()
    del x
    gc.collect()
    assert address not in Path("/proc/self/maps").read_text()


def test_the_file_is_closed_with_the_pages() -> None:
    """No descriptor is left."""
    before = len(os.listdir("/proc/self/fd"))
    memory = HostPages(PAGE)
    memory.create()
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del memory
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("size", [0, -4096, 1000, PAGE + 1])
def test_a_page_is_a_multiple_of_the_system_s_own(size: int) -> None:
    """The message has the system's size."""
    with pytest.raises(InputError, match=f"{PAGE} bytes"):
        HostPages(size)
    check_size(3 * PAGE, PAGE)


def test_what_the_system_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large a reservation names what was asked; want of memory hints at larger pages."""
    memory = HostPages(PAGE)
    with pytest.raises(Unsupported, match=r"would not map \(\d+ bytes\)"):
        memory.reserve(2**62)
    monkeypatch.setattr(module.ctypes, "get_errno", lambda: errno.ENOMEM)
    with pytest.raises(Unsupported, match=r"vm\.max_map_count.*larger page"):
        module._refuse("map", 4096)
    monkeypatch.setattr(module.ctypes, "get_errno", lambda: errno.EINVAL)
    with pytest.raises(Unsupported, match="Invalid argument"):
        module._refuse("give back a page", 4096)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_refused_by_name(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which system it is and that DenseStore works anywhere."""
    monkeypatch.setattr(module.sys, "platform", platform)
    with pytest.raises(Unsupported, match=f"{platform}.*DenseStore"):
        HostPages(PAGE)


def test_counted_pages_know_what_is_where() -> None:
    """Numbers and addresses are given once; maps, copies and ends are noted; no tensor is there."""
    memory = CountingPages(16)
    one, two = memory.reserve(100), memory.reserve(50)
    assert (one.address, two.address, memory.size) == (0, 100, 16)
    first, second = memory.create(), memory.create()
    memory.map(one.address, first)
    memory.map(two.address, first)
    memory.copy(two.address, second)
    assert memory.under == {0: first, 100: second}
    memory.unmap(0)
    memory.destroy(first)
    assert (memory.under, memory.created) == ({100: second}, {second})
    with pytest.raises(Unsupported, match="HostPages or CudaPages"):
        one.tensor()
    with pytest.raises(InputError, match="not 0"):
        CountingPages(0)


def test_what_was_never_made_cannot_be_given_back() -> None:
    """Counting is strict, so that a wrong book is found out."""
    memory = CountingPages(1)
    page: Any = memory.create()
    memory.destroy(page)
    with pytest.raises(KeyError):
        memory.destroy(page)
    with pytest.raises(KeyError):
        memory.unmap(3)
