"""Virtual memory in pages: addresses first, physical memory under them when it is needed.

A range of addresses is reserved and costs nothing. A page is physical memory of a fixed size; it
can be put under an address, under two at once, taken away and given back. One port, three kinds:
this system's own memory, the memory of a CUDA device (`cuda_pages`), and a count without memory.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, frombuffer, uint8

from combray.core.errors import InputError, Unsupported


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Range:
    """Reserved addresses. `tensor()` is (nbytes,) uint8 over them; touch only what is mapped."""

    address: int
    nbytes: int
    tensor: Callable[[], Tensor]


class Pages(Protocol):
    """Physical memory in pages of one size, and addresses to put it under."""

    @property
    def size(self) -> int:
        """Bytes of a page."""

    def reserve(self, nbytes: int, /) -> Range:
        """Addresses for so many bytes; they are freed when nothing refers to them any more."""

    def create(self) -> int:
        """A new page, by number; it reads zero."""

    def destroy(self, page: int, /) -> None:
        """Give the memory of a page back to the system."""

    def map(self, address: int, page: int, /) -> None:
        """Put a page under an address."""

    def unmap(self, address: int, /) -> None:
        """Take away what is under an address."""

    def copy(self, address: int, page: int, /) -> None:
        """Put a page under an address with the bytes that are there now."""


PROT = mmap.PROT_READ | mmap.PROT_WRITE
FIXED, NORESERVE = 0x10, 0x4000
PUNCH = 0x01 | 0x02
"""Flags of Linux that the module `mmap` does not name: MAP_FIXED, MAP_NORESERVE, a hole kept."""


class HostPages:
    """Pages of this machine's memory: a memfd whose parts are mapped where they are wanted.

    Addresses without a page are anonymous memory that reads zero, so that a view held for too long
    reads zeros and does not crash. Raises Unsupported where the system cannot do this.
    """

    def __init__(self, size: int = 2**16) -> None:
        check_size(size, mmap.PAGESIZE)
        self._size = size
        self._libc = _libc()
        self._file = os.memfd_create("combray-pages")
        self._end = 0
        self._free: list[int] = []
        weakref.finalize(self, os.close, self._file)

    @property
    def size(self) -> int:
        """Bytes of a page."""
        return self._size

    def reserve(self, nbytes: int, /) -> Range:
        """Reserve addresses that no page backs yet."""
        address = self._map(None, nbytes, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE)
        buffer = (ctypes.c_ubyte * nbytes).from_address(address)
        # A tensor over the buffer keeps it, and the buffer keeps the addresses.
        weakref.finalize(buffer, self._libc.munmap, ctypes.c_void_p(address), nbytes)
        return Range(address, nbytes, lambda: frombuffer(buffer, dtype=uint8))

    def create(self) -> int:
        """A hole of the file, or a new piece at its end."""
        if self._free:
            return self._free.pop()
        page, self._end = self._end, self._end + 1
        os.ftruncate(self._file, self._end * self._size)
        return page

    def destroy(self, page: int, /) -> None:
        """Punch a hole into the file."""
        offset = ctypes.c_int64(page * self._size)
        if self._libc.fallocate(self._file, PUNCH, offset, ctypes.c_int64(self._size)):
            _refuse("give back a page", self._size)
        self._free.append(page)

    def map(self, address: int, page: int, /) -> None:
        """Map a piece of the file, present at once."""
        flags = mmap.MAP_SHARED | mmap.MAP_POPULATE | FIXED
        self._map(address, self._size, flags, self._file, page * self._size)

    def unmap(self, address: int, /) -> None:
        """Put nothing in its place."""
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE | FIXED
        self._map(address, self._size, flags)

    def copy(self, address: int, page: int, /) -> None:
        """By way of a buffer."""
        held = ctypes.string_at(address, self._size)
        self.map(address, page)
        ctypes.memmove(address, held, self._size)

    def _map(self, at: int | None, nbytes: int, flags: int, file: int = -1, offset: int = 0) -> int:
        got = self._libc.mmap(at, nbytes, PROT, flags, file, ctypes.c_int64(offset))
        if got is None or got == ctypes.c_void_p(-1).value:
            _refuse("map", nbytes)
        return int(got)


def _libc() -> Any:
    """The C library's calls, or Unsupported with the reason."""
    missing = [x for x in ("memfd_create",) if not hasattr(os, x)]
    if not sys.platform.startswith("linux") or missing:
        raise Unsupported(
            f"Virtual memory in pages needs Linux with mmap and memfd; this is {sys.platform}. "
            "Leave the store out: `attach` then uses DenseStore, which works anywhere."
        )
    libc = ctypes.CDLL(None, use_errno=True)
    size, number = ctypes.c_size_t, ctypes.c_int
    libc.mmap.argtypes = [ctypes.c_void_p, size, number, number, number, ctypes.c_int64]
    libc.mmap.restype = ctypes.c_void_p
    libc.munmap.argtypes = [ctypes.c_void_p, size]
    libc.fallocate.argtypes = [number, number, ctypes.c_int64, ctypes.c_int64]
    return libc


def _refuse(what: str, nbytes: int) -> None:
    code = ctypes.get_errno()
    hint = ""
    if code == errno.ENOMEM:
        hint = (
            " Either memory is short, or the process has too many mappings (vm.max_map_count): "
            "use a larger page."
        )
    raise Unsupported(f"The system would not {what} ({nbytes} bytes): {os.strerror(code)}.{hint}")


def check_size(size: int, least: int) -> None:
    """Refuse a page that is not a multiple of the system's own."""
    if size <= 0 or size % least:
        raise InputError(
            f"A page must be a multiple of the system's own ({least} bytes), not {size}."
        )


class CountingPages:
    """Pages without memory, to simulate allocation on machines that are not at hand."""

    def __init__(self, size: int) -> None:
        check_size(size, 1)
        self._size = size
        self._next_page = self._next_address = 0
        self.under: dict[int, int] = {}
        self.created: set[int] = set()

    @property
    def size(self) -> int:
        """Bytes of a page."""
        return self._size

    def reserve(self, nbytes: int, /) -> Range:
        """Reserve unused addresses."""
        address, self._next_address = self._next_address, self._next_address + nbytes
        return Range(address, nbytes, _nothing)

    def create(self) -> int:
        """The next number."""
        self._next_page += 1
        self.created.add(self._next_page)
        return self._next_page

    def destroy(self, page: int, /) -> None:
        """Forget the number."""
        self.created.remove(page)

    def map(self, address: int, page: int, /) -> None:
        """Note what is where."""
        self.under[address] = page

    def unmap(self, address: int, /) -> None:
        """Note that nothing is there."""
        del self.under[address]

    def copy(self, address: int, page: int, /) -> None:
        """Note the new page."""
        self.under[address] = page


def _nothing() -> Tensor:
    raise Unsupported("Counted pages hold nothing; use HostPages or CudaPages for a tensor.")
