"""Opening a store by a path, a URL, or an engine of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from combray.core.errors import InputError, MissingExtra, StoreReadOnly, UnknownName
from combray.store import connect as opening
from combray.store.connect import connect
from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.base import item, put


@pytest.mark.parametrize("place", [":memory:", "sqlite://", "sqlite:///"])
def test_memory_is_private_to_its_store(place: str, tmp_path: Path) -> None:
    """Two of them share nothing, and no file is made."""
    one, other = connect(place), connect(place)
    put(one, [item("x")])
    assert other.tenants() == []
    assert list(tmp_path.iterdir()) == []
    one.close()
    other.close()


def test_every_spelling_of_a_file_is_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text, a path, a URL of three or four slashes, and one below the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "memory.db"
    first = connect(path)
    put(first, [item("x")])
    first.close()
    for place in (
        str(path),
        "memory.db",
        f"sqlite:///{path}",
        "sqlite:///memory.db",
        "~/memory.db",
    ):
        store = connect(place)
        assert store.tenants() == ["u"], place
        store.close()
    assert [p.name for p in tmp_path.iterdir()] == ["memory.db"]


def test_an_engine_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    """The store goes over it, and its tables are made."""
    engine = SQLiteEngine(str(tmp_path / "memory.db"))
    store = connect(engine)
    assert store.engine is engine
    assert store.tenants() == []
    store.close()


def test_durable_waits_for_the_disk(tmp_path: Path) -> None:
    """With `durable` every commit is synced in full; without it a killed process loses nothing."""
    for durable, level in ((True, 2), (False, 1)):
        engine = connect(tmp_path / f"{durable}.db", durable=durable).engine
        assert engine._writer.execute("PRAGMA synchronous").fetchone() == (level,)
        engine.close()
    engine = connect(f"sqlite:///{tmp_path / 'url.db'}", durable=True).engine
    assert engine._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    engine.close()


@pytest.mark.parametrize("place", ["", "  ", None, 7, b"memory.db", [], object()])
def test_what_is_no_place_is_refused(place: Any) -> None:
    """The message says what a place is."""
    with pytest.raises(InputError, match="memory"):
        connect(place)


@pytest.mark.parametrize(
    ("url", "near"),
    [("postgrs://host/db", "postgres"), ("sqlite3://x", "sqlite"), ("mysql://x", "")],
)
def test_an_unknown_kind_of_database_names_the_nearest(url: str, near: str) -> None:
    """Or all that are known, when none is near."""
    with pytest.raises(UnknownName, match=near or "postgresql") as caught:
        connect(url)
    assert url.partition(":")[0] in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_server_is_given_its_whole_url(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both spellings go to PostgreSQL with user, password and options as they were given."""
    given: list[str] = []

    def opened(url: str) -> SQLiteEngine:
        given.append(url)
        return SQLiteEngine(":memory:")

    monkeypatch.setattr(opening, "_postgres", opened)
    url = f"{scheme}://ann:p%40ss@host:5432/db?options=-c%20x"
    connect(url).close()
    assert given == [url]


@pytest.mark.postgres
def test_a_server_is_opened_by_its_url(postgres_location: str) -> None:
    """The tables are made there, and the address is shown without a password."""
    store = connect(postgres_location)
    assert store.engine.dialect.name == "postgresql"
    assert store.tenants() == []
    store.close()


def test_a_url_may_ask_for_reading_only(tmp_path: Path) -> None:
    """It reads what is there, changes nothing, and makes no file."""
    path = tmp_path / "memory.db"
    with pytest.raises(InputError, match="no memory at"):
        connect(f"sqlite:///{path}?mode=ro")
    assert not path.exists()
    first = connect(path)
    put(first, [item("x")])
    reader = connect(f"sqlite:///{path}?mode=ro")
    assert reader.tenants() == first.tenants()
    with pytest.raises(StoreReadOnly):
        put(reader, [item("y")])
    reader.close()
    first.close()


@pytest.mark.parametrize("query", ["mode=memory", "cache=shared", "mode", "mode=ro&mode=rwc"])
def test_an_option_that_is_not_kept_is_refused(tmp_path: Path, query: str) -> None:
    """It would be ignored otherwise, or be taken for a part of the file's name."""
    with pytest.raises(InputError, match="mode=ro"):
        connect(f"sqlite:///{tmp_path}/x.db?{query}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place", ["file:x.db?mode=ro", "sqlite:x.db", "SQLite:/x.db", "postgresql:here"]
)
def test_half_a_url_is_no_path(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, not made a file of that name; a path may have a colon elsewhere."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="neither a path nor a whole URL"):
        connect(place)
    assert list(tmp_path.iterdir()) == []
    connect("notes:x.db").close()
    connect("./sqlite:x.db").close()


def test_a_server_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of our modules imports it first."""
    for name in [name for name in sys.modules if name.startswith("combray.store.engines.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'combray\[postgres\]'"):
        connect("postgresql://localhost/memories")
