"""An engine and a store at an empty place, in a file and in a PostgreSQL server in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.store import Store


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = connect(location)
    yield opened
    opened.close()


@pytest.fixture
def engine(store: Store) -> Engine:
    """The engine of that store, its tables made."""
    return store.engine
