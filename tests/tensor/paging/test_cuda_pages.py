"""Pages of a CUDA device: the calls that the driver gets, by a driver that only takes notes."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from combray.core.errors import InputError, Unsupported
from combray.tensor.paging import cuda_pages
from combray.tensor.paging.cuda_pages import CudaPages

pytestmark = pytest.mark.torch
LEAST = 2**21


def number(x: Any) -> Any:
    """The value of a number of C; pointers are told as such."""
    return getattr(x, "value", "pointer")


class Driver:
    """Notes every call; answers with a code, and with numbers where a pointer waits for one."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[Any]]] = []
        self.code = 0
        self._next = 1000

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("cu"):
            raise AttributeError(name)

        def call(*arguments: Any) -> int:
            if name == "cuGetErrorString":
                arguments[1]._obj.value = b"out of memory"
                return 0
            if self.code:
                return self.code
            if name == "cuMemGetAllocationGranularity":
                arguments[0]._obj.value = LEAST
            elif name in ("cuMemAddressReserve", "cuMemCreate"):
                self._next += 1
                arguments[0]._obj.value = self._next
            self.calls.append((name, [number(x) for x in arguments]))
            return 0

        return call

    def names(self) -> list[str]:
        """The calls since the last question, in order."""
        names = [name for name, _ in self.calls]
        self.calls.clear()
        return names


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """A driver that takes notes, on a machine that seems to have a device."""
    made = Driver()
    monkeypatch.setattr(cuda_pages, "_driver", lambda: made)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: made.calls.append(("wait", [])))
    monkeypatch.setattr(torch, "zeros", lambda *_, **__: None)
    yield made
    gc.collect()


def test_the_least_page_is_the_device_s(driver: Driver) -> None:
    """No size takes the least there is; another must be a multiple of it."""
    assert CudaPages().size == LEAST
    assert CudaPages(4 * LEAST).size == 4 * LEAST
    with pytest.raises(InputError, match=f"{LEAST} bytes"):
        CudaPages(LEAST + 1)


def test_a_new_page_is_cleared(driver: Driver) -> None:
    """It is made, put under an address set aside, filled with zeros and taken away again."""
    memory = CudaPages()
    driver.names()
    page = memory.create()
    calls = dict(driver.calls)
    assert calls["cuMemsetD8_v2"][1:] == [0, LEAST]
    assert calls["cuMemMap"][3] == page
    assert calls["cuMemMap"][0] == calls["cuMemsetD8_v2"][0] == calls["cuMemUnmap"][0]
    assert driver.names() == [
        "cuMemCreate",
        "cuMemMap",
        "cuMemSetAccess",
        "cuMemsetD8_v2",
        "wait",
        "cuMemUnmap",
    ]


def test_mapping_allows_reading_and_writing(driver: Driver) -> None:
    """A map is of one page at its address, and its access is set at once."""
    memory = CudaPages()
    driver.names()
    memory.map(5 * LEAST, 7)
    (_, mapped), (name, access) = driver.calls
    assert mapped == [5 * LEAST, LEAST, 0, 7, 0]
    assert name == "cuMemSetAccess"
    assert access == [5 * LEAST, LEAST, "pointer", 1]


def test_nothing_is_taken_away_under_running_work(driver: Driver) -> None:
    """The device is waited for before an address loses its page, and before a copy."""
    memory = CudaPages()
    driver.names()
    memory.unmap(LEAST)
    assert driver.names() == ["wait", "cuMemUnmap"]
    memory.copy(LEAST, 3)
    assert driver.names() == [
        "wait",
        "cuMemMap",
        "cuMemSetAccess",
        "cuMemcpyDtoD_v2",
        "wait",
        "cuMemUnmap",
        "wait",
        "cuMemUnmap",
        "cuMemMap",
        "cuMemSetAccess",
    ]


def test_a_copy_goes_from_the_address_to_the_new_page(driver: Driver) -> None:
    """The bytes at the address are copied before the new page stands under it."""
    memory = CudaPages()
    driver.names()
    memory.copy(9 * LEAST, 3)
    copied = next(arguments for name, arguments in driver.calls if name == "cuMemcpyDtoD_v2")
    maps = [arguments for name, arguments in driver.calls if name == "cuMemMap"]
    assert copied[1:] == [9 * LEAST, LEAST]
    assert copied[0] == maps[0][0] != 9 * LEAST
    assert maps[1][:4] == [9 * LEAST, LEAST, 0, 3]


def test_a_page_given_back_is_released(driver: Driver) -> None:
    """Its handle goes to the driver."""
    memory = CudaPages()
    driver.names()
    memory.destroy(42)
    assert driver.calls == [("cuMemRelease", [42])]


def test_a_refusal_has_the_driver_s_reason(driver: Driver) -> None:
    """The call, the bytes and the reason are in the message."""
    memory = CudaPages()
    driver.code = 2
    with pytest.raises(Unsupported, match=rf"refused cuMemCreate for {LEAST} bytes: out of memory"):
        memory.create()
    driver.code = 0


def test_the_driver_s_structures_have_its_sizes() -> None:
    """The properties of an allocation are 32 bytes in C, an access descriptor 12."""
    assert ctypes.sizeof(cuda_pages._Location) == 8
    assert ctypes.sizeof(cuda_pages._Flags) == 8
    assert ctypes.sizeof(cuda_pages._Kind) == 32
    assert ctypes.sizeof(cuda_pages._Access) == 12


def test_addresses_are_told_to_torch_as_bytes() -> None:
    """A tensor over device addresses is one row of bytes, writable."""
    told = cuda_pages._Holder(4096, 64).__cuda_array_interface__
    assert told["data"] == (4096, False)
    assert (told["shape"], told["typestr"]) == ((64,), "|u1")


def test_without_a_device_or_its_driver_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No device, no library, and a library too old: each is named, with what works instead."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(Unsupported, match="HostPages"):
        CudaPages()

    def missing(_: str) -> Any:
        raise OSError("no such file")

    monkeypatch.setattr(cuda_pages.ctypes, "CDLL", missing)
    with pytest.raises(Unsupported, match="cannot be loaded: no such file"):
        cuda_pages._driver()
    monkeypatch.setattr(cuda_pages.ctypes, "CDLL", lambda _: object())
    with pytest.raises(Unsupported, match="too old"):
        cuda_pages._driver()
