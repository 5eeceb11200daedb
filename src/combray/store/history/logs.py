"""Check the logs of task memories, and put right what of them no longer is what was written.

A damaged step cannot be guessed. It keeps its place with what can still be read of it, marked, so
that a replay leaves it out with a warning; the steps before and after it stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from combray.core.errors import StoreError
from combray.core.time import now
from combray.store.engine import Cursor, Run
from combray.store.tables import blobs
from combray.store.tables.every_row import every_row
from combray.store.tables.steps import DAMAGED, STEP_FIELDS, Step, append, step_of

ACTOR = "repair"
_STEPS = f"SELECT seq, {', '.join(STEP_FIELDS)}, checksum FROM steps WHERE tenant = ? AND seq > ?"


@dataclass
class _Log:
    """The steps of one log: numbers of the sound ones, and rows of the damaged by their number."""

    sound: set[int] = field(default_factory=set)
    bad: dict[int, tuple[Any, ...] | None] = field(default_factory=dict)

    def gaps(self) -> Iterator[int]:
        """Yield the numbers that no sound step has, as many as there are damaged ones at least."""
        missing, number = len(self.bad), 0
        while missing > 0 or number < max(self.sound, default=0):
            number += 1
            if number not in self.sound:
                missing -= 1
                yield number


def problems(run: Run, tenant: str) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with the task memories of a tenant."""
    for name, log in _logs(run, tenant).items():
        damaged = [f"step {_number(row) or '?'}" for row in log.bad.values()]
        yield from (f"{each} of the task memory {name!r} is damaged" for each in damaged)
        gaps = [] if log.bad else [*log.gaps()]
        if gaps:
            yield f"the task memory {name!r} lacks its steps {', '.join(map(str, gaps[:5]))}"
    for digest in blobs.damaged(run, tenant):
        yield f"the stored content {digest[:12]}… is damaged"


def mend(cursor: Cursor, tenant: str) -> int:
    """Mark damaged and missing steps, and delete contents that cannot be read; return how many."""
    changed = 0
    for name, log in _logs(cursor.run, tenant).items():
        cursor.run_many("DELETE FROM steps WHERE seq = ?", ((seq,) for seq in log.bad))
        left, places = [*log.bad.values()], [*log.gaps()]
        at_home = {_number(row): row for row in left if _number(row) in places}
        strays = [row for row in left if row is None or at_home.get(_number(row)) is not row]
        for number in places:
            row = at_home.get(number) or (strays.pop(0) if strays else None)
            append(cursor, tenant, name, [_marked(number, row)])
        changed += len(places)
    gone = [*blobs.damaged(cursor.run, tenant)]
    query = "DELETE FROM blobs WHERE tenant = ? AND digest = ?"
    cursor.run_many(query, [(tenant, digest) for digest in gone])
    return changed + len(gone)


def _marked(number: int, row: tuple[Any, ...] | None) -> Step:
    """A step that says that another was damaged, with what can be read of it."""
    kept = {} if row is None else dict(zip(STEP_FIELDS[4:], map(_readable, row[4:-1]), strict=True))
    return Step(
        number=number, first=number, op=DAMAGED, actor=ACTOR, at_us=now(), value={"kept": kept}
    )


def _readable(value: object) -> str:
    """What can be stored of a damaged value, as text."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _logs(run: Run, tenant: str) -> Mapping[str, _Log]:
    """Read the logs of a tenant, each row with its checksum."""
    found: dict[str, _Log] = {}
    for seq, row in every_row(run, _STEPS, "seq", tenant):
        values = None if row is None else tuple(row[1:])
        name = "unreadable" if values is None else _readable(values[1])
        log = found.setdefault(name, _Log())
        try:
            if values is None:
                raise StoreError("it cannot be read")
            log.sound.add(step_of(values).number)
        except StoreError:
            log.bad[seq] = values
    return found


def _number(row: tuple[Any, ...] | None) -> int:
    """The number of a damaged step; 0 for none that could be one."""
    number = 0 if row is None else row[2]
    return number if isinstance(number, int) and number > 0 else 0
