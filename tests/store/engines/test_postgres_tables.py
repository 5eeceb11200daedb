"""What PostgreSQL needs besides the shared SQL: the wall, byte order, counters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray.store.engines.postgres import PostgresEngine
from combray.store.engines.postgres_tables import finish_schema
from combray.store.store import Store
from combray.testing.base import item, put

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_location: str) -> Iterator[Store]:
    """A store in an empty schema."""
    opened = Store(PostgresEngine(postgres_location))
    yield opened
    opened.close()


def test_texts_are_ordered_by_their_bytes(store: Store) -> None:
    """As in SQLite, whatever the language of the server is."""
    for name in ("b", "Z", "a", "ä", "", "_"):
        put(store, [item("x", name)])
    assert store.tenants() == sorted(["b", "Z", "a", "ä", "", "_"])


def test_every_table_with_a_tenant_is_behind_the_wall(store: Store) -> None:
    """And the table of citations, whose rows belong to whom their item belongs."""
    walled = {
        row[0]
        for row in store.engine.read(
            "SELECT tablename FROM pg_policies WHERE policyname = 'wall' "
            "AND schemaname = current_schema()"
        )
    }
    with_tenant = {
        row[0]
        for row in store.engine.read(
            "SELECT table_name::text FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND column_name = 'tenant'"
        )
    }
    assert walled == with_tenant | {"cites"}
    assert "items" in walled


def test_a_new_table_comes_behind_the_wall_too(store: Store) -> None:
    """Whatever a later migration makes, once, with its texts ordered by bytes."""
    with store.engine.write() as cursor:
        cursor.run("CREATE TABLE notes (tenant TEXT NOT NULL, said TEXT)")
        for _ in range(2):
            finish_schema(cursor)
    assert store.engine.read(
        "SELECT count(*) FROM pg_policies WHERE tablename = 'notes' "
        "AND schemaname = current_schema()"
    ) == [(1,)]
    rows = store.engine.read(
        "SELECT column_name::text, collation_name::text FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = 'notes' ORDER BY 1"
    )
    assert rows == [("said", "C"), ("tenant", "C")]


def test_the_counters_go_on_after_the_last_row(store: Store) -> None:
    """Rows that came with numbers of their own do not have them taken a second time."""
    put(store, [item("one")])
    with store.engine.write() as cursor:
        cursor.run("UPDATE items SET seq = 1000")
        finish_schema(cursor)
    put(store, [item("two")])
    assert [i.seq for i in store.items("u")] == [1000, 1001]


def test_the_servers_statistics_quote_no_words(store: Store) -> None:
    """Neither new ones, nor those made by an earlier version; other columns have theirs."""
    put(store, [item(f"Xanthippe {n}", metadata={"title": "Xanthippe"}) for n in range(9)])
    quoted = (
        "SELECT attname::text FROM pg_stats WHERE schemaname = current_schema() AND "
        "(histogram_bounds::text LIKE '%Xanthippe%' OR most_common_vals::text LIKE '%Xanthippe%')"
    )
    with store.engine.write() as cursor:
        cursor.run("ALTER TABLE items ALTER COLUMN text SET STATISTICS 100")
        cursor.run("ANALYZE items")
        cursor.run("ANALYZE events")
    assert store.engine.read(quoted) == [("text",)]
    with store.engine.write() as cursor:
        finish_schema(cursor)
        cursor.run("ANALYZE items")
    assert store.engine.read(quoted) == []
    told = store.engine.read(
        "SELECT attname::text FROM pg_stats WHERE schemaname = current_schema() "
        "AND tablename = 'items'"
    )
    assert {("tenant",), ("kind",), ("seq",), ("first_at",)} <= set(told)
    assert store.items("u")[0].metadata == {"title": "Xanthippe"}
