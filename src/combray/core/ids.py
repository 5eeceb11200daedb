"""Identifiers: UUID version 7, ordered by time of creation."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as text; within a process each is greater than the one before."""
    global _last
    with _lock:
        moment = max(time.time_ns() // 1_000_000 << 12, _last + 1)
        _last = moment
    tail = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    # 48 bits of milliseconds, version, 12 bits that count within one, variant, 62 random bits.
    bits = (moment >> 12) << 80 | 0x7 << 76 | (moment & 0xFFF) << 64 | 0b10 << 62 | tail
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
