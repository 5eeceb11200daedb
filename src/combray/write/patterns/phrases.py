"""Compile the phrases of the table of relations; resolve the names of relations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from combray.core.facts import ALSO, ENDED, IS, WAS
from combray.write.patterns.changes import CHANGES
from combray.write.patterns.foreign import FOREIGN
from combray.write.patterns.relations import RELATIONS, ROLES, Relation
from combray.write.patterns.vocabulary import CARS, DIETS, OCCUPATIONS
from combray.write.patterns.wider_relations import THING, WIDER

TABLE: tuple[Relation, ...] = (*RELATIONS, *WIDER)
"""Every relation that rules read."""
KEYED = frozenset(relation.name for relation in TABLE if relation.keyed)
"""Relations with a value for each key; the key follows the name."""

_WORD = r"[\w'’&-]+"
_CAPITAL = r"[A-Z][\w'’&-]*"
_VALUES = {
    "PLACE": r"(?P<value>(?:the )?(?:St\. |Mt\. |Ft\. )?[A-Z][\w'’.-]*\w(?: (?:(?:of|de|la|le|du|"
    r"del|da|upon|am|an der) )?(?!I\b)" + _CAPITAL + r"){0,3}(?:, (?!I\b)[A-Z][a-zA-Z]+)?)",
    "ORG": r"(?P<value>(?:the )?(?:St\. )?[A-Z0-9][\w'’&.-]*[\w&](?: (?:(?:of|for|de|la|and|&) )?"
    r"(?:the )?(?!I\b)[A-Z0-9]" + r"[\w'’&-]*){0,4})",
    "NAME": r"(?P<value>(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[A-Z][a-zA-Z'’-]+(?: "
    r"(?!I\b)[A-Z][a-zA-Z'’-]*){0,2})",
    "JOB": r"(?P<value>[A-Za-z][\w-]*(?: (?!(?:at|for|in|and|but|with|since|now|on|by|from|to|"
    r"because|so|who|where|while|this|last|until|these|right|instead|again|here|there|after|before|"
    r"during|when|if|part-time|full-time|too|as|twice|once|every)\b)"
    r"[\w-]+){0,3})",
    "WORK": r"(?P<value>(?:[a-z]+ ){0,3}?(?:" + "|".join(OCCUPATIONS) + r"))\b(?!-)",
    "CAR": r"(?P<value>(?:" + "|".join(CARS) + r")\b(?: (?!I\b)[A-Z0-9][\w-]*){0,3})",
    "PHONE": r"(?P<value>\+?\d[\d ().-]{5,}\d)",
    "DIET": r"(?P<key>" + "|".join(DIETS) + r")",
    "THING": THING,
    "WORDS": r"[\w'’-]+(?: [\w'’-]+){0,2}?",
    "EMAIL": r"(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    "TEXT": r"(?P<value>" + _WORD + r"(?: (?!(?:because|but|and|since|now|these|at|so|when|which|"
    r"right|again)\b)" + _WORD + r"){0,5})",
}
_ADVERBS = (
    r"(?:(?:just|now|still|currently|actually|recently|finally|already|also|really|officially|"
    r"happily|newly|legally|eventually|only) ){0,3}"
)
_PERSON = (
    r"(?P<who>(?=[A-Z])(?!(?:I|We|You|He|She|It|They|This|That|These|Those|There|Here|What|Who|"
    r"Where|When|"
    r"Why|How|Everyone|Everybody|Nobody|Someone|Somebody|Anyone|No|Yes|My|Your|His|Her|Our|Their|"
    r"The|A|An|And|But|So|Or|If|Then|Now|Also|Actually|Which|One|Both|Each|Some|Many|Most|All|"
    r"Mom|Dad|God|Please|Today|Love|Life|Time|People|Got|Just|Finally|Left|Quit|Sold|Turned|New|"
    r"Recently|Officially|Never|Not|Had|Been)\b)[A-Z][a-zA-Z’'-]*[a-z](?: [A-Z][a-z]+)?)"
)
_MONTH = (
    r"(?:[Jj]anuary|[Ff]ebruary|[Mm]arch|[Aa]pril|[Mm]ay|[Jj]une|[Jj]uly|[Aa]ugust|[Ss]eptember|"
    r"[Oo]ctober|[Nn]ovember|[Dd]ecember)"
)
_NUMBER = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|a few|some|\d{1,2})"
_DAYS = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
_MARKS = {
    "ANY": r" (?:any ?more|any longer)\b(?! (?:than|today|tonight)\b)",
    "NOW": r" (?:now(?! and (?:then|again)\b)|these days|nowadays|at last|from now on|instead)\b",
    "MONTH": _MONTH,
    "NUMBER": _NUMBER,
    "YEARS": _NUMBER[:-1] + r"|fifteen|twenty|many|so many|all these) (?:\w+ )?(?:years?|months?)",
    "WHEN": r"(?=\s*(?:[,.!;:—–…)(]|$)| (?:and|but|so|because|since|after|when|where|now|again|"
    r"today|yesterday|recently|already|finally|though|to (?:start|be|join|study|work|spend|focus|"
    r"become|"
    r"take|raise|look|care|go|live|found|launch|travel|have|get|pursue|open|build|help)|any "
    r"?more|for good|last|this|earlier|in (?:" + _MONTH + r"|the (?:spring|summer|autumn|fall|"
    r"winter|end)|spring|summer|autumn|winter|early|late|mid|\d{4})|on (?:the (?:\d|first)|"
    + _DAYS
    + r")|at "
    r"(?:Christmas|Easter|New Year|the (?:end|start|beginning))|over the|the other|"
    + _NUMBER
    + r" (?:days?|weeks?|months?|years?) ago)\b)",
    "JOBLIKE": r"(?=.{0,120}\b(?:pay|paid|salary|jobs?|hours|shifts?|boss|teams?|office|commute|"
    r"roles?|"
    r"careers?|colleagues|work|startup|start-up|position|promotion|manager)\b)",
    "DIED": r"(?=\s*(?:[,.!;—–…]|$)| (?:in (?:"
    + _MONTH
    + r"|the (?:spring|summer|autumn|fall|winter)|"
    r"spring|summer|autumn|winter|\d{4}|(?:his|her) sleep|hospital|an? (?:car )?(?:accident|"
    r"crash))|last "
    r"(?:week|month|year|spring|summer|autumn|fall|winter|" + _DAYS + r")|this (?:morning|week|"
    r"month|year|spring|summer|autumn|fall|winter)|on (?:"
    + _DAYS
    + r"|the \d)|yesterday|today|recently|suddenly|"
    r"peacefully|after|and (?:I|we)|of (?:cancer|old age|covid|a (?:stroke|heart attack))|"
    + _NUMBER
    + r" (?:days?|weeks?|months?|years?) ago)\b(?! laughing| inside))",
}
_IVE = (
    r"(?:(?:I|i|We|we)(?:'ve|’ve| have)? "
    + _ADVERBS
    + r"|(?<= and )(?:then |finally |now )?|(?:^|(?<=[:!—–-] ))\W{0,3}(?:(?:Just|Finally|"
    r"Recently|Officially|So|just|finally) )?)"
)
_FIRST = {
    "IVE": _IVE,
    "S": "(?:I|i|We|we)",
    "BE": r"(?:I|i)(?:'m|’m| am)",
    "HAVE": r"(?:I|i|We|we)(?:'ve|’ve| have)?",
    "SINCE": r"(?:I|i|We|we)(?:'ve|’ve| have)",
    "WAS": r"(?:I|i)(?:'ve|’ve| have)? (?:recently |just )?(?:was|got|been|gotten)"
    r"(?: just| recently)?",
    "MY": "(?:[Mm]y|[Oo]ur)",
    "THEIR": "(?:my|our|the)",
    "NOT": r"(?:don't|don’t|do not)",
    "s": "",
}
_THIRD = {
    "S": _PERSON,
    "BE": _PERSON + r"(?: is|'s|’s)",
    "HAVE": _PERSON + r"(?: has)?",
    "SINCE": _PERSON + r" has",
    "WAS": _PERSON + r" (?:has )?(?:just )?(?:was|got|been|gotten)(?: just| recently)?",
    "MY": _PERSON + r"(?:'s|’s)",
    "THEIR": "(?:his|her|their|the)",
    "NOT": r"(?:doesn't|doesn’t|does not)",
    "s": "s",
}
_JOINED = {
    "LEFT": r"{HAVE} {adv}(?:quit|left|resigned from) (?:my job at |her job at |his job at )?"
    r"(?!(?:Facebook|Instagram|Twitter|TikTok|Reddit|LinkedIn|Discord)\b)[A-Z][\w&]*(?: "
    r"[A-Z][\w&]*)*",
    "DID": r"{HAVE}(?: {adv}(?:quit|left|sold|resigned|finished|graduated|retired|packed|"
    r"gave|stopped|dropped|closed|changed|did|traded|burned|burnt|cut|lost|took|went|ended)\b"
    r"(?:(?! (?:who|that|which|he|she|they|you|when|because|if)\b)[^.,;!?]){0,60}?,? and(?:"
    r" then)?)?",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One compiled phrase: its relation, what it says, and whether it is in the first person.

    A value that is said to hold `beside` others ends none of them; a `strict` one is read only
    where the rest of the message is everyday words.
    """

    relation: Relation
    says: str
    first_person: bool
    pattern: re.Pattern[str]
    beside: bool = False
    foreign: bool = False
    strict: bool = False


_OWN = frozenset({"i", "we", "my", "our", "me"})
_SPLIT = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")


def phrases_in(text: str) -> tuple[Phrase, ...]:
    """Return the phrases that may occur in a text, chosen by its words alone."""
    words = set(_SPLIT.findall(text.lower()))
    if "我" in text:
        words.add("我")
    index = _by_trigger()
    found = [index[word] for word in words if word in index]
    if not found:
        return ()
    own = bool(words & _OWN)
    wanted = {place for places in found for place in places[own]}
    return tuple(map(_phrase, sorted(wanted)))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a phrase stands in the table, and in which person."""

    relation: Relation
    says: str
    text: str
    first_person: bool
    foreign: str = ""
    triggers: str = ""
    strict: bool = False

    @property
    def needs_speaker(self) -> bool:
        """Whether some word of the speaker, such as "I" or "my", must occur."""
        bare = self.foreign or self.relation.impersonal or self.text.startswith("(?:Just")
        bare = bare or bool(self.triggers)
        return self.first_person and not bare


def _places() -> Iterator[_Place]:
    for relation in TABLE:
        kinds = (
            (IS, relation.says),
            (ALSO, relation.also),
            (ENDED, relation.ended),
            (WAS, relation.was),
        )
        for says, texts in kinds:
            for text in texts:
                yield _Place(relation, says, text, True)
                if text.startswith(_PERSONS):
                    yield _Place(relation, says, text, False)
    by_name = {relation.name: relation for relation in TABLE}
    for name, says, triggers, text, strict in CHANGES:
        yield _Place(by_name[name], says, text, True, triggers=triggers, strict=strict)
    for phrase in FOREIGN:
        yield _Place(by_name[phrase.relation], phrase.says, phrase.pattern, True, phrase.triggers)


_PERSONS = ("{S}", "{BE}", "{HAVE}", "{MY}", "{WAS}", "{DID}", "{LEFT}", "{SINCE}")
_PLACES = tuple(_places())


@lru_cache(maxsize=1)
def _by_trigger() -> Mapping[str, tuple[Sequence[int], Sequence[int]]]:
    """Trigger word → the places of its phrases, without and with those that need a speaker."""
    free = {n for n, place in enumerate(_PLACES) if not place.needs_speaker}
    return {
        word: (tuple(n for n in numbers if n in free), tuple(numbers))
        for word, numbers in _triggers().items()
    }


def _triggers() -> Mapping[str, Sequence[int]]:
    """Trigger word → the places of the phrases it stands in."""
    found: dict[str, list[int]] = {}
    for number, place in enumerate(_PLACES):
        if place.foreign or place.triggers:
            for word in (place.foreign or place.triggers).split():
                found.setdefault(word, []).append(number)
            continue
        literal = _joined(place.text).replace("{s}", "" if place.first_person else "s")
        literal = re.sub(r"{[a-zA-Z]+}", "", literal).lower()
        triggers = place.relation.triggers.split()
        own = [word for word in triggers if re.search(rf"(?<![a-z]){word}(?![a-z])", literal)]
        if "){s}" in place.text and not place.first_person:
            own = triggers
        for word in own or triggers:
            found.setdefault(word, []).append(number)
    return found


@lru_cache(maxsize=len(_PLACES))
def _phrase(number: int) -> Phrase:
    """Compile a phrase at its first use."""
    place = _PLACES[number]
    person = _FIRST if place.first_person else _THIRD
    if place.foreign:
        pattern = re.compile(_from_a_word(place.text) if "我" not in place.foreign else place.text)
    else:
        pattern = _compile(place.text, person)
    beside = place.says == ALSO
    says = IS if beside else place.says
    foreign = bool(place.foreign)
    return Phrase(place.relation, says, place.first_person, pattern, beside, foreign, place.strict)


def _joined(text: str) -> str:
    """Return a phrase with the names of other phrases replaced by those phrases."""
    for name, part in _JOINED.items():
        text = text.replace("{" + name + "}", part)
    return text


def _compile(text: str, person: Mapping[str, str]) -> re.Pattern[str]:
    """Fill the named parts into a phrase, which may have braces of its own, such as {0,4}."""
    text = _joined(text)
    for name, part in {"adv": _ADVERBS, **person, **_VALUES, **_MARKS}.items():
        text = text.replace("{" + name + "}", part)
    return re.compile(_from_a_word(text))


def _from_a_word(text: str) -> str:
    """Return a pattern that begins where a word does; a value holds points, and begins before."""
    inside = r"\w'’.&+-" if text.startswith("(?P<value>") else r"\w'’-"
    return rf"(?<![{inside}]){text}"


@lru_cache(maxsize=1)
def _aliases() -> Mapping[str, str]:
    """Map every alias of a relation to its name in the table."""
    pairs = ((alias, r.name) for r in TABLE for alias in (r.name, *r.aliases.split(",")))
    return {alias: name for alias, name in pairs if alias and name not in KEYED}


def canonical(relation: str) -> tuple[str, bool]:
    """Return the name of a relation in the table, and whether it has one value at a time."""
    plain = " ".join(relation.replace("_", " ").casefold().split())
    plain = plain.replace("favorite ", "favourite ", 1).removeprefix("has ")
    if plain in ROLES:
        return f"has {plain}", True
    kind, _, key = plain.partition(" ")
    if key and kind in KEYED and kind != "has":
        return (
            f"{kind} {relation.split(None, 1)[1].strip()}" if kind != "favourite" else plain,
            True,
        )
    name = _aliases().get(plain, _aliases().get(f"has {plain}"))
    return (relation.strip(), False) if name is None else (name, True)


def sentence_of(subject: str, relation: str, value: str) -> str:
    """Return a fact as an English sentence."""
    kind, _, key = relation.partition(" ")
    for row in TABLE:
        if row.name == relation or (row.name == kind and key and canonical(relation)[1]):
            return row.reads.format(s=subject, o=value or row.default, k=key)
    return f"{subject} {relation} {value}"
