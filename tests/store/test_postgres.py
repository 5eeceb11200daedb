"""What holds for PostgreSQL alone: connections that go, errors, and the wall between tenants."""

from __future__ import annotations

from urllib.parse import quote

import psycopg
import pytest

from recollect import Memory
from recollect.core.errors import StoreReadOnly
from recollect.store.engine import Engine
from recollect.store.postgres import PostgresEngine, numbered
from recollect.testing import StoreConformance
from tests import stores
from tests.words import Words

pytestmark = pytest.mark.postgres


class TestPostgres(StoreConformance):
    """PostgreSQL holds memories."""

    @pytest.fixture
    def place(self, postgres_location: str) -> str:
        """An empty schema."""
        return postgres_location

    def open(self, place: str) -> Engine:
        """The engine of a server."""
        return PostgresEngine(place)


def test_marks_inside_quotes_are_left_alone() -> None:
    """Only a question mark that stands for a parameter gets a number."""
    assert numbered("a = ? AND b = '?''?' AND \"c?\" = ?") == (
        "a = $1 AND b = '?''?' AND \"c?\" = $2"
    )


def test_a_memory_in_a_server_remembers(postgres_location: str) -> None:
    """What one memory was told another one at the same place finds."""
    with Memory(postgres_location, embedder=Words()) as memory:
        memory.add("The ferry to Naxos leaves at seven.", user_id="ann")
    with Memory(postgres_location, embedder=Words()) as memory:
        assert "seven" in memory.search("ferry to Naxos", user_id="ann")[0].text


@pytest.fixture
def owner(postgres_server: str) -> str:
    """An empty place that belongs to a role without special rights, as a server's should."""
    url = stores.place(postgres_server)
    schema = url.rpartition("search_path%3D")[2].partition("%2C")[0]
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE role_{schema} LOGIN PASSWORD 'se+cret'")
        admin.execute(f"ALTER SCHEMA {schema} OWNER TO role_{schema}")
    return url.replace("postgres:@", f"role_{schema}:{quote('se+cret')}@")


def test_row_security_holds_when_a_query_forgets_its_tenant(owner: str) -> None:
    """A read or a write bound to one tenant reaches no row of another, even without a WHERE."""
    with Memory(owner, embedder=Words()) as memory:
        memory.add("Ann keeps bees.", user_id="ann")
        memory.add("Ben keeps goats.", user_id="ben")
    engine = PostgresEngine(owner)
    walled = ("items", "events", "vectors", "links", "jobs", "topics", "cites")
    try:
        assert engine.within("ann")("SELECT text FROM items", ()) == [("Ann keeps bees.",)]
        assert engine.within("cat")("SELECT text FROM items", ()) == []
        assert len(engine.read("SELECT text FROM items")) == 2
        with engine.write("ann") as cursor:
            for table in reversed(walled):
                cursor.run(f"DELETE FROM {table}")
        assert engine.read("SELECT text FROM items") == [("Ben keeps goats.",)]
        assert {row[0] for row in engine.read("SELECT tenant FROM events")} == {"ben"}
        with pytest.raises(StoreReadOnly, match="row-level security"), engine.write("ann") as c:
            c.run("INSERT INTO topics (tenant, topic, item_id) VALUES ('ben', 't', 'i')")
    finally:
        engine.close()


def test_every_table_of_a_tenant_is_behind_the_wall(owner: str) -> None:
    """A table with a column `tenant` cannot be forgotten: all of them have the policy, forced."""
    with Memory(owner, embedder=Words()):
        pass
    engine = PostgresEngine(owner)
    try:
        open_ = engine.read(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace "
            "AND a.attname IN ('tenant', 'source_id') AND NOT (c.relrowsecurity AND "
            "c.relforcerowsecurity)"
        )
        assert open_ == []
    finally:
        engine.close()
