"""Rewriting tables: what is deleted leaves its bytes, and nobody waits for long."""

from __future__ import annotations

import time

import psycopg
import pytest

from combray import Memory
from combray.store.engines import postgres_compact
from tests.store.engines.test_postgres import in_files
from tests.words import Words

pytestmark = pytest.mark.postgres


def test_an_open_transaction_keeps_the_bytes_and_holds_up_nobody(
    postgres_server: str, postgres_location: str
) -> None:
    """What it may still read stays until it has ended; the next opening removes it."""
    word = "Xylographer"
    with Memory(postgres_location, embedder=Words()) as memory:
        gone = memory.add(f"My father was a {word}.", user_id="ann")[0]
        with psycopg.connect(postgres_location) as reader:
            reader.execute("SELECT count(*) FROM ledger").fetchone()
            reader.execute("SET default_transaction_isolation = 'repeatable read'")
            reader.commit()
            reader.execute("SELECT count(*) FROM ledger").fetchone()
            began = time.monotonic()
            receipt = memory.erase(gone.id)
            assert "inside a transaction" in receipt.left[-1]
            memory.add("My mother keeps bees.", user_id="ann")
            assert time.monotonic() - began < 8
        assert in_files(postgres_server, postgres_location, word)
    with Memory(postgres_location, embedder=Words()) as memory:
        assert len(memory.list(user_id="ann")) == 1
    assert not in_files(postgres_server, postgres_location, word)


def test_a_lock_of_somebody_is_not_waited_for_long(
    postgres_location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is held after all is named, and the erasure is to be ended later."""
    monkeypatch.setattr(postgres_compact, "_wait_for_others", lambda *_: None)
    monkeypatch.setattr(postgres_compact, "READER_SECONDS", 0.1)
    with Memory(postgres_location, embedder=Words()) as memory:
        gone = memory.add("My father.", user_id="ann")[0]
        with psycopg.connect(postgres_location) as reader:
            reader.execute("LOCK TABLE ledger IN ACCESS SHARE MODE")
            assert "somebody holds ledger" in memory.erase(gone.id).left[-1]
        assert memory.list(user_id="ann") == []


def test_a_big_table_is_swept_and_named(
    postgres_location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rewrite would lock everybody out for long; the receipt says what to run, and when."""
    monkeypatch.setattr(postgres_compact, "REWRITE", 0)
    with Memory(postgres_location, embedder=Words()) as memory:
        gone = memory.add("My father.", user_id="ann")[0]
        assert "VACUUM FULL items" in " ".join(memory.erase(gone.id).left)
