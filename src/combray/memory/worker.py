"""A thread that does the work that is due, while the memory is open."""

from __future__ import annotations

import logging
import threading

from combray.core.ports import DeriverLike
from combray.recall.runtime.runtime import Runtime
from combray.write.maintain.run_jobs import run_due

_log = logging.getLogger("combray")
EVERY = 2.0
"""Seconds between two looks for work that nobody announced."""


class Worker:
    """Does the jobs of all users that this memory's system can do, one after another."""

    def __init__(self, runtime: Runtime, deriver: DeriverLike | None) -> None:
        self._runtime, self._deriver = runtime, deriver
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="combray worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stop(self) -> None:
        """Let no further job begin; the one under way is waited for by `join`."""
        self._stop.set()
        self._wake.set()

    def join(self, seconds: float = 10.0) -> None:
        """Wait until the thread has ended, or its job's lease runs out and another takes it."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for _ in run_due(self._runtime, self._deriver, None):
                    if self._stop.is_set():
                        return
            except BaseException as error:  # noqa: BLE001
                # A worker that ends would end the work for all users, and nobody would see it.
                _log.warning("The worker will try again: %s: %s", type(error).__name__, error)
            self._wake.wait(EVERY)
            self._wake.clear()
