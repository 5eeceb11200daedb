"""Fold text of any script for matching: width, case, accents and marks that nobody types.

What is kept is never folded; two texts are the same by `same_words` alone, which is stricter.
"""

from __future__ import annotations

import re
import unicodedata

_RANGES = (
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F),
    (0x61C, 0x61C), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
    (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
INVISIBLE = frozenset(code for first, last in _RANGES for code in range(first, last + 1))
"""What a reader sees nothing of: controls, soft hyphens, joiners, marks of direction, selectors of
a variant, tags."""
BLANK = frozenset((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0xFFFC))
"""What a reader sees as a space although it is none: fillers of Hangul, the blank of Braille."""
_STRAIGHT = dict.fromkeys(map(ord, "’‘ʼʹ＇´"), "'") | dict.fromkeys(map(ord, "‐‑−－"), "-")
_TYPED = dict.fromkeys(INVISIBLE) | dict.fromkeys(BLANK, " ") | _STRAIGHT
# Accents of Latin, Greek and Cyrillic (й is a letter of its own), vowel points of Arabic and
# Hebrew; the vowel signs of Indic scripts are not among them, since words differ by them.
_MARKS = re.compile(
    "(?<!и)[\u0300-\u036f]|[\u0640\u064b-\u065f\u0670]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"
)
_BARE = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"}
)


def same_words(text: str) -> str:
    """The text as it is compared: composed (NFC), every run of white space one space.

    Texts that are equal in this form, and no others, have the same words.
    """
    whole = " ".join(text.split())
    return whole if whole.isascii() else unicodedata.normalize("NFC", whole)


def straight(text: str) -> str:
    """The text in compatible letters (NFKC), straight apostrophes, without invisible marks."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_TYPED))


def folded(text: str) -> str:
    """The text in compatible letters of one case, as words are matched by."""
    return text.lower() if text.isascii() else straight(straight(text).casefold())


def bare(word: str) -> str:
    """A folded word without accents and vowel points; itself when it has none."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", _MARKS.sub("", apart)).translate(_BARE)
