"""Find the functional facts that a text states about its speaker or a named person.

In English, and of the speaker alone in Chinese, Spanish and German.

Precision comes before recall, since a wrong supersession hides the truth: what matches a pattern is
a fact only as far as the grammar of assertion (`write.assertion`) lets it stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import NamedTuple

from combray.core.dates.spans import Span, find_spans
from combray.core.facts import ALSO, ENDED, IS, WAS
from combray.core.text import NUMBER_WORDS
from combray.core.time import DAY, FIRST, to_micros
from combray.write.assertion.denial import denies_plainly
from combray.write.assertion.frames import asserted_part
from combray.write.assertion.mood import is_asserted, is_asserted_abroad, is_question
from combray.write.assertion.objects import fits, is_part, is_role, is_settled
from combray.write.assertion.places import is_known
from combray.write.assertion.plain import (
    SENTENCE,
    is_plain,
    is_plain_throughout,
    opens_plainly,
)
from combray.write.assertion.plain_foreign import is_plain_abroad
from combray.write.assertion.standing import is_change, standing_of
from combray.write.assertion.voices import own_words
from combray.write.patterns.foreign import FOREIGN_KEYS, FOREIGN_VALUES
from combray.write.patterns.phrases import Phrase, phrases_in
from combray.write.patterns.vocabulary import PEOPLE, TRADES

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
    r"August|September|October|November|December)|, (?:And|But|So|Then|Now)|['’]s?)$|"
    r"(?<![\s.,'’-])[\s.,'’-]++$"
)
_NOT_VALUES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december christmas english windows linux android "
    "ios mac macos slack python chrome firefox team it british american german french italian "
    "spanish catholic christian muslim jewish hindu home work".split()
)


_ROLE = re.compile(
    r"\b(?:[Mm]y|[Oo]ur) (?P<role>(?:(?:best|old|good|close|new|late|ex|big|little|younger|older|"
    r"twin|half|step|former|other)[ -])?(?:" + "|".join(PEOPLE) + r")),?$"
)
_ASIDE = re.compile(
    r"[,;—–] (?:and |so )?(?:where|what|who|how|any|can you|do you|is there|are there|which|why)\b"
    r"[^,;—–?]{1,80}\?\W{0,3}$"
)
"""A question that comments on what stands before it: ", where does the time go?" """
_SUBJECT = re.compile(r"(?:I|i|[Ww]e|[Mm]y|[Oo]ur|[A-Z])")
_OWN_SUBJECT = re.compile(
    r"(?:(?:^\W*|[,:;] )(?:I|i|[Ww]e)|^\W*(?:(?:Just|Finally) )?(?:Got|Sold|Packed|Signed|Quit|"
    r"Left|Handed|Gave|Took|Bought|Finished|Dropped))\b[^,;:.]{2,60} and $"
)
_SHARED = frozenset({"has address", "has phone number", "has e-mail"})
"""What is that of an office or a club as often as that of a home when it is "ours"."""
_SPEAKERS = re.compile(r"\b(?:I|[Ww]e)\b")
_CALLED = ("is called", "is married to", "has ")
"""What a sentence without a word of change never changes; others it does when it is alone."""
_EVENT = re.compile(
    r"\b(?:moved|relocated|emigrated|started|began|joined|hired|got|took|accepted|landed|found|"
    r"became|retrained|promoted|married|turned|transferred|enrolled|bought|leased|adopted)\b"
)
_LONG_AGO = re.compile(
    r"\b(?:years|ages|decades|long|a (?:long )?(?:while|time)) (?:ago|back)\b|\bback (?:then|"
    r"when)\b",
    re.I,
)
_CHANGED = re.compile(r"\b(?:now|these days|nowadays|currently|new|since)\b")
_MOVED_ABROAD = re.compile(
    r"\b(?:mud\w+|(?:fui|fuimos|ido|vine|vinimos) a vivir|\w*gezogen)\b|搬|移居|定居"
)
_NUMBERED_AGO = re.compile(r"\b(?:\d+|[a-z]+) (?:year|month|week|day)s? ago\b|\b(?:19|20)\d\d\b")


class Said(NamedTuple):
    """When and where a text was said."""

    at: int
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One statement in a text. `at` is its place in the text.

    `who` is None for the speaker; `role` is what a named person is to the speaker, when that was
    said: a brother Sam and a colleague Sam are two people. What does not earn an end `ends` none.
    """

    who: str | None
    relation: str
    value: str
    says: str
    at: tuple[int, int]
    start: int | None = None
    end: int | None = None
    held_to: int | None = None
    role: str | None = None
    ends: bool = True

    @property
    def key(self) -> tuple[str | None, str | None, str, str, str]:
        """What is stated, apart from its place and time."""
        return self.who, self.role, self.relation, self.value.casefold(), self.says

    def repeats(self, other: Found) -> bool:
        """Return whether another statement was read from the same words."""
        same = (self.who, self.relation, self.says) == (other.who, other.relation, other.says)
        return same and self.at[0] < other.at[1] and other.at[0] < self.at[1]


def find_facts(text: str, said_at: int, zone: tzinfo = UTC) -> list[Found]:
    """Return what a text states by the table of relations.

    Its days are counted from `said_at`, and are days of the zone where it was said.
    """
    if not any(map(_matches, SENTENCE.finditer(text))):
        return []
    own = own_words(text)[: asserted_part(text)]
    matches = [
        (phrase, match, sentence.start())
        for sentence in SENTENCE.finditer(own)
        for phrase, match in _matches_in(sentence.group())
    ]
    if any(phrase.strict for phrase, *_ in matches) and not is_plain_throughout(
        text, own, _places_of(matches)
    ):
        matches = [each for each in matches if not each[0].strict]
    found: dict[object, Found] = {}
    for phrase, match, offset in matches:
        one = _read(phrase, match, offset, Said(said_at, zone))
        if one is not None and not any(map(one.repeats, found.values())):
            found.setdefault(one.key, one)
    told = _beside_each_other(list(found.values()), own)
    told = [one for one in told if one.says != ENDED or _denies(one, own, told)]
    clauses = _places_of(matches)
    plain = is_plain_abroad if any(phrase.foreign for phrase, *_ in matches) else is_plain
    if told and not plain(text, own, clauses):
        # What has not earned an end states its value beside the others, or says nothing of an end.
        return [replace(one, ends=False) for one in told if one.says != ENDED]
    return told


def _places_of(matches: Iterable[tuple[Phrase, re.Match[str], int]]) -> list[tuple[int, int]]:
    """Return where in a text the matches of its sentences stand, without a mark at their ends."""
    return [
        (offset + match.start(), offset + match.start() + len(match.group().rstrip(" .,;:!")))
        for _, match, offset in matches
    ]


def _denies(ended: Found, text: str, told: Sequence[Found]) -> bool:
    """Return whether an end denies its value, and not the reason or the manner of it."""
    others = [
        one.value.casefold()
        for one in told
        if one.says != ENDED and (one.who, one.relation) == (ended.who, ended.relation)
    ]
    if ended.value and any(ended.value.casefold() in other for other in others):
        return False
    words, after = text[slice(*ended.at)], text[ended.at[1] :]
    return denies_plainly(words, after, replaced=bool(others))


def _matches(sentence: re.Match[str]) -> bool:
    """Return whether some phrase matches, which spares most texts the grammar of assertion."""
    words = sentence.group()
    return any(phrase.pattern.search(words) for phrase in phrases_in(words))


def _matches_in(sentence: str) -> list[tuple[Phrase, re.Match[str]]]:
    """Return the phrases that occur in a sentence, unless it asks."""
    if is_question(sentence):
        aside = _ASIDE.search(sentence)
        if aside is None:
            return []
        sentence = sentence[: aside.start()]
    found = ((phrase, phrase.pattern.search(sentence)) for phrase in phrases_in(sentence))
    return [(phrase, match) for phrase, match in found if match is not None]


def _read(phrase: Phrase, match: re.Match[str], offset: int, said: Said) -> Found | None:
    """Return what a match states; None when the sentence does not assert it."""
    sentence, parts = match.string, match.groupdict()
    before, after = sentence[: match.start()], sentence[match.end() :]
    role = None if phrase.first_person else _ROLE.search(before[-60:].rstrip())
    if role is not None:
        before = before.rstrip()[: role.start() - len(role.string)]
    value = _AFTER_NAME.sub(
        "", _AFTER_NAME.sub("", (parts.get("value") or parts.get("value2") or "").strip())
    )
    if _joins_another(match.group(), before):
        return None
    asserted = is_asserted_abroad if phrase.foreign else is_asserted
    if (
        not (asserted(before, after) or asserted(opens_plainly(before), after))
        or value.casefold() in _NOT_VALUES
    ):
        return None
    key = parts.get("key") or parts.get("key2")
    if not value and not key and phrase.says != ENDED:
        return None
    relation = phrase.relation.name
    says = standing_of(phrase.says, relation, before, match.group(), after)
    if says is None or (value and not fits(relation, value, match.group(), before, after)):
        return None
    near = f"{before[-12:]} {match.group()} {after[:20]}"
    if says == IS and (phrase.beside or _is_unsure(relation, value, near, phrase.foreign)):
        says = ALSO
    elif says == ALSO and phrase.relation.values:
        says = IS
    if key:
        relation = f"{relation} {FOREIGN_KEYS.get(key, key).replace('favorite', 'favourite')}"
        if phrase.says != ENDED:
            value = FOREIGN_VALUES.get(value.casefold()) or phrase.relation.value_of(value)
    if relation == "works as" and says == ENDED:
        value = TRADES.get(value, value)
    elif relation == "is of age":
        value = value.replace("-", "")
    span = _times(phrase.says, match.group(), before, after, said)
    if span is None:
        return None
    bare = says == IS and not phrase.foreign and not is_change(match.group(), before, after)
    vague = relation == "works as" and says == IS and not phrase.foreign and not is_role(value)
    theirs = relation in _SHARED and _is_theirs(match.group(), before)
    alone = not before.strip() and not after.strip(" .!") and _may_be_bare(relation)
    return Found(
        who=None if phrase.first_person else parts["who"],
        relation=relation,
        value=value,
        says=says,
        at=(offset + match.start(), offset + match.end()),
        start=span[0],
        end=span[1],
        held_to=span[2],
        role=role["role"] if role is not None else None,
        ends=not (vague or theirs) and (not bare or alone),
    )


def _is_theirs(words: str, before: str) -> bool:
    """Return whether "our address" is that of the office that was told of before it."""
    told = bool(before.strip()) and _SPEAKERS.search(before) is None
    return told and words.startswith(("our ", "Our "))


def _may_be_bare(relation: str) -> bool:
    return not relation.startswith(_CALLED)


def _joins_another(words: str, before: str) -> bool:
    """Return whether a clause without a subject, "and became a baker", goes on from another's."""
    bare = before.endswith("and ") and _SUBJECT.match(words) is None
    return bare and _OWN_SUBJECT.search(before) is None


def _is_unsure(relation: str, value: str, near: str, foreign: bool) -> bool:
    """Return whether "I live in Neubau" may be a part of a town as well as another one."""
    if relation != "lives in" or is_part(value):
        return relation == "lives in"
    if foreign:
        return _MOVED_ABROAD.search(near) is None and not is_known(value)
    return not (_EVENT.search(near) or _CHANGED.search(near) or is_settled(value))


def _beside_each_other(found: list[Found], text: str) -> list[Found]:
    """Let values stand beside each other that one text states together without a change."""
    states: dict[object, set[str]] = {}
    for one in found:
        if one.says == IS and _EVENT.search(text[slice(*one.at)]) is None:
            states.setdefault((one.who, one.role, one.relation), set()).add(one.value.casefold())
    return [
        replace(one, says=ALSO)
        if one.says == IS and len(states.get((one.who, one.role, one.relation), ())) > 1
        else one
        for one in found
    ]


Times = tuple[int | None, int | None, int | None]


def _times(says: str, words: str, before: str, after: str, said: Said) -> Times | None:
    """Return the stated start and end, and until when the value is known to have held.

    None when it was so long ago that nothing is said of today.
    """
    said_at = said.at
    if says == WAS:
        return *_past_years(after, said), None
    event = says == ENDED or _EVENT.search(words) is not None
    near = f"{before[-40:]} {words} {after[:30]}"
    if event and _LONG_AGO.search(near) and not _NUMBERED_AGO.search(near):
        return None
    late = _LATE.match(after)
    if late is None or (says == ENDED and late["n"]):
        dates = _dates(f"{before[-60:]} {after[:40]}", said) if event else ()
    elif late["n"]:
        number = int(late["n"]) if late["n"].isdigit() else NUMBER_WORDS[late["n"]]
        return said_at - number * _UNITS[late["unit"]] * DAY, None, said_at
    else:
        dates = _dates(after, said)
    if not dates or not FIRST < dates[0].start < said_at:
        return said_at, None, None
    first, last = dates[0].start, min(dates[0].end, said_at)
    if says == ENDED:
        return last, None, None
    return first, None, last if event else said_at


def _dates(text: str, said: Said) -> Sequence[Span]:
    """Return the dates of a text; none when 3/5 would be another day in the other order."""
    near = text.strip()[:100]
    readings = {find_spans(near, said.at, said.zone, day_first=order) for order in (True, False)}
    readings.discard(())
    return readings.pop() if len(readings) == 1 else ()


def _past_years(after: str, said: Said) -> tuple[int | None, int]:
    years = _FROM_TO.match(after)
    if years is None:
        return None, said.at
    first, last = (to_micros(f"{year}-01-01", zone=said.zone) for year in years.groups())
    return (first, min(last, said.at)) if first < last else (None, said.at)
