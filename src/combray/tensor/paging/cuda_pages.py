"""Pages of a CUDA device, by the driver's virtual-memory calls, on the port of `pages`.

Only calls of the driver that PyTorch itself loads are used; nothing is compiled. A device whose
driver has no such calls raises Unsupported.
"""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

import torch
from torch import Tensor

from combray.core.errors import Unsupported
from combray.tensor.paging.pages import Range, check_size

_PINNED, _DEVICE, _READ_WRITE = 1, 1, 3
"""The driver's words for: pinned memory, a device as the place, reading and writing."""


class _Location(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("id", ctypes.c_int)]


class _Flags(ctypes.Structure):
    _fields_ = [
        ("compression", ctypes.c_ubyte),
        ("rdma", ctypes.c_ubyte),
        ("usage", ctypes.c_ushort),
        ("reserved", ctypes.c_ubyte * 4),
    ]


class _Kind(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("handles", ctypes.c_int),
        ("location", _Location),
        ("meta", ctypes.c_void_p),
        ("flags", _Flags),
    ]


class _Access(ctypes.Structure):
    _fields_ = [("location", _Location), ("flags", ctypes.c_int)]


class CudaPages:
    """Pages of device memory: cuMemCreate, put under cuMemAddressReserve by cuMemMap.

    size: bytes of a page; 0 takes the least the device offers (2 MiB with stock drivers). The
    caller's stream is waited for before a page is taken away.
    """

    def __init__(self, size: int = 0, device: int = 0) -> None:
        if not torch.cuda.is_available():
            raise Unsupported("No CUDA device is there; use HostPages, or DenseStore.")
        self._device = device
        self._driver = _driver()
        self._kind = _Kind(type=_PINNED, location=_Location(_DEVICE, device))
        least = ctypes.c_size_t()
        with torch.cuda.device(device):
            torch.zeros(1, device=f"cuda:{device}")
            self._call(
                "cuMemGetAllocationGranularity",
                ctypes.byref(least),
                ctypes.byref(self._kind),
                ctypes.c_int(0),
            )
        self._size = size or least.value
        check_size(self._size, least.value)
        self._scratch = self.reserve(self._size)

    @property
    def size(self) -> int:
        """Bytes of a page."""
        return self._size

    def reserve(self, nbytes: int, /) -> Range:
        """Reserve device addresses that no page backs yet."""
        address, n = ctypes.c_uint64(), ctypes.c_size_t(nbytes)
        zero = ctypes.c_uint64(0)
        self._call("cuMemAddressReserve", ctypes.byref(address), n, ctypes.c_size_t(0), zero, zero)
        holder = _Holder(address.value, nbytes)
        weakref.finalize(holder, self._driver.cuMemAddressFree, address, n)
        return Range(address.value, nbytes, lambda: _tensor(holder, self._device))

    def create(self) -> int:
        """Device memory of one page, filled with zeros."""
        handle = ctypes.c_uint64()
        n, kind = ctypes.c_size_t(self._size), ctypes.byref(self._kind)
        self._call("cuMemCreate", ctypes.byref(handle), n, kind, ctypes.c_uint64(0))
        at = self._scratch.address
        self.map(at, handle.value)
        self._call("cuMemsetD8_v2", ctypes.c_uint64(at), ctypes.c_ubyte(0), n)
        self.unmap(at)
        return handle.value

    def destroy(self, page: int, /) -> None:
        """Release the handle; the driver frees the memory when no address maps it."""
        self._call("cuMemRelease", ctypes.c_uint64(page))

    def map(self, address: int, page: int, /) -> None:
        """Map the page and allow reading and writing."""
        at, n = ctypes.c_uint64(address), ctypes.c_size_t(self._size)
        zero = ctypes.c_uint64(0)
        self._call("cuMemMap", at, n, ctypes.c_size_t(0), ctypes.c_uint64(page), zero)
        access = _Access(self._kind.location, _READ_WRITE)
        self._call("cuMemSetAccess", at, n, ctypes.byref(access), ctypes.c_size_t(1))

    def unmap(self, address: int, /) -> None:
        """Take the page away, after the work that may still read it."""
        torch.cuda.synchronize(self._device)
        self._call("cuMemUnmap", ctypes.c_uint64(address), ctypes.c_size_t(self._size))

    def copy(self, address: int, page: int, /) -> None:
        """By way of an address set aside for this."""
        at, here = ctypes.c_uint64(self._scratch.address), ctypes.c_uint64(address)
        torch.cuda.synchronize(self._device)
        self.map(at.value, page)
        self._call("cuMemcpyDtoD_v2", at, here, ctypes.c_size_t(self._size))
        self.unmap(at.value)
        self.unmap(address)
        self.map(address, page)

    def _call(self, name: str, *arguments: Any) -> None:
        code = getattr(self._driver, name)(*arguments)
        if code:
            text = ctypes.c_char_p()
            self._driver.cuGetErrorString(code, ctypes.byref(text))
            reason = (text.value or b"unknown").decode()
            raise Unsupported(f"The CUDA driver refused {name} for {self._size} bytes: {reason}.")


class _Holder:
    """Keeps device addresses reserved while a tensor uses them."""

    def __init__(self, address: int, nbytes: int) -> None:
        self.__cuda_array_interface__ = {
            "data": (address, False),
            "shape": (nbytes,),
            "typestr": "|u1",
            "version": 3,
        }


def _tensor(holder: _Holder, device: int) -> Tensor:
    return torch.as_tensor(holder, device=f"cuda:{device}")


def _driver() -> Any:
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise Unsupported(f"The CUDA driver cannot be loaded: {error}.") from error
    if not hasattr(driver, "cuMemAddressReserve"):
        raise Unsupported("This CUDA driver is too old for virtual memory; 10.2 or later has it.")
    return driver
