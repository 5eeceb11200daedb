"""The table of functional relations: what has one value at a time, and how people say it.

Each row gives a relation's name, how a fact of it reads, the words of which one must occur, and the
phrases that state the value (`says`), that it stopped (`ended`), or that it is over (`was`). In a
phrase, written once for "I" and for a named person:

    {S} who (I; Ann)        {BE} who is (I'm; Ann is)      {HAVE} who has (I, I've; Ann, Ann has)
    {MY} whose (my; Ann's)  {NOT} doesn't                  {s} the verb's ending
    {adv} now, just, …      {PLACE} {ORG} {NAME} {JOB} {PHONE} {EMAIL} {TEXT} what the value may be

A value of {PLACE}, {ORG} and {NAME} begins with a capital: "I live in fear" states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One functional relation and the phrases that state it."""

    name: str
    reads: str
    triggers: str
    says: Sequence[str]
    ended: Sequence[str] = ()
    was: Sequence[str] = ()
    aliases: str = ""


_MOVED = r"(?:moved|relocated|emigrated)(?: back| over| here| house| in with \w+)*"
_JOB = r"(?:a|the|my)(?: new| first)? (?:job|position|role)"
_SCHOOL = (
    r"(?P<value>(?:the )?(?:[A-Z][\w'’-]* ){0,4}(?:University|College|Institute|School|Academy)"
    r"(?: (?:of|for) [A-Z]\w*(?: [A-Z]\w*)*)?)"
)
_KIN = "husband|wife|spouse"
_ROLES = ("boss", "manager", "supervisor", "dentist", "therapist", "doctor", "landlord", "mentor")
_FRIEND = "partner|boyfriend|girlfriend|fianc[ée]e?"

RELATIONS: tuple[Relation, ...] = (
    Relation(
        name="lives in",
        reads="{s} lives in {o}",
        triggers="live lives living lived moved relocated emigrated based residing home",
        says=(
            r"{S} {adv}live{s} (?:back )?in {PLACE}",
            r"{BE} {adv}(?:living|based|residing) in {PLACE}",
            r"{HAVE} {adv}" + _MOVED + r"(?: away)?(?: from [A-Z][\w ,]*?)? to {PLACE}",
            r"{HAVE} {adv}(?:lived|been living) in {PLACE}(?= since\b| for\b| all my)",
            r"{MY} (?:new |current )?home is (?:now )?in {PLACE}",
        ),
        ended=(
            r"{S} no longer live{s} in {PLACE}",
            r"{S} {NOT} live in {PLACE}",
            r"{HAVE} {adv}moved (?:away from|out of) {PLACE}",
        ),
        was=(
            r"{S} used to live in {PLACE}",
            r"{S} (?:once |previously )?lived in {PLACE}(?= for\b| until| from\b| before| as a|"
            r" back (?:then|when)| years ago| at the time| growing up)",
        ),
        aliases="live in,lived in,living in,resides in,residence,home,city,location,moved to",
    ),
    Relation(
        name="works at",
        reads="{s} works at {o}",
        triggers="work works working worked employed job jobs position role joined employer "
        "unemployed retired resigned quit fired laid stopped lost left",
        says=(
            r"{S} {adv}work{s} (?:at|for) {ORG}",
            r"{BE} {adv}(?:working|employed) (?:at|for|by) {ORG}",
            r"{HAVE} {adv}(?:worked|been working) (?:at|for) {ORG}(?= since\b| for\b)",
            r"{HAVE} {adv}(?:started|began) (?:working|" + _JOB + r") (?:at|with|for) {ORG}",
            r"{HAVE} {adv}(?:got|took|accepted|landed) " + _JOB + r" (?:at|with) {ORG}",
            r"{HAVE} {adv}joined {ORG}(?= as (?:a|an|the|their)\b)",
            r"{HAVE} {adv}(?:switched|changed) jobs? (?:from [A-Z]\w* )?to {ORG}",
            r"{MY} (?:new |current )?employer is (?:now )?{ORG}",
        ),
        ended=(
            r"{S} no longer work{s} (?:at|for) {ORG}",
            r"{S} {NOT} work (?:at|for) {ORG}",
            r"{HAVE} {adv}(?:quit|left) (?:my|the|his|her|their) (?:job|position) at {ORG}",
            r"{HAVE} {adv}(?:resigned from|stopped working (?:at|for)) {ORG}",
            r"{S} (?:was|got) (?:recently |just )?(?:fired|laid off) (?:from|by) {ORG}",
            r"{HAVE} {adv}(?:quit|lost|left) (?:my|the|his|her|their) job(?! at)",
            r"{BE} {adv}(?:unemployed|retired|between jobs)",
        ),
        was=(r"{S} (?:used to work|previously worked|formerly worked) (?:at|for) {ORG}",),
        aliases="work at,works for,work for,employer,employed by,employed at,company",
    ),
    Relation(
        name="works as",
        reads="{s} works as {o}",
        triggers="work works working employed promoted job profession occupation",
        says=(
            r"{S} {adv}work{s} as (?:a|an|the) {JOB}",
            r"{S} {adv}work{s} (?:at|for) (?:the )?[A-Z][\w&]*(?: [A-Z][\w&]*)* as (?:a|an) {JOB}",
            r"{BE} {adv}(?:working|employed) as (?:a|an) {JOB}",
            r"{HAVE} {adv}(?:(?:been|got|was) )?promoted to {JOB}",
            r"{MY} (?:new |current )?(?:job title|profession|occupation) is (?:now )?"
            r"(?:(?:a|an) )?{JOB}",
        ),
        ended=(r"{S} no longer work{s} as (?:a|an|the) {JOB}",),
        was=(r"{S} used to work as (?:a|an|the) {JOB}",),
        aliases="work as,job,profession,occupation,job title",
    ),
    Relation(
        name="is called",
        reads="{s} is called {o}",
        triggers="name called call go goes",
        says=(
            r"{MY} (?:full |real |first )?name(?: is|'s|’s) (?:actually |now )?{NAME}",
            r"{S} (?:now )?(?:go|goes) by (?:the name )?{NAME}",
            r"{BE} called {NAME}",
            r"{HAVE} {adv}changed (?:my|his|her|their) name to {NAME}",
            r"(?:[Pp]lease |[Yy]ou can |[Jj]ust )?[Cc]all me {NAME}(?=\s*(?:[,.!;]|$))",
        ),
        aliases="name,name is,called,is named,goes by",
    ),
    Relation(
        name="has phone number",
        reads="{s} has phone number {o}",
        triggers="phone mobile cell cellphone telephone",
        says=(
            r"{MY} (?:new |current )?(?:phone|mobile|cell|cellphone|telephone)(?: phone)?"
            r"(?: number)? (?:is|(?:has )?changed to) (?:now )?{PHONE}",
        ),
        aliases="phone,phone number,mobile,telephone,has phone",
    ),
    Relation(
        name="has e-mail",
        reads="{s} has e-mail {o}",
        triggers="email e-mail mail",
        says=(
            r"{MY} (?:new |current )?(?:email|e-mail)(?: address)? (?:is|(?:has )?changed to) "
            r"(?:now )?{EMAIL}",
        ),
        aliases="email,e-mail,email address,has email,mail",
    ),
    Relation(
        name="has address",
        reads="{s} has address {o}",
        triggers="address",
        says=(r"{MY} (?:new |current |home |postal )*address is (?:now )?(?P<value>\d[^.!?;\n]+)",),
        aliases="address,home address",
    ),
    Relation(
        name="is married to",
        reads="{s} is married to {o}",
        triggers="married husband wife spouse divorced",
        says=(
            r"{BE} {adv}married to {NAME}",
            r"{HAVE} {adv}(?:got married to|married) {NAME}",
            r"{MY} (?:new )?(?:" + _KIN + r")(?:'s name is|’s name is| is called| is named) {NAME}",
        ),
        ended=(
            r"{BE} {adv}divorced(?: from {NAME})?",
            r"{S} {adv}(?:got|have gotten) divorced(?: from {NAME})?",
            r"{S} {adv}divorced {NAME}",
        ),
        was=(r"{S} used to be married to {NAME}",),
        aliases="married to,spouse,husband,wife,married",
    ),
    Relation(
        name="has partner",
        reads="{s} has partner {o}",
        triggers="partner boyfriend girlfriend fiancé fiancée fiance fiancee engaged broke split "
        "dating",
        says=(
            r"{MY} (?:new )?(?:" + _FRIEND + r")(?:'s name is|’s name is| is called| is named) "
            r"{NAME}",
            r"{BE} {adv}(?:engaged to|dating) {NAME}",
        ),
        ended=(
            r"{HAVE} {adv}(?:broke|broken|split) up with {NAME}",
            r"{NAME} and I (?:have )?{adv}(?:broke|broken|split) up",
        ),
        aliases="partner,boyfriend,girlfriend,engaged to,dating",
    ),
    Relation(
        name="is of age",
        reads="{s} is {o} years old",
        triggers="years year yrs turned age",
        says=(
            r"{BE} {adv}(?P<value>\d{1,3}) (?:years|year|yrs) old\b",
            r"{HAVE} {adv}turned (?P<value>\d{1,3})(?= (?:today|yesterday|last|this|on)\b|\s*"
            r"(?:[,.!;]|$))",
            r"{MY} age is (?:now )?(?P<value>\d{1,3})\b",
        ),
        aliases="age,is aged,years old",
    ),
    Relation(
        name="studies at",
        reads="{s} studies at {o}",
        triggers="study studies studying student enrolled attend attends transferred university "
        "college school institute academy graduated dropped",
        says=(
            r"{S} {adv}(?:study|studies) at {ORG}",
            r"{BE} {adv}(?:studying|enrolled|a student) at {ORG}",
            r"{S} {adv}(?:attends?|go(?:es)? to) " + _SCHOOL,
            r"{HAVE} {adv}(?:transferred to|enrolled (?:at|in)) " + _SCHOOL,
        ),
        ended=(
            r"{HAVE} {adv}(?:graduated from|dropped out of) {ORG}",
            r"{S} no longer (?:study|studies) at {ORG}",
        ),
        was=(r"{S} used to study at {ORG}",),
        aliases="study at,attends,school,university,college",
    ),
    Relation(
        name="majors in",
        reads="{s} majors in {o}",
        triggers="major majors majoring",
        says=(
            r"{BE} {adv}majoring in {JOB}",
            r"{S} {adv}major{s} in {JOB}",
            r"{MY} (?:new )?major is (?:now )?{JOB}",
            r"{HAVE} {adv}(?:changed|switched) (?:my|his|her|their) major (?:from \w+ )?to {JOB}",
        ),
        aliases="major,majoring in,studies",
    ),
    Relation(
        name="drives",
        reads="{s} drives {o}",
        triggers="drive drives car",
        says=(
            r"{S} {adv}drive{s} (?:a|an|my|his|her) (?:(?:new|used|old|\d{4}|[a-z]+) ){0,2}"
            r"{ORG}",
            r"{MY} (?:new |current )?car is (?:now )?(?:a|an) (?:(?:new|used|old|\d{4}|[a-z]+) )"
            r"{0,2}{ORG}",
        ),
        ended=(r"{S} no longer drive{s} (?:a|an|my|the|his|her) {ORG}",),
        was=(r"{S} used to drive (?:a|an) {ORG}",),
        aliases="drive,car,has car",
    ),
    Relation(
        name="weighs",
        reads="{s} weighs {o}",
        triggers="weigh weighs",
        says=(r"{S} {adv}weigh{s} (?P<value>\d+(?:\.\d+)? ?(?:kg|kilos?|lbs?|pounds|stone))\b",),
        aliases="weight,weigh",
    ),
    Relation(
        name="favourite",
        reads="{s}'s favourite {k} is {o}",
        triggers="favorite favourite",
        says=(
            r"{MY} (?:new |current |all-time |absolute )*favou?rite (?P<key>(?!part\b|thing\b|"
            r"one\b|bit\b|moment\b|memory\b|time\b|way\b)[a-z]+(?: [a-z]+)?) is "
            r"(?:now |currently |still )?{TEXT}",
        ),
    ),
    Relation(
        name="has",
        reads="{s}'s {k} is {o}",
        triggers=" ".join(_ROLES),
        says=(
            r"{MY} (?:new |current )?(?P<key>" + "|".join(_ROLES) + r")(?: is|'s name is|’s name"
            r" is) (?:now )?(?:called |named )?{NAME}(?=\s*(?:[,.!;]|$|now\b|and\b|but\b))",
        ),
    ),
)

_WORD = r"[\w'’&-]+"
_CAPITAL = r"[A-Z][\w'’&-]*"
_VALUES = {
    "PLACE": r"(?P<value>(?:the )?(?:St\. |Mt\. |Ft\. )?[A-Z][\w'’.-]*\w(?: (?:(?:of|de|la|le|du|"
    r"del|da|upon|am|an der) )?(?!I\b)" + _CAPITAL + r"){0,3}(?:, (?!I\b)[A-Z][a-zA-Z]+)?)",
    "ORG": r"(?P<value>(?:the )?(?:St\. )?[A-Z0-9][\w'’&.-]*[\w&](?: (?:(?:of|for|de|la|and|&) )?"
    r"(?:the )?(?!I\b)[A-Z0-9]" + r"[\w'’&-]*){0,4})",
    "NAME": r"(?P<value>[A-Z][a-zA-Z'’-]+(?: (?!I\b)[A-Z][a-zA-Z'’-]*){0,2})",
    "JOB": r"(?P<value>[A-Za-z][\w-]*(?: (?!(?:at|for|in|and|but|with|since|now|on|by|from|to|"
    r"because|so|who|where|while|this|last|until|these|right|instead|again|here|there)\b)"
    r"[\w-]+){0,3})",
    "PHONE": r"(?P<value>\+?\d[\d ().-]{5,}\d)",
    "EMAIL": r"(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    "TEXT": r"(?P<value>" + _WORD + r"(?: (?!(?:because|but|and|since|now|these|at|so|when|which|"
    r"right|again)\b)" + _WORD + r"){0,5})",
}
_ADVERBS = (
    r"(?:(?:just|now|still|currently|actually|recently|finally|already|also|really|officially|"
    r"happily|newly) )*"
)
_PERSON = (
    r"(?P<who>(?=[A-Z])(?!(?:I|We|You|He|She|It|They|This|That|These|Those|There|Here|What|Who|Where|When|"
    r"Why|How|Everyone|Everybody|Nobody|Someone|Somebody|Anyone|No|Yes|My|Your|His|Her|Our|Their|"
    r"The|A|An|And|But|So|Or|If|Then|Now|Also|Actually|Which|One|Both|Each|Some|Many|Most|All|"
    r"Mom|Dad|God|Please|Today|Love|Life|Time|People)\b)[A-Z][a-zA-Z’'-]*[a-z](?: [A-Z][a-z]+)?)"
)
_FIRST = {
    "S": "(?:I|i|We|we)",
    "BE": r"(?:I|i)(?:'m|’m| am)",
    "HAVE": r"(?:I|i|We|we)(?:'ve|’ve| have)?",
    "MY": "[Mm]y",
    "NOT": r"(?:don't|don’t|do not)",
    "s": "",
}
_THIRD = {
    "S": _PERSON,
    "BE": _PERSON + r"(?: is|'s|’s)",
    "HAVE": _PERSON + r"(?: has)?",
    "MY": _PERSON + r"(?:'s|’s)",
    "NOT": r"(?:doesn't|doesn’t|does not)",
    "s": "s",
}
IS, ENDED, WAS = "is", "ended", "was"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One compiled phrase: what it says of which relation, in the first person or the third."""

    relation: Relation
    says: str
    first_person: bool
    pattern: re.Pattern[str]


_OWN = frozenset({"i", "we", "my", "call"})
_SPLIT = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")


def phrases_in(text: str) -> tuple[Phrase, ...]:
    """The phrases that may occur in a text, judged by its words alone."""
    words = set(_SPLIT.findall(text.lower()))
    index = _by_trigger()
    wanted = [place for word in words & index.keys() for place in index[word]]
    if not wanted:
        return ()
    own = bool(words & _OWN)
    return tuple(_phrase(p) for p in sorted(set(wanted)) if own or not _PLACES[p].first_person)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a phrase stands in the table, and in which person."""

    relation: Relation
    says: str
    text: str
    first_person: bool


def _places() -> Iterator[_Place]:
    for relation in RELATIONS:
        kinds = ((IS, relation.says), (ENDED, relation.ended), (WAS, relation.was))
        for says, texts in kinds:
            for text in texts:
                yield _Place(relation, says, text, True)
                if text.startswith(("{S}", "{BE}", "{HAVE}", "{MY}")):
                    yield _Place(relation, says, text, False)


_PLACES = tuple(_places())


@lru_cache(maxsize=1)
def _by_trigger() -> Mapping[str, Sequence[int]]:
    """Trigger word → the places of the phrases it stands in."""
    found: dict[str, list[int]] = {}
    for number, place in enumerate(_PLACES):
        literal = place.text.replace("{s}", "" if place.first_person else "s")
        literal = re.sub(r"{[a-zA-Z]+}", "", literal).lower()
        triggers = place.relation.triggers.split()
        own = [word for word in triggers if re.search(rf"(?<![a-z]){word}(?![a-z])", literal)]
        for word in own or triggers:
            found.setdefault(word, []).append(number)
    return found


@lru_cache(maxsize=len(_PLACES))
def _phrase(number: int) -> Phrase:
    """One phrase, compiled at its first use."""
    place = _PLACES[number]
    person = _FIRST if place.first_person else _THIRD
    return Phrase(place.relation, place.says, place.first_person, _compile(place.text, person))


def _compile(text: str, person: Mapping[str, str]) -> re.Pattern[str]:
    """Put the parts into a phrase, which may hold braces of its own, such as {0,4}."""
    for name, part in {"adv": _ADVERBS, **person, **_VALUES}.items():
        text = text.replace("{" + name + "}", part)
    return re.compile(rf"(?<![\w'’-]){text}")


@lru_cache(maxsize=1)
def _aliases() -> Mapping[str, str]:
    """Every name of a relation → the name that the table uses."""
    pairs = ((alias, r.name) for r in RELATIONS for alias in (r.name, *r.aliases.split(",")))
    return {alias: name for alias, name in pairs if alias and name not in ("favourite", "has")}


def canonical(relation: str) -> tuple[str, bool]:
    """The table's name for a relation, and whether it has one value at a time."""
    plain = " ".join(relation.replace("_", " ").casefold().split())
    plain = plain.replace("favorite ", "favourite ", 1).removeprefix("has ")
    if plain in _ROLES:
        return f"has {plain}", True
    if plain.startswith("favourite "):
        return plain, True
    name = _aliases().get(plain, _aliases().get(f"has {plain}"))
    return (relation.strip(), False) if name is None else (name, True)


def sentence_of(subject: str, relation: str, value: str) -> str:
    """How a fact reads."""
    kind, _, key = relation.partition(" ")
    for row in RELATIONS:
        if row.name == relation or (row.name == kind and key and canonical(relation)[1]):
            return row.reads.format(s=subject, o=value, k=key)
    return f"{subject} {relation} {value}"
