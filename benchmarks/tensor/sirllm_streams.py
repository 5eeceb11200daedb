"""SirLLM's own three streams, replayed at the level of the mechanism: which tokens stay?

    COMBRAY_DATA=... python benchmarks/tensor/sirllm_streams.py

A word trigram (Witten-Bell) that learns as the stream goes by stands for the language model and
gives each word its surprisal. It has read twelve books and DailyDialog's utterances first (for
DailyDialog itself, the books and the grocery stream). The cache is exact: 4 sinks, and the rest of
the budget by score, at every word. What is asked of it:

    grocery      are all words of the item still held when it is asked for, 21 turns later?
    rps          is the move that beats the most frequent move held the one that wins next?
    dailydialog  is the candidate that shares most rare words with what is held the right one?

The first fifth of each stream is for looking at; figures are of the rest. Random seed 0.
"""

from __future__ import annotations

import gzip
import heapq
import json
import math
import os
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results" / "sirllm_streams.json"
SINKS = 4
UNSEEN = 50_000
"""Words that the trigram gives a share to before it has seen them."""


def words(text: str) -> list[str]:
    """Lower-case words and marks."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


class Trigram:
    """P(w | two words before), interpolated by Witten and Bell, learnt as it is asked."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._totals: Counter[tuple[str, ...]] = Counter()

    def probability(self, history: tuple[str, ...], word: str) -> float:
        """Down to the unigram, and from there to one of all words."""
        below = self.probability(history[1:], word) if history else 1 / UNSEEN
        seen, total = self._counts.get(history), self._totals[history]
        if not total or seen is None:
            return below
        return (seen[word] + len(seen) * below) / (total + len(seen))

    def learn(self, history: tuple[str, ...], word: str) -> None:
        """Count a word after all its histories."""
        for i in range(len(history) + 1):
            self._counts[history[i:]][word] += 1
            self._totals[history[i:]] += 1


@dataclass(slots=True)
class Token:
    """A word in the cache: when it came and how it is valued."""

    word: str
    place: int
    turn: int
    true: float
    published: float
    luck: float
    about: str = ""


Score = Callable[[Token], float]


def sirllm(rho: float) -> Score:
    """log(ρ^age · e) up to what is the same for all: age grows alike, so the order stays."""
    return lambda token: math.log(max(token.true, 1e-9)) - token.turn * math.log(rho)


SCORES: Mapping[str, Score] = {
    "window": lambda token: token.place,
    "random": lambda token: token.luck,
    "published score": lambda token: token.published,
    "sirllm 1.0": sirllm(1.0),
    "sirllm 0.99": sirllm(0.99),
    "sirllm 0.97": sirllm(0.97),
    "sirllm 0.9": sirllm(0.9),
    "sirllm 0.7": sirllm(0.7),
}


class Cache:
    """The tokens one policy holds: the sinks, and a heap of the best by score."""

    def __init__(self, score: Score, budget: int) -> None:
        self._score, self._room = score, budget - SINKS
        self._heap: list[tuple[float, int, Token]] = []

    @property
    def held(self) -> Iterator[Token]:
        """What is held beside the sinks."""
        return (token for _, _, token in self._heap)

    def take(self, token: Token) -> None:
        """Add a token, and let the worst go; the newer stays on a tie."""
        if token.place < SINKS:
            return
        entry = (self._score(token), token.place, token)
        if len(self._heap) < self._room:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)


Turn = tuple[list[tuple[str, str]], Callable[[Cache], float | None]]
"""Words of a turn, each with what it is about; and a question to the cache before it is read."""


def nothing(cache: Cache) -> float | None:
    """Not asked."""
    return None


def plain(text: str, about: str = "") -> list[tuple[str, str]]:
    """Words that are about something or nothing."""
    return [(word, about) for word in words(text)]


def load(name: str) -> list[Any]:
    """One of the three streams."""
    path = Path(os.environ["COMBRAY_DATA"]) / "sirllm" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


def right(record: Any) -> str:
    """The text of the right choice."""
    choices = record["question"]["choices"]
    return str(next(c["text"] for c in choices if c["label"] == record["answerKey"]))


def listed(record: Any) -> str:
    """A question with its choices and the right answer, as the stream tells it."""
    choices = " ".join(f"{c['label']}. {c['text']}" for c in record["question"]["choices"])
    told = f"user: {record['question']['stem']} {choices} assistant: {record['answerKey']}."
    return f"{told} {right(record)}"


def grocery() -> Iterator[Turn]:
    """Items to buy, twenty questions of general knowledge, the item asked for."""
    for record in load("grocery"):
        kind, _, number = str(record["id"]).partition("_")
        if kind == "key":
            before, item, after = re.split(r"[\[\]]", record["question"]["stem"])
            told = (
                plain(f"user: {before}[") + plain(item, number) + plain(f"]{after} assistant: OK")
            )
            wanted = len(words(item))
            yield told, nothing
        elif kind == "answer":
            yield plain(listed(record)), _holds(number, wanted)
        else:
            yield plain(listed(record)), nothing


def _holds(number: str, wanted: int) -> Callable[[Cache], float]:
    return lambda cache: float(sum(t.about == number for t in cache.held) == wanted)


def rps(name: str) -> Iterator[Turn]:
    """Rounds of a game against somebody who prefers one move."""
    beats = {"rock": "paper", "paper": "scissors", "scissors": "rock"}
    for record in load(name):
        moves = {c["label"]: c["text"] for c in record["question"]["choices"]}
        mine, theirs = right(record), moves[record["user_choice"]]
        told = plain(f"user: {record['question']['stem']} assistant: {mine}. user: my move was")
        yield told + plain(theirs, "move") + plain("."), _wins(beats, mine)


def _wins(beats: Mapping[str, str], winner: str) -> Callable[[Cache], float]:
    def ask(cache: Cache) -> float:
        moves = Counter(t.word for t in cache.held if t.about == "move")
        return float(beats[moves.most_common(1)[0][0]] == winner) if moves else 1 / 3

    return ask


def dailydialog() -> Iterator[Turn]:
    """Dialogues in which the next utterance is chosen among four."""
    records = load("dailydialog")
    common = Counter(w for r in records for w in set(words(listed(r))))
    rare = {w: math.log(len(records) / n) for w, n in common.items()}
    for record in records:
        told = plain(f"user: {record['question']['stem']} assistant: {right(record)}")
        yield told, _nearest(record, rare)


def _nearest(record: Any, rare: Mapping[str, float]) -> Callable[[Cache], float]:
    stem = set(words(record["question"]["stem"]))

    def ask(cache: Cache) -> float:
        held = stem | {t.word for t in cache.held}

        def shared(choice: Any) -> float:
            said = set(words(choice["text"]))
            return sum(rare[w] for w in said & held) / (1 + sum(rare[w] for w in said))

        best = max(record["question"]["choices"], key=shared)
        return float(best["label"] == record["answerKey"])

    return ask


def replay(turns: list[Turn], model: Trigram, budgets: Iterable[int]) -> list[dict[str, Any]]:
    """Every policy at every budget over one pass of the stream."""
    luck = random.Random(0)
    caches = {(name, n): Cache(score, n) for name, score in SCORES.items() for n in budgets}
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    history: tuple[str, ...] = ()
    place = 0
    for turn, (told, ask) in enumerate(turns):
        if turn >= len(turns) // 5:
            for key, cache in caches.items():
                answer = ask(cache)
                if answer is not None:
                    found[key].append(answer)
        for word, about in told:
            p = model.probability(history, word)
            again = model.probability(history, history[-1]) if history else p
            model.learn(history, word)
            true, published = -math.log(p), -math.log(again)
            token = Token(word, place, turn, true, published, luck.random(), about)
            for cache in caches.values():
                cache.take(token)
            history, place = (*history, word)[-2:], place + 1
    return [row(name, n, scores) for (name, n), scores in found.items()]


def row(policy: str, budget: int, scores: list[float]) -> dict[str, Any]:
    """The mean and the half width of a 95 % interval."""
    n, mean = len(scores), sum(scores) / len(scores)
    half = 1.96 * math.sqrt(max(mean * (1 - mean), 1e-4) / n)
    thirds = [scores[i * n // 3 : (i + 1) * n // 3] for i in range(3)]
    return {
        "policy": policy,
        "budget": budget,
        "score": round(mean, 4),
        "half": round(half, 4),
        "thirds": [round(sum(x) / len(x), 3) for x in thirds],
        "n": n,
    }


def warmed(texts: Iterable[str]) -> Trigram:
    """A trigram that has read these."""
    model, history = Trigram(), ()
    for text in texts:
        for word in words(text):
            model.learn(history, word)
            history = (*history, word)[-2:]
    return model


def main() -> None:
    """All streams; results to a file."""
    folder = Path(os.environ["COMBRAY_DATA"]) / "books"
    books = [gzip.open(p, "rt", encoding="utf8").read() for p in sorted(folder.glob("*.gz"))]
    daily = [*books, *(f"{r['question']['stem']} {right(r)}" for r in load("dailydialog"))]
    shop = [*books, *(listed(r) for r in load("grocery"))]
    streams: dict[str, tuple[list[Turn], list[str], tuple[int, ...]]] = {
        "grocery": (list(grocery()), daily, (256, 512, 768)),
        "rps_rock": (list(rps("rps_rock")), daily, (64, 128, 512)),
        "rps_paper": (list(rps("rps_paper")), daily, (64, 128, 512)),
        "rps_scissors": (list(rps("rps_scissors")), daily, (64, 128, 512)),
        "dailydialog": (list(dailydialog()), shop, (64, 128, 512)),
    }
    results = {}
    for name, (turns, before, budgets) in streams.items():
        started = time.process_time()
        size = sum(len(told) for told, _ in turns) / len(turns)
        rows = replay(turns, warmed(before), budgets)
        results[name] = {"words_a_turn": round(size, 1), "rows": rows}
        for each in rows:
            print(name, each, flush=True)
        print(name, f"{size:.1f} words a turn, {time.process_time() - started:.0f} s", flush=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
