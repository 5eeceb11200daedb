"""What every law of a store starts from: a place, an engine, a store or a memory at that place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from combray.core.changes import ChangeSet
from combray.core.ids import new_id
from combray.core.items import Item, Scope
from combray.memory import Memory
from combray.store.engine import Engine
from combray.store.store import Store


class StoreLaw:
    """Says where a store is and how it is opened; a suite overrides both."""

    @pytest.fixture
    def place(self) -> Any:
        """An empty place for a store: whatever `open` takes, and another process can be sent."""
        raise NotImplementedError("override the fixture `place` in your test class")

    def open(self, place: Any) -> Engine:
        """The engine at a place."""
        raise NotImplementedError("override `open` in your test class")

    @contextmanager
    def _engine(self, place: Any) -> Iterator[Engine]:
        engine = self.open(place)
        try:
            yield engine
        finally:
            engine.close()

    @contextmanager
    def _store(self, place: Any) -> Iterator[Store]:
        with self._engine(place) as engine:
            yield Store(engine)

    @contextmanager
    def _memory(self, place: Any, **options: Any) -> Iterator[Memory]:
        named = {"embedder": "hashed", "system": "hybrid", **options}
        with Memory(self.open(place), **named) as memory:
            yield memory


def item(text: str, tenant: str = "u", **fields: Any) -> Item:
    """A new item of a tenant."""
    return Item(id=new_id(), text=text, scope=Scope(tenant or None), **fields)


def put(store: Store, items: Sequence[Item], **fields: Any) -> list[Item]:
    """Store items of one tenant in one change."""
    tenant = items[0].scope.tenant
    store.apply(ChangeSet(tenant=tenant, actor="test", puts=items, **fields))
    return list(items)
