"""Work for later, kept in the database: queued with the change that asks for it, never lost.

A job waits until it is due, is claimed for a lease, and is then done, tried again later, or dead:
given up after ATTEMPTS, kept visible, and tried again on request. A worker that dies leaves its
lease behind; when that runs out, or when its process is seen to be gone, the job is claimed again.
A worker that finishes a job which another has claimed since is refused (`held`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from combray.core.changes import Job, NewJob
from combray.core.time import now
from combray.store.engine import Args, Cursor, Engine, Row
from combray.store.process import here, runs
from combray.store.tables.checksums import JOB_FIELDS, stamp, with_checksum

SECOND = 1_000_000
LEASE = 300 * SECOND
ATTEMPTS = 5
BACKOFF = 2 * SECOND
"""How long a claim holds, how often a job may fail, and how long it waits the first time."""
LONGEST = max(LEASE, BACKOFF * 2**ATTEMPTS)
"""Nothing is put off for longer."""
_COLUMNS = f"seq, {', '.join(JOB_FIELDS)}"
_PUT = f"INSERT INTO jobs ({', '.join(JOB_FIELDS)}, checksum) VALUES ({', '.join('?' * 10)})"


def enqueue(cursor: Cursor, tenant: str, wanted: Sequence[NewJob], at: int) -> None:
    """Queue jobs inside a transaction that is already open."""
    rows = (
        (tenant, job.kind, json.dumps(dict(job.payload), ensure_ascii=False), "waiting", 0, None)
        for job in wanted
    )
    if wanted:
        cursor.run_many(_PUT, (with_checksum((*row, at, at, at)) for row in rows))


def jobs(engine: Engine, tenant: str | None = None, *, state: str | None = None) -> list[Job]:
    """The jobs of a tenant, or of all, oldest first."""
    query, args = f"SELECT {_COLUMNS} FROM jobs WHERE seq > 0", []
    for column, value in (("tenant", tenant), ("state", state)):
        if value is not None:
            query += f" AND {column} = ?"
            args.append(value)
    return [_job(row) for row in engine.read(query + " ORDER BY seq", args)]


def due(
    engine: Engine,
    kinds: Collection[str],
    tenant: str | None = None,
    *,
    at: int | None = None,
    limit: int | None = None,
) -> list[Job]:
    """The jobs of some kinds that may be claimed at a moment, oldest first.

    A job that is due later than anybody waits was put off by a clock that is ahead; it is due.
    """
    if not kinds:
        return []
    query = (
        f"SELECT {_COLUMNS} FROM jobs WHERE state <> 'failed' "
        "AND (due_at <= ? OR due_at > ?) "
        f"AND kind IN ({', '.join('?' * len(kinds))})"
    )
    moment = now() if at is None else at
    args: list[Any] = [moment, moment + LONGEST, *kinds]
    if tenant is not None:
        query += " AND tenant = ?"
        args.append(tenant)
    query += " ORDER BY seq" + ("" if limit is None else " LIMIT ?")
    return [_job(row) for row in engine.read(query, args if limit is None else [*args, limit])]


def claim(engine: Engine, job: Job) -> Job | None:
    """The job as ours for a lease, or None when another worker was faster."""
    at = max(now(), job.updated_at_us + 1)
    with engine.write(job.tenant) as cursor:
        rows = _change(
            cursor,
            "state = 'running', attempts = attempts + 1, error = ?, updated_at = ?, due_at = ? "
            "WHERE seq = ? AND state = ? AND updated_at = ?",
            (f"in {here()}", at, at + LEASE, job.seq, job.state, job.updated_at_us),
        )
    return _job(rows[0]) if rows else None


def release(engine: Engine, tenant: str | None = None) -> None:
    """Make due what processes of this machine were doing when they died."""
    running = jobs(engine, tenant, state="running")
    for job in running:
        if runs((job.error or "").removeprefix("in ")) is not False:
            continue
        at = max(now(), job.updated_at_us + 1)
        state = "failed" if job.attempts >= ATTEMPTS else "waiting"
        with engine.write(job.tenant) as cursor:
            _change(
                cursor,
                "state = ?, error = ?, updated_at = ?, due_at = ? WHERE seq = ? AND updated_at = ?",
                (state, f"It was {job.error}, which ended.", at, at, job.seq, job.updated_at_us),
            )


def held(cursor: Cursor, job: Job) -> bool:
    """Whether a job is still as we claimed it, and nobody claimed it after us."""
    query = "SELECT 1 FROM jobs WHERE seq = ? AND updated_at = ?"
    return bool(cursor.run(query, (job.seq, job.updated_at_us)))


def finish(cursor: Cursor, job: Job) -> None:
    """Take a job off the list, in the transaction that applies what it made.

    What a system has read by it (`ids` of its payload) is noted, so that nothing is read twice.
    """
    cursor.run("DELETE FROM jobs WHERE seq = ?", (job.seq,))
    read = [str(id_) for id_ in job.payload.get("ids", ())]
    if read:
        cursor.run_many(
            "INSERT INTO readings (item_id, actor, tenant) SELECT id, ?, tenant FROM items "
            "WHERE tenant = ? AND id = ? ON CONFLICT DO NOTHING",
            [(job.kind, job.tenant, id_) for id_ in read],
        )


def fail(engine: Engine, job: Job, error: str, *, final: bool = False) -> Job:
    """Keep the error; the job waits twice as long each time, and is given up after ATTEMPTS."""
    at = max(now(), job.updated_at_us + 1)
    over = final or job.attempts >= ATTEMPTS
    wait = BACKOFF * 2 ** (job.attempts - 1)
    with engine.write(job.tenant) as cursor:
        rows = _change(
            cursor,
            "state = ?, error = ?, updated_at = ?, due_at = ? WHERE seq = ? AND updated_at = ?",
            ("failed" if over else "waiting", error, at, at + wait, job.seq, job.updated_at_us),
        )
    return _job(rows[0]) if rows else job


def postpone(engine: Engine, job: Job, error: str) -> Job:
    """Give back a job that was not begun, for a reason that is not its own; it is due at once."""
    at = max(now(), job.updated_at_us + 1)
    with engine.write(job.tenant) as cursor:
        rows = _change(
            cursor,
            "state = 'waiting', attempts = attempts - 1, error = ?, updated_at = ?, due_at = ? "
            "WHERE seq = ? AND updated_at = ?",
            (error, at, at, job.seq, job.updated_at_us),
        )
    return _job(rows[0]) if rows else job


def retry(engine: Engine, tenant: str) -> int:
    """Make what failed in a tenant, or waits for another try, due again; returns how many."""
    with engine.write(tenant) as cursor:
        rows = _change(
            cursor,
            "state = 'waiting', attempts = 0, due_at = ? "
            "WHERE tenant = ? AND state <> 'running' AND error IS NOT NULL",
            (now(), tenant),
        )
    return len(rows)


def forget_errors(cursor: Cursor, tenant: str) -> None:
    """Drop the errors of a tenant's jobs, which may quote what is erased."""
    _change(cursor, "error = NULL WHERE tenant = ? AND error IS NOT NULL", (tenant,))


def _change(cursor: Cursor, what: str, args: Args) -> list[Row]:
    """Update jobs together with their checksums; returns them as they are then."""
    rows = cursor.run(f"UPDATE jobs SET {what} RETURNING {_COLUMNS}", args)
    stamp(cursor, "jobs", [row[0] for row in rows])
    return rows


def _job(row: Row) -> Job:
    seq, tenant, kind, payload, state, attempts, error, created_at, updated_at, due_at = row
    return Job(
        seq=seq,
        tenant=tenant,
        kind=kind,
        payload=json.loads(payload),
        state=state,
        attempts=attempts,
        error=error,
        created_at_us=created_at,
        updated_at_us=updated_at,
        due_at_us=due_at,
    )
