"""Open a store: a path, `:memory:`, a URL, or an engine of one's own."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl

from combray.core.errors import InputError, MissingExtra, UnknownName
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
        _check_no_url(text)
        path = text if text == ":memory:" else str(Path(text).expanduser())
        return Store(SQLiteEngine(path, durable=durable))
    if scheme not in SCHEMES:
        raise UnknownName("kind of database", scheme, SCHEMES)
    if scheme == "sqlite":
        return _sqlite(rest, durable=durable)
    return Store(_postgres(text))


def _check_no_url(text: str) -> None:
    """Raise InputError for a URL without its slashes, which would make a file of that name."""
    scheme, colon, _ = text.partition(":")
    if colon and scheme.lower() in (*SCHEMES, "file"):
        raise InputError(
            f"{text!r:.60} is neither a path nor a whole URL. Write sqlite:///path, "
            "postgresql://host/database, or for a file of this name, ./ before it."
        )


def _sqlite(rest: str, *, durable: bool) -> Store:
    """The file of a `sqlite:///path?mode=ro`; other options are refused, not ignored."""
    path, _, query = rest.removeprefix("/").partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    for name, value in options:
        if (name, value) not in (("mode", "ro"), ("mode", "rwc")):
            raise InputError(
                f"A SQLite URL takes mode=ro or mode=rwc, not {name}={value}. Nothing was opened."
            )
    place, modes = path or ":memory:", {value for _, value in options}
    if len(modes) > 1:
        raise InputError("A SQLite URL takes mode=ro or mode=rwc, not both. Nothing was opened.")
    read_only = modes == {"ro"}
    if read_only and not Path(place).is_file():
        raise InputError(f"There is no memory at {place} to be read. Check the path.")
    return Store(SQLiteEngine(place, durable=durable, read_only=read_only))


def _postgres(url: str) -> Engine:
    try:
        from combray.store.engines.postgres import PostgresEngine
    except ImportError as error:
        raise MissingExtra("A memory in PostgreSQL", "psycopg", "postgres") from error
    engine: Engine = PostgresEngine(url)
    return engine
