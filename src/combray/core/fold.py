"""Fold text of any script for matching: width, case, accents and marks that nobody types.

What is kept is never folded; two texts are the same by `same_words` alone, which is stricter.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    (0xAD, 0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))
)
"""Soft hyphens, joiners and marks of direction: a reader sees none of them."""
_STRAIGHT = dict.fromkeys(map(ord, "’‘ʼʹ＇´"), "'") | dict.fromkeys(map(ord, "‐‑−－"), "-")
_TYPED = _INVISIBLE | _STRAIGHT
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
