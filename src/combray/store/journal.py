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
        self._steps: list[Step] = []
        self._state = empty
        self._states: dict[int, S] = {}
        self._lock = threading.Lock()

    def state(self) -> S:
        """Return the state as it is now, whoever changed it."""
        self._catch_up(self._store.engine.tenant_reader(self._tenant))
        return self._state

    def steps(self) -> Sequence[Step]:
        """Return every step, oldest first."""
        self.state()
        return tuple(self._steps)

    def state_at(self, number: int) -> S:
        """Return the state after a step; 0 is the empty one. Raises InputError for another."""
        self.state()
        self._check_number(number)
        return self._replay(self._steps, number)

    @contextmanager
    def changing(self, actor: str) -> Iterator[Change[S]]:
        """Open a change: what it reads is true until it ends, and all of its steps count or none.

        Writers wait for each other, so that two of them never decide by the same state.
        """
        check_name(actor, "the name of who changes a task memory")
        with self._store.engine.write(self._tenant) as cursor:
            self._catch_up(cursor.run)
            change = Change(self, cursor, actor, self._state)
            yield change
            append(cursor, self._tenant, self.name, change.steps)

    def restore(self, number: int, actor: str) -> S:
        """Make the state what it was after a step; what happened since stays in the log."""
        with self.changing(actor) as change:
            self._check_number(number)
            change.add(RESTORE, to=number)
        return change.state

    def undo(self, actor: str, check: Callable[[S, S], None] | None = None) -> S:
        """Take back the last change that still counts; raises InputError when there is none.

        `check` is given the states before and after, and raises when it may not be taken back.
        """
        with self.changing(actor) as change:
            before, number = change.state, len(self._steps)
            while number and _goes_back(self._steps[number - 1]):
                number = target_of(self._steps[number - 1])
            if not number:
                raise InputError(f"{self.name!r} has nothing to take back.")
            change.add(RESTORE, to=self._steps[number - 1].first - 1)
            if check is not None:
                check(before, change.state)
        return change.state

    def _catch_up(self, run: Run) -> None:
        """Read what was added since; the last step that is known tells whether the log is ours."""
        with self._lock:
            known = len(self._steps)
            found = steps_after(run, self._tenant, self.name, max(known - 1, 0))
            if known and (not found or found[0] != self._steps[-1]):
                # Somebody erased it, or put another in its place.
                self._steps, self._state, known = [], self._empty, 0
                self._states.clear()
                found = steps_after(run, self._tenant, self.name)
            for step in found[1:] if known else found:
                if step.number != len(self._steps) + 1:
                    raise StoreError(
                        f"Step {len(self._steps) + 1} of the task memory {self.name!r} is missing. "
                        "Run verify, then repair."
                    )
                self._state = self._kept_after(step)
                self._steps.append(step)
                self._remember(step.number)

    def _remember(self, number: int) -> None:
        """Keep the states after the last NEAR steps, and every NEARth of the rest, to begin at."""
        self._states[number] = self._state
        if (number - NEAR) % NEAR:
            self._states.pop(number - NEAR, None)

    def _kept_after(self, step: Step) -> S:
        """The state after a step of the log, which may have been damaged, or written by others."""
        why = "it is damaged"
        if step.op != DAMAGED:
            try:
                return self._after(self._state, step)
            except (LookupError, TypeError, ValueError) as error:
                why = f"it rests on what is not there ({error})"
        _log.warning("Step %d of %r is left out: %s.", step.number, self.name, why)
        return self._state

    def _after(self, state: S, step: Step, pending: Sequence[Step] = ()) -> S:
        if step.op == RESTORE:
            if not _goes_back(step):
                raise ValueError("there is no such step before it")
            return self._replay([*self._steps, *pending], target_of(step))
        return self._reduce(state, step)

    def _replay(self, steps: Sequence[Step], number: int) -> S:
        """Return the state after a step, from the last one that a restored state began with."""
        parts: list[Sequence[Step]] = []
        states = dict(self._states)
        while number and number not in states:
            first = number
            while first and first not in states and not _goes_back(steps[first - 1]):
                first -= 1
            parts.append(steps[first:number])
            number = first
            if first not in states and first:
                number = target_of(steps[first - 1])
        state = states.get(number, self._empty)
        for step in chain.from_iterable(reversed(parts)):
            if step.op in (DAMAGED, RESTORE):
                continue
            with suppress(LookupError, TypeError, ValueError):
                state = self._reduce(state, step)
        return state

    def _check_number(self, number: int) -> None:
        if isinstance(number, bool) or not isinstance(number, int):
            raise InputError(f"A step is a whole number, not {number!r:.40}.")
        if not 0 <= number <= len(self._steps):
            raise InputError(
                f"{self.name!r} has no step {number}: it has {len(self._steps)} steps. "
                "Give one of them, or 0 for the beginning."
            )


class Change(Generic[S]):
    """Steps about to be appended, and the state with them."""

    def __init__(self, journal: Journal[S], cursor: Cursor, actor: str, state: S) -> None:
        self._journal, self.actor = journal, actor
        self._first = len(journal._steps)
        self.cursor, self.state = cursor, state
        self.steps: list[Step] = []

    def add(self, op: str, **value: Any) -> S:
        """Add a step; return the state after it. Raises InputError for what is no plain data."""
        number = self._first + len(self.steps) + 1
        data = check_data(value, "a step")
        step = Step(
            number=number,
            first=self._first + 1,
            op=op,
            actor=self.actor,
            at_us=now(),
            value=data,
        )
        self.state = self._journal._after(self.state, step, self.steps)
        self.steps.append(step)
        return self.state
