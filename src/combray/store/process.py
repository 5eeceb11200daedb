"""Which process holds something, in words by which others can tell whether it still runs.

A number alone tells nothing: numbers are given out again, and other hosts and containers have the
same ones. A process is known by its machine (host name, boot and space of process numbers), its
number and the moment at which it started. Where the system does not tell these, nobody can know.
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

_PROC = Path("/proc")
_HOLDER = re.compile(r"process (\d{1,18}), started (\d+), on (.+)", re.DOTALL)


def here() -> str:
    """Return this process in words."""
    number, machine = os.getpid(), _machine()
    started = None if machine is None else _started(number)
    if started is None:
        return f"process {number} on {platform.node()}"
    return f"process {number}, started {started}, on {machine}"


def runs(holder: str) -> bool | None:
    """Return whether a process that was told by `here` still runs; None when nobody can know."""
    told = _HOLDER.fullmatch(holder)
    if told is None or told[3] != _machine():
        return None
    number, started = int(told[1]), _started(int(told[1]))
    if started is not None:
        return started == told[2]
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return None
    return None


def _machine() -> str | None:
    """Return the host with its boot and its space of process numbers; None when nobody tells."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return None
    return f"{platform.node()}, boot {boot}, {space}"


def _started(number: int) -> str | None:
    """Return the tick at which a process started, "ended" for a zombie; None when nobody tells."""
    try:
        told = (_PROC / str(number) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = told.rpartition(")")[2].split()
    return "ended" if fields[0] in "ZX" else fields[19]
