"""Measure bytes and model calls per message, and whether an erased sentence is gone.

A history with one extra sentence is stored in a file; the sentence is erased, and every file of the
database is searched for its words.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from combray.bench.datasets.form import Benchmark
from combray.bench.measure.runner import USER, Contender, beginning, derived, opened, remember
from combray.memory import Memory

MESSAGES = 400
WORD = "quibberzonk"
SECRET = f"I keep the {WORD} key under the third stone, and my cousin {WORD.title()} knows it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """For each message remembered: bytes in the file, model calls and tokens; and what is left.

    `erased` is true when no byte of an erased sentence was found anywhere afterwards.
    """

    bytes: float
    calls: float
    tokens: float
    usd: float | None
    erased: bool


def costs(benchmark: Benchmark, contender: Contender) -> Costs:
    """The costs of a contender on the beginning of the set's first history."""
    history = beginning(benchmark.histories[0], MESSAGES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        with opened(contender, str(path)) as memory:
            told = len(remember(memory, history))
            derived(memory)
            spent = memory.spent()
        size = sum(file.stat().st_size for file in path.parent.iterdir())
        with opened(contender, str(path)) as memory:
            _tell_and_erase(memory)
        left = any(_holds(file) for file in path.parent.iterdir())
    priced = [row["usd"] for row in spent if row["usd"] is not None]
    return Costs(
        bytes=size / told,
        calls=sum(row["calls"] for row in spent) / told,
        tokens=sum(row["tokens_in"] + row["tokens_out"] for row in spent) / told,
        usd=sum(priced) / told if priced else None,
        erased=not left,
    )


def _tell_and_erase(memory: Memory) -> None:
    """Add the sentence, let everything be made of it, recall it, and erase it."""
    items = memory.add([{"role": "user", "name": "Zed", "content": SECRET}], user_id=USER)
    memory.consolidate(user_id=USER)
    memory.search(f"Where is the {WORD} key?", user_id=USER)
    memory.erase([item.id for item in items])


def _holds(file: Path) -> bool:
    return WORD in file.read_bytes().decode("utf-8", errors="ignore").lower()
