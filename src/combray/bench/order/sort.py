"""SORT: which of two segments of a book came first, answered by a memory that keeps positions.

    L words of an excerpt, S words of a segment, d words from start to start

After Pink et al., 2024, Assessing Episodic Memory in LLMs with Sequence Order Recall Tasks. From
each excerpt one pair of segments is drawn: both begin a sentence, they do not overlap, and d falls
into one of four bins, d ≤ L/4, L/3, L/2, 0.8 L, each as often as the others; which is shown first
is balanced. Here the memory side is measured alone: a book is told in chunks, a minute apart, and
of each segment the memory says when the best of its answers was said. The earlier one came first;
a tie is half right. Memories that hold every word find the place of words they are shown, so
besides the words the order of paraphrased or half forgotten text is what tells memories apart:
`keep` shows the segment with only that share of its words, drawn at random.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from combray.bench.common.metrics import SEED, interval
from combray.bench.datasets.form import data_file
from combray.core.errors import InputError, UnknownName
from combray.core.ports import Progress
from combray.memory import Memory
from combray.systems import names

LENGTHS = (250, 1000, 2500, 10_000, 20_000)
BINS = (1 / 4, 1 / 3, 1 / 2, 0.8)
BIN_NAMES = ("≤ L/4", "≤ L/3", "≤ L/2", "≤ 0.8 L")
BEGIN, MINUTE = 1_577_836_800, 60
USER = "reader"
TRIES = 200
CHANCE = "chance"
SHUFFLED = "positions shuffled"
_END = re.compile(r"[.!?][\"”’')]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairShape:
    """How pairs are drawn: S words of a segment, the share of words kept, pairs of each book.

    `chunk` is how many words the memory is told at once.
    """

    segment: int = 50
    keep: float = 1.0
    pairs: int = 40
    chunk: int = 100

    def __post_init__(self) -> None:
        if min(self.segment, self.pairs, self.chunk) < 1 or not 0 < self.keep <= 1:
            raise InputError("Segments, pairs and chunks must be at least 1, and keep in (0, 1].")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two segments as they are shown; `first` says which came first, 0 or 1."""

    length: int
    bin: int
    shown: tuple[str, str]
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: 1 right, 0 wrong, ½ when both were placed at one moment."""

    length: int
    bin: int
    right: float


def books() -> list[tuple[str, str]]:
    """The id and the text of every book of Book-SORT in the data."""
    index = json.loads(data_file("books", "index.json").read_text(encoding="utf-8"))
    found = []
    for book in index:
        if book["source"].endswith("SORT"):
            path = data_file("books", f"{book['id']}.txt.gz")
            with gzip.open(path, "rt", encoding="utf-8") as file:
                found.append((str(book["id"]), file.read()))
    return found


def pairs(name: str, text: str, shape: PairShape, seed: int = SEED) -> list[Pair]:
    """The pairs of a book, the same for the same seed; lengths, bins and orders take turns.

    Excerpts longer than the book are left out.
    """
    words = text.split()
    lengths = [length for length in LENGTHS if length < len(words)]
    starts = [0] + [i + 1 for i, word in enumerate(words[:-1]) if _END.search(word)]
    rng = random.Random(f"{name} {shape.segment} {seed}")
    drawn: list[Pair] = []
    for _ in range(TRIES * shape.pairs if lengths else 0):
        if len(drawn) == shape.pairs:
            break
        turn, first = divmod(len(drawn), 2)
        turn, at = divmod(turn, len(lengths))
        number = turn % len(BINS)
        places = _places(rng, starts, len(words), lengths[at], number, shape)
        if places is not None:
            told = [_told(words, place, shape, f"{name} {place} {seed}") for place in places]
            shown = (told[first], told[1 - first])
            drawn.append(Pair(length=lengths[at], bin=number, shown=shown, first=first))
    return drawn


def _places(
    rng: random.Random, starts: Sequence[int], size: int, length: int, number: int, shape: PairShape
) -> tuple[int, int] | None:
    """Where two segments begin whose distance falls into a bin; None when chance found none."""
    begin = rng.randrange(size - length)
    inside = [s for s in starts if begin <= s <= begin + length - shape.segment]
    if not inside:
        return None
    one = rng.choice(inside)
    low = max(shape.segment, (0.0, *BINS)[number] * length)
    fitting = [s for s in inside if low <= s - one <= BINS[number] * length]
    return (one, rng.choice(fitting)) if fitting else None


def _told(words: Sequence[str], start: int, shape: PairShape, seed: str) -> str:
    segment = words[start : start + shape.segment]
    kept = max(1, round(shape.keep * len(segment)))
    chosen = sorted(random.Random(seed).sample(range(len(segment)), kept))
    return " ".join(segment[i] for i in chosen)


def answer_pairs(
    system: str, embedder: Any, shape: PairShape, book: tuple[str, str]
) -> list[Answer]:
    """How one memory orders the pairs of one book."""
    name, text = book
    words = text.split()
    chunks = [" ".join(words[i : i + shape.chunk]) for i in range(0, len(words), shape.chunk)]
    shuffled = list(range(len(chunks)))
    random.Random(name).shuffle(shuffled)
    with Memory(
        ":memory:",
        system="dense" if system == SHUFFLED else system,
        embedder=embedder,
    ) as memory:
        order = shuffled if system == SHUFFLED else range(len(chunks))
        told = [
            {"role": "user", "content": chunk, "timestamp": BEGIN + MINUTE * place}
            for chunk, place in zip(chunks, order, strict=True)
        ]
        memory.add(told, user_id=USER, session_id=name)
        return [_answer(memory, pair) for pair in pairs(name, text, shape)]


def _answer(memory: Memory, pair: Pair) -> Answer:
    one, other = (_moment(memory, segment) for segment in pair.shown)
    right = 0.5
    if one is not None and other is not None and one != other:
        right = float((one < other) == (pair.first == 0))
    return Answer(length=pair.length, bin=pair.bin, right=right)


def _moment(memory: Memory, segment: str) -> int | None:
    """When the best answer was said; what is derived has the time of the first of its sources."""
    hits = memory.search(segment, user_id=USER, limit=1)
    return hits[0].item.first_at_us if hits else None


def measure(
    systems: Sequence[str],
    embedder: Any,
    shape: PairShape,
    *,
    command: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Accuracy of every system over all books, by length of excerpt and by distance."""
    known = [*names("text"), SHUFFLED]
    for system in systems:
        if system not in known:
            raise UnknownName("text memory", system, known)
    found, rows = books(), list[dict[str, Any]]()
    for number, system in enumerate(systems):
        answers: list[Answer] = []
        for at, book in enumerate(found, 1):
            answers += answer_pairs(system, embedder, shape, book)
            if progress is not None:
                progress(number * len(found) + at, len(systems) * len(found))
        rows.append({"system": system, **_figures(answers)})
    rows.append({"system": CHANCE, "accuracy": 0.5})
    note = (
        f"{len(found)} books told in chunks of {shape.chunk} words, {shape.pairs} pairs of each, "
        f"segments of {shape.segment} words, {shape.keep:.0%} of them kept; share of pairs put "
        f"in their order, a tie counts half; seed {SEED}"
    )
    title = f"SORT, {shape.segment} words, {shape.keep:.0%} kept"
    return {"title": title, "command": command, "note": note, "rows": rows}


def _figures(answers: Sequence[Answer]) -> Mapping[str, Any]:
    low, high = interval([each.right for each in answers])
    made: dict[str, Any] = {"accuracy": _mean(answers), "95 %": f"{low:.3f}–{high:.3f}"}
    for length in LENGTHS:
        made[f"L {length:,}"] = _mean([a for a in answers if a.length == length])
    for number, name in enumerate(BIN_NAMES):
        made[name] = _mean([a for a in answers if a.bin == number])
    return made


def _mean(answers: Sequence[Answer]) -> float | None:
    return round(sum(a.right for a in answers) / len(answers), 3) if answers else None
