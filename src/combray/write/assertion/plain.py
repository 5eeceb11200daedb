"""Whether all that a message says around a clause is plain, as where a fact ends it has to be.

A clause may state a fact among words that nobody foresaw; it ends another only where its words are
explained. `plain.txt` lists what explains them.

    lead    openers, times, everyday words; or a clause of the speaker's   "Big news, we packed and"
    tail    the end, a time, a plain reason; after a comma anything that frames nothing
    others  sentences before the clause are as plain as a lead, those after it frame nothing

A word of the list "frames" anywhere tells of fiction, of others' words, of a text to be worked on,
of a passing state or of taking back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

from combray.write.assertion.alternatives import any_of
from combray.write.assertion.places import is_known

CLAUSE = "\2"
"""Stands for a clause that a pattern has read."""
LENGTH, SENTENCES = 400, 6
"""What is longer is more than a piece of news."""
_NUMBER = (
    r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
    r"several|many|a few|a couple of|some|\d{1,2})"
)
_UNIT = r"(?:day|week|month|year|decade)s?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_PART = any_of(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|spring|summer|autumn|fall|winter|week|month|year",
    r"weekend|night|morning|evening|afternoon|term|semester|quarter|" + _MONTH,
)
TIME = re.compile(
    r"(?<![\w'’-])"
    + any_of(
        rf"(?:just |only |about |over )?{_NUMBER} {_UNIT} ago(?: (?:today|now))?",
        rf"(?:early |late |earlier |later )?(?:last|this|over the|during the) {_PART}",
        rf"(?:since|in|on|as of|around|at) (?:the )?(?:start|beginning|end|middle|first) of "
        rf"(?:the year|the month|{_MONTH}|last \w{{1,9}}|this \w{{1,9}})",
        rf"(?:since|in|on|as of|back in|from) (?:the )?(?:early |late |mid-?)?{_PART}"
        r"(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? (?:of )?(?:19|20)\d\d)?",
        rf"on (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)?(?: {_MONTH})?",
        r"(?:since|in|as of|back in) (?:19|20)\d\d",
        r"(?:since|as of|from|starting) (?:today|yesterday|now|then)(?: on)?",
        r"(?:at|after|before|since|over) (?:the )?(?:christmas|easter|new year|holidays)",
        rf"after (?:about |over |almost |nearly |only )?(?:{_NUMBER}|all these|so many) "
        rf"(?:long |happy |hard |wonderful )?{_UNIT}",
        rf"for (?:the (?:last|past) )?{_NUMBER} {_UNIT} (?:now|already)",
        r"the other day|once and for all|for good|these days|nowadays|any ?more|any longer|right now",
        r"no longer|at last|in the end|as planned|for real",
    )
    + r"(?![\w'’-])",
    re.I,
)
_TOKEN = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？\n]*|[.!?。！？\n]+")
_LEAD_PARTS = re.compile(r"[,;:—–-](?:\s|$)|\s[—–-]\s")
_OWN = re.compile(r"^\W*(?:I|we|my|our)(?:['’]\w+)?\b", re.I)
_JOINS = re.compile(r"(?:\b(?:and|so|but|because|since|as)|[,;:—–-])(?: (?:then|now|i|we))*\W*$", re.I)
_FREES = re.compile(r"\W*(?:and|but|so|because|since|though|although|as|where|which|who|when)\b", re.I)
_BREAK = re.compile(r"[,;:—–()…]|\s-\s")
_NAMES_AFTER = frozenset("with and in from near to of at after".split())
_TAKEN_BACK = re.compile(
    r"\b(?:not (?:really|true|actually|for real)|as if|yeah right|never mind|made (?:that|it|this) up|"
    r"take (?:that|it|this) back|in your dreams|in my (?:head|mind)|just (?:testing|checking|for fun)|"
    r"(?:that|this|it|those|these) (?:was|were) (?:in|back|when|years|ages|a long|long|the year|how|"
    r"what|my|his|her|their)|that['’]s (?:what|how|the)|years? (?:back|before)|back (?:then|when|"
    r"in|home)|when (?:I|we) (?:was|were)|used to|for now|for (?:the|an?|one|two|three|four|five|six|"
    r"ten|\d{1,2}|a few|a couple of|several) (?:\w+ )?(?:days?|nights?|weeks?|weekends?|months?|"
    r"summer|winter|moment|time being|season)|wait[,.]? no|no[,.]? wait|i mean|just a)\b",
    re.I,
)


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    """Return the lists of `plain.txt` by their kind: phrases of openers, words of all others."""
    found: dict[str, list[str]] = {}
    kind = ""
    for line in resources.files(__package__).joinpath("plain.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(kind, []).extend(line.split("|") if kind == "openers" else line.split())
    return {kind: frozenset(each) for kind, each in found.items()}


def is_plain(text: str, own: str, clauses: Sequence[tuple[int, int]]) -> bool:
    """Return whether all of a text around the clauses read in it, at these places, is plain.

    `own` is what of the text the speaker says in earnest.
    """
    if own != text or len(text) > LENGTH or not _lists()["frames"].isdisjoint(_words(text)):
        return False
    sentences = list(_sentences(text, clauses))
    if len(sentences) > SENTENCES:
        return False
    told = False
    for sentence in sentences:
        lead, *others = sentence.split(CLAUSE)
        if not others:
            fits = frames_nothing(sentence) if told else is_lead(sentence)
        else:
            told = True
            fits = is_lead(lead) and all(map(is_tail, others))
        if not fits:
            return False
    return True


def _sentences(text: str, clauses: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The sentences of a text, each clause in them replaced by a mark."""
    parts, end = [], 0
    for first, last in sorted(clauses):
        if last > end:
            parts.append(text[end : max(first, end)] + (CLAUSE if first >= end else ""))
            end = last
    masked = "".join([*parts, text[end:]])
    return (each.group() for each in _SENTENCE.finditer(masked) if each.group().strip(" .!?\n"))


def _words(text: str) -> Iterator[str]:
    return (each.casefold() for each in _TOKEN.findall(text))


def frames_nothing(words: str) -> bool:
    """Return whether words outside the clauses take nothing back and tell of nothing passing."""
    return _TAKEN_BACK.search(words) is None


def is_lead(words: str) -> bool:
    """Return whether what stands before a clause is explained."""
    if not frames_nothing(words):
        return False
    if _OWN.match(words) is not None and _JOINS.search(words.rstrip()) is not None:
        return True
    rest = TIME.sub(" ", words)
    openers = _lists()["openers"]
    return all(
        part.strip(" .!?…*").casefold().replace("’", "'") in openers or _is_everyday(part)
        for part in _LEAD_PARTS.split(rest)
    )


def is_tail(words: str) -> bool:
    """Return whether what stands after a clause is explained."""
    if not frames_nothing(words):
        return False
    rest = words.strip()
    if not rest or not (rest[0].isalnum() or rest[0] in "'’"):
        return rest[:1] not in ("'", "’")
    if _FREES.match(rest) is not None:
        return True
    near = _BREAK.split(rest, maxsplit=1)[0]
    bare = TIME.sub(" \1", near)
    head = _TOKEN.match(bare.strip())
    if not bare.strip().startswith("\1") and (
        head is None or head.group().casefold() not in _lists()["heads"]
    ):
        return False
    free = re.split(r" (?:and|but|so|because|since|though|where|which|when) ", bare, maxsplit=1)[0]
    return _is_everyday(free)


def _is_everyday(words: str) -> bool:
    """Return whether every word is of the list, a place, or a name after "with" or the like."""
    listed, before = _lists()["words"], ""
    for token in _TOKEN.findall(words):
        plain = token.casefold().replace("’", "'")
        named = token[:1].isupper() and (before in _NAMES_AFTER or before.istitle() or is_known(token))
        if plain not in listed and not named and not (token.isdigit()):
            return False
        before = token if named else plain
    return True
