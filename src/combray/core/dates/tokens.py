"""Tokens: the words, numbers and signs of a text by what they do in a date.

Latin words are looked up one by one, phrases by their first word, and runs of Chinese and Japanese
characters by the longest word at each place, so the work grows with the length of the text.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from combray.core.dates.lexicon import (
    DIGITS,
    ERAS,
    GERMAN,
    LONGEST,
    PHRASES,
    SURE,
    UNITS,
    WORDS,
    Meaning,
)

YMD, DMY, EITHER, YM, DECADE = range(5)
"""How the numbers of a written date stand: which of the first two is the day, or no day."""
_SCRIPT = r"\u3040-\u30ff\u3400-\u9fff々〇"
_DMY = "|".join(
    rf"(?<!\d)(?<!\d{sign})\d{{1,2}}{sign}\d{{1,2}}{sign}(?:[12]\d{{3}}|\d{{2}})(?!{sign}?\d)"
    for sign in ("-", "/", r"\.")
)
_TOKEN = re.compile(
    r"(?P<ymd>(?<!\d)\d{4}([-/.])\d{1,2}\2\d{1,2}(?!\d))"
    rf"|(?P<dmy>{_DMY})"
    r"|(?P<compact>(?<!\w)(?:19|20)\d{6}(?!\d|(?!T\d)[a-zA-Z]))"
    r"|(?P<ym>(?<!\d)(?:19|20)\d{2}-\d{2}(?![-\d]))"
    r"|(?P<short>(?<![\d./])\d{1,2}/\d{1,2}(?![\d/])|(?<![\d.])\d{1,2}\.\d{1,2}\.(?!\d))"
    r"|(?P<clock>\d{1,2}:\d{2})"
    r"|(?P<short_ago>(?<![\w.$€£¥])\d{1,4}(?:min|h|hr|d|w|wk|mo|y|yr|m|s)(?=\s{1,3}ago\b))"
    r"|(?P<decade>(?<!\d)(?:19|20)?\d0s\b)"
    r"|(?P<quarter>(?<![a-zA-Z0-9])[Qq][1-4](?![a-zA-Z0-9]))"
    r"|(?P<nth>(?<!\d)\d{1,2}(?:(?:st|nd|rd|th|er|e|ème|º|ª|°)\b|\.(?=\s+[^\W\d_])))"
    r"|(?P<half>(?<![\d.$€£¥])\d{1,2}[.,]5(?=\s+[^\W\d_]))"
    r"|(?P<number>(?<![\d.$€£¥])\d{1,4}(?![\da-zA-Z]|[.]\d|\s?[$€£¥%]))"
    rf"|(?P<run>[{_SCRIPT}]+)"
    rf"|(?P<word>[^\W\d_{_SCRIPT}]+)"
    r"|(?P<apostrophe>['’])|(?P<hyphen>[-–—~〜～])|(?P<comma>[,，、])"
    r"|(?P<other>[^\s\w]|\d+|_)",
)
_DIGITS = re.compile(r"\d+")
_SHORT_UNITS = {"m": "p", "s": "p", "h": "h", "d": "j", "w": "k", "y": "y"}
"""The classes of 2d and 5m; months are written 2mo."""
_DAYS_IN_RUN = {"日": "o", "号": "o", "號": "o"}
_SPAN_AFTER = ("前", "后", "後")
_QUARTER = "四半期"
_DAY_FIRST = frozenset(
    "le du au el del al il dal em dia día am vom dem den bis zum seit depuis desde hasta até jusqu "
    "avant après antes depois dopo nach".split()
)
"""Words after which 5/3 is the fifth of March."""
_LABELS = frozenset(
    "version versão versione versión v release rev build isbn issn phone telephone tel telefon "
    "téléphone teléfono telefone telefono fax fon room zimmer page pin id".split()
)
"""Words after which numbers are no date."""
_LABELLED = frozenset(("ymd", "dmy", "compact", "ym", "short", "number"))
_ENGLISH_MONTHS = frozenset(name.lower() for name in calendar.month_name if name)
AROUND = 12
"""How far to look for the language of a word."""
ALIKE, LONGEST_UNIT = 0.75, 12
"""How alike a misspelt unit is, between a number and a word for `ago`, and how long at most."""
_COUNTED = [
    word for word, found in WORDS.items() if found and found[0][0] in UNITS and len(found) == 1
]
_NOUNS = frozenset(("mañana", "manana", "morgen"))
"""`Tomorrow`, or the morning where something stands before it."""


class Token(NamedTuple):
    """A word by its class and value; `parts` are the numbers of a written date.

    `sure` says that it means a date even when nothing stands before it.
    """

    letter: str
    value: int = 0
    parts: tuple[int, ...] = ()
    sure: bool = False


_BREAK, _HYPHEN = Token("_"), Token("-")


def tokens(text: str) -> list[Token]:
    """The tokens of a text, in order; what is no part of a date is one of class `_`."""
    parts = [(m.lastgroup or "", m.group()) for m in _TOKEN.finditer(text)]
    found: list[Token] = []
    place = 0
    while place < len(parts):
        kind, said = parts[place]
        if kind == "word":
            place = _word(parts, place, found)
            continue
        if kind == "run":
            _run(said, found)
        elif kind != "apostrophe":
            before = parts[place - 1][1].casefold() if place else ""
            if kind in _LABELLED and (before in _LABELS or _is_labelled(parts, place)):
                found.append(_BREAK)
            else:
                _sign(kind, said, found, day_first=before in _DAY_FIRST)
        place += 1
    return found


def _is_labelled(parts: Sequence[tuple[str, str]], place: int) -> bool:
    """Whether a word stands before a sign and a number, as in `ISBN: 3`, after which is no date."""
    return (
        place > 1 and parts[place - 1][0] == "other" and parts[place - 2][1].casefold() in _LABELS
    )


def _sign(kind: str, said: str, found: list[Token], *, day_first: bool) -> None:
    """Add what a number or a sign means."""
    # What is a break may be a number of any length.
    numbers = () if kind == "other" else tuple(map(int, _DIGITS.findall(said)))
    if kind in ("ymd", "ym"):
        found.append(Token("D", YMD if kind == "ymd" else YM, numbers, True))
    elif kind == "compact":
        found.append(Token("D", YMD, (int(said[:4]), int(said[4:6]), int(said[6:])), True))
    elif kind == "dmy":
        year = numbers[2] if numbers[2] > 99 else 2000 + numbers[2]
        order = DMY if "." in said or day_first else EITHER
        # 4.2.11 may be a version, 04.02.11 is a day.
        sure = "." not in said or len(said) in (8, 10) or numbers[2] > 99
        found.append(Token("D", order, (*numbers[:2], year), sure))
    elif kind == "short":
        found.append(Token("S", DMY if "." in said or day_first else EITHER, numbers))
    elif kind == "short_ago":
        found += _short_ago(said, numbers[0])
    elif kind == "decade":
        year = numbers[0] if numbers[0] > 99 else 1900 + numbers[0]
        found.append(Token("D", DECADE, (year,), True))
    elif kind == "quarter":
        found.append(Token("Q", int(said[1])))
    elif kind == "nth":
        found.append(Token("o", numbers[0]))
    elif kind == "half":
        found += [Token("n", numbers[0]), Token("½")]
    elif kind == "number":
        found.append(_number(numbers[0], plain=len(said) == 4))
    elif kind == "hyphen":
        found.append(_HYPHEN)
    elif kind == "comma":
        found.append(Token(","))
    elif said != "." or not found or found[-1].letter not in "MW":
        found.append(_BREAK)


def _short_ago(said: str, number: int) -> tuple[Token, Token]:
    """The number and the unit of 2d or 5min; seconds as minutes."""
    unit = said.lstrip("0123456789")
    letter = "m" if unit == "mo" else _SHORT_UNITS[unit[0]]
    return Token("n", max(number // 60, 1) if unit == "s" else number), Token(letter)


def _number(number: int, *, plain: bool) -> Token:
    """A number: a year where it has four digits and is of the twentieth century or later."""
    return Token("Y" if plain and 1900 <= number < 2100 else "n", number)


def _word(parts: Sequence[tuple[str, str]], place: int, found: list[Token]) -> int:
    """Add what the word or the phrase at a place means; returns the place after it."""
    word = parts[place][1].casefold()
    for rest, meaning in PHRASES.get(word, ()):
        end = _end_of(parts, place + 1, rest)
        if end:
            _mean(meaning, found)
            return end
    after_apostrophe = place > 0 and parts[place - 1][0] == "apostrophe"
    if not (after_apostrophe and word == "s"):
        _mean(_meaning(word, parts, place, found), found, sure=parts[place][1] in SURE)
    return place + 1


def _end_of(parts: Sequence[tuple[str, str]], place: int, rest: Sequence[str]) -> int:
    """The place after the rest of a phrase; 0 where something else stands there."""
    for wanted in rest:
        while place < len(parts) and parts[place][0] in ("hyphen", "apostrophe"):
            place += 1
        if place >= len(parts) or parts[place][1].casefold() != wanted:
            return 0
        place += 1
    return place


def _meaning(
    word: str, parts: Sequence[tuple[str, str]], place: int, found: Sequence[Token]
) -> Meaning:
    """What a word means beside its neighbours; few words are those of two languages."""
    before = found[-1].letter if found else ""
    following = parts[place + 1][1].casefold() if place + 1 < len(parts) else ""
    if word == "a":
        return (("n", 1),) if following in _ENGLISH_MONTHS else (("z", 1),)
    if word in ("an", "sept", "hier", "estate") or word in _NOUNS:
        counted = WORDS.get(following, (("", 0),))[0][0] in tuple(UNITS)
        if word == "an":
            return (("n", 1),) if counted else (("y", 0),) if before in tuple("ln") else (("i", 0),)
        if word == "sept" and counted:
            return (("n", 7),)
        around = parts[max(place - AROUND, 0) : place + AROUND]
        if word == "hier" and not GERMAN.isdisjoint(said.casefold() for _, said in around):
            return ()
        if word == "estate" and place and parts[place - 1][1].casefold() in ("the", "this"):
            return ()
        if word in _NOUNS and (before in tuple("liT") or parts[place][1] == "Morgen"):
            return ()
    known = WORDS.get(word, ())
    if (
        not known
        and len(word) <= LONGEST_UNIT
        and before in tuple("nz")
        and WORDS.get(following, (("", 0),))[0][0] == "A"
    ):
        near = get_close_matches(word, _COUNTED, n=1, cutoff=ALIKE)
        return WORDS[near[0]] if near else ()
    return known


def _mean(meaning: Meaning, found: list[Token], *, sure: bool = False) -> None:
    if not meaning:
        found.append(_BREAK)
    found.extend([Token(letter, value, (), sure) for letter, value in meaning])


# ── Chinese and Japanese ─────────────────────────────────────────────────────────────────────────


def _run(run: str, found: list[Token]) -> None:
    """Add what a run of characters means, the longest word at each place."""
    place = 0
    era = 0
    while place < len(run):
        if run[place : place + 2] in ERAS:
            era = ERAS[run[place : place + 2]]
            found.append(Token("n", era))
            place += 2
            continue
        if _counter(run, place, found):
            place += 1
            continue
        word = _longest(run, place)
        if word:
            _mean(WORDS[word], found, sure=True)
            place += len(word)
            continue
        place = _numeral(run, place, found)


def _longest(run: str, place: int) -> str:
    """The longest word of dates at a place; empty without one."""
    for size in range(min(LONGEST, len(run) - place), 0, -1):
        if run[place : place + size] in WORDS:
            return run[place : place + size]
    return ""


def _counter(run: str, place: int, found: list[Token]) -> bool:
    """Make a number before 年, 月, 日 or 号 what it counts; returns whether there is one."""
    sign = run[place]
    last = found[-1] if found else _BREAK
    if last.letter not in ("n", "Y") or sign not in "年月日号號":
        return False
    following = run[place + 1 : place + 2]
    if sign == "年":
        found[-1:] = _year(found, last, following)
    elif sign == "月" and 1 <= last.value <= 12:
        found[-1] = Token("M", last.value, (), True)
    elif sign == "日" and following in _SPAN_AFTER:
        found.append(Token("j"))
    elif sign in _DAYS_IN_RUN and following != "间" and following != "間":
        found[-1] = Token("o", last.value, (), True)
    else:
        return False
    return True


def _year(found: list[Token], last: Token, following: str) -> list[Token]:
    """A year that is counted from Christ or from an era, else a number of years."""
    if len(found) > 1 and found[-2].letter == "n" and found[-2].value in ERAS.values():
        return [Token("Y", found.pop(-2).value + last.value, (), True)]
    if last.letter == "Y":
        return [Token("Y", last.value, (), True)]
    return [last, Token("y")]


def _numeral(run: str, place: int, found: list[Token]) -> int:
    """Add the number that is written in characters at a place, or a break; returns what follows."""
    end = place
    while (
        end < len(run)
        and (run[end] in DIGITS or run[end] in "十百")
        and not run.startswith(_QUARTER, end)
    ):
        end += 1
    written = run[place:end]
    if not written:
        found.append(Token("#") if run[place] == "第" else _BREAK)
        return place + 1
    if _is_between(written, run[end : end + 2]):
        found += [Token("n", DIGITS[written[0]]), Token("~")]
        written = written[1]
    found.append(
        _number(_value(written), plain=len(written) == 4 and not set("十百") & set(written))
    )
    return end


def _is_between(written: str, following: str) -> bool:
    """Whether two digits are one number or the next, as in 两三天, and not those of a date."""
    if len(written) != 2 or not set(written) <= DIGITS.keys():
        return False
    follows = DIGITS[written[1]] == DIGITS[written[0]] + 1
    dated = following[:1] in tuple("年月日号號") and following[1:] not in _SPAN_AFTER
    return follows and (written[0] in "两兩" or not dated)


def _value(written: str) -> int:
    """The value of 二十三, or of 二〇二四."""
    if "百" in written:
        hundreds, _, rest = written.partition("百")
        return 100 * DIGITS.get(hundreds[-1:], 1) + (_value(rest.lstrip("零〇百")) if rest else 0)
    if "十" not in written:
        return int("".join(str(DIGITS[sign]) for sign in written[:4]))
    tens, _, ones = written.partition("十")
    return 10 * (DIGITS.get(tens[-1:], 1)) + DIGITS.get(ones[:1], 0)


def letters(found: Sequence[Token]) -> str:
    """The classes of tokens as a text that patterns can read."""
    return "".join([token.letter for token in found])
