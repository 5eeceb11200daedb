"""A scheduler: acts that use one database run step by step, in every order that can matter.

Each act runs on a thread of its own and stops before every read and every write transaction of the
database; one thread goes on at a time. An order is the list of whose step comes next. Two reads in
a row may change places without anybody noticing, so that only one order of them is tried.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from combray.store.engine import Args, Cursor, Dialect, Engine, Row, Run

READ, WRITE = "read", "write"
PATIENCE = 60.0


class Actor(threading.Thread):
    """One act: it stands before its next step until it is told to go on."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.next: str | None = None
        self.result: Any = None
        self.error: Exception | None = None
        self.changed = False
        self._act = act
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)

    def run(self) -> None:
        """Do the act, and keep what came of it."""
        _LOCAL.actor = self
        try:
            self.result = self._act()
        except Exception as error:  # noqa: BLE001
            self.error = error
        self.next = None
        self._stopped.release()

    def begin(self) -> None:
        """Go to the first step."""
        self.start()
        self._wait()

    def step(self) -> None:
        """Do one step, and all up to the next."""
        self._go.release()
        self._wait()

    def pause(self, kind: str) -> None:
        """Called on the thread itself: stop before a step."""
        self.next = kind
        self._stopped.release()
        self._go.acquire()

    def _wait(self) -> None:
        assert self._stopped.acquire(timeout=PATIENCE), "an act waits for another"


class _Local(threading.local):
    actor: Actor | None = None
    inside = 0


_LOCAL = _Local()


def _stop(kind: str) -> None:
    if _LOCAL.actor is not None and not _LOCAL.inside:
        _LOCAL.actor.pause(kind)


class SteppedEngine:
    """An engine whose steps are known: an actor's thread stops before each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> Dialect:
        """That of the engine."""
        return self._engine.dialect

    @property
    def location(self) -> str:
        """That of the engine."""
        return self._engine.location

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """One step."""
        _stop(READ)
        return self._engine.read(sql, args)

    def tenant_reader(self, tenant: str, /) -> Run:
        """Each read is a step."""
        run = self._engine.tenant_reader(tenant)

        def read(sql: str, args: Args = ()) -> list[Row]:
            _stop(READ)
            return run(sql, args)

        return read

    @contextmanager
    def read_snapshot(self, tenant: str, /) -> Iterator[Run]:
        """One step, however much is read."""
        _stop(READ)
        with self._engine.read_snapshot(tenant) as run:
            yield run

    @contextmanager
    def write(self, tenant: str | None = None, /) -> Iterator[Cursor]:
        """One step; what is read meanwhile by the same thread is part of it."""
        _stop(WRITE)
        _LOCAL.inside += 1
        try:
            with self._engine.write(tenant) as cursor:
                head = cursor.run("SELECT max(seq) FROM events")
                yield cursor
                changed = cursor.run("SELECT max(seq) FROM events") != head
            if _LOCAL.actor is not None:
                _LOCAL.actor.changed |= changed
        finally:
            _LOCAL.inside -= 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@dataclass
class Trace:
    """What one order was: whose steps, what the others could have done, and what came of it."""

    actors: Sequence[Actor]
    chosen: list[int] = field(default_factory=list)
    pending: list[list[str | None]] = field(default_factory=list)
    """Before each choice the next step of each actor; None for one that has ended."""

    def steps(self, number: int, kind: str) -> list[int]:
        """The places at which an actor did its steps of a kind."""
        return [
            place
            for place, chosen in enumerate(self.chosen)
            if chosen == number and self.pending[place][number] == kind
        ]


def run_in_order(acts: Sequence[Callable[[], object]], order: Sequence[int]) -> Trace:
    """Run some acts in an order; where it ends, the last goes on, and then the others."""
    trace = Trace([Actor(act) for act in acts])
    for actor in trace.actors:
        actor.begin()
    while any(actor.next for actor in trace.actors):
        able = [number for number, actor in enumerate(trace.actors) if actor.next]
        place = len(trace.chosen)
        wanted = order[place] if place < len(order) else (trace.chosen or [0])[-1]
        number = wanted if wanted in able else able[0]
        trace.pending.append([actor.next for actor in trace.actors])
        trace.chosen.append(number)
        trace.actors[number].step()
    for actor in trace.actors:
        actor.join(PATIENCE)
    return trace


def every_order(run: Callable[[Sequence[int]], Trace], most: int | None = None) -> Iterator[Trace]:
    """Run in every order that can matter; with `most`, in those with at most so many switches."""
    waiting: list[list[int]] = [[]]
    while waiting:
        order = waiting.pop()
        trace = run(order)
        yield trace
        for place in range(len(order), len(trace.chosen)):
            for other in range(len(trace.actors)):
                if other == trace.chosen[place] or trace.pending[place][other] is None:
                    continue
                branch = [*trace.chosen[:place], other]
                switches = sum(one != two for one, two in pairwise(branch))
                if switches > most if most is not None else _told_already(trace, place, other):
                    continue
                waiting.append(branch)


def _told_already(trace: Trace, place: int, other: int) -> bool:
    """Whether a read follows a read of a later actor: the other way round is tried as well."""
    if not place or trace.pending[place][other] != READ:
        return False
    before = trace.chosen[place - 1]
    return before > other and trace.pending[place - 1][before] == READ
