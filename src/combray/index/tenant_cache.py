"""What a process keeps for each tenant beside its view: the tenants used last, no more."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 64


class LRUCache(Generic[T]):
    """One value for each of the tenants used last; `lock` is for who makes and changes values."""

    def __init__(self, most: int = MOST) -> None:
        self.lock = threading.RLock()
        self._most = most
        self._values: OrderedDict[str, T] = OrderedDict()

    def get(self, tenant: str) -> T | None:
        """The tenant's value, or None."""
        with self.lock:
            value = self._values.get(tenant)
            if value is not None:
                self._values.move_to_end(tenant)
        return value

    def put(self, tenant: str, value: T) -> T:
        """Keep a value; the tenant used longest ago makes room."""
        with self.lock:
            self._values[tenant] = value
            self._values.move_to_end(tenant)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def drop(self, tenant: str) -> None:
        """Forget a tenant's value, when there is one."""
        with self.lock:
            self._values.pop(tenant, None)
