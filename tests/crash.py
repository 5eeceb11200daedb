"""Work in a process of its own that is killed without warning, and what it had acknowledged.

The children are forked from a server that has imported the package already, so that a round takes
a fraction of a second.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["combray.memory", "tests.words", "tests.crash"])

Work = Callable[..., None]


def say(log: Path, line: str) -> None:
    """Acknowledge something, so that it is read even when we are killed next."""
    handle = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def killed(work: Work, log: Path, *args: Any, within: float, seed: int) -> list[str]:
    """Run `work(log, *args)`, kill it some time after its first word; returns what it said.

    `within` is the longest time it gets after that, in seconds.
    """
    log.unlink(missing_ok=True)
    child = _context.Process(target=work, args=(log, *args))
    child.start()
    until = time.monotonic() + 30
    while not log.exists() and child.is_alive() and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(random.Random(seed).uniform(0, within))
    child.kill()
    child.join()
    code, words = child.exitcode, log.read_text().splitlines() if log.exists() else []
    child.close()
    assert code in (0, -9), f"the work failed by itself with {code}"
    return words
