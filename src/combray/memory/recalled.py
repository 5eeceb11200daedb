"""What this process gave out lately, for `cite` and for echoes, and never again once it is erased.

A search that is under way while its user's memory is erased has read words that must be in no cache
afterwards: what it found is given to whoever asked and not kept, and when it ends the caches that
it may have filled are emptied once more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from combray.core.items import Item
from combray.index.tenant_cache import LRUCache
from combray.write.change.echo import Echoes

SEARCHES = 1024
"""Users whose last search is remembered."""
Keep = Callable[[str, Sequence[Item]], None]


class Recalled:
    """The echoes and the last search of each tenant, and the searches that are under way.

    `empty` empties the other caches of a tenant.
    """

    def __init__(self, empty: Callable[[str], None]) -> None:
        self.echoes = Echoes()
        self._empty = empty
        self._last: LRUCache[tuple[str, Sequence[Item]]] = LRUCache(SEARCHES)
        self._under_way: dict[object, str] = {}
        self._lock = threading.Lock()

    @contextmanager
    def search(self, tenant: str) -> Iterator[Keep]:
        """Search inside the block, from the first read on, and call what it gives with the result.

        Nothing is kept when the tenant was erased from meanwhile.
        """
        token = object()

        def keep(question: str, items: Sequence[Item]) -> None:
            with self._lock:
                if token in self._under_way:
                    self.echoes.heard(tenant, items)
                    self._last.put(tenant, (question, items))

        with self._lock:
            self._under_way[token] = tenant
        try:
            yield keep
        finally:
            with self._lock:
                overtaken = self._under_way.pop(token, None) is None
            if overtaken:
                self.forget(tenant)

    def last(self, tenant: str) -> tuple[str, Sequence[Item]] | None:
        """The question and the items of a tenant's last search; None when there was none."""
        return self._last.get(tenant)

    def forget(self, tenant: str) -> None:
        """Empty all caches of a tenant, and let no search that is under way fill them."""
        with self._lock:
            for token in [each for each, of in self._under_way.items() if of == tenant]:
                del self._under_way[token]
            self.echoes.forget(tenant)
            self._last.forget(tenant)
        self._empty(tenant)
