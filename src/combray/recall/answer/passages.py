"""Passages: the parts of a text that a question is about, at every length.

    u units of the text, k words of the question

m(u, k) = 1 when unit u holds word k, or how much of its letters it holds in a row
w(k)    = log(1 + units / units that hold word k)
fit(u)  = Σ w(k) · m(u, k)

A passage takes the units that add most of what is not held yet, with those that explain them, and
then what stands around the best of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from combray.core.text import count_tokens, terms
from combray.recall.answer.layout import Unit, tidy, units
from combray.recall.answer.records import spread

GRAM, LIKE, ALIKE = 3, 0.6, 0.6
"""Letters of a run, what a word that is alike counts at most, and the share of its runs, at least,
that a text holds which is alike."""
CANDIDATES, WORTH_ADDING = 24, 0.3
"""How many units are looked at, the best, and what another one adds at least, as a share of what
the first does."""
DIGITS, ASKING = 0.3, 0.5
"""What a digit adds where a number is asked for, as a share of the weightiest word, and what a unit
that asks keeps of its fit. These numbers, like those of `context`, are set by hand."""
MOST_WORDS, LONGEST_WORD = 256, 40
"""Of a question so many words count, and longer ones match only as they are: a text put as a
question to itself takes time that grows with the text alone."""
SIZE_BELOW = 25
"""Tokens that the line under a head may always have."""
_RUN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
_PIECE = re.compile(
    r"[^\s,;|&{}\[\]\x80-\U0010ffff]{1,60}[,;|&{}\[\]]{0,8}|[,;|&{}\[\]]{1,8}|[^\s\x21-\x7f]{1,4}"
)
"""A word with the signs that part it from the next, or a few letters of other scripts."""
_DIGIT = re.compile(r"\d")
_QUESTION = re.compile(r"[?？؟]['\"”’」』)\]]*\s*$")
_NUMBER = re.compile(
    r"\b(?:how (?:many|much|old|long|far|tall|big|often)|when|number|code|pin|port|phone|version"
    r"|price|cost|date|year|age|(?:what|which) (?:time|day))\b"
    r"|什么时候|幾|几|多少|号码|密码|何時|いつ|いくつ|いくら|番号",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text as it is shown, and the share of what matched in the text that it holds.

    `broken` says that it is less than a sentence, line or clause.
    """

    text: str
    share: float
    broken: bool = False


class Sought:
    """What a question looks for: its words, the letters of each in a row, and whether a number."""

    def __init__(self, question: str) -> None:
        words = dict.fromkeys([*terms(question), *_runs(question.lower())])
        self.words = tuple(islice(words, MOST_WORDS))
        self.grams = tuple(_grams(word) for word in self.words)
        self.number = _NUMBER.search(question) is not None

    def matches(self, text: str) -> list[float]:
        """For each word of the question how far a text holds it: 0 … 1."""
        low = text.lower()
        held = set(terms(text))
        return [
            1.0 if word in held or (not word.isascii() and word in low) else _alike(grams, low)
            for word, grams in zip(self.words, self.grams, strict=True)
        ]


def is_question(text: str) -> bool:
    """Whether a text does nothing but ask."""
    found = _sentences(text)
    return bool(found) and all(_QUESTION.search(each) for each in found)


class Source:
    """A text that passages are taken from, for one question."""

    def __init__(self, text: str, sought: Sought) -> None:
        self.text = tidy(text)
        self._spread = spread(self.text)
        self._units = units(self._spread)
        self._costs: dict[int, int] = {}
        parts = [self._spread[unit.start : unit.end] for unit in self._units]
        self._held = [sought.matches(part) for part in parts]
        self._most = [max(column) for column in zip(*self._held, strict=True)]
        self._sought = sought
        self._weights = _weights(self._held)
        self._fits = [self._fit(number, part, sought) for number, part in enumerate(parts)]
        self._heads = {anchor for unit in self._units for anchor in unit.anchors}
        best = sorted(range(len(parts)), key=lambda u: (-self._fits[u], u in self._heads, u))
        self._best = [u for u in best[:CANDIDATES] if self._fits[u] > 0]

    @property
    def matched(self) -> bool:
        """Whether any unit holds a word of the question."""
        return any(map(any, self._held))

    def passage(self, size: int) -> Passage:
        """The best part of about so many tokens; of the best unit alone, when it has more."""
        if self._best and self._cost(self._best[0]) > size:
            return self._tight(self._best[0], size)
        chosen: set[int] = set()
        left = self._take_best(chosen, size)
        self._grow(chosen, left)
        return Passage(self._shown(sorted(chosen)), self._share(chosen))

    def _fit(self, number: int, part: str, sought: Sought) -> float:
        fit = self._weigh(self._held[number])
        if fit and sought.number and _DIGIT.search(part):
            fit += DIGITS * max(self._weights, default=0.0)
        return fit * (ASKING if _QUESTION.search(part) else 1.0)

    def _weigh(self, held: Sequence[float]) -> float:
        return sum(w * m for w, m in zip(self._weights, held, strict=True))

    def _cost(self, number: int) -> int:
        if number not in self._costs:
            unit = self._units[number]
            # With the sign after it, since that of a line is a token too.
            self._costs[number] = count_tokens(self._spread[unit.start : unit.end + 1])
        return self._costs[number]

    def _take_best(self, chosen: set[int], size: int) -> int:
        """Choose the units that add most, with what explains them; how many tokens are left."""
        left = size
        covered = [0.0] * len(self._weights)
        waiting = list(self._best)
        first = 0.0
        while waiting:
            gains = {u: self._gain(u, covered) for u in waiting}
            unit = max(waiting, key=lambda u: (gains[u], *self._nearness(u, chosen), -u))
            waiting.remove(unit)
            if gains[unit] < WORTH_ADDING * first:
                break
            first = first or gains[unit]
            cost = self._cost(unit) * (unit not in chosen)
            if chosen and cost > left:
                continue
            chosen.add(unit)
            left -= cost
            covered = [max(c, m) for c, m in zip(covered, self._held[unit], strict=True)]
            left = self._explain(unit, chosen, left)
            left = self._say_what(unit, chosen, left)
        return left

    def _gain(self, unit: int, covered: Sequence[float]) -> float:
        """What a unit adds: what it holds more of than is held; all of its fit when nothing is."""
        fit, held = self._fits[unit], self._held[unit]
        known = self._weigh([min(c, m) for c, m in zip(covered, held, strict=True)])
        return fit - known

    def _nearness(self, unit: int, chosen: Collection[int]) -> tuple[bool, bool]:
        """Whether a unit is no head of others, and stands under a chosen one, to decide a tie."""
        under = any(anchor in chosen for anchor in self._units[unit].anchors)
        return unit not in self._heads, under

    def _say_what(self, unit: int, chosen: set[int], left: int) -> int:
        """Take what stands right under a unit that ends in a colon, since that is what it names."""
        below = unit + 1
        if below >= len(self._units) or not self._spread[: self._units[unit].end].endswith(
            (":", "：")
        ):
            return left
        cost = self._cost(below)
        if below in chosen or cost > max(left, SIZE_BELOW):
            return left
        chosen.add(below)
        return left - cost

    def _explain(self, unit: int, chosen: set[int], left: int) -> int:
        for anchor in reversed(self._units[unit].anchors):
            cost = self._cost(anchor)
            if anchor not in chosen and cost <= left:
                chosen.add(anchor)
                left -= cost
        return left

    def _grow(self, chosen: set[int], left: int) -> None:
        """Take in what stands after and before the best unit while it fits."""
        centre = self._best[0] if self._best else 0
        last = len(self._units) - 1
        if not chosen and self._units:
            chosen.add(0)
            left -= self._cost(0)
        after, before = centre, centre
        open_after, open_before = True, True
        while open_after or open_before:
            for _ in range(2):
                after, left, open_after = self._step(after, 1, last, chosen, left, open_after)
            before, left, open_before = self._step(before, -1, last, chosen, left, open_before)

    def _step(
        self, at: int, way: int, last: int, chosen: set[int], left: int, going: bool
    ) -> tuple[int, int, bool]:
        """The next unit in one direction, if it fits."""
        following = at + way
        if not going or not 0 <= following <= last:
            return at, left, False
        if following not in chosen:
            cost = self._cost(following)
            if cost > left:
                return at, left, False
            chosen.add(following)
            left -= cost
        return following, left, True

    def _share(self, chosen: Collection[int]) -> float:
        """The weight of the question's words in chosen units, of their weight in all."""
        if not self.matched:
            return 0.0
        kept = [max(column) for column in zip(*(self._held[u] for u in chosen), strict=True)]
        return self._weigh(kept) / self._weigh(self._most)

    def _tight(self, number: int, size: int) -> Passage:
        """The words of a unit around the first that matches best."""
        unit = self._units[number]
        part = self._spread[unit.start : unit.end]
        places = [m.span() for m in _PIECE.finditer(part)]
        fits = [self._weigh(self._sought.matches(part[a:b])) for a, b in places]
        first = last = max(range(len(places)), key=lambda n: (fits[n], -n))
        costs = [count_tokens(part[a:b]) for a, b in places]
        left, grown = size - costs[first], True
        while grown:
            grown = False
            for following in (last + 1, first - 1):
                if 0 <= following < len(places) and costs[following] <= left:
                    left -= costs[following]
                    first, last, grown = min(first, following), max(last, following), True
        shown = part[places[first][0] : places[last][1]]
        before = "… " if unit.start + places[first][0] else ""
        after = " …" if unit.start + places[last][1] < len(self._spread) else ""
        kept = [min(m, h) for m, h in zip(self._sought.matches(shown), self._most, strict=True)]
        share = self._weigh(kept) / self._weigh(self._most)
        return Passage(f"{before}{shown}{after}", share, broken=True)

    def _shown(self, chosen: Sequence[int]) -> str:
        """Chosen units in their order; what is left out is marked."""
        parts: list[str] = []
        previous: Unit | None = None
        for number in chosen:
            unit = self._units[number]
            adjacent = number == 0 or (number - 1) in chosen
            begin = previous.end if previous is not None else 0
            between = self._spread[begin : unit.start]
            parts.append(between if adjacent else _gap(between, first=previous is None))
            parts.append(self._spread[unit.start : unit.end])
            previous = unit
        if previous is not None and previous.end < len(self._spread):
            parts.append("\n…" if self._spread[previous.end] == "\n" else " …")
        return "".join(parts)


def _gap(between: str, *, first: bool) -> str:
    """The mark of what is left out: on a line of its own where lines were."""
    line = between.endswith("\n")
    if first:
        return "…\n" if line else "… "
    return "\n…\n" if line else "\n… " if "\n" in between else " … "


def _weights(held: Sequence[Sequence[float]]) -> list[float]:
    return [
        math.log1p(len(held) / found) if (found := sum(m > 0 for m in column)) else 0.0
        for column in zip(*held, strict=True)
    ]


def _alike(grams: tuple[str, ...], low: str) -> float:
    """How much of a word a text holds, when it holds enough of its letters in a row."""
    if len(grams) < 2:
        return 0.0
    share = sum(gram in low for gram in grams) / len(grams)
    return LIKE * share if share >= ALIKE else 0.0


def _grams(word: str) -> tuple[str, ...]:
    """Three letters in a row of a word of letters; () for one that matches only as it is."""
    if not word.isascii() or not 5 <= len(word) <= LONGEST_WORD:
        return ()
    return tuple(word[i : i + GRAM] for i in range(len(word) - GRAM + 1))


def _runs(low: str) -> list[str]:
    """Three letters in a row of scripts that put no space between words."""
    return [
        run[i : i + GRAM] for run in _RUN.findall(low) for i in range(max(1, len(run) - GRAM + 1))
    ]


def _sentences(text: str) -> list[str]:
    shown = tidy(text)
    return [shown[unit.start : unit.end] for unit in units(shown)]
