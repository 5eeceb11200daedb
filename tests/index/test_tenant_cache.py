"""The cache of tenants keeps what was used last."""

from __future__ import annotations

import random
import threading

import pytest

from combray.index.tenant_cache import MOST, LRUCache


def test_it_keeps_the_tenants_used_last() -> None:
    """The tenant used longest ago goes first."""
    cache: LRUCache[int] = LRUCache(most=2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_what_is_dropped_is_gone() -> None:
    """A value can be taken out early; dropping what is not there is nothing."""
    cache: LRUCache[int] = LRUCache()
    cache.put("a", 1)
    cache.forget("a")
    cache.forget("a")
    assert cache.get("a") is None


def keys(cache: LRUCache[int], tenants: str) -> str:
    """Those of some tenants that are kept, without using any of them."""
    return "".join(each for each in tenants if each in cache._values)


@pytest.mark.parametrize("seed", range(5))
def test_it_evicts_the_tenant_used_longest_ago(seed: int) -> None:
    """After any history of putting, getting and dropping: the last three used are there."""
    dice, cache, used = random.Random(seed), LRUCache[int](most=3), list[str]()
    for number in range(200):
        tenant, act = dice.choice("abcdef"), dice.choice("put get get drop".split())
        if act == "put":
            assert cache.put(tenant, number) == number
            used = [*(each for each in used if each != tenant), tenant][-3:]
        elif act == "get":
            assert (cache.get(tenant) is not None) == (tenant in used)
            used.sort(key=lambda each: each == tenant)
        else:
            cache.forget(tenant)
            used = [each for each in used if each != tenant]
        assert keys(cache, "abcdef") == "".join(sorted(used))


def test_a_value_is_replaced() -> None:
    """Put again, a tenant has the newer value and no second place."""
    cache: LRUCache[str] = LRUCache(most=2)
    for value in ("old", "new"):
        cache.put("a", value)
    cache.put("b", "other")
    assert (cache.get("a"), cache.get("b")) == ("new", "other")


def test_looking_for_a_stranger_moves_nobody() -> None:
    """Who is not there does not count as used."""
    cache: LRUCache[int] = LRUCache(most=2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("c") is None
    cache.put("d", 4)
    assert keys(cache, "abcd") == "bd"


def test_sixty_four_tenants_are_kept() -> None:
    """Unless told otherwise."""
    cache: LRUCache[int] = LRUCache()
    for number in range(MOST + 1):
        cache.put(str(number), number)
    assert MOST == 64
    assert cache.get("0") is None
    assert cache.get("1") == 1


def test_who_holds_the_lock_may_get_and_put() -> None:
    """The lock is taken again by its holder, and keeps others out meanwhile."""
    cache: LRUCache[int] = LRUCache()
    other = threading.Thread(target=lambda: cache.put("a", 2))
    with cache.lock:
        other.start()
        assert cache.get("a") is None
        cache.put("a", 1)
        assert cache.get("a") == 1
    other.join()
    assert cache.get("a") == 2
