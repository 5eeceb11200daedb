"""What holds for PostgreSQL alone: connections that go, errors, and the wall between tenants."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from combray import Memory
from combray.core.errors import CombrayError, InputError, StoreBusy, StoreError, StoreReadOnly
from combray.store.engine import Engine
from combray.store.engines import postgres
from combray.store.engines.postgres import PostgresEngine, numbered
from combray.store.files import staging
from combray.store.store import Store
from combray.testing import StoreConformance
from combray.testing.story import answers, tell
from tests import stores
from tests.cases import TEXT_CASES, TextCase
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


def test_a_role_without_temporary_tables_imports_as_much(
    owner: str, postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staging spares others some waiting; where it is not granted, the rows go in all the same."""
    monkeypatch.setattr(staging, "LEAST", 3)
    with Memory(tmp_path / "from.db", embedder=Words()) as memory:
        memory.add([f"heron {n}" for n in range(9)], user_id="ann")
        said = memory.export(tmp_path / "all.jsonl")
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("REVOKE TEMP ON DATABASE postgres FROM PUBLIC")
        try:
            with Memory(owner, embedder=Words()) as memory:
                with pytest.raises(StoreReadOnly), memory._store.engine.write() as cursor:
                    cursor.run("CREATE TEMP TABLE mine (x BIGINT)")
                assert memory.import_(tmp_path / "all.jsonl") == said
                assert len(memory.list(user_id="ann")) == said
                assert memory.verify().problems == ()
        finally:
            admin.execute("GRANT TEMP ON DATABASE postgres TO PUBLIC")


def test_row_security_holds_when_a_query_forgets_its_tenant(owner: str) -> None:
    """A read or a write bound to one tenant reaches no row of another, even without a WHERE."""
    with Memory(owner, embedder=Words()) as memory:
        memory.add("Ann keeps bees.", user_id="ann")
        memory.add("Ben keeps goats.", user_id="ben")
    engine = PostgresEngine(owner)
    walled = ("items", "events", "vectors", "links", "jobs", "topics", "cites")
    try:
        assert engine.tenant_reader("ann")("SELECT text FROM items", ()) == [("Ann keeps bees.",)]
        assert engine.tenant_reader("cat")("SELECT text FROM items", ()) == []
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


def test_errors_say_what_to_do_and_never_the_password(postgres_server: str) -> None:
    """A wrong password, an unknown user, database or host: our error, its reason, no secret."""
    guarded = postgres_server.replace("postgres:@", "guarded:{}@")
    wrong = {
        guarded.format("hush-hush"): "refused the password",
        postgres_server.replace("postgres:@", "nobody:hush-hush@"): "does not know this user",
        postgres_server.replace("/postgres?", "/nowhere?"): "no such database",
        "postgresql://ann:hush-hush@127.0.0.1:9/x": "cannot be reached",
        "postgresql://ann:hush-hush@/x?host=/nowhere": "cannot be reached",
        "postgresql://ann:hush%zz-hush@host/x": "cannot be read",
    }
    for url, reason in wrong.items():
        with pytest.raises(CombrayError, match=reason) as caught:
            Memory(url, embedder=Words())
        told = "".join(traceback.format_exception(caught.value))
        assert "hush" not in told
    engine = PostgresEngine(guarded.format(quote("se+cret")))
    assert "cret" not in engine.location
    engine.close()


def test_a_database_that_may_only_be_read_is_read(postgres_location: str) -> None:
    """Searches answer, and a write says that it cannot be."""
    with Memory(postgres_location, embedder=Words()) as memory:
        memory.add("The ferry leaves at seven.", user_id="ann")
    read_only = postgres_location.replace(
        "-c%20", "-c%20default_transaction_read_only%3Don%20-c%20"
    )
    with Memory(read_only, embedder=Words()) as memory:
        assert "seven" in memory.search("ferry", user_id="ann")[0].text
        with pytest.raises(StoreReadOnly):
            memory.add("Another.", user_id="ann")


def _kill_all(postgres_server: str) -> None:
    """End every session of ours, as a server that restarts does."""
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'combray'"
        )
        while admin.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'combray'"
        ).fetchone():
            time.sleep(0.01)


def test_lost_connections_are_replaced(postgres_server: str, postgres_location: str) -> None:
    """After the server ended every session, the next read and the next write just work."""
    with Memory(postgres_location, embedder=Words()) as memory:
        memory.add("The ferry leaves at seven.", user_id="ann")
        _kill_all(postgres_server)
        assert "seven" in memory.search("ferry", user_id="ann")[0].text
        _kill_all(postgres_server)
        memory.add("It comes back at nine.", user_id="ann")
        assert len(memory.list(user_id="ann")) == 2


def test_a_server_that_goes_in_mid_transaction(
    postgres_server: str, postgres_location: str
) -> None:
    """The block fails with our error, nothing of it is kept, and the same block then works."""
    store = Store(PostgresEngine(postgres_location))

    def change(spoil: bool) -> None:
        with store.engine.write("ann") as cursor:
            cursor.run("INSERT INTO topics (tenant, topic, item_id) VALUES ('ann', 't', 'i')")
            if spoil:
                _kill_all(postgres_server)
            cursor.run("SELECT 1")

    with pytest.raises(StoreError, match="rolled back"):
        change(spoil=True)
    assert store.engine.read("SELECT * FROM topics") == []
    change(spoil=False)
    assert len(store.engine.read("SELECT * FROM topics")) == 1
    store.close()


@pytest.mark.parametrize("committed", [True, False])
def test_a_connection_lost_in_the_commit(
    postgres_location: str, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """The server is asked: what was committed counts as done, else the error says it was not."""
    store = Store(PostgresEngine(postgres_location))
    commit = psycopg.Connection.commit

    def lost(connection: psycopg.Connection[Any]) -> None:
        monkeypatch.undo()
        if committed:
            commit(connection)
        connection.close()
        raise psycopg.OperationalError("the connection is lost")

    def change() -> None:
        with store.engine.write("ann") as cursor:
            cursor.run("INSERT INTO topics (tenant, topic, item_id) VALUES ('ann', 't', 'i')")
            monkeypatch.setattr(psycopg.Connection, "commit", lost)

    if committed:
        change()
    else:
        with pytest.raises(StoreError, match="Nothing was changed"):
            change()
    assert len(store.engine.read("SELECT * FROM topics")) == int(committed)
    store.close()


def test_a_child_process_leaves_the_parents_connections(postgres_location: str) -> None:
    """After a fork the engine opens connections of its own."""
    engine = PostgresEngine(postgres_location)
    engine._process = -1
    before = list(engine._idle)
    assert engine.read("SELECT 1") == [(1,)]
    assert not any(connection.closed for connection in before)
    assert not set(before) & set(engine._idle)
    engine.close()
    for connection in before:
        connection.close()


def test_a_writer_that_stands_still_is_named(
    postgres_location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits too long for another writer of the tenant gets StoreBusy; other tenants go on."""
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    one, other = (Store(PostgresEngine(postgres_location)) for _ in range(2))
    with one.engine.write("ann"):
        with pytest.raises(StoreBusy, match="Nothing was changed"), other.engine.write("ann"):
            pass
        with other.engine.write("ben") as cursor:
            assert cursor.run("SELECT 1") == [(1,)]
    with other.engine.write("ann") as cursor:
        assert cursor.run("SELECT 1") == [(1,)]
    one.close()
    other.close()


def test_erased_bytes_are_in_no_table_file(postgres_server: str, postgres_location: str) -> None:
    """The erased words are in no page of our tables, and the receipt names what may keep them."""
    word = "Xylographer"
    with Memory(postgres_location, embedder=Words()) as memory:
        gone = memory.add(f"My father was a {word}.", user_id="ann")[0]
        memory.add("My mother keeps bees.", user_id="ann")
        assert in_files(postgres_server, postgres_location, word)
        receipt = memory.erase(gone.id)
        assert "write-ahead log" in " ".join(receipt.left)
    assert not in_files(postgres_server, postgres_location, word)


def in_files(postgres_server: str, location: str, word: str) -> list[str]:
    """Our tables and their overflow whose files hold a word."""
    engine = PostgresEngine(location)
    paths = engine.read(
        "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = current_schema()::regnamespace UNION ALL "
        "SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE reltoastrelid <> 0 "
        "AND relnamespace = current_schema()::regnamespace"
    )
    engine.close()
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("CHECKPOINT")
        pages = {path: admin.execute(_PAGES, (path,)).fetchone() for (path,) in paths}
    return [path for path, page in pages.items() if page and word.encode() in page[0]]


_PAGES = "SELECT pg_read_binary_file(%s)"


@pytest.mark.parametrize("case", TEXT_CASES, ids=lambda case: case.name)
def test_a_system_answers_the_same_on_both_stores(case: TextCase, postgres_location: str) -> None:
    """The same story, asked the same: the same words with the same scores, from file and server."""
    found = []
    for place in (":memory:", postgres_location):
        with case.memory(place) as memory:
            ids = tell(memory)
            found.append([[([ids.index(i) for i in e], s) for e, s in h] for h in answers(memory)])
    assert found[0] == found[1]
    assert any(found[0])


def test_a_file_moves_to_a_server_and_back(postgres_location: str, tmp_path: Path) -> None:
    """A memory grows from a file into a server, is backed up to a file, and stays the same."""
    with Memory(tmp_path / "file.db", embedder=Words()) as memory:
        memory.add("The ferry to Naxos leaves at seven.", user_id="ann")
        memory.export(tmp_path / "one.jsonl")
        assert memory.copy_to(postgres_location)["items"] == 1
        with pytest.raises(InputError, match="holds memories already"):
            memory.copy_to(postgres_location)
    with Memory(postgres_location, embedder=Words()) as memory:
        assert "seven" in memory.search("ferry", user_id="ann")[0].text
        memory.backup(tmp_path / "back.db")
    with Memory(tmp_path / "back.db", embedder=Words()) as memory:
        memory.export(tmp_path / "two.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
