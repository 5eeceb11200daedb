"""What schemes of memory serve: waste by size of the block, requests at once, waits for pages.

Every scheme is a size of block in tokens: the longest length is static reservation, 16 is paged
attention, a page divided by the bytes of a token is vAttention. The allocator is the real one,
over pages that are only counted.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from combray.core.errors import InputError
from combray.tensor.paging.allocator import Allocator, Slot, best_fit
from combray.tensor.paging.pages import CountingPages


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a simulation: the step it comes at, tokens of its prompt and its answer."""

    comes: int
    prompt: int
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a simulation saw: requests at once, steps, pages mapped while waited for and ahead."""

    mean_batch: float
    peak_batch: int
    steps: int
    waited: int
    ahead: int
    preempted: int


def waste(lengths: Sequence[int], block: int) -> float:
    """Share of reserved memory that holds nothing, when every request has whole blocks."""
    reserved = sum(math.ceil(n / block) * block for n in lengths)
    return 1 - sum(lengths) / reserved


def serve(
    requests: Sequence[Request],
    *,
    block: int,
    capacity: int,
    ahead: int = 0,
    deferred: bool = True,
    steps: int = 10**9,
) -> Served:
    """Run requests through the allocator: one token a step each, in order of coming.

    block: tokens of a page; the longest length makes it the static scheme, 16 the paged one.
    capacity: tokens that memory has room for. The newest request is put back when memory runs out.
    """
    run = _Run(block, capacity, ahead, deferred)
    queue, batches, step = deque(sorted(requests, key=lambda x: x.comes)), [], 0
    while (queue or run.live) and step < steps:
        while queue and queue[0].comes <= step and run.admit(queue[0]):
            queue.popleft()
        queue.extendleft(run.step())
        batches.append(len(run.live))
        step += 1
    counts = run.allocator.counts
    busy = [x for x in batches if x]
    return Served(
        mean_batch=sum(busy) / max(1, len(busy)),
        peak_batch=max(batches, default=0),
        steps=step,
        waited=counts.waited,
        ahead=counts.ahead,
        preempted=run.preempted,
    )


class _Run:
    """The requests that are served now, one slot each."""

    def __init__(self, block: int, capacity: int, ahead: int, deferred: bool) -> None:
        self.block, self.ahead, self.preempted = block, ahead, 0
        self.limit = capacity // block
        self.allocator = Allocator(CountingPages(1), limit=self.limit, deferred=deferred)
        self.live: list[tuple[Request, Slot, int]] = []
        self._idle: list[Slot] = []
        self._kept = 0

    def admit(self, request: Request) -> bool:
        """Start a request if its prompt and one more token find room."""
        need = math.ceil((request.prompt + 1) / self.block)
        if math.ceil((request.prompt + request.answer) / self.block) > self.limit:
            raise InputError(f"A request of {request.prompt} + {request.answer} tokens never fits.")
        if self._kept + need > self.limit:
            return False
        slot = best_fit(self._idle, need)
        if slot is None:
            slot = self.allocator.open(self.allocator.pages.reserve(2**32).address)
        else:
            self._idle.remove(slot)
        self._grow(slot, need)
        self.live.append((request, slot, request.prompt))
        return True

    def step(self) -> list[Request]:
        """One more token for each; ends those that are done, returns those put back."""
        back: list[Request] = []
        going, self.live = self.live, []
        while going:
            request, slot, length = going.pop(0)
            need = math.ceil((length + 1) / self.block)
            while self._kept + need - slot.kept > self.limit and going:
                self._put_back(*going.pop()[:2], back)
            if self._kept + need - slot.kept > self.limit:
                self._put_back(request, slot, back)
                continue
            self._grow(slot, need)
            if length + 1 == request.prompt + request.answer:
                self._end(slot)
            else:
                self.live.append((request, slot, length + 1))
        return back

    def _put_back(self, request: Request, slot: Slot, back: list[Request]) -> None:
        self._end(slot)
        back.append(request)
        self.preempted += 1

    def _grow(self, slot: Slot, need: int) -> None:
        self._kept += max(0, need - slot.kept)
        self.allocator.grow(slot, need)
        if self.ahead:
            self.allocator.prepare(slot, need + self.ahead)

    def _end(self, slot: Slot) -> None:
        self._kept -= slot.kept
        self.allocator.shrink(slot, 0)
        self._idle.append(slot)
