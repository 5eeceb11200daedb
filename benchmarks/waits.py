"""How long a writer waits beside the verbs that take long; no model in it.

    python benchmarks/waits.py                         20 000 and 100 000 memories, on both stores
    python benchmarks/waits.py --n 20000 --store sqlite --verb reindex import

Another process adds a turn every few milliseconds, in turns for the user whose memory is worked on
and for another, while a third does a verb on that memory. The wait is the longest time that an add
took, by the wall; it grows with what else the machine does, so the load is noted, and the processor
time of the verb beside it. Peak memory is that of the process that does the verb and nothing else.
Writes benchmarks/results/waits.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.stores import place, server

from combray import Memory
from combray.write.maintain.reindex import reindex

RESULTS = Path(__file__).parent / "results" / "waits.json"
DIM, BATCH, REST = 384, 1000, 0.005
VERBS = ("export", "import", "backup", "repair", "reindex", "erase")


class Constant:
    """An embedder that takes no time."""

    name = "constant"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Rows of unit length, shape (n, 384)."""
        return np.full((len(texts), DIM), DIM**-0.5, np.float32)


def opened(location: str) -> Memory:
    """The memory of a measure."""
    return Memory(location, embedder=Constant(), system="bm25")


def fill(location: str, size: int) -> None:
    """Add that many turns of one user, with their vectors."""
    with opened(location) as memory:
        for start in range(0, size, BATCH):
            turns = [
                {
                    "role": "user",
                    "content": f"On day {n} the walk went past house {n * 7} again, {n}.",
                }
                for n in range(start, min(start + BATCH, size))
            ]
            memory.add(turns, user_id="u", session_id=f"s{start // BATCH}")
        memory.reindex()


def write(location: str, users: str, begun: Any, stop: Any, told: Any) -> None:
    """Add until told to stop; tell how many adds there were, and the longest."""
    longest, count = 0.0, 0
    with opened(location) as memory:
        memory.add("first", user_id=users[0])
        begun.set()
        while not stop.is_set():
            start = time.monotonic()
            memory.add({"role": "user", "content": f"note {count}"}, user_id=users[count % 2])
            longest, count = max(longest, time.monotonic() - start), count + 1
            time.sleep(REST)
    told.send((count, longest))


def work(verb: str, location: str, folder: str, told: Any) -> None:
    """Do a verb; tell its time by the clock and of the processor, and the process's peak."""
    file = Path(folder) / "all.jsonl"
    began, spent = time.monotonic(), time.process_time()
    with opened(location) as memory:
        verbs: dict[str, Callable[[], Any]] = {
            "export": lambda: memory.export(file),
            "import": lambda: memory.import_(file),
            "backup": lambda: memory.backup(Path(folder) / "copy.db"),
            "reindex": lambda: reindex(memory._store, Constant(), anew=True),
            "repair": memory.repair,
            "erase": lambda: memory.erase(user_id="u"),
        }
        verbs[verb]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.send((time.monotonic() - began, time.process_time() - spent, peak))


def measure(verb: str, location: str, folder: str) -> dict[str, Any]:
    """A verb beside a writer."""
    spawn = multiprocessing.get_context("spawn")
    begun, stop = spawn.Event(), spawn.Event()
    (hears, says), (hears_too, says_too) = spawn.Pipe(False), spawn.Pipe(False)
    # An import leaves out whoever has other memories here.
    users = "xy" if verb == "import" else "wu"
    writer = spawn.Process(target=write, args=(location, users, begun, stop, says))
    worker = spawn.Process(target=work, args=(verb, location, folder, says_too))
    writer.start()
    while not begun.wait(1):
        if not writer.is_alive():
            raise SystemExit("The writer ended.")
    worker.start()
    worker.join()
    stop.set()
    writer.join()
    (adds, longest), (wall, spent, peak) = hears.recv(), hears_too.recv()
    return {
        "verb": verb, "longest wait s": round(longest, 2), "adds meanwhile": adds,
        "wall s": round(wall, 1), "processor s": round(spent, 1), "peak MB": round(peak),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main() -> None:
    """Measure, print and write beside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--store", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--verb", nargs="+", default=VERBS, choices=VERBS)
    parser.add_argument("--no-write", action="store_true")
    given, rows = parser.parse_args(), list[dict[str, Any]]()
    with ExitStack() as stack:
        url = stack.enter_context(server()) if "postgresql" in given.store else ""
        for store in given.store:
            for size in given.n:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                full, empty = (
                    f"{folder}/{name}.db" if store == "sqlite" else place(url)
                    for name in ("full", "empty")
                )
                fill(full, size)
                for verb in VERBS:
                    if verb in given.verb or (verb == "export" and "import" in given.verb):
                        where = empty if verb == "import" else full
                        row = {"store": store, "memories": size, **measure(verb, where, folder)}
                        rows.append(row)
                        print(json.dumps(row), flush=True)
    if not given.no_write:
        table = {
            "title": "How long a writer waits beside a long verb",
            "command": "python benchmarks/waits.py",
            "note": "the longest add of a process that adds every 5 ms, by the wall",
            "rows": rows,
        }
        RESULTS.write_text(json.dumps({"tables": [table]}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
