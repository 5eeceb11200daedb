"""A state that is the replay of its steps: shared by processes, kept, and undone by replay.

A reducer turns a state and a step into the next state. Nothing else changes a state, so the state
of any earlier moment is the replay of the steps until then, and going back to it is one more step.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, Generic, TypeVar

from combray.core import caches
from combray.core.checks import check_data, check_name
from combray.core.errors import InputError, StoreError
from combray.core.time import now
from combray.store.engine import Cursor, Run
from combray.store.store import Store
from combray.store.tables.steps import DAMAGED, Step, append, steps_after

_log = logging.getLogger("combray")
S = TypeVar("S")
Reducer = Callable[[S, Step], S]
NEAR = 64
RESTORE = "restore"
"""The step that makes the state what it was after another step."""


def target_of(step: Step) -> int:
    """Return the number of the step whose state a restoring step brings back."""
    return int(str(step.value["to"]))


def _goes_back(step: Step) -> bool:
    """Whether a step restores an earlier one; what a file says may be none."""
    try:
        return step.op == RESTORE and 0 <= target_of(step) < step.number
    except (LookupError, ValueError):
        return False


class _Known(Generic[S]):
    """What is known of a log: its steps, the state after them, and states that replays begin at."""

    def __init__(self, state: S) -> None:
        self.steps: list[Step] = []
        self.states: dict[int, S] = {}
        self.state = state

    def take(self, step: Step, state: S) -> None:
        """Take in a step and the state after it; keep the last NEAR states, and every NEARth."""
        self.steps.append(step)
        self.state = self.states[step.number] = state
        if (step.number - NEAR) % NEAR:
            self.states.pop(step.number - NEAR, None)


class Journal(Generic[S]):
    """One log of a tenant and the state that it replays to.

    `reduce` never changes the state that it is given: it returns another. A step that `repair` has
    marked as damaged changes nothing, nor does one that rests on it, and a warning names both.
    """

    def __init__(
        self, store: Store, tenant: str, name: str, *, empty: S, reduce: Reducer[S]
    ) -> None:
        self._store, self._tenant = store, tenant
        self.name = check_name(name, "the name of a task memory")
        self._empty, self._reduce = empty, reduce
        self._known = _Known(empty)
        self._lock = threading.Lock()
        caches.register(self)

    def forget(self, tenant: str, /) -> None:
        """Drop what is known of the log, when something of its tenant was erased."""
        if tenant == self._tenant:
            self._known = _Known(self._empty)

    def state(self) -> S:
        """Return the state as it is now, whoever changed it."""
        return self._now().state

    def steps(self) -> Sequence[Step]:
        """Return every step, oldest first."""
        return tuple(self._now().steps)

    def state_at(self, number: int) -> S:
        """Return the state after a step; 0 is the empty one. Raises InputError for another."""
        known = self._now()
        self._check_number(number, known)
        return self._replay(known, number)

    @contextmanager
    def changing(self, actor: str) -> Iterator[Change[S]]:
        """Open a change: what it reads is true until it ends, and all of its steps count or none.

        Writers wait for each other, so that two of them never decide by the same state.
        """
        check_name(actor, "the name of who changes a task memory")
        with self._store.engine.write(self._tenant) as cursor:
            change = Change(self, cursor, actor, self._catch_up(cursor.run))
            yield change
            append(cursor, self._tenant, self.name, change.steps)

    def restore(self, number: int, actor: str) -> S:
        """Make the state what it was after a step; what happened since stays in the log."""
        with self.changing(actor) as change:
            self._check_number(number, change.known)
            change.add(RESTORE, to=number)
        return change.state

    def undo(self, actor: str, check: Callable[[S, S], None] | None = None) -> S:
        """Take back the last change that still counts; raises InputError when there is none.

        `check` is given the states before and after, and raises when it may not be taken back.
        """
        with self.changing(actor) as change:
            before, steps = change.state, change.known.steps
            number = len(steps)
            while number and _goes_back(steps[number - 1]):
                number = target_of(steps[number - 1])
            if not number:
                raise InputError(f"{self.name!r} has nothing to take back.")
            change.add(RESTORE, to=steps[number - 1].first - 1)
            if check is not None:
                check(before, change.state)
        return change.state

    def _now(self) -> _Known[S]:
        return self._catch_up(self._store.engine.tenant_reader(self._tenant))

    def _catch_up(self, run: Run) -> _Known[S]:
        """Read what was added since; the last step that is known tells whether the log is ours."""
        with self._lock:
            known = self._known
            count = len(known.steps)
            found = steps_after(run, self._tenant, self.name, max(count - 1, 0))
            if count and (not found or found[0] != known.steps[-1]):
                # Somebody erased it, or put another in its place.
                known, count = _Known(self._empty), 0
                found = steps_after(run, self._tenant, self.name)
            for step in found[1:] if count else found:
                if step.number != len(known.steps) + 1:
                    raise StoreError(
                        f"Step {len(known.steps) + 1} of the task memory {self.name!r} is missing. "
                        "Run verify, then repair."
                    )
                known.take(step, self._kept_after(known, step))
            self._known = known
            return known

    def _kept_after(self, known: _Known[S], step: Step) -> S:
        """The state after a step of the log, which may have been damaged, or written by others."""
        why = "it is damaged"
        if step.op != DAMAGED:
            try:
                return self._after(known, known.state, step)
            except (LookupError, TypeError, ValueError) as error:
                why = f"it rests on what is not there ({error})"
        _log.warning("Step %d of %r is left out: %s.", step.number, self.name, why)
        return known.state

    def _after(self, known: _Known[S], state: S, step: Step, pending: Sequence[Step] = ()) -> S:
        if step.op == RESTORE:
            if not _goes_back(step):
                raise ValueError("there is no such step before it")
            return self._replay(known, target_of(step), pending)
        return self._reduce(state, step)

    def _replay(self, known: _Known[S], number: int, pending: Sequence[Step] = ()) -> S:
        """Return the state after a step, from the last one that is kept on the way to it."""
        steps, states = [*known.steps, *pending], dict(known.states)
        parts: list[Sequence[Step]] = []
        while number and number not in states:
            first = number
            while first and first not in states and not _goes_back(steps[first - 1]):
                first -= 1
            parts.append(steps[first:number])
            number = first
            if first and first not in states:
                number = target_of(steps[first - 1])
        state = states.get(number, self._empty)
        for step in chain.from_iterable(reversed(parts)):
            if step.op in (DAMAGED, RESTORE):
                continue
            with suppress(LookupError, TypeError, ValueError):
                state = self._reduce(state, step)
        return state

    def _check_number(self, number: int, known: _Known[S]) -> None:
        if isinstance(number, bool) or not isinstance(number, int):
            raise InputError(f"A step is a whole number, not {number!r:.40}.")
        if not 0 <= number <= len(known.steps):
            raise InputError(
                f"{self.name!r} has no step {number}: it has {len(known.steps)} steps. "
                "Give one of them, or 0 for the beginning."
            )


class Change(Generic[S]):
    """Steps about to be appended, and the state with them."""

    def __init__(self, journal: Journal[S], cursor: Cursor, actor: str, known: _Known[S]) -> None:
        self._journal, self.actor = journal, actor
        self.cursor, self.known, self.state = cursor, known, known.state
        self.steps: list[Step] = []
        self._count = len(known.steps)

    def add(self, op: str, **value: Any) -> S:
        """Add a step; return the state after it. Raises InputError for what is no plain data."""
        number = self._count + len(self.steps) + 1
        data = check_data(value, "a step")
        step = Step(
            number=number,
            first=self._count + 1,
            op=op,
            actor=self.actor,
            at_us=now(),
            value=data,
        )
        self.state = self._journal._after(self.known, self.state, step, self.steps)
        self.steps.append(step)
        return self.state
