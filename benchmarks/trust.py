"""What trust costs and whether it holds: two times, history, erasing, adding; no model in it.

    python benchmarks/trust.py                     ten thousand statements, in a file
    python benchmarks/trust.py --n 2000 --location postgresql://…

As-of: users say where they live and work; three in ten statements are updates, and all arrive in a
random order, one by one. The truth is worked out beside the memory, by sorting what each said.
Every value of every user is asked for at a moment inside its interval and at its first instant; a
sample is also asked by `search`: whether the first hit names the value, or one of another time; the
rest name the user's other relation, which is a matter of ranking and not of time.
History: the same batches are added with and without the rows of the history, in turns, and the
processor time is compared. The embedder is a constant, so that no time of a model is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from combray import Memory
from combray.store.engines.sqlite import SQLiteCursor

SEED, DAY = 11, 86_400
START = 1_600_000_000
BATCH = 100
RESULTS = Path(__file__).parent / "results" / "trust.json"
SYLLABLES = "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no".split()
SAYS = {"lives in": "I live in {} now.", "works at": "I work at {}."}
ASKS = {"lives in": "Where do I live?", "works at": "Where do I work?"}


class Constant:
    """An embedder that takes no time."""

    name = "constant-384"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Rows of unit length, shape (n, 384)."""
        return np.full((len(texts), 384), 384**-0.5, np.float32)


def name_of(number: int) -> str:
    """A capitalised word for each number, each of another."""
    parts = []
    for _ in range(4):
        number, rest = divmod(number, len(SYLLABLES))
        parts.append(SYLLABLES[rest])
    return "".join(parts).capitalize()


Statement = tuple[str, str, str, int]
"""Who says which relation has which value, when."""
Asked = tuple[str, str, str, int]
"""Who, which relation, the value that holds, at which moment."""


def statements(n: int, updates: float) -> list[Statement]:
    """n statements, a share of them updates of what was said before, in random order."""
    rng = random.Random(SEED)
    first = round(n * (1 - updates))
    said: list[Statement] = []
    for number in range(n):
        about = number if number < first else rng.randrange(first)
        who, relation = name_of(about // 2), list(SAYS)[about % 2]
        value = name_of(100_000 + rng.randrange(5000))
        said.append((who, relation, value, START + rng.randrange(1500) * DAY + number % DAY))
    rng.shuffle(said)
    return said


def truth(said: Iterable[Statement]) -> list[Asked]:
    """(who, relation, value, moment): what holds at each first instant and inside each interval."""
    lines: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for who, relation, value, moment in said:
        lines.setdefault((who, relation), []).append((moment, value))
    asked = []
    for (who, relation), line in lines.items():
        line.sort()
        for i, (moment, value) in enumerate(line):
            end = line[i + 1][0] if i + 1 < len(line) else moment + 400 * DAY
            asked += [(who, relation, value, m) for m in (moment, (moment + end) // 2)]
    return asked


def as_of(location: str, n: int, sample: int) -> dict[str, Any]:
    """The share of as-of questions that are answered rightly, by facts and by search."""
    said = statements(n, 0.3)
    asked = truth(said)
    with Memory(location, embedder="hashed") as memory:
        began = time.process_time()
        for who, relation, value, moment in said:
            turn = {"role": "user", "content": SAYS[relation].format(value)}
            memory.add([turn], user_id=who, timestamp=moment)
        took = time.process_time() - began
        facts: dict[tuple[str, str], list[Any]] = {}
        for who in sorted({who for who, *_ in said}):
            for fact in memory.list(user_id=who, kinds=["fact"]):
                facts.setdefault((who, fact.metadata["relation"]), []).append(fact)
        right = sum(_holds(facts.get((w, r), []), m * 1_000_000) == {v} for w, r, v, m in asked)
    found = {}
    values: dict[tuple[str, str], set[str]] = {}
    for who, relation, value, _ in said:
        values.setdefault((who, relation), set()).add(value)
    for system in ("hybrid", "evidence"):
        with Memory(location, embedder="hashed", system=system) as memory:
            found[system] = _first_hits(memory, random.Random(SEED).sample(asked, sample), values)
    return {
        "statements": n,
        "users": len({who for who, *_ in said}),
        "updates": 0.3,
        "questions": len(asked),
        "right": right / len(asked),
        "searched": sample,
        "first_hit": found,
        "single_add_cpu_ms_with_hashed_vectors": 1000 * took / n,
    }


def _first_hits(
    memory: Memory, asked: Sequence[Asked], values: Mapping[tuple[str, str], set[str]]
) -> dict[str, float]:
    """The share of questions whose first hit names the value, and another time's value."""
    right = stale = 0
    for who, relation, value, moment in asked:
        hits = memory.search(ASKS[relation], user_id=who, limit=1, as_of=moment)
        named = {v for v in values[who, relation] if hits and v in hits[0].text}
        right += value in named
        stale += bool(named - {value})
    return {"right": right / len(asked), "of_another_time": stale / len(asked)}


def _holds(facts: Iterable[Any], moment: int) -> set[str]:
    """The values that hold at a moment; more than one would break the law."""
    return {
        fact.metadata["object"]
        for fact in facts
        if (fact.valid_from_us is None or fact.valid_from_us <= moment)
        and (fact.valid_to_us is None or moment < fact.valid_to_us)
    }


@contextmanager
def without_history() -> Iterator[None]:
    """Leave out the rows of the history: the bare add that its cost is measured against."""
    run, run_many = SQLiteCursor.run, SQLiteCursor.run_many

    def bare(self: SQLiteCursor, sql: str, args: Any = (), /) -> Any:
        return [] if sql.startswith("INSERT INTO events") else run(self, sql, args)

    def bare_many(self: SQLiteCursor, sql: str, rows: Any, /) -> None:
        if not sql.startswith("INSERT INTO events"):
            run_many(self, sql, rows)

    SQLiteCursor.run, SQLiteCursor.run_many = bare, bare_many  # type: ignore[method-assign]
    try:
        yield
    finally:
        SQLiteCursor.run, SQLiteCursor.run_many = run, run_many  # type: ignore[method-assign]


def chat(n: int) -> list[dict[str, Any]]:
    """Turns of an ordinary talk: one in ten states a fact."""
    rng = random.Random(SEED)
    facts = ("I moved to {}.", "My favourite tea is {}.")
    plain = "Yesterday we talked about {} and the plan for week {}, then had lunch near {}."
    found = []
    for number in range(n):
        words = [name_of(rng.randrange(20_000)) for _ in range(3)]
        text = facts[number // 10 % 2] if number % 10 == 0 else plain
        found.append(
            {"role": "user", "name": name_of(rng.randrange(40)), "content": text.format(*words)}
        )
    return found


def history_cost(folder: Path, n: int) -> dict[str, Any]:
    """Processor time of an add with its history over that of one without, in turns."""
    messages = chat(n)
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(10):
        bare = bool(number % 2)
        with Memory(folder / f"h{number}.db", embedder=Constant()) as memory:
            began = time.process_time()
            if bare:
                with without_history():
                    _add(memory, messages)
            else:
                _add(memory, messages)
            took[bare].append(time.process_time() - began)
    whole, bare_time = statistics.median(took[False]), statistics.median(took[True])
    return {
        "memories": n,
        "runs": 5,
        "with_history_ms_each": 1000 * whole / n,
        "without_ms_each": 1000 * bare_time / n,
        "ratio": whole / bare_time,
    }


def _add(memory: Memory, messages: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(messages), BATCH):
        memory.add(messages[start : start + BATCH], user_id="u")


def adding(folder: Path, n: int) -> dict[str, Any]:
    """Time of adding in batches and one by one, with and without a real sync of the disk."""
    found: dict[str, Any] = {"memories": n}
    for durable in (False, True):
        with Memory(folder / f"a{durable}.db", embedder=Constant(), durable=durable) as memory:
            messages = chat(n + 200)
            began = time.process_time()
            _add(memory, messages[:n])
            batch = 1000 * (time.process_time() - began) / n
            single: list[tuple[float, float]] = []
            for message in messages[n:]:
                cpu, wall = time.process_time(), time.perf_counter()
                memory.add([message], user_id="u")
                single.append((time.process_time() - cpu, time.perf_counter() - wall))
        cpus, walls = (sorted(1000 * pair[i] for pair in single) for i in (0, 1))
        found["durable" if durable else "normal"] = {
            "batch_cpu_ms_each": batch,
            "single_cpu_ms_p50": cpus[len(cpus) // 2],
            "single_wall_ms_p50": walls[len(walls) // 2],
            "single_wall_ms_p95": walls[int(len(walls) * 0.95)],
        }
    return found


def erasing(folder: Path, n: int) -> dict[str, Any]:
    """Time to erase a tenant of n memories that has a neighbour as big; and whether it is gone."""
    path = folder / "erase.db"
    with Memory(path, embedder=Constant()) as memory:
        for user in ("gone", "kept"):
            for start in range(0, n, 1000):
                messages = chat(n)[start : start + 1000]
                if user == "gone":
                    messages = [{**m, "content": f"{m['content']} Xanthippe."} for m in messages]
                memory.add(messages, user_id=user)
        memory.search("tea", user_id="gone")
        size = sum(p.stat().st_size for p in folder.glob("erase.db*"))
        cpu, wall = time.process_time(), time.perf_counter()
        receipt = memory.erase(user_id="gone")
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        gone = not any(b"Xanthippe" in p.read_bytes() for p in folder.glob("erase.db*"))
        whole = memory.verify().ok
    return {
        "erased": receipt.items,
        "derived": receipt.derived,
        "beside": n,
        "file_mb_before": size / 1e6,
        "seconds_wall": wall,
        "seconds_cpu": cpu,
        "bytes_gone": gone,
        "verified": whole,
    }


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--location", help="where the as-of questions are asked; else a file")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            "machine": {
                "cpus": os.cpu_count(),
                "python": platform.python_version(),
                "sqlite": sqlite3.sqlite_version,
                "seed": SEED,
            },
            "as_of": as_of(given.location or str(folder / "as_of.db"), given.n, given.sample),
            "history": history_cost(folder, min(given.n, 3000)),
            "adding": adding(folder, min(given.n, 3000)),
            "erasing": erasing(folder, given.n),
        }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(found, indent=1) + "\n")
    for section, figures in found.items():
        print(section)
        for key, value in figures.items():
            print(f"    {key:38} {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(part)}" for key, part in value.items())
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
