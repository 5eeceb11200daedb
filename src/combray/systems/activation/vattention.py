"""vAttention: keys and values contiguous in addresses, with memory under them as they come.

b rows, h key-value heads, t entries, d width of a head. One tensor of a layer is (b T h d) in
addresses, T tokens reserved, token after token, so that growing never moves anything and attention
reads it as it is:

    tokens of a page = page / (h · d · bytes)         pages needed = ⌈t / tokens of a page⌉
"""

from __future__ import annotations

import math
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from torch import Tensor

from combray.core.errors import InputError, Unsupported
from combray.tensor.kv.kv_store import KV, DenseStore, KVStore
from combray.tensor.paging.allocator import Allocator, Slot
from combray.tensor.paging.pages import HostPages, Pages, Range


class VAttention:
    """One pool of pages for all layers of all requests; `store` makes the place of a layer.

    Use: `attach(model, "full", store=VAttention().store)`.

    **Paper** Prabhu et al., 2025, vAttention: Dynamic Memory Management for Serving LLMs without
    PagedAttention.
    **Kept** 1. Reserved ranges of addresses. 2. Pages on demand, ⌈t / tokens of a page⌉. 3. Mapping
    ahead of need on a thread. 4. Deferred reclamation. 5. Prefixes shared by mapping the same pages
    twice. 6. A shared page is copied on write.
    **Left** The custom driver with 64 KB pages on a GPU: the page is what the driver offers. Slots
    are reused by best fit in the simulation (`tensor.paging.simulate`); stores take pages one by
    one. Pages of a GPU (`tensor.paging.cuda_pages`) are written and not measured: all figures are
    of a CPU.
    **Law** No page under two live requests is ever written, and what is read is what a
    concatenation would hold.

    pages: where memory comes from, this machine's when left out. tokens: T reserved for a row,
    which grows when it does not suffice. ahead: pages mapped before they are needed. limit: bytes
    that may exist at once. deferred: keep the pages of finished requests for the next.
    """

    def __init__(
        self,
        pages: Pages | None = None,
        *,
        tokens: int = 2**16,
        ahead: int = 0,
        limit: int | None = None,
        deferred: bool = True,
    ) -> None:
        if tokens < 1 or ahead < 0 or (limit is not None and limit < 1):
            raise InputError("tokens and limit must be positive, ahead not negative.")
        self.pages = pages if pages is not None else HostPages()
        most = None if limit is None else limit // self.pages.size
        self.allocator = Allocator(self.pages, limit=most, deferred=deferred)
        self.tokens, self.ahead = tokens, ahead
        self._worker = ThreadPoolExecutor(1, "combray-pages") if ahead else None

    def store(self) -> VirtualStore:
        """The place of one layer's keys and values."""
        return VirtualStore(self)

    @property
    def mapped(self) -> int:
        """Bytes of physical memory in use, shared pages counted once."""
        return self.allocator.mapped

    def trim(self) -> int:
        """Give back memory that holds no entries; the bytes given back."""
        return self.allocator.trim()

    def prepare(self, slots: list[tuple[Slot, int]]) -> Future[None] | None:
        """Map pages of slots, up to the number given with each, beside the work under way."""
        return self._worker.submit(_prepare, self.allocator, slots) if self._worker else None


def _prepare(allocator: Allocator, slots: list[tuple[Slot, int]]) -> None:
    for slot, n in slots:
        allocator.prepare(slot, n)


def store_for_this_system() -> KVStore:
    """A virtual store where the system has what it needs, else a dense one."""
    try:
        return VAttention().store()
    except Unsupported:
        return DenseStore()


class VirtualStore:
    """Keys and values of one layer in virtual memory. What it returns are views (b h t d)."""

    def __init__(self, memory: VAttention) -> None:
        self._memory = memory
        self._lanes: tuple[_Lane, _Lane] | None = None
        self._t = 0

    def append(self, new: KV, /) -> KV:
        """Write entries at the end, in place, and return a view of all of them."""
        if new.keys.requires_grad or new.values.requires_grad:
            raise Unsupported(
                "Virtual memory is written in place and carries no gradients. Run the model under "
                "`torch.no_grad()`, or leave the store out."
            )
        lanes = self._lanes
        if lanes is None or not self._t:
            lanes = self._lanes = self._fitting(new)
        t = self._t + new.keys.shape[2]
        lanes[0].write(new.keys, self._t)
        lanes[1].write(new.values, self._t)
        self._t = t
        return KV(lanes[0].view(t), lanes[1].view(t))

    def replace(self, kept: KV, /) -> KV:
        """Put these in the place of everything; a prefix of what is held stays where it is."""
        lanes, t = self._lanes, kept.keys.shape[2]
        if lanes is None or not all(a.begins(x) for a, x in zip(lanes, kept, strict=True)):
            # What is kept may be a view of what is about to be written over.
            kept = KV(kept.keys.clone(), kept.values.clone())
            self.clear()
            return self.append(kept)
        for lane in lanes:
            lane.shrink(t)
        self._t = t
        return KV(lanes[0].view(t), lanes[1].view(t))

    def clear(self) -> None:
        """Forget everything; pages stay for the next entries when reclamation is deferred."""
        for lane in self._lanes or ():
            lane.shrink(0)
        self._t = 0

    def fork(self) -> VirtualStore:
        """A store over the same pages; whoever writes to one first gets a copy of that page."""
        twin = VirtualStore(self._memory)
        if self._lanes is not None:
            twin._lanes = (self._lanes[0].fork(), self._lanes[1].fork())
            twin._t = self._t
        return twin

    @property
    def nbytes(self) -> int:
        """Bytes of the pages that hold entries of this store, shared ones included."""
        return sum(lane.nbytes for lane in self._lanes or ())

    def _fitting(self, new: KV) -> tuple[_Lane, _Lane]:
        lanes = self._lanes
        if lanes and all(a.fits(x) for a, x in zip(lanes, new, strict=True)):
            return lanes
        return (_Lane(self._memory, new.keys), _Lane(self._memory, new.values))


class _Lane:
    """One tensor (b T h d) in reserved addresses; row r starts at r · stride bytes."""

    def __init__(self, memory: VAttention, like: Tensor, tokens: int = 0) -> None:
        self._memory, self._page = memory, memory.pages.size
        self._rows, self._heads, _, self._width = like.shape
        self._dtype, self._device = like.dtype, like.device
        self._token = self._heads * self._width * like.element_size()
        room = max(tokens, memory.tokens, like.shape[2])
        self._stride, self._room, self._range, self._flat = self._reserve(room)
        open_ = memory.allocator.open
        self._slots = [open_(self._range.address + r * self._stride) for r in range(self._rows)]
        self._ready = 0
        self._ahead: Future[None] | None = None
        self._end = self._watch()

    def _reserve(self, tokens: int) -> tuple[int, int, Range, Tensor]:
        """Bytes and tokens of a row, the addresses of all rows, and a flat tensor over them."""
        stride = math.ceil(tokens * self._token / self._page) * self._page
        where = self._memory.pages.reserve(stride * self._rows)
        flat = where.tensor()
        if flat.device.type != self._device.type:
            raise Unsupported(
                f"The pages are memory of {flat.device.type!r} and the model runs on "
                f"{self._device.type!r}. Give VAttention the pages of that device."
            )
        return stride, stride // self._token, where, flat.view(self._dtype)

    def _watch(self) -> weakref.finalize[Any, Any]:
        """When this lane is gone, its pages go back; until then its addresses stay."""
        drop = self._memory.allocator.drop
        end = weakref.finalize(self, drop, self._slots, self._range)
        end.atexit = False
        return end

    def fits(self, x: Tensor) -> bool:
        """Whether x (b h q d) can be written here."""
        mine = (self._rows, self._heads, self._width, self._dtype, self._device)
        return mine == (x.shape[0], x.shape[1], x.shape[3], x.dtype, x.device)

    def begins(self, x: Tensor) -> bool:
        """Whether x is a view of the first entries here."""
        return (
            self.fits(x)
            and x.data_ptr() == self._range.address
            and x.stride() == self.view(x.shape[2]).stride()
        )

    @property
    def nbytes(self) -> int:
        """Bytes of the pages that hold entries."""
        return sum(slot.kept for slot in self._slots) * self._page

    def view(self, t: int) -> Tensor:
        """(b h t d) the first t entries of every row."""
        width, step = self._width, self._heads * self._width
        row = self._stride // self._flat.element_size()
        shape = (self._rows, self._heads, t, width)
        return self._flat.as_strided(shape, (row, width, step, 1))

    def write(self, x: Tensor, at: int) -> None:
        """Put x (b h q d) after the first `at` entries."""
        t = at + x.shape[2]
        if t > self._ready:
            self._make_ready(at, t)
        self.view(t)[:, :, at:].copy_(x)

    def _make_ready(self, at: int, t: int) -> None:
        if t > self._room:
            self._widen(max(t, 2 * self._room))
        first, last = at * self._token // self._page, math.ceil(t * self._token / self._page)
        allocator, memory = self._memory.allocator, self._memory
        for slot in self._slots:
            allocator.own(slot, first, last)
            allocator.grow(slot, last)
        self._ready = last * self._page // self._token
        if memory.ahead:
            self._settle()
            most = min(last + memory.ahead, self._stride // self._page)
            self._ahead = memory.prepare([(slot, most) for slot in self._slots])

    def _widen(self, tokens: int) -> None:
        """Reserve more addresses and put the same pages under them."""
        self._settle()
        self._end.detach()
        old = self._range
        self._stride, self._room, self._range, self._flat = self._reserve(tokens)
        for r, slot in enumerate(self._slots):
            self._memory.allocator.move(slot, self._range.address + r * self._stride)
        del old
        self._end = self._watch()

    def _settle(self) -> None:
        if self._ahead is not None:
            self._ahead.result()
            self._ahead = None

    def shrink(self, t: int) -> None:
        """Only the first t entries of every row count."""
        self._settle()
        pages = math.ceil(t * self._token / self._page)
        for slot in self._slots:
            self._memory.allocator.shrink(slot, pages)
        # What lies before may be shared: the next write has to look.
        self._ready = 0

    def fork(self) -> _Lane:
        """A lane at other addresses over the same pages."""
        self._settle()
        twin = _Lane(self._memory, self.view(0), self._room)
        share = self._memory.allocator.share
        twin._slots[:] = [
            share(a, b.address) for a, b in zip(self._slots, twin._slots, strict=True)
        ]
        self._ready = twin._ready = 0
        return twin
