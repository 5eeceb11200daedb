"""Who holds which page, step by step on counted pages; random histories stand with vAttention."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("torch")

from combray.core.errors import Unsupported
from combray.tensor.paging.allocator import Allocator, Slot, best_fit
from combray.tensor.paging.pages import CountingPages

pytestmark = pytest.mark.torch
SIZE = 8


def pool_of(limit: int | None = None, *, deferred: bool = True) -> tuple[CountingPages, Allocator]:
    """Counted pages of 8 bytes and an allocator over them."""
    pages = CountingPages(SIZE)
    return pages, Allocator(pages, limit=limit, deferred=deferred)


def slot_of(pool: Allocator, n: int = 0) -> Slot:
    """A slot of its own addresses that holds n pages."""
    slot = pool.open(pool.pages.reserve(100 * SIZE).address)
    pool.grow(slot, n)
    return slot


def test_growing_maps_what_is_missing() -> None:
    """Pages stand one after the other; growing to less or the same maps nothing."""
    pages, pool = pool_of()
    slot = slot_of(pool, 3)
    assert sorted(pages.under) == [slot.address + i * SIZE for i in range(3)]
    pool.grow(slot, 2)
    pool.grow(slot, 3)
    assert (slot.kept, pool.counts.waited, pool.mapped) == (3, 3, 3 * SIZE)


def test_pages_mapped_ahead_are_not_waited_for() -> None:
    """What was prepared is only taken into use by growing."""
    _, pool = pool_of()
    slot = slot_of(pool, 1)
    pool.prepare(slot, 4)
    assert (slot.kept, len(slot.pages)) == (1, 4)
    pool.grow(slot, 4)
    assert (pool.counts.waited, pool.counts.ahead) == (1, 3)


def test_preparing_stops_at_the_limit() -> None:
    """No page is taken from others, and nothing is refused."""
    _, pool = pool_of(limit=3)
    first, second = slot_of(pool, 2), slot_of(pool)
    pool.prepare(second, 5)
    assert (len(first.pages), len(second.pages)) == (2, 1)


def test_shrinking_keeps_the_pages_for_later() -> None:
    """Deferred, pages stay until they are trimmed; else they are given back at once."""
    pages, pool = pool_of()
    slot = slot_of(pool, 4)
    pool.shrink(slot, 1)
    assert (slot.kept, len(slot.pages)) == (1, 4)
    assert pool.trim() == 3 * SIZE
    assert (len(slot.pages), len(pages.created)) == (1, 1)
    eager_pages, eager = pool_of(deferred=False)
    slot = slot_of(eager, 4)
    eager.shrink(slot, 1)
    assert (len(slot.pages), len(eager_pages.created)) == (1, 1)
    eager.shrink(slot, 3)
    assert slot.kept == 1


def test_pages_left_over_are_used_before_waiting() -> None:
    """A slot that shrank and grows again maps nothing."""
    _, pool = pool_of()
    slot = slot_of(pool, 4)
    pool.shrink(slot, 0)
    pool.grow(slot, 4)
    assert pool.counts.waited == 4


def test_a_shared_page_is_one_page_under_two_slots() -> None:
    """Sharing maps the pages in use again and makes none; users are counted."""
    pages, pool = pool_of()
    slot = slot_of(pool, 2)
    pool.prepare(slot, 3)
    twin = pool.share(slot, pool.pages.reserve(100).address)
    assert twin.pages == slot.pages[:2]
    assert (twin.kept, len(pages.created), pool.mapped) == (2, 3, 3 * SIZE)
    assert [pool.users(p) for p in slot.pages] == [2, 2, 1]


def test_a_writer_gets_its_own_copy() -> None:
    """Only shared pages of the span are copied, to the writer's own addresses; the other stays."""
    pages, pool = pool_of()
    slot = slot_of(pool, 3)
    twin = pool.share(slot, pool.pages.reserve(100).address)
    before = list(slot.pages)
    pool.own(twin, 1, 9)
    assert slot.pages == before
    assert twin.pages[0] == before[0]
    assert not set(twin.pages[1:]) & set(before)
    assert [pages.under[twin.address + i * SIZE] for i in range(3)] == twin.pages
    assert [pool.users(p) for p in before] == [2, 1, 1]
    assert pool.counts.copied == 2
    pool.own(twin, 0, 3)
    pool.own(slot, 0, 3)
    assert pool.counts.copied == 3


def test_moving_takes_pages_to_other_addresses() -> None:
    """The same pages in the same order; the old addresses are empty."""
    pages, pool = pool_of()
    slot = slot_of(pool, 3)
    held, there = list(slot.pages), pool.pages.reserve(100).address
    pool.move(slot, there)
    assert slot.pages == held
    assert pages.under == {there + i * SIZE: p for i, p in enumerate(held)}


def test_the_slot_with_most_to_spare_gives_first() -> None:
    """At the limit a page comes from the slot that holds most beyond its need, its last one."""
    _, pool = pool_of(limit=6)
    rich, poor = slot_of(pool, 4), slot_of(pool, 2)
    pool.shrink(rich, 1)
    pool.shrink(poor, 1)
    last = rich.pages[-1]
    new = slot_of(pool, 1)
    assert new.pages == [last]
    assert (len(rich.pages), len(poor.pages), pool.counts.reclaimed) == (3, 2, 1)


def test_a_slot_never_gives_to_itself() -> None:
    """When all others need what they hold, the limit is an error that says what to do."""
    _, pool = pool_of(limit=3)
    first, second = slot_of(pool, 2), slot_of(pool, 1)
    with pytest.raises(Unsupported, match=r"All 3 pages of 8 bytes.*policy with a budget"):
        pool.grow(second, 2)
    assert (first.kept, second.kept, len(second.pages)) == (2, 1, 1)
    pool.shrink(first, 1)
    pool.grow(second, 2)
    assert (len(first.pages), len(second.pages)) == (1, 2)


def test_what_a_slot_has_ahead_is_not_taken_from_it() -> None:
    """Growing beyond the limit with a page of its own to spare is refused like any other."""
    _, pool = pool_of(limit=2)
    slot = slot_of(pool, 1)
    pool.prepare(slot, 2)
    with pytest.raises(Unsupported, match="All 2 pages"):
        pool.grow(slot, 3)
    assert len(slot.pages) == 2


def test_a_shared_page_is_not_given_away() -> None:
    """Taking back a page that another slot holds frees nothing, so the search goes on."""
    pages, pool = pool_of(limit=3)
    slot = slot_of(pool, 2)
    twin = pool.share(slot, pool.pages.reserve(100).address)
    other = slot_of(pool, 1)
    pool.shrink(slot, 0)
    pool.shrink(other, 0)
    fresh = slot_of(pool, 1)
    assert len(pages.created) == 3
    assert fresh.pages[0] not in twin.pages
    assert twin.pages == [pages.under[twin.address + i * SIZE] for i in range(2)]


def test_dropped_slots_are_swept_at_the_next_call() -> None:
    """Dropping only notes; afterwards the pages are spare, and go to whoever asks."""
    pages, pool = pool_of(limit=2)
    slot = slot_of(pool, 2)
    pool.drop([slot], pool.pages.reserve(1))
    assert len(slot.pages) == 2
    other = slot_of(pool, 2)
    assert (slot.pages, len(other.pages), len(pages.created)) == ([], 2, 2)
    assert pool.counts.reclaimed == 0


def test_without_deferring_dropped_pages_are_given_back() -> None:
    """Nothing stays spare."""
    pages, pool = pool_of(deferred=False)
    slot = slot_of(pool, 2)
    pool.drop([slot], pool.pages.reserve(1))
    assert pool.mapped == 0
    assert pages.created == set()


def test_a_dropped_slot_is_never_prepared() -> None:
    """Its addresses may be another's by now."""
    pages, pool = pool_of()
    slot = slot_of(pool, 1)
    pool.drop([slot], pool.pages.reserve(1))
    pool.prepare(slot, 3)
    assert pages.under == {}


def test_a_forgotten_slot_is_no_longer_asked() -> None:
    """Slots are known as long as somebody refers to them."""
    _, pool = pool_of(limit=1)
    slot = slot_of(pool)
    del slot
    assert slot_of(pool, 1).kept == 1


def test_several_threads_share_the_books() -> None:
    """Eight threads that grow and shrink leave as many pages as the slots hold."""
    pages, pool = pool_of(limit=64)
    slots = [slot_of(pool) for _ in range(8)]

    def work(slot: Slot) -> None:
        for n in [3, 7, 2, 8, 5] * 20:
            pool.grow(slot, n)
            pool.shrink(slot, n - 1)

    threads = [threading.Thread(target=work, args=(slot,)) for slot in slots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    under = {s.address + i * SIZE: p for s in slots for i, p in enumerate(s.pages)}
    assert pages.under == under
    assert len(set(under.values())) == len(under) == len(pages.created)


def test_the_best_slot_wastes_least() -> None:
    """The smallest that suffices, else the largest there is, else none."""
    _, pool = pool_of()
    small, large = slot_of(pool, 2), slot_of(pool, 5)
    assert best_fit([large, small], 1) is small
    assert best_fit([small, large], 3) is large
    assert best_fit([small, large], 9) is large
    assert best_fit(iter(()), 1) is None
