"""Vectors at rest: one generation for each embedder, so that a change of embedder loses nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.errors import EmbedderMismatch, StoreError
from combray.core.items import Item
from combray.core.text import embed_text
from combray.store.engine import Cursor, Engine, Row, Run
from combray.store.tables.checksums import of_vector
from combray.store.tables.rows import digest_of

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Generation:
    """The vectors of one embedder. `state` is `active`, `building`, or `old`: about to go."""

    seq: int
    embedder: str
    dim: int
    state: str


@dataclass(frozen=True, slots=True)
class PendingText:
    """A text that has no vector yet in a generation; the digest is that of the item's own words."""

    tenant: str
    item_id: str
    text: str
    digest: str
    seq: int = field(default=0, compare=False)
    """The number of its item, by which a walk goes on; unknown for one that was not read here."""


def generations(engine: Engine) -> list[Generation]:
    """Every generation, oldest first."""
    rows = engine.read("SELECT seq, embedder, dim, state FROM generations ORDER BY seq")
    return [Generation(*row) for row in rows]


def active(engine: Engine) -> Generation | None:
    """The generation that searches read; None before the first vector."""
    return next((g for g in generations(engine) if g.state == "active"), None)


def check(engine: Engine, embedder: str) -> None:
    """Raise EmbedderMismatch when the stored vectors were made by another embedder."""
    current = active(engine)
    if current is not None and current.embedder != embedder:
        raise EmbedderMismatch(
            f"{engine.location} holds vectors of {current.embedder!r}, but this memory was opened "
            f"with {embedder!r}. Open it with embedder={current.embedder!r}, or change over with "
            f"combray.memory.reindex(location, embedder) (on the command line: combray reindex "
            f"--embedder {embedder})."
        )


def begin(engine: Engine, embedder: str, dim: int, state: str) -> Generation:
    """The generation of an embedder in a state, recorded when it is new.

    Raises EmbedderMismatch when another embedder's was made active meanwhile.
    """
    with engine.write() as cursor:
        query = "SELECT seq, embedder, dim, state FROM generations WHERE state = ?"
        rows = cursor.run(query + " ORDER BY seq", (state,))
        found = rows if state == "active" else [row for row in rows if row[1] == embedder]
        if not found:
            found = cursor.run(
                "INSERT INTO generations (embedder, dim, state) VALUES (?, ?, ?) "
                "RETURNING seq, embedder, dim, state",
                (embedder, dim, state),
            )
    generation = Generation(*found[0])
    if generation.embedder != embedder:
        check(engine, embedder)
    return generation


def switch(cursor: Cursor, generation: int) -> bool:
    """Make a building generation the active one, unless some item has no vector in it yet."""
    if pending_in(cursor.run, generation, limit=1):
        return False
    cursor.run("UPDATE generations SET state = 'old' WHERE seq <> ?", (generation,))
    cursor.run("UPDATE generations SET state = 'active' WHERE seq = ?", (generation,))
    return True


def drop(engine: Engine, generation: int) -> None:
    """Remove a generation that is not active, with its vectors.

    It walks on from where it was, and once more from the start for what was added behind it.
    """
    start = last = ("", -1)
    while True:
        with engine.write() as cursor:
            rows = cursor.run(
                "SELECT tenant, item_seq FROM vectors WHERE generation = ? "
                "AND (tenant, item_seq) > (?, ?) ORDER BY tenant, item_seq LIMIT 2000",
                (generation, *last),
            )
            cursor.run_many(
                "DELETE FROM vectors WHERE tenant = ? AND generation = ? AND item_seq = ?",
                ((tenant, generation, seq) for tenant, seq in rows),
            )
            if not rows and last == start:
                cursor.run(
                    "DELETE FROM generations WHERE seq = ? AND state <> 'active'", (generation,)
                )
                return
        last = rows[-1] if rows else start


def pending(
    engine: Engine, generation: int, *, tenant: str | None = None, limit: int = CHUNK
) -> list[PendingText]:
    """Texts that have no vector yet in a generation, of one tenant or all."""
    return pending_in(engine.read, generation, tenant=tenant, limit=limit)


def pending_in(
    run: Run, generation: int, *, tenant: str | None = None, after: int = -1, limit: int = CHUNK
) -> list[PendingText]:
    """Texts that have no vector yet in a generation, of one tenant or all, in order.

    `after` is the number of the last one that was met, so that a walk through all of them reads
    every item once.
    """
    of_tenant = "" if tenant is None else "AND i.tenant = ? "
    rows = run(
        "SELECT i.tenant, i.id, i.text, i.metadata, i.name, i.digest, i.seq "
        "FROM items i LEFT JOIN vectors v "
        "ON v.tenant = i.tenant AND v.generation = ? AND v.item_seq = i.seq "
        f"WHERE i.seq > ? AND v.item_seq IS NULL {of_tenant}ORDER BY i.seq LIMIT ?",
        (generation, after, *(() if tenant is None else (tenant,)), limit),
    )
    return [_pending_text(row) for row in rows]


def _pending_text(row: Row) -> PendingText:
    """What is to be embedded of a row; StoreError when a disk has changed it."""
    owner, id_, text, meta, name, key, seq = row
    try:
        return PendingText(owner, id_, embed_text(text, json.loads(meta), name), key, seq)
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"The item in row {seq} is damaged, and nothing tells what it was. Restore a backup, "
            "or export what can be read."
        ) from error


def pending_of(item: Item) -> PendingText:
    """What is to be embedded for an item."""
    text = embed_text(item.text, item.metadata, item.name)
    return PendingText(item.scope.tenant, item.id, text, digest_of(item))


def count_pending(engine: Engine, generation: int) -> int:
    """How many items have no vector in a generation."""
    items = engine.read("SELECT count(*) FROM items")[0][0]
    done = engine.read("SELECT count(*) FROM vectors WHERE generation = ?", (generation,))[0][0]
    return int(items) - int(done)


def add(cursor: Cursor, generation: int, texts: Sequence[PendingText], vectors: FloatArray) -> None:
    """Store one vector for each text, shape (n, d), unless item, words or generation have gone."""
    data = np.ascontiguousarray(vectors, dtype=np.float32)
    cursor.run_many(
        "INSERT INTO vectors (tenant, generation, item_seq, data, checksum) "
        "SELECT tenant, ?, seq, ?, ? FROM items WHERE id = ? AND digest = ? "
        "AND EXISTS (SELECT 1 FROM generations WHERE generations.seq = ?) "
        "ON CONFLICT (tenant, generation, item_seq) DO UPDATE SET data = excluded.data, "
        "checksum = excluded.checksum",
        (
            (generation, row, of_vector(row, text.item_id), text.item_id, text.digest, generation)
            for text, row in zip(texts, map(np.ndarray.tobytes, data), strict=True)
        ),
    )


def load(
    engine: Engine, tenant: str, generation: int, item_seqs: Sequence[int] | None = None
) -> list[tuple[int, bytes]]:
    """(item_seq, float32 bytes) of a tenant: all, or those of some items."""
    query = "SELECT item_seq, data FROM vectors WHERE tenant = ? AND generation = ?"
    read = engine.tenant_reader(tenant)
    if item_seqs is None:
        return [(seq, bytes(data)) for seq, data in read(query, (tenant, generation))]
    found: list[tuple[int, bytes]] = []
    for start in range(0, len(item_seqs), CHUNK):
        chunk = item_seqs[start : start + CHUNK]
        some = f"{query} AND item_seq IN ({', '.join('?' * len(chunk))})"
        rows = read(some, (tenant, generation, *chunk))
        found += [(seq, bytes(data)) for seq, data in rows]
    return found
