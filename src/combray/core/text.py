"""Tokenise text of any script for keyword search.

Lower-cased Unicode words, English stop words dropped, a light English stem; runs of Chinese,
Japanese and Korean become overlapping pairs of characters. Emoji are indexed too, but do not count
as length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_EMOJI = re.compile(
    "[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
)
_PIECE = re.compile(r"[A-Za-z]+|\d+|\s+|[^\sA-Za-z\d]")
_BREAK = re.compile(
    r"(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bMrs\.)(?<=[.!?…])[\"”’')]*\s+"
    r"|(?<=[。！？])|\n+"
)
_VOWEL = re.compile(r"[aeiouy]")
MOST_WORDS = 200_000
NUMBER_WORDS = {
    word: number
    for number, word in enumerate("zero one two three four five six seven eight nine ten".split())
} | {"a": 1, "an": 1}

STOP_WORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being below "
    "between both but by can could did do does doing don't down during each else for from further "
    "had has have having he he'd he'll he's her here hers him himself his how i i'd i'll i'm i've "
    "if in into is it it's its itself just let's me more most my myself no nor not now of off on "
    "once only or other our ours out over own same she she'd she'll she's should so some such than "
    "that that's the their theirs them themselves then there there's these they they'd they'll "
    "they're they've this those through to too under until up very was we we'd we'll we're we've "
    "were what what's when where which while who who's whom why will with would you you'd you'll "
    "you're you've your yours yourself".split()
)

_TIME_WORDS = frozenset(
    "yesterday today tonight tomorrow ago last next week weeks weekend weekends month months year "
    "years day night monday tuesday wednesday thursday friday saturday sunday january february "
    "march april june july august september october november december".split()
)
_OWN_WORDS = frozenset("i my me mine we our".split())
TIMED, OWN = 4, 8
"""Bits of `hints_of`: the words name a time; they speak of the speaker."""


def words(text: str) -> list[str]:
    """Every word as it stands, in order; CJK runs come as pairs of characters."""
    if text.isascii():
        return _WORD.findall(text)
    found: list[str] = []
    for word in _WORD.findall(text):
        found.extend(_pieces(word))
    return found


def index_text(text: str, metadata: Mapping[str, Any]) -> str:
    """Return the text to index: the text with its title and picture caption."""
    title, caption = metadata.get("title"), metadata.get("caption")
    if isinstance(title, str) and title and not text.startswith(title):
        text = f"{title}. {text}"
    if isinstance(caption, str) and caption:
        text = f"{text} [{caption}]"
    return text


def embed_text(text: str, metadata: Mapping[str, Any], name: str | None) -> str:
    """Return the text to embed: the indexed text, with its speaker when one is named.

    Without the speaker the vector of "I went hiking" is near to nobody's question; with it, recall
    of dialogue turns by vectors alone doubles.
    """
    body = index_text(text, metadata)
    return f'{name} said, "{body}"' if name else body


def terms(text: str) -> list[str]:
    """Stemmed lower-case content words, in order, repeats kept."""
    return terms_of(words(text.lower()))


def terms_of(lowered: Iterable[str]) -> list[str]:
    """The terms of words that are in lower case already."""
    return list(filter(None, map(_TERMS.__getitem__, lowered)))


def hints_of(lowered: Iterable[str]) -> int:
    """Return what lower-case words say about their utterance, as the bits TIMED and OWN."""
    hints = 0
    for hint in {*map(_HINTS.__getitem__, lowered)}:
        hints |= hint
    return hints


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 memory", "2 memories", "1,000 calls"."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def emoji(text: str) -> list[str]:
    """Every emoji, in order, without tones of skin: what is searched for beside the terms."""
    return [] if text.isascii() else _EMOJI.findall(text)


def sentences(text: str) -> list[tuple[int, str]]:
    """The sentences of a text in any script, each with its place: (offset, words)."""
    found: list[tuple[int, str]] = []
    start = 0
    ends = [(m.start(), m.end()) for m in _BREAK.finditer(text)]
    for stop, after in [*ends, (len(text), len(text))]:
        piece = text[start:stop]
        if piece.strip():
            found.append((start + len(piece) - len(piece.lstrip()), piece.strip()))
        start = after
    return found


def count_tokens(text: str) -> int:
    """An upper estimate of the tokens of a text, for when no tokenizer is given.

    A word counts one for each five letters begun, a number one for three digits, and every other
    character one; measured above the true count of common tokenizers.
    """
    total = 0
    for piece in _PIECE.findall(text):
        if piece.isspace():
            total += piece.count("\n")
        elif piece[0].isascii() and piece[0].isalpha():
            total += 1 + (len(piece) - 1) // 5
        elif piece.isdigit():
            total += 1 + (len(piece) - 1) // 3
        else:
            total += len(piece.encode()) if ord(piece[0]) > 0xFFFF else 1 + (ord(piece[0]) > 0x2FF)
    return total


class _Terms(dict[str, str]):
    """The term of each word met lately, "" for a stop word: looked up without a call."""

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_WORDS:
            self.clear()
        term = self[word] = "" if word in STOP_WORDS else _stem(word)
        return term


_TERMS = _Terms()


class _Hints(dict[str, int]):
    """What each word met lately says about its utterance, as bits: looked up without a call."""

    def __missing__(self, word: str) -> int:
        if len(self) >= MOST_WORDS:
            self.clear()
        parts = _PART.findall(word)
        timed = 0 if _TIME_WORDS.isdisjoint(parts) else TIMED
        self[word] = hint = timed | (0 if _OWN_WORDS.isdisjoint(parts) else OWN)
        return hint


_HINTS = _Hints()


def _stem(word: str) -> str:
    """A light English stem: possessives, plurals, -ed, -ing, -ly; other scripts unchanged."""
    word = word.replace("’", "'")
    word = word.removesuffix("'s").replace("'", "")
    if not word.isascii() or len(word) < 4:
        return word
    return _undouble(_suffix(_plural(word)))


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _suffix(word: str) -> str:
    for ending in ("ingly", "edly", "ing", "ed", "ly"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3 and _VOWEL.search(stem):
            return stem
    return word


def _undouble(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def _pieces(word: str) -> list[str]:
    """Split a word with CJK characters into pairs of them and the rest."""
    if not _CJK.search(word):
        return [word]
    pieces: list[str] = []
    last = 0
    for run in _CJK.finditer(word):
        if run.start() > last:
            pieces.append(word[last : run.start()])
        text = run.group()
        pieces.extend(text[i : i + 2] for i in range(max(1, len(text) - 1)))
        last = run.end()
    if last < len(word):
        pieces.append(word[last:])
    return pieces
