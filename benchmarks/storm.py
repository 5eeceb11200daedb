"""A storm: processes that are killed in the middle of every verb, and four that write at once.

    python benchmarks/storm.py                       200 kills and a minute, on both stores
    python benchmarks/storm.py --kills 20 --seconds 5 --store sqlite

A child does verb after verb on a memory and says what it begins and what was acknowledged, until it
is killed. Then the memory is opened anew: what was acknowledged must be there, the verb under way
must be done whole or not at all, and `verify` must be clean. Writes benchmarks/results/storm.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.crash import killed, say
from tests.stores import place, server
from tests.words import Words

from combray import Memory
from combray.core.errors import InputError
from combray.core.ids import new_id
from combray.serve.cli.show import ProgressBar

RESULTS = Path(__file__).parent / "results" / "storm.json"
USER, SAID = "u", ["turn"]
SLOWEST = 0.5
"""The longest that a child works after its first word, in seconds."""

Live = dict[str, str]
"""The words of every turn that answers, by its id."""


def opened(location: str) -> Memory:
    """The memory of a storm: no model, and an embedder that takes no time."""
    return Memory(location, embedder=Words(), system="hybrid")


# ── the child ────────────────────────────────────────────────────────────────────────────────────


def add(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """Two turns, one of which states a fact."""
    words = [f"I live in {rng.choice(('Rome', 'Oslo', 'Lima'))}.", f"Note {rng.random()}"]
    turns = [{"role": "user", "content": text} for text in words]
    return {**live, **{item.id: item.text for item in memory.add(turns, user_id=USER)}}


def update(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """Other words for a memory."""
    id_, text = rng.choice(sorted(live)), f"I work at Acme {rng.randrange(99)}."
    memory.update(id_, text=text, user_id=USER)
    return {**live, id_: text}


def delete(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """A memory out of every answer."""
    id_ = rng.choice(sorted(live))
    memory.delete(id_, user_id=USER)
    return {key: text for key, text in live.items() if key != id_}


def undo(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """A deletion, and its opposite."""
    id_ = rng.choice(sorted(live))
    memory.delete(id_, user_id=USER)
    memory.undo(memory.history(id_, user_id=USER)[-1].change_id, user_id=USER)
    return live


def supersede(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """One memory ends where another begins; both stay. One that ended already is refused."""
    old, new = sorted(rng.sample(sorted(live), 2))
    with suppress(InputError):
        memory.supersede(old, new, user_id=USER)
    return live


def erase(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """A memory for good, with what was made of it."""
    id_ = rng.choice(sorted(live))
    memory.erase(id_, user_id=USER)
    return {key: text for key, text in live.items() if key != id_}


def propose(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """A summary of two memories, as a model would propose it."""
    answer = json.dumps({"summaries": [{"text": "A home and a note.", "sources": [1, 2]}]})
    memory.propose(answer, rng.sample(sorted(live), 2), user_id=USER)
    return live


def export(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """Everything into a file, and out of it again."""
    memory.export(folder / "all.jsonl")
    memory.import_(folder / "all.jsonl")
    return live


def backup(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """A copy beside the memory."""
    memory.backup(folder / f"{new_id()}.db")
    return live


def repair(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """Everything derived, anew."""
    memory.repair()
    return live


def search(memory: Memory, live: Live, rng: random.Random, folder: Path) -> Live:
    """A question, which heals and embeds what lacks a vector."""
    memory.search("Where do I live?", user_id=USER)
    return live


VERBS: dict[str, Callable[..., Live]] = {
    verb.__name__: verb
    for verb in (
        add, update, delete, undo, supersede, erase, propose, export, backup, repair, search
    )
}  # fmt: skip
NEEDS = {"supersede": 2, "propose": 2, "add": 0, "export": 0, "backup": 0, "repair": 0, "search": 0}


def work(log: Path, location: str, folder: Path, verb: str, seed: int) -> None:
    """Do one verb again and again, with an `add` between, saying what begins and what is done."""
    rng = random.Random(seed)
    with opened(location) as memory:
        live = turns_of(memory)
        while True:
            for name in (verb, "add"):
                if len(live) < NEEDS.get(name, 1):
                    continue
                say(log, f"begin {name}")
                live = VERBS[name](memory, live, rng, folder)
                say(log, f"done {json.dumps(live)}")


# ── the parent ───────────────────────────────────────────────────────────────────────────────────


def turns_of(memory: Memory) -> Live:
    """What the memory holds of what was said."""
    found = memory.list(user_id=USER, kinds=SAID, limit=10_000)
    return {item.id: item.text for item in found}


def kill(location: str, folder: Path, kills: int, progress: ProgressBar) -> dict[str, Any]:
    """Kill a child in the middle of each verb in turn; count what was lost or wrong."""
    with opened(location) as memory:
        live = add(memory, {}, random.Random(0), folder)
    counts: Counter[str] = Counter()
    under_way: Counter[str] = Counter()
    for seed in range(kills):
        verb = list(VERBS)[seed % len(VERBS)]
        log = folder / "log"
        lines = killed(
            work, log, location, folder, verb, seed, within=SLOWEST * (seed % 7 + 1) / 7, seed=seed
        )
        done = [line.removeprefix("done ") for line in lines if line.startswith("done ")]
        live = json.loads(done[-1]) if done else live
        begun = lines[-1].removeprefix("begin ") if lines and lines[-1].startswith("begin") else ""
        counts["acknowledged"] += len(done)
        under_way[begun or "between"] += 1
        try:
            with opened(location) as memory:
                found, problems = turns_of(memory), memory.verify().problems
                memory.search("Where do I live?", user_id=USER)
        except Exception as error:  # noqa: BLE001 - whatever is raised is what is counted
            print(f"{location} {seed} {verb}: {error!r}", file=sys.stderr)
            counts["errors"] += 1
            continue
        counts["lost"] += lost(live, found, begun)
        counts["damaged"] += bool(problems)
        live = found
        progress(seed + 1, kills)
    shown = ("acknowledged", "lost", "errors", "damaged")
    return {"kills": kills, **{name: counts[name] for name in shown}, "in": dict(under_way)}


def lost(live: Live, found: Live, begun: str) -> int:
    """How many acknowledged turns are not as they were said, but for one that was being changed."""
    wrong = sum(found.get(id_) != text for id_, text in live.items())
    return max(0, wrong - (begun in ("update", "delete", "undo", "erase")))


def write(location: str, number: int, until: float) -> list[float]:
    """Add turns until a moment; the seconds of each add."""
    took = []
    with opened(location) as memory:
        while time.time() < until:
            began = time.perf_counter()
            memory.add([{"role": "user", "content": f"{number} {began}"}], user_id=USER)
            took.append(time.perf_counter() - began)
    return took


def together(location: str, seconds: float) -> dict[str, Any]:
    """Four processes add at once: how many adds, how long they took, what is there afterwards."""
    with opened(location):
        pass
    context = multiprocessing.get_context("forkserver")
    until = time.time() + seconds + 2.0
    with context.Pool(4) as pool:
        found = pool.starmap(write, [(location, number, until) for number in range(4)])
    took = sorted(1000 * each for part in found for each in part)
    with opened(location) as memory:
        kept, problems = memory.stats(user_id=USER)["items"], memory.verify().problems
    return {
        "adds": len(took),
        "lost": len(took) - kept,
        "damaged": len(problems),
        "p50 ms": round(statistics.median(took), 2),
        "p95 ms": round(took[int(0.95 * len(took))], 2),
        "p99 ms": round(took[int(0.99 * len(took))], 2),
    }


@contextmanager
def places(store: str) -> Iterator[list[tuple[str, Callable[[], str], Path]]]:
    """The stores asked for: a name, what makes an empty place, and a folder of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        numbers = iter(range(99))
        found = []
        if store in ("sqlite", "both"):
            found.append(("SQLite", lambda: str(folder / f"{next(numbers)}.db"), folder))
        if store in ("postgres", "both"):
            url = stack.enter_context(server())
            found.append(("PostgreSQL", lambda: place(url), folder))
        yield found


def main() -> None:
    """Let it storm, and write down what came of it."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("--kills", type=int, default=200)
    told.add_argument("--seconds", type=float, default=60.0)
    told.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    told.add_argument("--out", type=Path, default=RESULTS)
    given = told.parse_args()
    kills, writes = [], []
    with places(given.store) as stores, ProgressBar("Killing") as progress:
        for name, fresh, folder in stores:
            kills.append({"store": name, **kill(fresh(), folder, given.kills, progress)})
            writes.append({"store": name, **together(fresh(), given.seconds)})
    tables = [
        {
            "title": "Killed in the middle",
            "note": f"{len(VERBS)} verbs in turn: {', '.join(VERBS)}.",
            "rows": [{k: v for k, v in row.items() if k != "in"} for row in kills],
        },
        {"title": "Four write at once", "note": f"{given.seconds:.0f} s.", "rows": writes},
    ]
    found = {"tables": [{**t, "command": "make storm"} for t in tables], "under way": kills}
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    bad = sum(row[k] for row in kills for k in ("lost", "errors", "damaged"))
    sys.exit(bool(bad + sum(abs(row["lost"]) + row["damaged"] for row in writes)))


if __name__ == "__main__":
    main()
