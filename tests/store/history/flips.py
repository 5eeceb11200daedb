"""A file of a memory in which single bits are flipped, as disks do."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from combray import Memory
from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import CombrayError
from combray.store.tables import jobs, ledger
from combray.write.task.slot_memory import SlotMemory
from tests.store.tables.test_ledger import call
from tests.words import Words

SAID = (
    "I live in Rome.", "I moved to Paris.", "I work at Acme.", "My wife's name is Anna.",
    "The ferry leaves at seven.",
)  # fmt: skip


def filled(path: Path) -> bytes:
    """The bytes of a memory of two users: facts, links, topics, what a system derived, tasks,
    work, calls.

    Some of the work waits, some has failed, and some is done, which notes what was read.
    """
    with Memory(path, embedder=Words(), system="mem0") as memory:
        for user in "uv":
            memory.add(list(SAID), user_id=user)
            memory.add([{"role": "user", "content": "My cat is Misty."}], user_id=user)
            memory.search("Rome", user_id=user)
            work = [NewJob(kind="none", payload={"ids": [user] * n}) for n in range(30)]
            read = NewJob(kind="a_mem", payload={"ids": [i.id for i in memory.list(user_id=user)]})
            memory._store.apply(ChangeSet(tenant=user, actor="t", jobs=[*work, read]))
            tasks = SlotMemory(memory._store, user, "trip")
            for said in SAID:
                tasks.set("told", said)
                tasks.add(f"next to {said}", said, after=["told"])
        engine = memory._store.engine
        for job in jobs.jobs(engine):
            if job.kind == "a_mem":
                with engine.write(job.tenant) as cursor:
                    jobs.finish(cursor, job)
        assert engine.read("SELECT count(*) FROM readings")[0][0] > 20
        for n, job in enumerate(jobs.jobs(engine)):
            ledger.record(engine, call(n, tenant=job.tenant))
            if n % 2:
                jobs.fail(engine, job, f"It failed for {n}.")
        engine.compact()
    return path.read_bytes()


def flipped(data: bytes, path: Path, count: int, seed: int) -> Counter[str]:
    """What becomes of so many files with one bit each that is another, by outcome.

    `found`: verify names something; `refused`: one of our errors says so; `harmless`: every row is
    as it was; `silent`: one is not, and verify names nothing.
    """
    places, outcomes = random.Random(seed), Counter[str]()
    path.write_bytes(data)
    before = rows(path)
    for _ in range(count):
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        spoilt = bytearray(data)
        spoilt[places.randrange(len(data))] ^= 1 << places.randrange(8)
        path.write_bytes(spoilt)
        outcomes[outcome(path, before)] += 1
    return outcomes


def outcome(path: Path, before: Any) -> str:
    """Open, verify and repair a file; say how it went."""
    same = rows(path) == before
    try:
        with Memory(path, embedder=Words(), system="hybrid") as memory:
            if memory.verify().ok:
                return "harmless" if same else "silent"
            memory.repair()
            memory.verify()
    except CombrayError:
        return "refused"
    return "found"


def rows(path: Path) -> Any:
    """Every row of every table as SQLite reads it, or why it does not."""
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = bytes
        try:
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            names = [name.decode() for (name,) in db.execute(query).fetchall()]
            # A whole number in a column of fractions is the same number.
            return {
                name: sorted(
                    repr([float(v) if isinstance(v, int) else v for v in row])
                    for row in db.execute(f"SELECT * FROM {name}")
                )
                for name in names
            }
        except (sqlite3.Error, UnicodeDecodeError) as error:
            return str(error)
