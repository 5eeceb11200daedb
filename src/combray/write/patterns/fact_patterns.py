"""Find the functional facts that an English text states about its speaker or a named person.

Precision comes before recall, since a wrong supersession hides the truth. Questions, conditions,
wishes, reports ("she said …") and quotations state nothing; other languages yield no facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from combray.core.facts import ENDED, WAS
from combray.core.text import NUMBER_WORDS
from combray.core.time import DAY, to_micros
from combray.recall.query.cues import find_cues
from combray.write.patterns.phrases import Phrase, phrases_in

_SENTENCE = re.compile(
    r"(?:[^.!?\n]|\.(?=[\w])|(?:(?<=\bSt)|(?<=\bMt)|(?<=\bFt)|(?<=\bDr)|(?<=\bMr)|(?<=\bMs)|"
    r"(?<=\bMrs)|(?<=\bU\.S))\.)+[.!?\n]*"
)
_QUOTED = re.compile(r"[\"“][^\"”\n]*[\"”]|(?<!\w)['‘][^'’\n]{3,}['’](?!\w)")
_UNREAL = re.compile(
    r"\b(?:if|would|could|should|might|may|maybe|perhaps|wish(?:ed|es)?|imagin\w+|suppos\w+|"
    r"pretend\w*|unless|whether|sa(?:id|ys?)|told|tells?|claim(?:s|ed)?|thinks?|thought|believes?|"
    r"heard|stor(?:y|ies)|novels?|characters?|dream\w*|jok(?:e|es|ing)|hop(?:e|es|ing)|never|"
    r"almost|nearly|plan(?:s|ning|ned)?|want(?:s|ed)?)\b",
    re.I,
)
_UNREAL_AFTER = re.compile(
    r"^\W*(?:in (?:my dream|the (?:game|novel|story|movie|book|film))|just kidding|if\b|or "
    r"(?:at|in) [A-Z]|in (?:another|a past|my past) life|next (?:week|month|year)|tomorrow|soon\b)",
    re.I,
)
_BEFORE = re.compile(
    r"(?:^\W*|[,;:—–(-]|\b(?:and|but|so|because|since|as|now|currently|actually|well|yes|yeah|no|"
    r"nope|oh|hey|hi|hello|also|plus|update|correction|fyi|btw|recently|then|ok|okay|sorry|anyway|"
    r"ago|yesterday|today|week|month|year|spring|summer|autumn|fall|winter|january|february|march|"
    r"april|may|june|july|august|september|october|november|december|(?:19|20)\d\d|"
    r"my (?:\w+ )?(?:friend|sister|brother|cousin|colleague|neighbou?r|aunt|uncle|mother|father|"
    r"mom|mum|dad|daughter|son|roommate|buddy|wife|husband|partner|boss)))\s*$",
    re.I,
)
_LATE = re.compile(
    r"^\W*(?:(?P<since>since)\b|(?:in|on)\b|for (?P<n>\d{1,2}|an?|one|two|three|four|five|six|"
    r"seven|eight|nine|ten) (?P<unit>year|month|week|day)s?\b)"
)
_FROM_TO = re.compile(
    r"^\W*(?:from|between) ((?:19|20)\d\d) (?:to|until|till|and|-|–) ((?:19|20)\d\d)"
)
_UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}
_AFTER_NAME = re.compile(
    r"(?: (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day| (?:January|February|March|April|June|July|"
    r"August|September|October|November|December)|, (?:And|But|So|Then|Now)|['’]s?)$|[\s.,'’-]+$"
)
_NOT_VALUES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december christmas english windows linux android "
    "ios mac macos slack python chrome firefox team it british american german french italian "
    "spanish catholic christian muslim jewish hindu home work".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One statement in a text. `who` is None for the speaker; `at` is its place in the text."""

    who: str | None
    relation: str
    value: str
    says: str
    at: tuple[int, int]
    start: int | None = None
    end: int | None = None
    holds: bool = False


def find_facts(text: str, said_at: int) -> list[Found]:
    """Return what a text states by the table of relations, with times resolved at `said_at`."""
    if not phrases_in(text):
        return []
    masked = _QUOTED.sub(lambda quote: "\1" * len(quote.group()), text)
    found: dict[tuple[str | None, str, str, str], Found] = {}
    for sentence in _SENTENCE.finditer(masked):
        for one in _in_sentence(sentence.group(), sentence.start(), said_at):
            found.setdefault((one.who, one.relation, one.value.casefold(), one.says), one)
    return list(found.values())


def _in_sentence(sentence: str, offset: int, said_at: int) -> Iterator[Found]:
    if sentence.rstrip().endswith("?"):
        return
    for phrase in phrases_in(sentence):
        match = phrase.pattern.search(sentence)
        if match is None or not _stated(sentence, match):
            continue
        one = _read(phrase, match, sentence[match.end() :], said_at, offset)
        if one is not None:
            yield one


def _stated(sentence: str, match: re.Match[str]) -> bool:
    """Return whether a clause stands on its own and asserts what it says."""
    before, after = sentence[: match.start()], sentence[match.end() :]
    return (
        _BEFORE.search(before) is not None
        and _UNREAL.search(before) is None
        and _UNREAL_AFTER.search(after) is None
    )


def _read(
    phrase: Phrase, match: re.Match[str], after: str, said_at: int, offset: int
) -> Found | None:
    parts = match.groupdict()
    value = _AFTER_NAME.sub("", _AFTER_NAME.sub("", (parts.get("value") or "").strip()))
    if value.casefold() in _NOT_VALUES or (phrase.says != ENDED and not value):
        return None
    key = parts.get("key")
    relation = phrase.relation.name
    if key is not None:
        relation = f"{relation} {key.replace('favorite', 'favourite')}"
    start, end, holds = _times(phrase.says, after, said_at)
    return Found(
        who=None if phrase.first_person else parts["who"],
        relation=relation,
        value=value,
        says=phrase.says,
        at=(offset + match.start(), offset + match.end()),
        start=start,
        end=end,
        holds=holds,
    )


def _times(says: str, after: str, said_at: int) -> tuple[int | None, int | None, bool]:
    """Return the stated start and end, and whether the value is known to hold until `said_at`."""
    years = _FROM_TO.match(after)
    if says == WAS:
        if years is None:
            return None, said_at, False
        first, last = (to_micros(f"{year}-01-01") for year in years.groups())
        return (first, min(last, said_at), False) if first < last else (None, said_at, False)
    late = _LATE.match(after)
    if says == ENDED or late is None:
        return said_at, None, False
    if late["n"]:
        number = int(late["n"]) if late["n"].isdigit() else NUMBER_WORDS[late["n"]]
        return said_at - number * _UNITS[late["unit"]] * DAY, None, True
    dates = find_cues(after.strip()[:60], asked_at=said_at, speakers=()).dates
    if not dates or dates[0][0] >= said_at:
        return said_at, None, False
    return dates[0][0], None, True
