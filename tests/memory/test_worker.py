"""The worker: a thread that does the work that is due while the memory is open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from combray.core.errors import StoreBusy
from combray.memory import worker as module
from combray.memory.worker import Worker


def until(wanted: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until something is so; whether it came about."""
    end = time.monotonic() + seconds
    while not wanted() and time.monotonic() < end:
        time.sleep(0.005)
    return wanted()


class Queue:
    """Stands for the jobs that are due: counts the looks, and answers as it is told."""

    def __init__(self, *answers: Any) -> None:
        self.looks, self.tenants = 0, []
        self._answers = list(answers)

    def __call__(self, _runtime: Any, _deriver: Any, tenant: str | None) -> Any:
        """What is due now."""
        self.looks += 1
        self.tenants.append(tenant)
        answer = self._answers.pop(0) if self._answers else []
        if isinstance(answer, BaseException):
            raise answer
        return answer


def working(monkeypatch: pytest.MonkeyPatch, queue: Queue) -> Worker:
    """A worker on a queue that waits long between looks."""
    monkeypatch.setattr(module, "run_due", queue)
    monkeypatch.setattr(module, "EVERY", 60.0)
    return Worker(SimpleNamespace(), None)  # type: ignore[arg-type]


def test_it_looks_at_once_and_when_it_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work of all users is looked for at the beginning, and again when there is new work."""
    queue = Queue()
    worker = working(monkeypatch, queue)
    assert until(lambda: queue.looks == 1)
    worker.wake()
    assert until(lambda: queue.looks == 2)
    assert set(queue.tenants) == {None}
    worker.stop()
    worker.join()


@pytest.mark.parametrize(
    "error", [StoreBusy("It is busy."), ZeroDivisionError("It is busy."), SystemExit("It is busy.")]
)
def test_it_goes_on_after_an_error(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is raised, by a database or by a program, is told in the log; the worker goes on."""
    queue = Queue(error)
    worker = working(monkeypatch, queue)
    told = f"will try again: {type(error).__name__}: It is busy."
    assert until(lambda: told in caplog.text)
    worker.wake()
    assert until(lambda: queue.looks == 2)
    worker.stop()
    worker.join()


def test_no_job_begins_after_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job under way is ended and waited for; those behind it are left to others."""
    begun: list[int] = []
    going, may_end = threading.Event(), threading.Event()

    def jobs() -> Any:
        for number in range(3):
            begun.append(number)
            going.set()
            may_end.wait(5)
            yield number

    worker = working(monkeypatch, Queue(jobs()))
    assert going.wait(5)
    worker.stop()
    may_end.set()
    worker.join()
    assert begun == [0]
    assert not worker._thread.is_alive()
