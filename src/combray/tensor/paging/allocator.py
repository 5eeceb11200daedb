"""Allocate pages to requests: grow, share, copy on write, reclaim.

A slot is the address range of one request in one tensor. Pages 0 … kept-1 of a slot hold entries;
later ones were mapped ahead, or are left from before, and can be taken back for another slot. A
page under two slots is never written: the writer gets its own copy first.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from weakref import WeakSet

from combray.core.errors import Unsupported
from combray.tensor.paging.pages import Pages, Range


@dataclass(slots=True, eq=False, weakref_slot=True)
class Slot:
    """Addresses of one request in one tensor, from `address` on, and the pages under them."""

    address: int
    pages: list[int] = field(default_factory=list)
    kept: int = 0


@dataclass(slots=True)
class Counts:
    """Counts of pages mapped on demand, mapped ahead, copied and reclaimed."""

    waited: int = 0
    ahead: int = 0
    copied: int = 0
    reclaimed: int = 0


class Allocator:
    """Gives pages to slots. Safe to call from several threads.

    limit: pages that may exist at once, None for no limit. deferred: pages of finished requests
    stay for the next one until `trim`, or until the limit makes them needed elsewhere.
    """

    def __init__(self, pages: Pages, *, limit: int | None = None, deferred: bool = True) -> None:
        self.pages, self.limit, self.deferred = pages, limit, deferred
        self.counts = Counts()
        self._users: Counter[int] = Counter()
        self._spare: list[int] = []
        self._slots: WeakSet[Slot] = WeakSet()
        self._dropped: deque[tuple[list[Slot], Range]] = deque()
        self._lock = threading.RLock()

    @property
    def mapped(self) -> int:
        """Bytes of the pages that exist, each counted once."""
        self._sweep()
        return (len(self._users) + len(self._spare)) * self.pages.size

    def users(self, page: int) -> int:
        """Under how many slots a page is."""
        return self._users[page]

    def open(self, address: int) -> Slot:
        """A slot with nothing in it."""
        slot = Slot(address)
        self._slots.add(slot)
        return slot

    def grow(self, slot: Slot, n: int) -> None:
        """Let the first n pages of a slot hold entries; what is missing is mapped now."""
        with self._lock:
            self._sweep()
            while len(slot.pages) < n:
                self._append(slot, self._take(slot))
                self.counts.waited += 1
            slot.kept = max(slot.kept, n)

    def prepare(self, slot: Slot, n: int) -> None:
        """Map up to n pages before they are needed, as far as the limit lets.

        A dropped slot gets none: others may have its addresses by now.
        """
        with self._lock:
            self._sweep()
            if slot not in self._slots:
                return
            while len(slot.pages) < n and (self._spare or self._room()):
                self._append(slot, self._fresh())
                self.counts.ahead += 1

    def own(self, slot: Slot, first: int, last: int) -> None:
        """Give the slot its own copy of pages first … last-1 where they are shared."""
        with self._lock:
            for i in range(first, min(last, len(slot.pages))):
                if self._users[slot.pages[i]] > 1:
                    page = self._take(slot)
                    self.pages.copy(self._at(slot, i), page)
                    self._users[slot.pages[i]] -= 1
                    self._users[page] = 1
                    slot.pages[i] = page
                    self.counts.copied += 1

    def shrink(self, slot: Slot, n: int) -> None:
        """Only the first n pages hold entries now."""
        with self._lock:
            slot.kept = min(slot.kept, n)
            if not self.deferred:
                self._cut(slot, n)

    def share(self, slot: Slot, address: int) -> Slot:
        """A second slot over the same pages."""
        with self._lock:
            twin = self.open(address)
            for page in slot.pages[: slot.kept]:
                self._append(twin, page)
            twin.kept = slot.kept
            return twin

    def move(self, slot: Slot, address: int) -> None:
        """Put the pages of a slot under other addresses; no byte is copied."""
        with self._lock:
            for i, page in enumerate(slot.pages):
                self.pages.unmap(self._at(slot, i))
                self.pages.map(address + i * self.pages.size, page)
            slot.address = address

    def drop(self, slots: list[Slot], where: Range) -> None:
        """Nobody uses these slots any more; `where` keeps their addresses until they are empty.

        Only notes it, so that it may be called by the garbage collector at any moment.
        """
        self._dropped.append((slots, where))

    def trim(self) -> int:
        """Give back all that holds no entries; the bytes given back."""
        with self._lock:
            self._sweep()
            before = self.mapped
            for slot in list(self._slots):
                self._cut(slot, slot.kept)
            while self._spare:
                self.pages.destroy(self._spare.pop())
            return before - self.mapped

    def _at(self, slot: Slot, i: int) -> int:
        return slot.address + i * self.pages.size

    def _append(self, slot: Slot, page: int) -> None:
        self.pages.map(self._at(slot, len(slot.pages)), page)
        self._users[page] += 1
        slot.pages.append(page)

    def _room(self) -> bool:
        return self.limit is None or len(self._users) + len(self._spare) < self.limit

    def _fresh(self) -> int:
        return self._spare.pop() if self._spare else self.pages.create()

    def _take(self, slot: Slot) -> int:
        """A page for a slot: a spare one, a new one, or one that another slot does not need."""
        if not self._spare and not self._room():
            self._reclaim(slot)
        return self._fresh()

    def _reclaim(self, but: Slot) -> None:
        """Take pages back until one is spare."""
        while not self._spare:
            others = [x for x in self._slots if len(x.pages) > x.kept and x is not but]
            if not others:
                raise Unsupported(
                    f"All {self.limit} pages of {self.pages.size} bytes hold entries of live "
                    "requests. Raise the limit, end a request, or attach a policy with a budget."
                )
            most = max(others, key=lambda x: len(x.pages) - x.kept)
            self._cut(most, len(most.pages) - 1, destroy=False)
            self.counts.reclaimed += 1

    def _cut(self, slot: Slot, n: int, *, destroy: bool = True) -> None:
        while len(slot.pages) > n:
            page = slot.pages.pop()
            self.pages.unmap(self._at(slot, len(slot.pages)))
            self._release(page, destroy)

    def _release(self, page: int, destroy: bool) -> None:
        self._users[page] -= 1
        if self._users[page]:
            return
        del self._users[page]
        if destroy:
            self.pages.destroy(page)
        else:
            self._spare.append(page)

    def _sweep(self) -> None:
        with self._lock:
            while self._dropped:
                slots, _where = self._dropped.popleft()
                for slot in slots:
                    self._slots.discard(slot)
                    self._cut(slot, 0, destroy=not self.deferred)


def best_fit(slots: Iterable[Slot], need: int) -> Slot | None:
    """Of idle slots, the one with the fewest pages that suffice, else the one with the most."""
    idle = list(slots)
    enough = [x for x in idle if len(x.pages) >= need]
    if enough:
        return min(enough, key=lambda x: len(x.pages))
    return max(idle, key=lambda x: len(x.pages), default=None)
