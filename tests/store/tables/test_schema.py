"""Migrations: an old file opens with all it holds, and a foreign one stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from combray.core.errors import NotADatabase
from combray.core.items import Item
from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.history.mend import mend
from combray.store.history.verify import verify
from combray.store.store import Store
from combray.store.tables import fact_keys, schema
from combray.store.tables.checksums import FIELDS, PUT_ITEM, item_row, of_values
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
    told = dict(bare.read("SELECT name, value FROM meta"))
    assert len(told.pop("lineage")) == 32
    assert told == {
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
    with bare.write() as cursor:
        cursor.run("DELETE FROM meta WHERE name = 'lineage'")
    store = Store(bare)
    assert version(bare) == len(MIGRATIONS)
    # It has copies that know of none.
    assert not bare.read("SELECT value FROM meta WHERE name = 'lineage'")
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


def test_what_was_read_and_said_is_kept_with_numbers(
    bare: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file from before they had checksums and moments gets both; `verify` finds all sound."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", MIGRATIONS[:9])
        migrate(bare)
        old = "INSERT INTO topics (tenant, topic, item_id, settled) VALUES (?, ?, ?, ?)"
        patch.setattr(fact_keys, "FILE_TOPIC", old)
        patch.setattr(fact_keys, "filed", lambda item: None)
        store = Store(bare)
        about = {"functional": True, "subject": "Ann", "relation": "lives in"}
        (one,) = put(store, [item("one")])
        (fact,) = put(store, [item("fact", kind="fact", sources=(one.id,), metadata=about)])
    row = fact_keys.filed(fact)
    assert row is not None
    with bare.write() as cursor:
        cursor.run(old, row[:4])
        for name in ("mem0", "a_mem"):
            cursor.run(
                "INSERT INTO readings (item_id, actor, tenant) VALUES (?, ?, 'u')", (one.id, name)
            )
    migrate(bare)
    assert bare.read("SELECT said FROM topics") == [(fact.last_at_us,)]
    assert bare.read("SELECT actor FROM readings ORDER BY actor") == [("a_mem",), ("mem0",)]
    assert verify(store).problems == ()


def of_seven(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """A database of version 7 with three functional facts, two jobs, and what was read."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", MIGRATIONS[:7])
        migrate(engine)
    raw = replace(item("one"), known_from_us=5)
    facts = [
        replace(
            item(
                f"fact {n}", kind="fact", sources=(raw.id,), valid_from_us=5 + n, last_at_us=7 + n
            ),
            metadata={"functional": True, "subject": "Ann", "relation": "lives in"},
        )
        for n in range(3)
    ]
    with engine.write() as cursor:
        cursor.run_many(PUT_ITEM, map(item_row, [raw, *facts]))
        for fact in facts:
            cursor.run("INSERT INTO topics VALUES ('u', ?, ?)", (fact_keys.topic_of(fact), fact.id))
            cursor.run("INSERT INTO cites VALUES (?, ?)", (raw.id, fact.id))
        cursor.run_many(
            "INSERT INTO jobs (tenant, kind, payload, state, attempts, created_at, updated_at) "
            "VALUES ('u', ?, '{}', 'waiting', 0, 1, 1)",
            [("k",), ("l",)],
        )
        for actor in ("mem0", "a_mem"):
            cursor.run("INSERT INTO readings VALUES (?, ?, 'u')", (raw.id, actor))
    return facts


def test_a_database_of_version_7_gets_moments_numbers_and_checksums(
    bare: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fact says until when it is unsettled and when it was said; jobs and notes are summed."""
    facts = of_seven(bare, monkeypatch)
    migrate(bare)
    columns = "tenant, topic, item_id, settled, said, value"
    filed = bare.read(f"SELECT {columns} FROM topics ORDER BY item_id")
    assert filed == sorted(map(fact_keys.filed, facts), key=lambda row: row[2])  # type: ignore[index, arg-type, return-value]
    for table in ("items", "jobs", "readings"):
        columns = ", ".join(FIELDS[table])
        rows = bare.read(f"SELECT {columns}, checksum FROM {table}")
        assert rows
        assert [of_values(row[:-1]) for row in rows] == [row[-1] for row in rows]


NO_TEXT = "CAST(x'ff41' AS TEXT)"


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE items SET text = {NO_TEXT} WHERE id = ?",
        "UPDATE items SET metadata = 'null' WHERE id = ?",
        "UPDATE items SET metadata = '[]' WHERE id = ?",
        "UPDATE items SET metadata = '{' WHERE id = ?",
        "UPDATE items SET valid_to = 'never' WHERE id = ?",
        "UPDATE items SET last_at = 'late' WHERE id = ?",
        """UPDATE items SET metadata = replace(metadata, 'Ann', '\\ud83d') WHERE id = ?""",
    ],
)
def test_a_damaged_fact_keeps_nobody_from_opening_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """It is read each time until it is repaired; the others are filed as they are."""
    engine = SQLiteEngine(str(tmp_path / "old.db"))
    first, middle, last = of_seven(engine, monkeypatch)
    with engine.write() as cursor:
        cursor.run(damage, (middle.id,))
    store = Store(engine)
    filed = dict(engine.read("SELECT item_id, said FROM topics"))
    assert filed == {first.id: first.last_at_us, middle.id: 0, last.id: last.last_at_us}
    assert engine.read("SELECT settled FROM topics WHERE item_id = ?", (middle.id,)) == [
        (fact_keys.ALWAYS,)
    ]
    assert verify(store).problems
    store.close()


def test_what_stands_below_every_number_is_filed_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit that makes a number negative hides no row from a migration."""
    engine = SQLiteEngine(str(tmp_path / "old.db"))
    first, *_ = of_seven(engine, monkeypatch)
    with engine.write() as cursor:
        cursor.run("UPDATE items SET seq = -9 WHERE id = ?", (first.id,))
    migrate(engine)
    assert engine.read("SELECT min(said) > 0 FROM topics") == [(1,)]
    engine.close()


@pytest.mark.parametrize("old", range(1, 10))
def test_work_that_cannot_be_read_keeps_nobody_from_opening_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: int
) -> None:
    """A damaged item, job or note of a file of any version gets no checksum, and is repaired."""
    engine = SQLiteEngine(str(tmp_path / "old.db"))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", MIGRATIONS[:old])
        migrate(engine)
    with engine.write() as cursor:
        for words in ("'sound'", NO_TEXT):
            cursor.run(
                "INSERT INTO items (id, tenant, kind, text, first_at, last_at, known_from, "
                "strength, count, status, digest, metadata, sources, created_by) VALUES "
                f"({words}, 'u', 'text', {words}, 1, 1, 1, 1, 1, 'live', 'd', '{{}}', '[]', 'u')"
            )
            cursor.run(
                "INSERT INTO jobs (tenant, kind, payload, state, attempts, error, created_at, "
                f"updated_at) VALUES ('u', 'k', '{{}}', 'waiting', 0, {words}, 1, 1)"
            )
            cursor.run(
                "INSERT INTO events (change_id, tenant, item_id, op, at, actor, why, after) "
                f"VALUES ('c', 'u', 'sound', 'add', 1, 'u', {words}, '{{}}')"
            )
            if old >= 4:
                cursor.run(
                    f"INSERT INTO readings (item_id, actor, tenant) VALUES ('sound', {words}, 'u')"
                )
    store = Store(engine)
    for table in ("items", "events", "jobs", *(("readings",) if old >= 4 else ())):
        missing = engine.read(f"SELECT checksum IS NULL FROM {table} ORDER BY seq")
        assert missing == [(0,), (1,)] or old >= (9 if table == "jobs" else 7), table
    assert verify(store).problems
    mend(store)
    assert verify(store).problems == ()
    store.close()


def test_what_one_index_let_in_twice_is_noted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notes of one reading that stand there twice keep nobody from opening the file."""
    engine = SQLiteEngine(str(tmp_path / "old.db"))
    of_seven(engine, monkeypatch)
    with engine.write() as cursor:
        cursor.run("CREATE TABLE twice (item_id TEXT, actor TEXT, tenant TEXT)")
        cursor.run("INSERT INTO twice SELECT * FROM readings UNION ALL SELECT * FROM readings")
        cursor.run("DROP TABLE readings")
        cursor.run("ALTER TABLE twice RENAME TO readings")
    migrate(engine)
    assert engine.read("SELECT count(*) FROM readings") == [(2,)]
    engine.close()


@pytest.mark.postgres
def test_rights_to_a_table_outlast_the_migrations(
    postgres_location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may read what was read may do so afterwards."""
    from combray.store.engines.postgres import PostgresEngine

    engine = PostgresEngine(postgres_location)
    of_seven(engine, monkeypatch)
    with engine.write() as cursor:
        cursor.run("GRANT SELECT ON readings TO PUBLIC")
    migrate(engine)
    rights = engine.read(
        "SELECT privilege_type::text FROM information_schema.table_privileges "
        "WHERE table_schema = current_schema() AND table_name = 'readings' AND grantee = 'PUBLIC'"
    )
    assert rights == [("SELECT",)]
    assert engine.read("SELECT count(*), count(seq), count(checksum) FROM readings") == [(2, 2, 2)]
    engine.close()


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


@pytest.mark.parametrize("columns", ["x BIGINT", "name TEXT, value TEXT"])
def test_a_foreign_program_may_use_our_names(bare: Engine, columns: str) -> None:
    """Tables that are called as ours are, with other columns or none of what we say there."""
    names = ["events", "items", "meta"]
    with bare.write() as cursor:
        for name in names:
            cursor.run(f"CREATE TABLE {name} ({columns})")
    with pytest.raises(NotADatabase, match="another program's database"):
        migrate(bare)
    assert table_names(bare) == names


def test_reads_by_tenant_go_by_an_index() -> None:
    """SQLite finds an item by id, a fellow by its topic and a job by its time without a scan."""
    store = connect(":memory:")
    for query in (
        "SELECT text FROM items WHERE tenant = 'u' AND id IN ('a', 'b')",
        "SELECT text FROM items WHERE tenant = 'u' AND status = 'live' AND digest = 'x'",
        f"SELECT text FROM items WHERE tenant = 'u' AND {LIKENESS} IN ('x', 'y')",
        "SELECT item_id FROM topics WHERE tenant = 'u' AND topic = 't'",
        "SELECT item_id FROM topics WHERE tenant = 'u' AND topic = 't' ORDER BY said DESC LIMIT 1",
        "SELECT item_id FROM cites WHERE source_id = 'a'",
        "SELECT dst FROM links WHERE tenant = 'u' AND src = 'a'",
        "SELECT max(seq) FROM events WHERE tenant = 'u'",
        "SELECT seq FROM jobs WHERE kind = 'k' AND due_at <= 1",
    ):
        plan = " ".join(str(row[-1]) for row in store.engine.read(f"EXPLAIN QUERY PLAN {query}"))
        assert not {"SCAN", "TEMP"} & set(plan.split()), f"{query}: {plan}"
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
