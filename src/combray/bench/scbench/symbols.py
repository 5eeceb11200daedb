"""The same kinds of question in the words of a small model: needles by key, and runs to count.

A needle `k2:v5` is one word that carries key and value; `k2?` asks, `v5` answers. A run repeats a
symbol; `most?` asks which came most. The words are those of `tensor.learn.synthetic`.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import chain, repeat

from combray.bench.context.cases import Case, CaseQuestion
from combray.bench.scbench.scores import first_word

LINE = 8
"""Words of a passage: what a text memory takes as one item."""


def symbol_kv(seed: int = 0, length: int = 128, needles: int = 8, questions: int = 5) -> Case:
    """Needles among a motif of filler that repeats."""
    rng = random.Random(f"symbol_kv {seed} {length} {needles}")
    motif = rng.choices(range(32), k=8)
    words = [f"w{motif[i % 8]}" for i in range(length)]
    keys = rng.sample(range(16), needles)
    spots = sorted(rng.sample(range(8, length), needles))
    held = {key: rng.randrange(16) for key in keys}
    for spot, key in zip(spots, keys, strict=True):
        words[spot] = f"k{key}:v{held[key]}"
    asked = [
        CaseQuestion(
            text=f"k{key}?",
            answer=f"v{held[key]}",
            score=first_word,
            depth=spots[keys.index(key)] / length,
        )
        for key in rng.sample(keys, questions)
    ]
    return _case("symbol_kv", seed, words, asked)


def symbol_mf(seed: int = 0, length: int = 96) -> Case:
    """Runs of symbols, one of which came more often than every other."""
    rng = random.Random(f"symbol_mf {seed} {length}")
    while True:
        often = [rng.expovariate(1) for _ in range(8)]
        runs = (
            repeat(f"s{rng.choices(range(8), often)[0]}", rng.randint(3, 8)) for _ in range(length)
        )
        words = list(chain.from_iterable(runs))[:length]
        if len(_most(words)) == 1:
            break
    answer = _most(words)[0]
    return _case(
        "symbol_mf", seed, words, [CaseQuestion(text="most?", answer=answer, score=first_word)]
    )


def _most(words: list[str]) -> list[str]:
    counts = Counter(word for word in words if word.startswith("s"))
    top = max(counts.values(), default=0)
    return sorted(f"a{word[1:]}" for word, n in counts.items() if n == top)


def _case(task: str, seed: int, words: list[str], asked: list[CaseQuestion]) -> Case:
    passages = tuple(" ".join(words[i : i + LINE]) for i in range(0, len(words), LINE))
    return Case(
        task=task,
        id=f"{task}-{len(words)}-{seed}",
        passages=passages,
        questions=tuple(asked),
        solve=_solve,
        joint=" ",
    )


def _solve(text: str, question: str) -> list[str]:
    if question == "most?":
        return _most(text.split())
    return sorted(set(re.findall(rf"\b{question[:-1]}:(v\d+)\b", text)))
