"""A least-recently-used cache with one value for each tenant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from combray.core import caches

T = TypeVar("T")
MOST = 64


class LRUCache(Generic[T]):
    """The values of the `most` tenants used last; hold `lock` to make or change a value."""

    def __init__(self, most: int = MOST) -> None:
        self.lock = threading.RLock()
        self._most = most
        self._values: OrderedDict[str, T] = OrderedDict()
        caches.register(self)

    def get(self, tenant: str) -> T | None:
        """Return the value of a tenant, or None."""
        with self.lock:
            value = self._values.get(tenant)
            if value is not None:
                self._values.move_to_end(tenant)
        return value

    def put(self, tenant: str, value: T) -> T:
        """Store a value; evict the tenant used longest ago when the cache is full."""
        with self.lock:
            self._values[tenant] = value
            self._values.move_to_end(tenant)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def forget(self, tenant: str, /) -> None:
        """Remove the value of a tenant, if it has one."""
        with self.lock:
            self._values.pop(tenant, None)
