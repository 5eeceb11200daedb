"""What every law of a store starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.core.errors import StoreError
from combray.store.engine import Engine
from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.base import StoreLaw, item, put
from tests.testing.broken import suite


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where a file may be."""
    return str(tmp_path / "memory.db")


def test_a_suite_says_what_it_lacks() -> None:
    """Whoever forgets to override `open` is told so, not shown an odd failure."""
    with pytest.raises(NotImplementedError, match="open"):
        StoreLaw().open("somewhere")


def test_everything_that_is_opened_is_closed(place: str) -> None:
    """Also when the law fails in between."""
    laws, seen = suite(StoreLaw, SQLiteEngine), []

    def fails(open_: Any) -> None:
        with open_(place) as opened:
            seen.append(getattr(opened, "engine", opened))
            raise ZeroDivisionError

    for open_ in (laws._engine, laws._store):
        with pytest.raises(ZeroDivisionError):
            fails(open_)
    for engine in seen:
        assert isinstance(engine, Engine)
        with pytest.raises(StoreError):
            engine.read("SELECT 1")


def test_a_memory_is_over_the_suites_engine(place: str) -> None:
    """Offline, with options of the law's own."""
    laws = suite(StoreLaw, SQLiteEngine)
    with laws._memory(place) as memory:
        memory.add("tea", user_id="u")
        assert memory.stats(user_id="u")["embedder"] == "hashed-512"
    with laws._memory(place, system="bm25") as memory:
        assert memory.search("tea", user_id="u")[0].explain is not None
    with laws._store(place) as store:
        assert [i.text for i in store.items("u")] == ["tea"]


def test_items_are_new_and_of_their_tenant(place: str) -> None:
    """Two with the same words are two; the empty name is the shared tenant."""
    one, other, shared = item("x"), item("x", kind="fact"), item("x", "")
    assert one.id != other.id
    assert (one.scope.tenant, other.kind, shared.scope.user_id) == ("u", "fact", None)
    with suite(StoreLaw, SQLiteEngine)._store(place) as store:
        assert put(store, [one, other]) == [one, other]
        assert len(store.events("u")) == 2
