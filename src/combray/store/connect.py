"""Open a store: a path, `:memory:`, a URL, or an engine of one's own."""

from __future__ import annotations

import os
from pathlib import Path

from combray.core.errors import InputError, UnknownName
from combray.store.engine import Engine
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.store import Store

SCHEMES = ("sqlite", "postgresql", "postgres")


def connect(location: str | os.PathLike[str] | Engine, *, durable: bool = False) -> Store:
    """The store at a location; `durable` also survives a power cut, at some ms a commit."""
    if isinstance(location, Engine):
        return Store(location)
    text = os.fspath(location) if isinstance(location, str | os.PathLike) else None
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"location must be a path, ':memory:' or a URL, not {location!r}.")
    scheme, separator, rest = text.partition("://")
    if not separator:
        path = text if text == ":memory:" else str(Path(text).expanduser())
        return Store(SQLiteEngine(path, durable=durable))
    if scheme not in SCHEMES:
        raise UnknownName("kind of database", scheme, SCHEMES)
    if scheme == "sqlite":
        return connect(rest.removeprefix("/") or ":memory:", durable=durable)
    return Store(_postgres(text))


def _postgres(url: str) -> Engine:
    from combray.store.engines.postgres import PostgresEngine  # type: ignore[import-not-found,unused-ignore]

    engine: Engine = PostgresEngine(url)
    return engine
