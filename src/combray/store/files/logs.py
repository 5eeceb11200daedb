"""Task memories in an export: the steps of their logs, and contents, base first.

A log is taken in as what goes on from the one that is here. Where the two differ before, the one
that is here stays, and a warning says so; one that was erased here stays away.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from combray.core.errors import InputError
from combray.core.items import Json
from combray.store.engine import Cursor, Row, Run
from combray.store.files.staging import Rows
from combray.store.tables import blobs
from combray.store.tables.checksums import with_checksum
from combray.store.tables.steps import HEAD_FIELDS, STEP_FIELDS, named, step_of

_log = logging.getLogger("combray")
BLOB_FIELDS = ("tenant", "digest", "base", "data")
SHAPES = {"step": STEP_FIELDS, "blob": BLOB_FIELDS}
_STEPS = f"SELECT {', '.join(STEP_FIELDS)}, checksum FROM steps WHERE tenant = ? "


class Line(Protocol):
    """One record of a file: its number, what it is, and its fields."""

    @property
    def number(self) -> int:
        """Its number in the file."""

    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def body(self) -> Json:
        """Its fields."""


@dataclass(frozen=True, slots=True)
class Log:
    """One log of a file: whose it is, its rows with their checksums, and by what it is known."""

    tenant: str
    name: str
    rows: Sequence[Row]
    head: str


# ── out ──────────────────────────────────────────────────────────────────────────────────────────


def steps_of(run: Run, tenant: str) -> list[Json]:
    """Return every step of a tenant by log and number; raise StoreError for a damaged one."""
    rows = run(_STEPS + "ORDER BY log, number", (tenant,))
    for row in rows:
        step_of(row)
    return [dict(zip(STEP_FIELDS, row[:-1], strict=True)) for row in rows]


def blobs_of(run: Run, tenant: str) -> list[Json]:
    """Return every content of a tenant, each after the one that it is kept as a patch of."""
    query = "SELECT digest, base FROM blobs WHERE tenant = ? ORDER BY chain, digest"
    return [
        {
            "tenant": tenant,
            "digest": digest,
            "base": base,
            "data": base64.b64encode(blobs.get(run, tenant, str(digest))).decode(),
        }
        for digest, base in run(query, (tenant,))
    ]


# ── in ───────────────────────────────────────────────────────────────────────────────────────────


def logs_in(lines: Iterable[Line]) -> list[Log]:
    """Return the logs of a file."""
    rows: dict[tuple[str, str], list[Row]] = {}
    heads: dict[tuple[str, str], str] = {}
    for line in lines:
        if line.kind == "step":
            key = str(line.body["tenant"]), str(line.body["log"])
            rows.setdefault(key, []).append(with_checksum([line.body[f] for f in STEP_FIELDS]))
            heads.setdefault(key, named([line.body[f] for f in HEAD_FIELDS]))
    return [Log(*key, found, heads[key]) for key, found in rows.items()]


def check(lines: Iterable[Line], path: object) -> None:
    """Check the numbers of steps and the names of contents; raise InputError naming the line."""
    last: dict[tuple[str, str], int] = {}
    there: set[tuple[str, str | None]] = set()
    for line in lines:
        body, why = line.body, ""
        if line.kind == "step":
            key = (str(body["tenant"]), str(body["log"]))
            number = last.get(key, 0) + 1
            last[key] = number
            if body["number"] != number:
                why = f"this step of {key[1]!r} is number {body['number']}, and not {number}"
            elif body["first"] > number:
                why = f"this step cannot be part of a change that begins at step {body['first']}"
        elif line.kind == "blob":
            there.add((body["tenant"], body["digest"]))
            if blobs.name_of(base64.b64decode(body["data"])) != body["digest"]:
                why = "this content is not the one that its digest names"
            elif body["base"] is not None and (body["tenant"], body["base"]) not in there:
                why = "the content that this one is a patch of does not stand before it"
        if why:
            raise InputError(f"{path} line {line.number}: {why}. Nothing was imported.")


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file brings of task memories: rows to insert, contents to keep, and what is left out.

    `parted` are logs that went on otherwise here, with their users.
    """

    rows: Rows
    contents: Sequence[Json]
    parted: Collection[tuple[str, str]]

    def keep(self, cursor: Cursor) -> None:
        """Keep the contents inside an open transaction."""
        for body in self.contents:
            data = base64.b64decode(body["data"])
            blobs.put(cursor, str(body["tenant"]), data, body["base"])

    def warn(self, path: object) -> None:
        """Say what was left out."""
        for tenant, name in self.parted:
            _log.warning(
                "%s: left out the task memory %r of user %r, which went on otherwise here. Erase "
                "or keep the one that is here.", path, name, tenant,
            )  # fmt: skip


def brought(
    run: Run, logs: Sequence[Log], lines: Iterable[Line], erased: Collection[str], away: set[str]
) -> Brought:
    """Return what of the task memories of a file is new here; users who are `away` have others."""
    wanted = [log for log in logs if log.tenant not in away and log.head not in erased]
    new: list[Row] = []
    parted: list[tuple[str, str]] = []
    for log in wanted:
        here = list(run(f"{_STEPS}AND log = ? ORDER BY number", (log.tenant, log.name)))
        shared = min(len(here), len(log.rows))
        if [tuple(row) for row in here[:shared]] == [tuple(row) for row in log.rows[:shared]]:
            new += log.rows[shared:]
        else:
            parted.append((log.tenant, log.name))
    gone = {log.tenant for log in logs} - {log.tenant for log in wanted}
    contents = [
        line.body
        for line in lines
        if line.kind == "blob" and line.body["tenant"] not in {*away, *gone}
    ]
    return Brought(Rows("steps", (*STEP_FIELDS, "checksum"), new), contents, parted)


def users_known(run: Run, logs: Iterable[Log]) -> Iterator[str]:
    """Yield the users of whose task memories here a file knows one."""
    for log in logs:
        first = run(f"{_STEPS}AND log = ? AND number = 1", (log.tenant, log.name))
        if [tuple(row) for row in first] == [tuple(log.rows[0])]:
            yield log.tenant
