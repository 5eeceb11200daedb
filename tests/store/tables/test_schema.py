"""Migrations: an old file opens with all it holds, and a foreign one stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from combray.core.errors import NotADatabase
from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.store import Store
from combray.store.tables import schema
from combray.store.tables.rows import CHUNK, LIKENESS, digest
from combray.store.tables.schema import MIGRATIONS, migrate, table_names
from combray.testing.base import item, put

TABLES = {
    "cites", "events", "generations", "items", "jobs", "ledger", "links", "meta", "readings",
    "topics", "vectors", "steps", "blobs",
}  # fmt: skip


@pytest.fixture
def bare(location: str) -> Iterator[Engine]:
    """An engine at an empty place whose tables were not made."""
    if "://" in location:
        from combray.store.engines.postgres import PostgresEngine

        made: Engine = PostgresEngine(location)
    else:
        made = SQLiteEngine(location)
    yield made
    made.close()


def version(engine: Engine) -> int:
    """The version that a database says it has."""
    return int(engine.read("SELECT value FROM meta WHERE name = 'version'")[0][0])


def test_an_empty_place_gets_every_table(bare: Engine) -> None:
    """All at once, marked as ours and with this version."""
    assert table_names(bare) == []
    migrate(bare)
    assert set(table_names(bare)) == TABLES
    assert dict(bare.read("SELECT name, value FROM meta")) == {
        "application": "combray",
        "version": str(len(MIGRATIONS)),
    }


def test_migrating_twice_changes_nothing(bare: Engine) -> None:
    """A database of this version is only looked at."""
    migrate(bare)

    def refuse(tenant: str | None = None) -> None:
        raise AssertionError("nothing is to be written")

    bare.write = refuse  # type: ignore[method-assign, assignment]
    migrate(bare)


@pytest.mark.parametrize("old", range(1, len(MIGRATIONS)))
def test_a_database_of_every_old_version_is_brought_up(
    bare: Engine, monkeypatch: pytest.MonkeyPatch, old: int
) -> None:
    """One made by an earlier version gets what is new, and works as one made today."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", MIGRATIONS[:old])
        migrate(bare)
    assert version(bare) == old
    store = Store(bare)
    assert version(bare) == len(MIGRATIONS)
    assert set(table_names(bare)) == TABLES
    put(store, [item("one")])
    assert [i.text for i in store.items("u")] == ["one"]


def test_what_an_old_database_holds_is_kept(bare: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting jobs of the first version are due at once; items keep their words."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", MIGRATIONS[:1])
        migrate(bare)
    with bare.write() as cursor:
        cursor.run(
            "INSERT INTO jobs (tenant, kind, payload, state, attempts, created_at, updated_at) "
            "VALUES ('u', 'k', '{}', 'waiting', 0, 1, 1)"
        )
    migrate(bare)
    assert bare.read("SELECT kind, due_at FROM jobs") == [("k", 0)]


def test_a_migration_that_fails_leaves_the_old_version(
    bare: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its statements are rolled back; the next try goes on from there."""
    migrate(bare)

    def broken(cursor: object, dialect: object) -> None:
        cursor.run("CREATE TABLE half (x BIGINT)")  # type: ignore[attr-defined]
        raise ZeroDivisionError

    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(ZeroDivisionError):
        migrate(bare)
    monkeypatch.undo()
    assert version(bare) == len(MIGRATIONS)
    assert "half" not in table_names(bare)
    migrate(bare)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE meta SET value = '99' WHERE name = 'version'", "newer"),
        ("UPDATE meta SET value = 'mail' WHERE name = 'application'", "another"),
        ("DELETE FROM meta WHERE name = 'application'", "another"),
    ],
)
def test_a_database_that_is_not_ours_is_refused(bare: Engine, change: str, said: str) -> None:
    """A newer version names the command that upgrades; another program's stays untouched."""
    migrate(bare)
    with bare.write() as cursor:
        cursor.run(change)
    before = bare.read("SELECT name, value FROM meta ORDER BY name")
    with pytest.raises(NotADatabase, match=said) as caught:
        migrate(bare)
    assert ("pip install" in str(caught.value)) == (said == "newer")
    assert bare.read("SELECT name, value FROM meta ORDER BY name") == before


def test_the_tables_of_a_foreign_program_are_named(bare: Engine) -> None:
    """So that whoever mistook the file knows it again; nothing is added to it."""
    with bare.write() as cursor:
        cursor.run("CREATE TABLE accounts (id BIGINT)")
    with pytest.raises(NotADatabase, match="accounts"):
        migrate(bare)
    assert table_names(bare) == ["accounts"]


def test_reads_by_tenant_go_by_an_index() -> None:
    """SQLite finds an item by id, a fellow by its topic and a job by its time without a scan."""
    store = connect(":memory:")
    for query in (
        "SELECT text FROM items WHERE tenant = 'u' AND id IN ('a', 'b')",
        "SELECT text FROM items WHERE tenant = 'u' AND status = 'live' AND digest = 'x'",
        f"SELECT text FROM items WHERE tenant = 'u' AND {LIKENESS} IN ('x', 'y')",
        "SELECT item_id FROM topics WHERE tenant = 'u' AND topic = 't'",
        "SELECT item_id FROM cites WHERE source_id = 'a'",
        "SELECT dst FROM links WHERE tenant = 'u' AND src = 'a'",
        "SELECT max(seq) FROM events WHERE tenant = 'u'",
        "SELECT seq FROM jobs WHERE kind = 'k' AND due_at <= 1",
    ):
        plan = " ".join(str(row[-1]) for row in store.engine.read(f"EXPLAIN QUERY PLAN {query}"))
        assert "SCAN" not in plan, f"{query}: {plan}"
    store.close()


def test_a_number_is_never_given_twice(store: Store) -> None:
    """Who follows the log by number misses nothing after the last rows were removed."""
    put(store, [item("one"), item("two")])
    head = store.head("u")
    with store.engine.write() as cursor:
        cursor.run("DELETE FROM events")
    put(store, [item("three")])
    assert store.head("u") > head


def test_a_file_made_by_hand_in_our_name_is_not_believed(tmp_path: Path) -> None:
    """A `meta` table without a version is another program's."""
    path = tmp_path / "odd.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE meta (name TEXT, value TEXT)")
        db.commit()
    with pytest.raises(NotADatabase):
        connect(path)


def test_digests_of_an_older_version_are_made_again(
    bare: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All items by their words, more than one chunk of them, on both stores."""
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:4])
    migrate(bare)
    texts = [f"Take .{n} mg" for n in range(2 * CHUNK + 1)]
    with bare.write() as cursor:
        cursor.run_many(
            "INSERT INTO items (id, tenant, kind, text, first_at, last_at, known_from, strength, "
            "count, status, digest, metadata, sources, created_by) "
            "VALUES (?, 'u', 'text', ?, 1, 1, 1, 1, 1, 'live', 'old', '{}', '[]', 'user')",
            [(f"id{n}", text) for n, text in enumerate(texts)],
        )
    monkeypatch.undo()
    migrate(bare)
    rows = bare.read("SELECT text, digest FROM items ORDER BY seq")
    assert rows == [(text, digest(text)) for text in texts]
