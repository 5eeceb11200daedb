"""The log of a task memory: steps in order, never changed; what it holds is their replay.

A step is numbered from 1 within its log, and the number is unique, so of two writers who decided
by the same state only one can append.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from combray.core.errors import StoreError
from combray.core.ids import new_id
from combray.core.items import Json, shown
from combray.core.time import iso, now, to_datetime
from combray.store.engine import Cursor, Row, Run
from combray.store.tables.checksums import PUT_EVENT, of_values, with_checksum
from combray.store.tables.rows import to_json

STEP_FIELDS = ("tenant", "log", "number", "first", "op", "actor", "at", "value")
HEAD_FIELDS = ("op", "actor", "at", "value")
PUT_STEP = (
    f"INSERT INTO steps ({', '.join(STEP_FIELDS)}, checksum) "
    f"VALUES ({', '.join('?' * (len(STEP_FIELDS) + 1))})"
)
DAMAGED = "damaged"
"""What `repair` writes in the place of a step that is not what was appended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a log: what was done, by whom and when, with plain data.

    `first` is the number of the first step of the change that it is part of.
    """

    number: int
    first: int
    op: str
    actor: str
    at_us: int
    value: Mapping[str, object]

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def at(self) -> datetime:
        """When it was done."""
        return to_datetime(self.at_us)

    def as_dict(self) -> Json:
        """Plain data with an ISO time."""
        return {
            "number": self.number,
            "first": self.first,
            "op": self.op,
            "by": self.actor,
            "at": iso(self.at_us),
            "value": dict(self.value),
        }


def steps_after(run: Run, tenant: str, log: str, number: int = 0) -> list[Step]:
    """Return the steps of a log after a number, in order."""
    columns = f"{', '.join(STEP_FIELDS)}, checksum"
    query = f"SELECT {columns} FROM steps WHERE tenant = ? AND log = ? AND number > ? "
    return [step_of(row) for row in run(query + "ORDER BY number", (tenant, log, number))]


def logs_of(run: Run, tenant: str) -> list[str]:
    """Return the names of the logs of a tenant."""
    query = "SELECT DISTINCT log FROM steps WHERE tenant = ? ORDER BY log"
    return [str(row[0]) for row in run(query, (tenant,))]


def append(cursor: Cursor, tenant: str, log: str, steps: Sequence[Step]) -> None:
    """Append steps inside an open transaction."""
    rows = (
        (tenant, log, s.number, s.first, s.op, s.actor, s.at_us, to_json(dict(s.value)))
        for s in steps
    )
    cursor.run_many(PUT_STEP, map(with_checksum, rows))


def remove(cursor: Cursor, tenant: str, log: str | None = None) -> int:
    """Delete the steps of a log, or of all logs of a tenant; return how many.

    Each log leaves an event without words, by which no old export brings it back.
    """
    gone = [log] if log is not None else logs_of(cursor.run, tenant)
    heads = [head_of(cursor.run, tenant, name) for name in gone]
    change_id, at = new_id(), now()
    told = ((tenant, change_id, head, "erase", at, "user", "erase", None, None) for head in heads)
    cursor.run_many(PUT_EVENT, map(with_checksum, (row for row in told if row[2])))
    query, args = "DELETE FROM steps WHERE tenant = ?", [tenant]
    if log is not None:
        query, args = f"{query} AND log = ?", [tenant, log]
    return len(cursor.run(query + " RETURNING 1", args))


def head_of(run: Run, tenant: str, log: str) -> str:
    """Return by what a log is known when its words are gone; empty when it has no steps."""
    query = (
        f"SELECT {', '.join(HEAD_FIELDS)} FROM steps "
        "WHERE tenant = ? AND log = ? ORDER BY number LIMIT 1"
    )
    return next((named(row) for row in run(query, (tenant, log))), "")


def named(row: Sequence[object]) -> str:
    """Return the name of a log by what its first step says, of which a slot's id is a part."""
    digest = hashlib.sha256("\x1f".join(map(str, row)).encode("utf-8", "surrogatepass"))
    return f"log-{digest.hexdigest()[:32]}"


def step_of(row: Row) -> Step:
    """Return the step of a row with its checksum; raise StoreError when it is damaged."""
    _, _, number, first, op, actor, at, value = row[:-1]
    try:
        if of_values(row[:-1]) == row[-1]:
            data = dict(json.loads(value))
            return Step(number=number, first=first, op=op, actor=actor, at_us=at, value=data)
    except (TypeError, ValueError) as error:
        raise _damaged(number) from error
    raise _damaged(number)


def _damaged(number: object) -> StoreError:
    return StoreError(f"Step {number} of a task memory is damaged. Run verify, then repair.")
