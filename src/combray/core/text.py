"""Tokenise text of any script for keyword search.

Folded Unicode words, English stop words dropped, a light English stem; a word with accents counts
without them and as it is; runs of scripts without spaces become overlapping pairs of characters.
Emoji and other spellings (`spellings`) are indexed too, but do not count as length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from combray.core import caches
from combray.core.fold import bare, folded, straight

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
# Marks that stand inside words: accents, vowel points, and the signs of Indic and other scripts.
_MARKED = (
    r"[\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
    r"\u0eb1-\u0ece\u0f18-\u0fbc\u102b-\u109d\u1712-\u17d3\u200c\u200d\u3099\u309a]+"
)
_MARKED_WORD = re.compile(rf"{_MARKED}(?:['’]{_MARKED})*")
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CJK = re.compile(rf"[\u3040-\u30ff{_HAN}\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3]+")
_SIGN = re.compile(rf"[{_HAN}\uac00-\ud7af]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_PARTICLES = frozenset("我你您他她它们的了是在有没不吗呢吧啊也都就和与或这那哪什么谁怎几个之为")
"""Signs of Chinese that are as common as stop words."""
_JOINED = re.compile(r"(?<!\w)\w++(?:-\w++)+")
_ELIDED = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,}+)'([^\W\d_]{2,}+)|(?<!\w)([^\W\d_]++)'([^\W\d_]{3,}+)"
)
_ENDINGS = ("ll", "re", "ve")
_GROUPS = re.compile(r"\d[.,' ]\d{3}")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?![\d,])")
_CAPITAL = re.compile(r"[A-Z][A-Za-z]+")
_OPENS = frozenset('.!?…:;。！？"“„«([*>•-')
_DIALLED = 6
"""Digits of the shortest number that hyphens divide; `2-1` is a score."""
_NEAR = 40
"""Characters beside a word that are looked at to see how its case is meant."""
_EMOJI = re.compile(
    "[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
)
_PIECE = re.compile(r"[A-Za-z]+|\d+|\s+|[^\sA-Za-z\d]")
_BREAK = re.compile(
    r"(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bMrs\.)(?<=[.!?…])[\"”’')]*\s+"
    r"|(?<=[。！？｡][」』”’）】》])|(?<=[。！？｡])(?![」』”’）】》。！？｡])"
    r"|(?<=[؟۔।॥։።៕။།])[\"”’»)]*\s*|\n+"
)
_VOWEL = re.compile(r"[aeiouy]")
MOST_WORDS = 200_000
_MARKS = "#*_ \t\n"
"""What may stand before a title at the head of a text."""
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

MODALS = frozenset(["may", "us"])
"""Terms that in the case of a name are another word; it is looked for behind `^`."""
_SMALL = frozenset("a and as at but by for from if in nor of on or so than the to with".split())
"""Their capital says nothing: titles are written with it."""
_STARTERS = frozenset(
    "he her here his how i it its let my our she that their there these they this those we were "
    "what when where which while who why you your".split()
)
"""They open too many sentences to be looked for there."""
_NAMES = frozenset(
    form
    for word in STOP_WORDS | MODALS
    if word.isalpha() and len(word) > 1
    for form in {word.upper(), word.upper() if word in _SMALL else word.capitalize()}
)
"""Stop words in the case of names and acronyms."""
NAME_FORMS = _NAMES - {word.capitalize() for word in _STARTERS}
"""Those of them that seldom open a sentence."""
_INSIDE = re.compile(rf"[a-z,] (?:{'|'.join(sorted(_STARTERS)).title()})\b")

_TIME_WORDS = frozenset(
    "yesterday today tonight tomorrow ago last next week weeks weekend weekends month months year "
    "years day night monday tuesday wednesday thursday friday saturday sunday january february "
    "march april june july august september october november december".split()
)
_OWN_WORDS = frozenset("i my me mine we our".split())
TIMED, OWN = 4, 8
"""Bits of `hints_of`: the words name a time; they speak of the speaker."""


def words(text: str) -> list[str]:
    """Every word as it stands, in order; runs without spaces come as pairs of characters."""
    if text.isascii():
        return _WORD.findall(text)
    found: list[str] = []
    for word in _MARKED_WORD.findall(text.replace("_", " ")):
        found.extend(_pieces(word))
    return found


def folded_words(text: str) -> list[str]:
    """Every word as it is matched: in one case, without differences of width and apostrophe."""
    return words(folded(text))


def index_text(text: str, metadata: Mapping[str, Any]) -> str:
    """Return the text to index: the text with its title and picture caption."""
    title, caption = metadata.get("title"), metadata.get("caption")
    if isinstance(title, str) and title and not text.lstrip(_MARKS).startswith(title):
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
    """Stemmed folded content words, in order, repeats kept; an accented word gives two."""
    return terms_of(folded_words(text))


def terms_of(lowered: Iterable[str]) -> list[str]:
    """The terms of words that are folded already."""
    found = list(filter(None, map(_TERMS.__getitem__, lowered)))
    return found if "".join(found).isascii() else " ".join(found).split()


def spellings(text: str) -> list[str]:
    """Other terms that a text is found by, beside those of its words.

    `e-mail` as `email`, `1,200` as `1200`, `l'hiver` as `hiver`, each sign of a run of signs, and
    stop words that may be names by their case: `Will` as `will` inside a sentence and as `^will`
    at its beginning, where every word has a capital; acronyms, `IT`, as `it` wherever they stand.
    """
    plain = text if text.isascii() else straight(text)
    found: list[str] = []
    if "-" in plain:
        joined = (bare(each.lower().replace("-", "")) for each in _JOINED.findall(plain))
        found += [each for each in joined if len(each) >= _DIALLED or not each.isdigit()]
    if "'" in plain:
        found += filter(None, (_elided(match) for match in _ELIDED.finditer(plain)))
    if _GROUPS.search(plain):
        found += [re.sub(r"\D", "", each.group()) for each in _GROUPED.finditer(plain)]
    if not NAME_FORMS.isdisjoint(_CAPITAL.findall(plain)) or _INSIDE.search(plain):
        found += _cased(plain)
    if not text.isascii():
        found += [
            sign for run in _CJK.findall(plain) if len(run) > 1 for sign in _SIGN.findall(run)
        ]
    return found


def lone_signs(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each sign of a text that may be a word of its own, with the pairs that it stands in.

    Every Chinese character that is no particle, and a Korean syllable with one behind it, which may
    be its ending.
    """
    for run in [] if text.isascii() else _CJK.findall(folded(text)):
        for i, sign in enumerate(run):
            ending = _HANGUL.match(sign) and (i > 0 or len(run) != 2)
            if len(run) > 1 and _SIGN.match(sign) and sign not in _PARTICLES and not ending:
                yield sign, [run[j : j + 2] for j in (i - 1, i) if 0 <= j < len(run) - 1]


def hints_of(lowered: Iterable[str]) -> int:
    """Return what folded words say about their utterance, as the bits TIMED and OWN."""
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
    """The term of each word met lately, "" for a stop word: looked up without a call.

    Both terms of a word with accents, with a space between them.
    """

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_WORDS:
            self.clear()
        term = self[word] = "" if word in STOP_WORDS else _both(word)
        return term


_TERMS = _Terms()
caches.on_erasure(_TERMS.clear)


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
caches.on_erasure(_HINTS.clear)


def _both(word: str) -> str:
    """The stem of a word without accents and, when it has some, of the word as it is."""
    plain = bare(word)
    return _stem(word) if plain == word else f"{_stem(plain)} {_stem(word)}".strip()


def _elided(match: re.Match[str]) -> str:
    """The term of the longer part of a word with an apostrophe; none of an English ending."""
    before, after = match.group(1) or match.group(3), match.group(2) or match.group(4)
    return "" if after in _ENDINGS else _TERMS[bare(max(before, after, key=len).casefold())]


def _cased(text: str) -> Iterator[str]:
    """Stop words that their case may make names; those that open a sentence behind `^`.

    Before another capital they are part of a title, which its other words tell.
    """
    for match in _CAPITAL.finditer(text):
        word, start, end = match.group(), match.start(), match.end()
        if word not in _NAMES or not _alone(text, start, end):
            continue
        lowered = word.lower()
        named = f"^{lowered}" if lowered in MODALS else lowered
        if word.isupper():
            if not _shouted(text, start, end):
                yield named
        elif text[end : end + 2].istitle():
            continue
        elif not opens_sentence(text, start):
            yield named
        elif lowered not in _STARTERS:
            yield f"^{lowered}"


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a run of letters is a whole word, without an ending behind an apostrophe."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum() or after == "'")


def opens_sentence(text: str, start: int) -> bool:
    """Whether the word at a place is the first of a sentence, a quotation or a line."""
    before = text[max(0, start - _NEAR) : start]
    said = before.rstrip()
    return not said or said[-1] in _OPENS or "\n" in before[len(said) :]


def _shouted(text: str, start: int, end: int) -> bool:
    """Whether most words beside an upper-case one are so too, and its case says nothing."""
    near = f"{text[max(0, start - _NEAR) : start]} {text[end : end + _NEAR]}"
    beside = [word for word in _PART.findall(near) if len(word) > 1 and not word.isdigit()]
    return 2 * sum(map(str.isupper, beside)) > len(beside)


def _stem(word: str) -> str:
    """A light English stem: possessives, plurals, -ed, -ing, -ly; others and numbers unchanged."""
    word = word.removesuffix("'s").replace("'", "")
    if not word.isascii() or len(word) < 4 or word[-1].isdigit():
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
