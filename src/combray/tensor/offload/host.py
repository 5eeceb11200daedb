"""Where tensors go that are not needed for a while: this machine's memory, or a file."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from combray.core.errors import InputError, Unsupported


class OffloadStore(Protocol):
    """Keeps copies of tensors. A copy is freed with its handle."""

    def put(self, x: Tensor, /) -> Handle:
        """Copy a tensor out."""


class Handle(Protocol):
    """One tensor that is kept."""

    def get(self) -> Tensor:
        """The tensor, bit for bit, on the device it came from."""


class RamStore:
    """Copies in this machine's memory; pinned when they come from a CUDA device."""

    def put(self, x: Tensor, /) -> Handle:
        """Copy a tensor out."""
        copy = torch.empty_like(x, device="cpu", pin_memory=x.is_cuda)
        copy.copy_(x)
        return _InRam(copy, x.device)


class _InRam:
    def __init__(self, copy: Tensor, device: torch.device) -> None:
        self._copy, self._device = copy, device

    def get(self) -> Tensor:
        """A copy of the copy, or the copy itself when it is where it belongs."""
        return self._copy.to(self._device)


class DiskStore:
    """Copies in one unnamed file of a folder. `room`: bytes it may grow to, checked at once.

    Raises Unsupported when the disk has less than `room` free.
    """

    def __init__(self, room: int, folder: str | Path | None = None) -> None:
        where = Path(folder) if folder is not None else Path(tempfile.gettempdir())
        free_or_refuse(where, room)
        self._file, name = tempfile.mkstemp(prefix="combray-", dir=where)
        os.unlink(name)
        weakref.finalize(self, os.close, self._file)
        self._room = room
        self._end = 0
        self._free: dict[int, list[int]] = {}
        self._lock = threading.Lock()

    def put(self, x: Tensor, /) -> Handle:
        """Write a tensor to the file."""
        raw = x.detach().contiguous().cpu().view(-1).view(torch.uint8).numpy()
        at = self._place(raw.nbytes)
        os.pwrite(self._file, raw.data, at)
        return _OnDisk(self, at, raw.nbytes, x)

    def _place(self, n: int) -> int:
        with self._lock:
            if self._free.get(n):
                return self._free[n].pop()
            if self._end + n > self._room:
                raise Unsupported(
                    f"The {self._room} bytes set aside on disk are full. Give the host more room, "
                    "or swap a smaller share of the tokens."
                )
            at, self._end = self._end, self._end + n
            return at

    def read(self, at: int, n: int) -> bytearray:
        """Bytes of the file."""
        out = bytearray(n)
        os.preadv(self._file, [out], at)
        return out

    def forget(self, at: int, n: int) -> None:
        """Let the place be used again."""
        with self._lock:
            self._free.setdefault(n, []).append(at)


class _OnDisk:
    def __init__(self, host: DiskStore, at: int, n: int, like: Tensor) -> None:
        self._host, self._at, self._n = host, at, n
        self._dtype, self._shape, self._device = like.dtype, like.shape, like.device

    def get(self) -> Tensor:
        """Read it back."""
        if not self._n:
            return torch.empty(self._shape, dtype=self._dtype, device=self._device)
        flat = torch.frombuffer(self._host.read(self._at, self._n), dtype=torch.uint8)
        return flat.view(self._dtype).view(self._shape).to(self._device)

    def __del__(self) -> None:
        self._host.forget(self._at, self._n)


def free_or_refuse(folder: Path, need: int) -> None:
    """Raise before anything is written when a folder's disk has too little room."""
    if need < 0:
        raise InputError(f"Room is a number of bytes, not {need}.")
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name one on the disk to be used.")
    free = shutil.disk_usage(folder).free
    if free < need:
        raise Unsupported(
            f"The disk of {folder} has {free:,} bytes free and {need:,} are needed; nothing was "
            "written. Free some space or name a folder on another disk."
        )
