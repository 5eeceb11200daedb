"""Mending holds up nobody for what is sound, and rewrites what only a rewrite puts right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from combray.core.errors import StoreError
from combray.store.engine import Cursor
from combray.store.history.mend import mend
from combray.store.store import Store
from combray.testing.base import item, put


def test_whoever_is_sound_is_only_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of a user is taken for one of whom something is wrong."""
    put(store, [item("one")])
    put(store, [item("two", "v")])
    with store.engine.write() as cursor:
        cursor.run("UPDATE items SET text = 'x' WHERE tenant = 'v'")
    locked: list[str | None] = []
    write = store.engine.write

    @contextmanager
    def seen(tenant: str | None = None) -> Iterator[Cursor]:
        locked.append(tenant)
        with write(tenant) as cursor:
            yield cursor

    monkeypatch.setattr(store.engine, "write", seen)
    assert mend(store) == 1
    assert set(locked) == {None, "v"}
    assert [i.text for i in store.items("v")] == ["two"]


def test_a_file_that_is_not_in_order_is_rewritten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it cannot be, what can be mended is mended all the same."""
    calls: list[str] = []

    def compact() -> tuple[str, ...]:
        calls.append("compact")
        raise StoreError("malformed")

    put(store, [item("one")])
    monkeypatch.setattr(store.engine, "compact", compact)
    assert mend(store) == 0
    monkeypatch.setattr(store.engine, "check", lambda: ["page 7 is bad"])
    assert mend(store) == 0
    assert calls == ["compact"]
