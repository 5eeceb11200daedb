"""Rows of numbers in a file, read past the system's page cache, and counted.

A record is one neuron's weights side by side, so that one read brings all of it. Records that
follow one another are read at once.
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor

from combray.core.errors import Unsupported
from combray.tensor.offload.host import free_or_refuse

BLOCK = 4096
"""Bytes that every read is aligned to."""


@dataclass(slots=True)
class Reads:
    """How many reads there were and how many bytes they brought."""

    count: int = 0
    nbytes: int = 0


def stride_of(nbytes: int) -> int:
    """Bytes from one record to the next: no record crosses a block that it need not cross."""
    if nbytes >= BLOCK:
        return -(-nbytes // BLOCK) * BLOCK
    return BLOCK // (BLOCK // nbytes)


class RowFile:
    """A file of records (n, width) of one kind of number. `threads` reads are under way at once.

    Where the file system cannot read past the cache, what was read is dropped from it after.
    """

    def __init__(self, path: Path, rows: int, width: int, dtype: torch.dtype, threads: int) -> None:
        self.path, self.rows, self.width, self.dtype = path, rows, width, dtype
        self.reads = Reads()
        self._record = width * dtype.itemsize
        self.stride = stride_of(self._record)
        self._file, self.direct = _open(path)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "combray-read")
        weakref.finalize(self, os.close, self._file)

    @staticmethod
    def write(path: Path, records: Tensor, threads: int = 8) -> RowFile:
        """Write records (n, width) to a new file and open it.

        Raises Unsupported before anything is written when the disk has too little room.
        """
        n, width = records.shape
        stride = stride_of(width * records.dtype.itemsize)
        need = -(-n * stride // BLOCK) * BLOCK
        free_or_refuse(path.parent, need)
        out = torch.zeros(need, dtype=torch.uint8)
        padded = out[: n * stride].view(n, stride)
        raw = records.detach().cpu().contiguous().view(torch.uint8)
        padded[:, : raw.shape[1]] = raw.view(n, -1)
        with path.open("wb") as file:
            file.write(out.numpy().data)
            file.flush()
            os.fsync(file.fileno())
        return RowFile(path, n, width, records.dtype, threads)

    def spans(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """(offset, bytes) of the reads that bring the records `ids`, which must ascend."""
        spans: list[tuple[int, int]] = []
        for i in ids:
            start = i * self.stride // BLOCK * BLOCK
            end = -(-(i * self.stride + self._record) // BLOCK) * BLOCK
            if spans and start <= spans[-1][0] + spans[-1][1]:
                first = spans[-1][0]
                spans[-1] = (first, max(end, first + spans[-1][1]) - first)
            else:
                spans.append((start, end - start))
        return spans

    def read(self, ids: Tensor) -> Tensor:
        """Records ids (m,), ascending: -> (m, width)."""
        spans = self.spans(ids.tolist())
        total = sum(n for _, n in spans)
        if not total:
            return torch.empty(0, self.width, dtype=self.dtype)
        staging = mmap.mmap(-1, total)
        places = list(accumulate((n for _, n in spans), initial=0))
        reads = [(offset, at, n) for (offset, n), at in zip(spans, places[:-1], strict=True)]
        # One task a thread and not one a read: handing over a task costs as much as a read does.
        view = memoryview(staging)
        tasks = [reads[i :: self._threads] for i in range(min(self._threads, len(reads)))]
        for _ in self._pool.map(lambda task: self._read(view, task), tasks):
            pass
        self.reads.count += len(spans)
        self.reads.nbytes += total
        offsets = torch.tensor([offset for offset, _ in spans])
        begins = ids * self.stride
        span = torch.searchsorted(offsets, begins, right=True) - 1
        local = begins - offsets[span] + torch.tensor(places)[span]
        flat = torch.frombuffer(staging, dtype=torch.uint8)
        return flat.unfold(0, self._record, 1).index_select(0, local).view(self.dtype)

    def _read(self, view: memoryview, reads: Sequence[tuple[int, int, int]]) -> None:
        """Each of (offset in the file, place in the view, bytes), one after the other."""
        for offset, at, n in reads:
            if os.preadv(self._file, [view[at : at + n]], offset) != n:
                raise Unsupported(f"{self.path} is shorter than it was written; write it again.")
            if not self.direct:
                os.posix_fadvise(self._file, offset, n, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        """End the threads; the file stays."""
        self._pool.shutdown()


class NeuronBuffer:
    """Rows of a fixed block of memory and a table that points from neurons to rows."""

    def __init__(self, capacity: int, neurons: int, width: int, dtype: torch.dtype) -> None:
        self._rows = torch.empty(capacity, width, dtype=dtype)
        self._row_of = torch.full((neurons,), -1)
        self._who = torch.empty(capacity, dtype=torch.long)
        self._used = 0

    @property
    def rows(self) -> Tensor:
        """(m, width) what is held, in no order."""
        return self._rows[: self._used]

    @property
    def neurons(self) -> Tensor:
        """(m,) whose rows they are."""
        return self._who[: self._used]

    @property
    def capacity(self) -> int:
        """Rows there is room for."""
        return len(self._who)

    @property
    def total(self) -> int:
        """Neurons there are."""
        return len(self._row_of)

    def holds(self) -> Tensor:
        """(n,) true for neurons that are held."""
        return self._row_of >= 0

    def take(self, ids: Tensor) -> Tensor:
        """(m, width) the rows of neurons ids (m,), all held."""
        return self._rows.index_select(0, self._row_of[ids])

    def add(self, ids: Tensor, rows: Tensor) -> None:
        """Put rows (m, width) of neurons ids (m,), none held yet, at the end."""
        place = torch.arange(self._used, self._used + len(ids))
        self._rows[place], self._who[place], self._row_of[ids] = rows, ids, place
        self._used += len(ids)

    def drop(self, ids: Tensor) -> None:
        """Forget neurons; the last rows move into their places, nothing else moves."""
        left = self._used - len(ids)
        places = self._row_of[ids]
        self._row_of[ids] = -1
        holes = places[places < left]
        last = torch.arange(left, self._used)
        movers = last[self._row_of[self._who[last]] == last]
        self._rows[holes] = self._rows[movers]
        self._who[holes] = self._who[movers]
        self._row_of[self._who[holes]] = holes
        self._used = left


def _open(path: Path) -> tuple[int, bool]:
    """The file, and whether reads pass by the cache."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_DIRECT)
        os.preadv(file, [mmap.mmap(-1, BLOCK)], 0)
    except (OSError, AttributeError):
        if not hasattr(os, "posix_fadvise"):
            raise Unsupported(
                "Reads past the page cache need O_DIRECT or posix_fadvise; this system has neither."
            ) from None
        return os.open(path, os.O_RDONLY), False
    return file, True
