"""How long something takes, measured so that a test may compare two lengths."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def seconds(act: Callable[[], object]) -> float:
    """The least processor time of three runs, in which no garbage of other tests is collected."""
    times: list[float] = []
    gc.disable()
    try:
        for _ in range(3):
            began = time.process_time()
            act()
            times.append(time.process_time() - began)
    finally:
        gc.enable()
    return min(times)
