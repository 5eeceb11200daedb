"""FactConsolidation (MemoryAgentBench): numbered facts, of which later ones correct earlier ones.

A question of one hop (`sh`) asks for the current value of one fact, one of several (`mh`) for the
end of a chain. The set gives answers in words; the facts behind them are found here. `current` is
the fact of the question that holds the answer, and `outdated` are facts that begin as it does and
were stated earlier; of a chain, `current` are all facts that hold the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import log
from typing import Any

from combray.bench.datasets.form import Benchmark, History, Question, Session, read_lines
from combray.core.text import words
from combray.core.time import iso

SIZES = ("6k", "32k", "64k", "262k")
HOPS = ("sh", "mh")
BEGUN, SECOND, BATCH = 1_700_000_000_000_000, 1_000_000, 500
"""When the first fact is told, and each next one later, in microseconds; facts of one call."""


def load(size: str = "32k", *, dated: bool = False) -> Benchmark:
    """One memory that is told the facts in order; with `dated`, each a second after the last."""
    facts = [
        str(fact["text"]) for fact in read_lines("fact_consolidation", f"facts_{size}.jsonl.gz")
    ]
    rarity = _rarity(facts)
    asked = [
        _question(hop, record, facts, rarity)
        for hop in HOPS
        for record in read_lines("fact_consolidation", f"questions_{hop}_{size}.jsonl.gz")
    ]
    return Benchmark(
        name="fact",
        histories=[History(id=size, sessions=_told(facts, dated), questions=asked)],
        levels=("current", "outdated"),
        shown=(("current", "any@1"), ("current", "any@5")),
        depth=20,
        version="dated" if dated else "",
    )


def half_of(question: str) -> str:
    """`dev`, the half that the words of `recall.rank.updates` were chosen on, or `test`."""
    return "test" if blake2b(question.encode(), digest_size=2).digest()[0] % 2 else "dev"


def _told(facts: Sequence[str], dated: bool) -> list[Session]:
    step = 1 if dated else BATCH
    return [
        Session(
            content=facts[start : start + step],
            units=[
                {"current": str(n), "outdated": str(n)}
                for n in range(start, min(start + step, len(facts)))
            ],
            timestamp=iso(BEGUN + SECOND * start) if dated else None,
        )
        for start in range(0, len(facts), step)
    ]


def _question(
    hop: str, record: Mapping[str, Any], facts: Sequence[str], rarity: Mapping[str, float]
) -> Question:
    """A question with the facts behind its answer.

    Of the facts that hold the answer its own is the one whose opening has most of the question's
    rare words and fewest others; the later of two that fit alike.
    """
    answers = [str(answer).lower() for answer in record["answers"]]
    holding = [n for n, fact in enumerate(facts) if any(a in fact.lower() for a in answers)]
    outdated: list[int] = []
    if hop == "sh" and holding:
        asked = set(words(record["question"].lower()))

        def fits(n: int) -> tuple[float, int]:
            said = set(words(_opening(facts[n], answers).lower()))
            return sum(rarity[w] if w in asked else -rarity[w] for w in said), n

        best = max(holding, key=fits)
        opening = _opening(facts[best], answers)
        same = [n for n, fact in enumerate(facts) if fact.startswith(opening)]
        outdated = [n for n in same if n < best and n not in holding]
        holding = [n for n in same if n in holding]
    return Question(
        id=record["id"],
        text=record["question"],
        kind=hop,
        gold={
            "current": frozenset(map(str, holding)),
            "outdated": frozenset(map(str, outdated)),
        },
        split=half_of(record["id"]),
        answer=str(record["answers"][0]),
    )


def _rarity(facts: Sequence[str]) -> dict[str, float]:
    """How much each word tells: the logarithm of how many facts there are for one that has it."""
    holding = Counter(word for fact in facts for word in set(words(fact.lower())))
    return {word: log(len(facts) / count) for word, count in holding.items()}


def _opening(fact: str, answers: Sequence[str]) -> str:
    """What a fact says before its value."""
    ends = [fact.lower().rfind(answer) for answer in answers]
    return fact[: max(ends)]
