"""What rules read as stated and as over: sentences that we wrote, and two sets of real dialogues.

    COMBRAY_DATA=… python benchmarks/supersession.py

An adversarial pair is a statement that holds and words that seem to end it and do not; the pair is
wrong when the fact ends. The other sentences and changes are those of the tests in `tests/write`.
Writes benchmarks/results/supersession.json.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.words import Words
from tests.write.adversarial import MORE, THIRD, pairs
from tests.write.adversarial_later import CHANGES, FIFTH, FOURTH, SIXTH
from tests.write.adversarial_plain import EIGHTH, NINTH, SEVENTH
from tests.write.changes_later import LATER, OWN
from tests.write.earned_later import ELEVENTH, FRESH, SHORT, TENTH, TWELFTH
from tests.write.everyday import HELD_OUT, SEEN
from tests.write.patterns.test_fact_patterns import scores
from tests.write.sealed import sealed
from tests.write.test_earned import ended
from tests.write.updates import UPDATES
from tests.write.wider import wider

from combray import Memory
from combray.bench.datasets import lihua, locomo

RESULTS = Path(__file__).parent / "results" / "supersession.json"
COMMAND = "python benchmarks/supersession.py"
Z = 1.96


def main() -> None:
    """Measure, and write the tables."""
    tables = [
        {
            "title": "What ends a fact",
            "note": "95 % is Wilson's interval.",
            "rows": list(endings()),
        },
        {"title": "What states a fact", "note": "", "rows": list(statements())},
        {"title": "Real dialogues", "note": "", "rows": list(dialogues())},
    ]
    found = {"tables": [{**table, "command": COMMAND} for table in tables]}
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1, ensure_ascii=False))


def endings() -> Iterator[dict[str, Any]]:
    """How many adversarial pairs and real changes end what stood."""
    later = [row for rows in MORE.values() for row in rows] + list(THIRD)
    sets = (
        (
            "seem to end it: the grammar was written for them",
            [p[1:] for p in pairs(held_out=False)],
        ),
        ("seem to end it: held out at first, then mended", [p[1:] for p in pairs(held_out=True)]),
        ("seem to end it: written afterwards, then mended", later),
        ("seem to end it: by others, 16 of 181 at first, then mended", told(FOURTH)),
        ("seem to end it: by others again, 27 of 213 at first, then mended", told(FIFTH)),
        ("seem to end it: a third set of others, 7 of 78 at first, then mended", told(SIXTH)),
        ("seem to end it: others' 200, 1 ended by the first closed world", told(SEVENTH)),
        ("seem to end it: our 90 against it, 18 at first, then mended", told(EIGHTH) + told(NINTH)),
        ("seem to end it: a sealed set, 4 of 240 at first, then mended", sealed("a", "hostile")),
        (
            "seem to end it: our 147 again, 18 at first, then mended",
            told(TENTH) + told(ELEVENTH),
        ),
        ("seem to end it: our 68 after that, 10 at first, then mended but for 2", told(TWELFTH)),
        (
            "seem to end it: the last sealed set, 1 of 200 at first, then mended",
            sealed("b", "hostile"),
        ),
        ("end it: written before the grammar", list(UPDATES)),
        ("end it: by others, 55 of 75 at first, then mended", told(CHANGES)),
        ("end it: others' 100, 35 by the rules of before", told(LATER)),
        ("end it: our 84, 61 at first, then mended", told(OWN)),
        ("end it: a sealed set, 49 of 120 at first, then mended", sealed("a", "changes")),
        ("end it: our 34 again, 26 at first, then mended", told(FRESH)),
        ("end it: our 29 after that, 28 at first", told(SHORT)),
        ("end it: the last sealed set, 71 of 100 at first", sealed("b", "changes")),
    )
    for what, rows in sets:
        over = sum(bool(ended(*row)) for row in rows)
        low, high = wilson(over, len(rows))
        yield {"words that": what, "n": len(rows), "ended": over, "low": low, "high": high}


def told(sets: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """What stood and what was said then, of sets by what stood."""
    return [(base, words) for base, said in sets.items() for words in said]


def statements() -> Iterator[dict[str, Any]]:
    """Precision and recall of what rules read in everyday sentences."""
    for what, sentences in (
        ("changes of home, work, car, number: seen", SEEN),
        ("the same, held out", HELD_OUT),
        ("tastes, diets, pets, three languages: seen", tuple(wider(held_out=False))),
        ("the same, held out", tuple(wider(held_out=True))),
    ):
        precision, recall = scores(sentences)
        yield {
            "sentences": what,
            "n": len(sentences),
            "precision": round(precision, 4),
            "recall": round(recall, 4),
        }


def dialogues() -> Iterator[dict[str, Any]]:
    """Turns, facts and ended facts of LoCoMo and of a year of LiHua-World."""
    for bench in (locomo.load(), lihua.load()):
        counts = [counted(history.sessions) for history in bench.histories]
        turns, facts, over = (sum(column) for column in zip(*counts, strict=True))
        yield {"set": bench.name, "turns": turns, "facts": facts, "past": over}


def counted(sessions: Iterable[Any]) -> tuple[int, int, int]:
    """How many turns a memory takes in, how many facts it reads, and how many of them end."""
    with Memory(embedder=Words()) as memory:
        turns = 0
        for session in sessions:
            memory.add(list(session.content), timestamp=session.timestamp)
            turns += len(session.content)
        facts = memory.list(kinds=["fact"], limit=10_000)
    return turns, len(facts), sum(fact.valid_to is not None for fact in facts)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


if __name__ == "__main__":
    main()
