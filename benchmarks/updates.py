"""Everyday pairs in eight languages: does the newer stand first, and are others left alone?

    python benchmarks/updates.py                                the pairs
    COMBRAY_DATA=… python benchmarks/updates.py --chats         LongMemEval's updated knowledge

Each pair is told to a memory of its own among other everyday statements, the older first; `without`
is the same memory when nothing is lifted. Writes benchmarks/results/updates.json, and with --chats
benchmarks/results/updated_chats.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import combray.systems.text.evidence as evidence
from combray import Memory
from combray.bench.common.embedding import kept
from combray.bench.common.metrics import SEED, interval
from combray.bench.datasets import longmemeval
from combray.bench.measure.runner import Contender, asked, opened, remember

ROOT = Path(__file__).parents[1]
OTHERS = [
    "I bought new running shoes.", "We watched a film about whales.", "The car needs new tyres.",
    "I made lentil soup.", "Der Zug hatte Verspätung.", "Le chat dort sur le canapé.",
    "Hoy llueve mucho.", "今天天气很好。",
]  # fmt: skip


@contextmanager
def unlifted() -> Iterator[None]:
    """The default memory without its fifth clause."""
    there = evidence.find_updates
    evidence.find_updates = lambda *_: []  # type: ignore[assignment]
    try:
        yield
    finally:
        evidence.find_updates = there


def lifted(case: Any, embedder: str) -> tuple[bool, bool, bool]:
    """Whether the newer stands above: with lifting, and without; and whether it says so."""
    with Memory(embedder=embedder) as memory:
        for text in (OTHERS[0], case.old, *OTHERS[1:4], case.new, *OTHERS[4:]):
            memory.add(text, user_id="u")
        hits = memory.search(case.question, user_id="u", limit=10)
        with unlifted():
            plain = memory.search(case.question, user_id="u", limit=10)
    places = [[hit.text for hit in found] for found in (hits, plain)]
    above = [found.index(case.new) < found.index(case.old) for found in places]
    return above[0], above[1], any("updates" in hit.explain for hit in hits)


def rows(cases: Sequence[Any], what: str) -> Iterator[dict[str, Any]]:
    """A row for each embedder and half."""
    for embedder in ("minilm", "hashed"):
        for half in ("dev", "held"):
            found = [lifted(case, embedder) for case in cases if case.half == half]
            newer, plain, said = zip(*found, strict=True)
            low, high = interval([float(each) for each in newer])
            yield {
                "pairs": what,
                "embedder": embedder,
                "half": half,
                "n": len(found),
                "newer above": sum(newer) / len(found),
                "95 %": f"{low:.3f}–{high:.3f}",
                "without": sum(plain) / len(found),
                "called an update": sum(said) / len(found),
            }


def chats() -> dict[str, Any]:
    """How often the newest of the sessions that tell a value is that of the first hit."""
    contender = Contender(system="evidence", embedder=kept("minilm"))
    asked_of, first, plain = 0, 0, 0
    for history in longmemeval.load_user().histories:
        (question,) = history.questions
        told = [s for s in history.sessions if s.id in question.gold["session"]]
        if question.kind != "knowledge-update" or not question.answerable or len(told) < 2:
            continue
        newest = max(told, key=lambda session: session.timestamp or "").id
        with opened(contender) as memory:
            units = remember(memory, history)
            asked_of += 1
            first += units[asked(memory, question, 1)[0].id]["session"] == newest
            with unlifted():
                plain += units[asked(memory, question, 1)[0].id]["session"] == newest
    row = {"set": "longmemeval-user", "n": asked_of, "newest first": first, "without": plain}
    return {
        "title": "Updated knowledge in chats",
        "command": "python benchmarks/updates.py --chats",
        "note": "Questions of LongMemEval (dev and test) whose evidence stands in two sessions or "
        "more, the user's turns alone; minilm.",
        "rows": [row],
    }


def main() -> None:
    """Measure and write."""
    if "--chats" in sys.argv:
        write("updated_chats", chats())
        return
    sys.path.insert(0, str(ROOT))
    from tests.recall.rank.everyday import BOTH, UPDATES

    table = {
        "title": "Everyday pairs",
        "command": "python benchmarks/updates.py",
        "note": f"English, German, French, Spanish, Italian, Portuguese, Chinese, Japanese; each "
        f"pair among eight other statements; bootstrap seed {SEED}.",
        "rows": [*rows(UPDATES, "updates"), *rows(BOTH, "both hold")],
    }
    write("updates", table)


def write(name: str, table: dict[str, Any]) -> None:
    """Write a table as a file of results."""
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    path.write_text(json.dumps({"tables": [table]}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
