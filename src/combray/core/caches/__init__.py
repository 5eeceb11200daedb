"""Every cache of users' words in this process, so that an erasure can empty them all.

A cache that has a part for each tenant loses that of the tenant; one of words that belong to nobody
in particular is emptied. `tests/test_architecture.py` finds a cache that is not registered here.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class ByTenant(Protocol):
    """A cache with a part for each tenant."""

    def forget(self, tenant: str, /) -> None:
        """Drop the part of a tenant."""


_LOCK = threading.Lock()
_BY_TENANT: weakref.WeakSet[ByTenant] = weakref.WeakSet()
# `re` keeps the patterns that were compiled last, and some are made of what users say.
_OF_NOBODY: list[Callable[[], None]] = [re.purge]


def register(cache: ByTenant) -> None:
    """Let erasures reach a cache for as long as it lives."""
    with _LOCK:
        _BY_TENANT.add(cache)


def on_erasure(clear: Callable[[], None]) -> None:
    """Call `clear` whenever something is erased, whoever's it is."""
    _OF_NOBODY.append(clear)


def words(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the last answers of a function of users' words, until something is erased."""

    def keeping(function: Callable[P, R]) -> Callable[P, R]:
        kept = lru_cache(maxsize=most)(function)
        on_erasure(kept.cache_clear)
        return cast("Callable[P, R]", kept)

    return keeping


def forget(tenant: str) -> None:
    """Empty every cache of what it holds of a tenant, and those of nobody's."""
    with _LOCK:
        caches = list(_BY_TENANT)
    for cache in caches:
        cache.forget(tenant)
    for clear in _OF_NOBODY:
        clear()
