"""Names in a text, by rule: capitalised spans, titles and quoted words, as they would be compared.

English and other languages that capitalise names; in other languages nothing is found. Of words
that are stop words case decides: `Will` inside a sentence is a name, and so is `IT`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from combray.core import caches
from combray.core.fold import straight
from combray.core.text import NAME_FORMS, STOP_WORDS, opens_sentence

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽΑ-ΩА-ЯЁ"
# A full stop ends the name, except after an initial or a short title and inside an abbreviation.
_WORD = (
    rf"(?:(?:(?:[{_UPPER}]\.)+|(?:St|Mt|Ft|Dr|Mrs?|Ms|Jr|Sr|Prof)\.)(?!\w)"
    rf"|[{_UPPER}](?:[\w'’-]|\.(?=\w))*)"
)
_JOIN = r"(?:of|the|de|la|le|van|von|der|den|di|da|del|al|bin|and|for|in|&)"
_SPAN = re.compile(rf"\b{_WORD}(?:\s+(?:{_JOIN}\s+){{0,2}}{_WORD})*")
_QUOTED = re.compile(r"[\"“]([^\"”]{2,60})[\"”]")
# Bounded, and begun once a run of spaces: a title of spaces or of brackets takes no longer.
_PARENTHESIS = re.compile(r"(?<!\s)\s*\([^)]{0,400}\)")
_POSSESSIVE = re.compile(r"['’]s\b")
_OPENERS = STOP_WORDS | frozenset(
    "yes no ok okay hey hi hello wow oh thanks thank great awesome sure please well yeah sounds "
    "however although despite since while during after before also later today many some several "
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)


def entities(text: str) -> list[str]:
    """Return the distinct names in a text, lower-case, in order of appearance."""
    text = straight(text)
    found = [
        name
        for span in _SPAN.finditer(text)
        for name in _names(span.group(), opens=opens_sentence(text, span.start()))
    ]
    if '"' in text or "“" in text:
        found += [name for span in _QUOTED.findall(text) for name in _names(span, opens=True)]
    return list(dict.fromkeys(found))


def title_entity(metadata: Mapping[str, Any]) -> str | None:
    """Return the name that an item is about: its title without text in parentheses."""
    title = metadata.get("title")
    return normal_name(_PARENTHESIS.sub("", title)) or None if isinstance(title, str) else None


def normal_name(name: str) -> str:
    """Normalise a name: lower-case, without possessive or punctuation at its ends."""
    plain = _POSSESSIVE.sub("", straight(name))
    return " ".join(map(_trimmed, plain.lower().split())).strip()


def _trimmed(word: str) -> str:
    """A word without the signs at its ends; each sign is looked at once."""
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]


@caches.words(20_000)
def _names(span: str, *, opens: bool) -> tuple[str, ...]:
    """A span without the words that only open a sentence; a long one also by its parts."""
    said, first = span.split(), 0
    while first < len(said) and _trimmed(said[first].lower()) in _OPENERS:
        if _cased(said[first], opens):
            break
        first, opens = first + 1, False
    words = said[first:]
    name = normal_name(" ".join(words))
    if len(name) < 2 or (name in _OPENERS and not _cased(words[0], opens)):
        return ()
    parts = [normal_name(part) for part in re.split(" (?:and|in|for) ", " ".join(words))]
    return name, *(part for part in parts if part != name and len(part) > 1)


def _cased(word: str, opens: bool) -> bool:
    """Whether a stop word is a name by its case: an acronym, or a capital inside a sentence."""
    plain = _trimmed(_POSSESSIVE.sub("", word))
    return plain in NAME_FORMS and (plain.isupper() or not opens)
