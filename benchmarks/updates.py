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
from combray.bench.common.metrics import SEED, interval

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


def main() -> None:
    """Measure and write."""
    sys.path.insert(0, str(ROOT))
    from tests.recall.rank.everyday import BOTH, UPDATES

    table = {
        "title": "Everyday pairs",
        "command": "python benchmarks/updates.py",
        "note": f"English, German, French, Spanish, Italian, Portuguese, Chinese, Japanese; each "
        f"pair among eight other statements; bootstrap seed {SEED}.",
        "rows": [*rows(UPDATES, "updates"), *rows(BOTH, "both hold")],
    }
    path = ROOT / "benchmarks" / "results" / "updates.json"
    path.write_text(json.dumps({"tables": [table]}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
