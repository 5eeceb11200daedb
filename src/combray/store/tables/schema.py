"""The tables, as numbered migrations: plain functions, run in order in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import islice

from combray.core.checks import text_problem
from combray.core.errors import NotADatabase, StoreError, pip_command
from combray.store.engine import Cursor, Dialect, Engine, Row
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.engines.sqlite_files import APPLICATION
from combray.store.tables import checksums
from combray.store.tables.every_row import readable_rows
from combray.store.tables.fact_keys import ALWAYS, FILE_TOPIC, filed
from combray.store.tables.rows import CHUNK, ITEM_COLUMNS, LIKENESS, digest, item_from_row

Migration = Callable[[Cursor, Dialect], None]
_META = {"name", "value"}
LINEAGE = "lineage"
"""The name in `meta` of the id that a database shares with its copies alone."""


def m001_initial(cursor: Cursor, dialect: Dialect) -> None:
    """Items with two times, links, vectors by generation, events and jobs."""
    for statement in _TABLES:
        cursor.run(statement.format(serial=dialect.serial, blob=dialect.blob))
    for index in _INDEXES:
        cursor.run(f"CREATE INDEX {index}")


def m002_topics_and_due(cursor: Cursor, dialect: Dialect) -> None:
    """What each functional fact is about, and when a waiting job is due."""
    cursor.run(
        "CREATE TABLE topics (tenant TEXT NOT NULL, topic TEXT NOT NULL, item_id TEXT NOT NULL, "
        "PRIMARY KEY (tenant, topic, item_id))"
    )
    cursor.run("CREATE INDEX topics_item ON topics (item_id)")
    cursor.run("CREATE INDEX items_status ON items (tenant, status, kind)")
    cursor.run("ALTER TABLE jobs ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0")


def m003_indexes_of_a_tenant(cursor: Cursor, _dialect: Dialect) -> None:
    """Indexes that hold both the tenant and what is looked for.

    Without them a planner reads all rows of a big tenant to find ten by their ids.
    """
    cursor.run("CREATE INDEX items_id ON items (tenant, id)")
    cursor.run("DROP INDEX items_digest")
    cursor.run("CREATE INDEX items_digest ON items (tenant, digest, status)")
    cursor.run("CREATE INDEX links_src ON links (tenant, src)")
    cursor.run("DROP INDEX links_dst")
    cursor.run("CREATE INDEX links_dst ON links (tenant, dst)")


def m004_models(cursor: Cursor, dialect: Dialect) -> None:
    """Every call of a model, and which raw items each system has read."""
    cursor.run(
        f"CREATE TABLE ledger (seq {dialect.serial}, at BIGINT NOT NULL, tenant TEXT NOT NULL, "
        "system TEXT NOT NULL, step TEXT NOT NULL, model TEXT NOT NULL, tokens_in BIGINT NOT NULL, "
        "tokens_out BIGINT NOT NULL, ms DOUBLE PRECISION NOT NULL, usd DOUBLE PRECISION, "
        "outcome TEXT NOT NULL)"
    )
    cursor.run("CREATE INDEX ledger_tenant ON ledger (tenant, seq)")
    cursor.run(
        "CREATE TABLE readings (item_id TEXT NOT NULL, actor TEXT NOT NULL, tenant TEXT NOT NULL, "
        "PRIMARY KEY (item_id, actor))"
    )
    cursor.run("CREATE INDEX jobs_due ON jobs (kind, due_at)")


def m005_digests_of_exact_words(cursor: Cursor, _dialect: Dialect) -> None:
    """Digests that only the same words share, and an index by which look-alikes are found.

    One transaction: an interrupted migration begins again. A hundred thousand items take seconds.
    """
    rows = readable_rows(cursor.run, "SELECT seq, text FROM items WHERE seq > ?")
    digests = ((digest(text), seq) for seq, (_, text) in rows if isinstance(text, str))
    while chunk := list(islice(digests, CHUNK)):
        cursor.run_many("UPDATE items SET digest = ? WHERE seq = ?", chunk)
    cursor.run(f"CREATE INDEX items_likeness ON items (tenant, {LIKENESS}, status)")


def m006_order_of_knowledge(cursor: Cursor, _dialect: Dialect) -> None:
    """An index by which the last moment is found at which a tenant came to know something."""
    cursor.run("CREATE INDEX items_known ON items (tenant, known_from)")


def m007_checksums(cursor: Cursor, _dialect: Dialect) -> None:
    """A checksum for each item, event and vector; those that exist get theirs as they are."""
    for table in ("items", "events", "vectors"):
        cursor.run(f"ALTER TABLE {table} ADD COLUMN checksum BIGINT")
    checksums.fill(cursor, ("items", "events"))
    checksums.fill_vectors(cursor)


def m008_settled_facts(cursor: Cursor, _dialect: Dialect) -> None:
    """Until when something new may change a functional fact, so that the others need no reading."""
    cursor.run(f"ALTER TABLE topics ADD COLUMN settled BIGINT NOT NULL DEFAULT {ALWAYS}")
    cursor.run("CREATE INDEX topics_settled ON topics (tenant, topic, settled)")


def m009_checksums_of_work(cursor: Cursor, _dialect: Dialect) -> None:
    """A checksum for each job and each call of a model."""
    for table in ("jobs", "ledger"):
        cursor.run(f"ALTER TABLE {table} ADD COLUMN checksum BIGINT")
    checksums.fill(cursor, ("jobs", "ledger"))


def m010_last_words_and_readings(cursor: Cursor, dialect: Dialect) -> None:
    """When each functional fact was said; a number and a checksum for what systems have read."""
    cursor.run("ALTER TABLE topics ADD COLUMN said BIGINT NOT NULL DEFAULT 0")
    cursor.run("CREATE INDEX topics_said ON topics (tenant, topic, said)")
    if dialect.name == "sqlite":
        _number_anew(cursor, dialect)
    else:
        _number_in_place(cursor, dialect)
    checksums.fill(cursor, ("readings",))


def _number_in_place(cursor: Cursor, dialect: Dialect) -> None:
    """Add the columns to the table as it stands, so that nobody loses a right to it."""
    (key,) = cursor.run(
        "SELECT quote_ident(conname) FROM pg_constraint "
        "WHERE conrelid = 'readings'::regclass AND contype = 'p'"
    )
    cursor.run(f"ALTER TABLE readings DROP CONSTRAINT {key[0]}")
    cursor.run(f"ALTER TABLE readings ADD COLUMN seq {dialect.serial}")
    cursor.run("ALTER TABLE readings ADD COLUMN checksum BIGINT")
    cursor.run("ALTER TABLE readings ADD UNIQUE (item_id, actor)")


def _number_anew(cursor: Cursor, dialect: Dialect) -> None:
    """Make the table again: SQLite adds no column that counts."""
    cursor.run("CREATE TABLE read_before AS SELECT item_id, actor, tenant FROM readings")
    cursor.run("DROP TABLE readings")
    cursor.run(
        f"CREATE TABLE readings (seq {dialect.serial}, item_id TEXT NOT NULL, "
        "actor TEXT NOT NULL, tenant TEXT NOT NULL, checksum BIGINT, UNIQUE (item_id, actor))"
    )
    cursor.run(
        "INSERT INTO readings (item_id, actor, tenant) SELECT item_id, actor, tenant "
        # A damaged index may have let one in twice.
        "FROM read_before WHERE TRUE ON CONFLICT DO NOTHING"
    )
    cursor.run("DROP TABLE read_before")


def m011_values_of_facts(cursor: Cursor, _dialect: Dialect) -> None:
    """What each plain fact says of its topic, so that the last who said it is found alone.

    Texts of the same words are found by their kind, without the turns of a dialogue.

    A damaged row keeps ALWAYS, with which it is read each time, until it is repaired.
    """
    cursor.run("ALTER TABLE topics ADD COLUMN value TEXT NOT NULL DEFAULT ''")
    _file_again(cursor)
    cursor.run("DROP INDEX items_digest")
    cursor.run("CREATE INDEX items_digest ON items (tenant, digest, status, kind)")
    cursor.run("DROP INDEX topics_settled")
    cursor.run(
        "CREATE INDEX topics_settled ON topics (tenant, topic, settled, value, said, item_id)"
    )


def _file_again(cursor: Cursor) -> None:
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE id IN (SELECT item_id FROM topics) AND seq > ?"
    rows = (_filed(row) for _, row in readable_rows(cursor.run, query))
    sound = (row for row in rows if row is not None)
    while chunk := list(islice(sound, CHUNK)):
        cursor.run_many(FILE_TOPIC, chunk)


def _filed(row: Row) -> tuple[str, str, str, int, int, str] | None:
    """The entry of a fact; None where its row is damaged so that there is none to keep."""
    try:
        entry = filed(item_from_row(row))
    except (StoreError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    if entry is None or any(text_problem(value) for value in (*entry[:3], entry[5])):
        return None
    return None if any(not isinstance(value, int) for value in entry[3:5]) else entry


def m012_task_memories(cursor: Cursor, dialect: Dialect) -> None:
    """The steps of task memories, and contents by their digests."""
    cursor.run(
        f"CREATE TABLE steps (seq {dialect.serial}, tenant TEXT NOT NULL, log TEXT NOT NULL, "
        "number BIGINT NOT NULL, first BIGINT NOT NULL, op TEXT NOT NULL, actor TEXT NOT NULL, "
        "at BIGINT NOT NULL, value TEXT NOT NULL, checksum BIGINT, "
        "UNIQUE (tenant, log, number))"
    )
    cursor.run(
        "CREATE TABLE blobs (tenant TEXT NOT NULL, digest TEXT NOT NULL, base TEXT, "
        f"chain BIGINT NOT NULL, data {dialect.blob} NOT NULL, PRIMARY KEY (tenant, digest))"
    )


MIGRATIONS: tuple[Migration, ...] = (
    m001_initial,
    m002_topics_and_due,
    m003_indexes_of_a_tenant,
    m004_models,
    m005_digests_of_exact_words,
    m006_order_of_knowledge,
    m007_checksums,
    m008_settled_facts,
    m009_checksums_of_work,
    m010_last_words_and_readings,
    m011_values_of_facts,
    m012_task_memories,
)

_TABLES = (
    """CREATE TABLE items (
        seq {serial}, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, kind TEXT NOT NULL,
        text TEXT NOT NULL, agent_id TEXT, session_id TEXT, role TEXT, name TEXT,
        first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, valid_from BIGINT, valid_to BIGINT,
        known_from BIGINT NOT NULL, known_to BIGINT, strength DOUBLE PRECISION NOT NULL,
        last_recalled BIGINT, count BIGINT NOT NULL, status TEXT NOT NULL, digest TEXT NOT NULL,
        metadata TEXT NOT NULL, sources TEXT NOT NULL, created_by TEXT NOT NULL)""",
    """CREATE TABLE cites (
        source_id TEXT NOT NULL, item_id TEXT NOT NULL, PRIMARY KEY (source_id, item_id))""",
    """CREATE TABLE links (
        tenant TEXT NOT NULL, src TEXT NOT NULL, dst TEXT NOT NULL, kind TEXT NOT NULL,
        weight DOUBLE PRECISION NOT NULL, valid_from BIGINT, valid_to BIGINT,
        known_from BIGINT NOT NULL, known_to BIGINT, sources TEXT NOT NULL,
        PRIMARY KEY (src, dst, kind))""",
    """CREATE TABLE generations (
        seq {serial}, embedder TEXT NOT NULL, dim BIGINT NOT NULL, state TEXT NOT NULL)""",
    """CREATE TABLE vectors (
        tenant TEXT NOT NULL, generation BIGINT NOT NULL, item_seq BIGINT NOT NULL,
        data {blob} NOT NULL, PRIMARY KEY (tenant, generation, item_seq))""",
    """CREATE TABLE events (
        seq {serial}, change_id TEXT NOT NULL, tenant TEXT NOT NULL, item_id TEXT NOT NULL,
        op TEXT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, why TEXT NOT NULL,
        before TEXT, after TEXT)""",
    """CREATE TABLE jobs (
        seq {serial}, tenant TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        state TEXT NOT NULL, attempts BIGINT NOT NULL, error TEXT, created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL)""",
)

_INDEXES = (
    "items_tenant ON items (tenant, seq)",
    "items_digest ON items (tenant, digest)",
    "items_session ON items (tenant, session_id)",
    "cites_item ON cites (item_id)",
    "links_tenant ON links (tenant, kind)",
    "links_dst ON links (dst)",
    "events_tenant ON events (tenant, seq)",
    "events_item ON events (item_id, seq)",
    "events_change ON events (change_id)",
    "jobs_state ON jobs (state, seq)",
)


def migrate(engine: Engine) -> None:
    """Bring the database to this version's tables.

    Raises NotADatabase for a database of something else or from a newer version.
    """
    if _version(engine) == len(MIGRATIONS):
        return
    with engine.write() as cursor:
        cursor.run("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        found = cursor.run("SELECT value FROM meta WHERE name = 'version'")
        version = int(found[0][0]) if found else 0
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            migration(cursor, engine.dialect)
            _set_meta(cursor, "version", str(number))
        engine.finish_schema(cursor)
        _set_meta(cursor, "application", APPLICATION)
        if version == 0:
            _set_meta(cursor, LINEAGE, secrets.token_hex(16))


def _version(engine: Engine) -> int:
    """The version of the tables; 0 for an empty database."""
    tables = table_names(engine)
    if "meta" not in tables:
        if tables:
            raise NotADatabase(
                f"{engine.location} holds another program's tables ({', '.join(tables[:3])}…). "
                "Nothing was changed. Give combray a file of its own."
            )
        return 0
    meta = _meta(engine) if _META <= _names_of_columns(engine, "meta") else {}
    if meta.get("application") != APPLICATION:
        raise NotADatabase(
            f"{engine.location} is another program's database. Nothing was changed. Give combray a "
            "file or a schema of its own."
        )
    if not meta.get("version", "").isdecimal():
        raise NotADatabase(
            f"{engine.location} is damaged: it does not say its version. Restore a backup."
        )
    version = int(meta["version"])
    if version > len(MIGRATIONS):
        raise NotADatabase(
            f"{engine.location} was written by a newer combray (format {version}; this one knows "
            f"{len(MIGRATIONS)}). Run: {pip_command()}"
        )
    return version


def _meta(engine: Engine) -> dict[str, str]:
    return {str(name): str(value) for name, value in engine.read("SELECT name, value FROM meta")}


def _names_of_columns(engine: Engine, table: str) -> set[str]:
    if engine.dialect.name == "sqlite":
        query = "SELECT name FROM pragma_table_info(?)"
    else:
        query = (
            "SELECT attname::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
            "WHERE c.relname = ? AND c.relnamespace = current_schema()::regnamespace"
        )
    return {str(row[0]) for row in engine.read(query, (table,))}


def table_names(engine: Engine) -> list[str]:
    """Every table there is, ours or not."""
    if engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return sorted(str(row[0]) for row in engine.read(query))


def odd_tables(engine: Engine) -> list[str]:
    """The tables of a file whose columns are not those that the migrations make."""
    if engine.dialect.name != "sqlite":
        return []
    wanted, found = _wanted(), _columns(engine)
    return sorted(name for name, columns in wanted.items() if found.get(name) != columns)


def column_names() -> dict[str, str]:
    """The columns of each table, in one order for every database."""
    return {
        table: ", ".join(f'"{column[0]}"' for column in columns)
        for table, columns in _wanted().items()
    }


def _wanted() -> dict[str, list[Row]]:
    fresh = SQLiteEngine(":memory:")
    migrate(fresh)
    wanted = _columns(fresh)
    fresh.close()
    return wanted


def _columns(engine: Engine) -> dict[str, list[Row]]:
    columns: dict[str, list[Row]] = {}
    for name, *column in engine.read(
        'SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m '
        "JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid"
    ):
        columns.setdefault(str(name), []).append(tuple(column))
    return columns


def _set_meta(cursor: Cursor, name: str, value: str) -> None:
    cursor.run(
        "INSERT INTO meta (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
