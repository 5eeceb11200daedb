"""How a search grows with the memory: CPU time to search, to add, to open; no model in it.

    python benchmarks/scale.py                 10 000 and 100 000 memories of one tenant, in a file
    python benchmarks/scale.py --n 10000 --location postgresql://…
    python benchmarks/scale.py --systems       what each text system costs at 10 000 memories

Words are drawn by the law of Zipf and Mandelbrot, p ~ 1 / (rank + 30): content words, as stop words
are not indexed; one in fifteen is a name. Vectors are unit vectors near 2 000 centres (d = 384);
the embedder is a table, so that no time of a model is in the figures. For one memory, array_bytes
are those of the view's arrays and resident_bytes all that opening adds to the process.
With --systems every second text is a statement in the first person, so that rules have something
to read, and in every two hundredth somebody moves house. A system's own cost of a memory is the
mean cost of adding one (the last 200 one by one, the last 500 before them in batches of 20) less
that of `dense`, which derives nothing; its search is the median for ten answers. The embedder's
time is in none of them.
Recall is that of the first ten against a plain product over all vectors in float64. Compare numbers
of one run only: on a busy machine the CPU time of the same work varies by a third.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from combray import Memory
from combray.bench.common.embedding import Clocked
from combray.index import scan

DIM, CENTRES, VOCABULARY, NAMES, SEED = 384, 2000, 30_000, 3000, 7
SYSTEMS = ("bm25", "dense", "hybrid", "evidence")
BATCH = 1000
RESULTS = Path(__file__).parent / "results" / "scale.json"
OF_SYSTEMS = Path(__file__).parent / "results" / "scale_systems.json"
DERIVING = (
    "hipporag", "hipporag2", "mem0", "zep", "a_mem", "rmm", "memorybank", "tim", "scm", "memorag",
    "second_me",
)  # fmt: skip
STATED = (
    "I went to {} with {} yesterday.", "I bought a new {} for {}.", "I love {} and {}.",
)  # fmt: skip


class Table:
    """An embedder that looks its vectors up: a centre by the text's hash, and some noise."""

    name = "table-384"

    def __init__(self) -> None:
        random = np.random.default_rng(SEED)
        self._centres = _unit(random.standard_normal((CENTRES, DIM)))
        self._noise = _unit(random.standard_normal((4096, DIM)))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Rows of unit length, shape (n, 384)."""
        hashes = np.array([zlib.crc32(text.encode()) for text in texts], np.int64)
        near = self._centres[hashes % CENTRES]
        return _unit(near + 0.7 * self._noise[hashes // CENTRES % 4096]).astype(np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Texts:
    """Sentences of content words."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED + 1)
        self._words = self._made(VOCABULARY, 3, 10)
        self._names = [word.capitalize() for word in self._made(NAMES, 4, 8)]
        ranks = np.arange(1, VOCABULARY + 1)
        self._weights = (1 / (ranks + 30)) / (1 / (ranks + 30)).sum()

    def _made(self, count: int, least: int, most: int) -> list[str]:
        letters = np.array(list("etaoinshrdlucmfwypvbgk"))
        lengths = self._random.integers(least, most, count)
        return ["".join(self._random.choice(letters, length)) for length in lengths]

    def take(self, count: int, least: int = 5, most: int = 20) -> list[str]:
        """That many sentences, each of so many words."""
        lengths = self._random.integers(least, most + 1, count)
        words = self._random.choice(VOCABULARY, lengths.sum(), p=self._weights)
        named = self._random.random(len(words)) < 1 / 15
        names = self._random.zipf(1.3, len(words)) % NAMES
        ends = np.cumsum(lengths)
        return [
            " ".join(
                self._names[names[i]] if named[i] else self._words[words[i]]
                for i in range(end - length, end)
            )
            for length, end in zip(lengths, ends, strict=True)
        ]


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU milliseconds of a piece of work, and what it gave."""
    start = time.process_time()
    result = work()
    return 1000 * (time.process_time() - start), result


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def fill(location: str, texts: Sequence[str]) -> float:
    """Add texts as turns of conversations of fifty; CPU ms for each thousand."""
    spent = 0.0
    with Memory(location, embedder=Table(), system="hybrid") as memory:
        for start in range(0, len(texts), BATCH):
            turns = [
                {"role": "user", "name": "Ann" if n % 2 else "Ben", "content": text}
                | {"timestamp": 1_600_000_000 + 600 * (start + n)}
                for n, text in enumerate(texts[start : start + BATCH])
            ]
            session = f"s{start // BATCH}"
            ms, _ = cpu(lambda t=turns, s=session: memory.add(t, user_id="u", session_id=s))
            spent += ms
    return spent * BATCH / len(texts)


def measure(location: str, queries: Sequence[str]) -> dict[str, Any]:
    """Opening, the size in memory and the median search of each system."""
    row: dict[str, Any] = {}
    for system in SYSTEMS:
        with Memory(location, embedder=Table(), system=system) as memory:
            before = resident()
            opened, _ = cpu(lambda m=memory: m.search(queries[0], user_id="u"))
            held = resident() - before
            for query in queries[1:5]:
                memory.search(query, user_id="u")
            times = [cpu(lambda m=memory, q=q: m.search(q, user_id="u"))[0] for q in queries]
            view = memory._runtime.view("u")
            if system == SYSTEMS[0]:
                row |= {"open_ms": round(opened), "resident_bytes": round(held / len(view))}
            row["array_bytes"] = round(view.nbytes() / len(view))
            row[f"{system}_ms"] = round(statistics.median(times), 2)
            if system == "dense":
                row["recall"] = _recall(memory, queries[:50])
                row["product_ms"] = _product(memory, queries)
    return row


def _recall(memory: Memory, queries: Sequence[str]) -> float:
    rows = memory._store.engine.read(
        "SELECT id, data FROM items JOIN vectors ON vectors.item_seq = items.seq"
    )
    ids = [str(row[0]) for row in rows]
    matrix = np.array([np.frombuffer(bytes(row[1]), np.float32) for row in rows], np.float64)
    found = 0
    for query in queries:
        scores = matrix @ Table().embed([query])[0].astype(np.float64)
        least = np.sort(scores)[-10] - 1e-6
        hits = {hit.id for hit in memory.search(query, user_id="u", limit=10)}
        found += sum(scores[ids.index(id_)] >= least for id_ in hits)
    return found / (10 * len(queries))


def _product(memory: Memory, queries: Sequence[str]) -> float:
    """The floor of a dense search: one float32 product with all vectors, and nothing else."""
    matrix = memory._runtime.view("u").vectors.values
    vectors = Table().embed(queries)
    return round(statistics.median(cpu(lambda v=v: np.vecdot(matrix, v))[0] for v in vectors), 2)


def of_systems(size: int, queries: int) -> None:
    """What every text system costs when the memory holds so many; printed and written beside."""
    made, rows = Texts(), list[dict[str, Any]]()
    plain = made.take(size + 1000)
    told = [t if n % 2 else _stated(t, n) for n, t in enumerate(plain)]
    asked = made.take(queries, 3, 8)
    for system in ("dense", "evidence", *DERIVING):
        with tempfile.TemporaryDirectory() as folder:
            rows.append({"system": system, **_cost(f"{folder}/memory.db", system, told, asked)})
        print(json.dumps(rows[-1]), flush=True)
    base = rows[0]
    for row in rows[1:]:
        for name in ("write alone ms", "write in batches ms"):
            row[name] = round(max(row[name] - base[name], 0.0), 2)
    note = (
        f"{size} messages; write: own CPU ms a message, less that of `dense` "
        f"({base['write alone ms']} alone, {base['write in batches ms']} in batches of 20); "
        f"search: median CPU ms of {queries} questions, ten answers; without the embedder's time"
    )
    title = f"What a message and a question cost at {size:,} messages"
    command = f"python benchmarks/scale.py --systems --queries {queries}"
    table = {"title": title, "command": command, "note": note, "rows": rows}
    OF_SYSTEMS.write_text(json.dumps({"tables": [table]}, indent=1) + "\n", encoding="utf-8")


def _stated(text: str, n: int) -> str:
    words = text.split()
    if n % 200 == 0:
        return f"I moved to {words[0].capitalize()} last week."
    return STATED[n % len(STATED)].format(words[0].capitalize(), words[1])


def _cost(
    location: str, system: str, texts: Sequence[str], queries: Sequence[str]
) -> dict[str, Any]:
    """Own and shared CPU ms of adding and of searching, without the embedder's."""
    embedder = Clocked(Table())

    def spent(work: Callable[[], Any]) -> float:
        before = embedder.seconds
        ms, _ = cpu(work)
        return ms - 1000 * (embedder.seconds - before)

    turns = [
        {"role": "user", "name": "Ann" if n // 2 % 2 else "Ben", "content": text}
        | {"timestamp": 1_600_000_000 + 600 * n}
        for n, text in enumerate(texts)
    ]
    size = len(turns) - 1000
    with Memory(location, embedder=embedder, system=system) as memory:

        def add(start: int, count: int) -> float:
            part, session = turns[start : start + count], f"s{start // 20}"
            return spent(lambda: memory.add(part, user_id="u", session_id=session))

        for start in range(0, size, 20):
            add(start, 20)
        memory.search(queries[0], user_id="u")
        batches = [add(start, 20) for start in range(size, size + 500, 20)]
        alone = [add(start, 1) for start in range(size + 500, size + 700)]
        for query in queries[:5]:
            memory.search(query, user_id="u")
        times = [spent(lambda q=query: memory.search(q, user_id="u")) for query in queries]
        held = len(memory._runtime.view("u"))
    return {
        "items": held,
        "write alone ms": round(statistics.mean(alone), 2),
        "write in batches ms": round(sum(batches) / 500, 2),
        "search ms": round(statistics.median(times), 2),
    }


def main() -> None:
    """Measure, print a table and write it beside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--location", help="an empty place; by default a file that is removed")
    parser.add_argument("--plain", action="store_true", help="as without the package numkong")
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--systems", action="store_true", help="the cost of each text system")
    given = parser.parse_args()
    if given.systems:
        of_systems(given.n[0], given.queries)
        return
    if given.plain:
        scan.WORTH = 2**62
    made, rows = Texts(), []
    for count in given.n:
        with tempfile.TemporaryDirectory() as folder:
            location = given.location or f"{folder}/memory.db"
            texts, queries = made.take(count), made.take(given.queries, 3, 8)
            row = {"n": count, "add_1000_ms": round(fill(location, texts))}
            rows.append(row | measure(location, queries))
            print(json.dumps(rows[-1]), flush=True)
    for name in rows[0]:
        print(f"{name:16}" + "".join(f"{row[name]!s:>12}" for row in rows))
    if not given.no_write:
        RESULTS.parent.mkdir(exist_ok=True)
        codes = find_spec("numkong") is not None and not given.plain
        told = {"dim": DIM, "queries": given.queries, "seed": SEED, "codes": codes, "rows": rows}
        RESULTS.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
