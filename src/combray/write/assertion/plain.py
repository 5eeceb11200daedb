"""Whether all that a message says around a clause is plain, as where a fact ends it has to be.

A clause may state a fact among words that nobody foresaw; it ends another only where its words are
explained. `plain.txt` lists what explains them.

    lead    openers, times, everyday words; or a clause of the speaker's   "Big news, we packed and"
    tail    the end, a time, a plain reason; after a comma anything that frames nothing
    others  sentences before the clause are as plain as a lead, those after it frame nothing
    back    what speaks of the news again ("it is", "that was") does so in everyday words

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
"""Characters and sentences: what is longer is more than a piece of news."""
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
        r"the other day|once and for all|for good|these days|nowadays|any ?more|any longer|right "
        r"now",
        r"no longer|at last|in the end|as planned|for real",
    )
    + r"(?![\w'’-])",
    re.I,
)
_TOKEN = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
SENTENCE = re.compile(
    r"(?:[^.!?。！？\n]|\.(?=[\w])|(?:(?<=\bSt)|(?<=\bMt)|(?<=\bFt)|(?<=\bDr)|(?<=\bMr)|(?<=\bMs)|"
    r"(?<=\bMrs)|(?<=\bU\.S))\.)+[.!?。！？\n]*"
)
"""One sentence and the marks that end it."""
_LEAD_PARTS = re.compile(r"[,;:—–-](?:\s|$)|\s[—–-]\s")
_STARTS = re.compile(
    r"^\W*(?:[Ii]|[Ww]e|[Mm]y|[Oo]ur|[Ii]t|[Tt]oday(?:['’]s| is| was)|[Yy]esterday was|[Tt]he|"
    r"[Tt]hey|[Ss]he|[Hh]e|(?:Dr\. )?[A-Z]\w+ and I|"
    r"(?:Dr\. )?[A-Z][a-z]+(?= (?:\w+ed|left|died|quit|went|got|is|was|has|took)\b)|"
    r"(?:Finally |Just )?(?:[A-Z]\w+(?:ed|[ae]ft|ot|oke|ent|ook)|Left|Got|Quit|Sold|"
    r"Took)(?= ))\b(?!:)"
)
"""How a clause begins that tells something by itself."""
_JOINS = re.compile(
    r"(?:\b(?:and|so|but|because|since|as)|[,;:—–-])(?: (?:then|now|please))*\W*$", re.I
)
_GOES_ON = re.compile(
    r"^\W*(?:(?i:from|for|to|of|on|at|by|in|into|with|off|not|well|except|or|as)\b"
    r"(?! the (?:plus|bright|other) side)|[a-zäöü]|[\w' ]{2,25}, that is\b)"
)
"""What a sentence begins with that gives the one before another end."""
_INTRODUCES = re.compile(r"(?:after|since|as|once|now that|thanks to|because of)\b", re.I)
_FREES = re.compile(
    r"^\W*+(?:(?:and|but|so|because|since|though|although|where|which)\b|to (?:study|work "
    r"(?!on\b)|start|be |open|"
    r"join|live with|help|take care|look after|become|raise|finish|get |do ))",
    re.I,
)
_STILL = re.compile(
    r"\b[Ss]till (?:(?:in|at|with|as|for|a|an|the|of) ){0,2}[A-Z]|\bstill (?:\w+ "
    r"){0,3}same\b|\bnow and (?:then|again)\b"
)
"""What goes on as it was, or comes and goes: "still Vienna of course", "now and then"."""
_ROLE = re.compile(
    r"^\W*+(?:as (?:their|its|his|her)|for (?:my|our|the) (?:kids|children|family|cats?|dogs?|"
    r"parents|wife|husband)\b(?!['’]))",
    re.I,
)
"""What makes of a job a favour: "a driver for my kids"."""
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w.-]++")
_BREAK = re.compile(r"[,;:—–()…]|\s-\s")
_SEGMENT = re.compile(r"[,;:—–()….!?\n]|\s-\s|\b(?:and|but|so|because|since|though)\b", re.I)
_REFERS = re.compile(
    r"^\s*(?!it['’]s (?:now )?[\w'’-]{1,20}(?: [\w'’-]{1,20})? now\W*$)(?:he|she|it|they|"
    r"that|this|those|these|which|who)(?:['’](?:s|re)| is| are| was| were)\b",
    re.I,
)
"""How a part begins that says more of the news, or of whom or what it is about."""
_APPOSITION = re.compile(
    r"^(?: now)?\s*[,(–—-]\s?(?:the|an?|our|my|his|her|their) (?P<what>[^,.;!?()–—]{2,60})"
)
_BODIES = re.compile(
    r"\b(?:company|firm|start-?up|agency|bank|hospital|school|university|employer|competitor|city|"
    r"town|village|capital|place|country|job|team|boss|woman|man|one|neighbou?rhood)\b"
)
"""What an employer, a place or a person is called that was named right before."""
_DOING = re.compile(
    r"[,(–—]\s?(?P<what>(?!being\b|\w*(?:thing|during|morning|evening)\b)\w+ing\b[^,.;!?()–—]{0,60})"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|had|have|came|come|went|got|made|took|fell|broke|lost|ran|can|pays?|"
    r"\w+ed|\w+n['’]t)\b"
)
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|now|ok|okay|also|but) )?(?:what|where|which|who|how|when|can you|could you|"
    r"do you|did you|any|is there|are there|should i|should we|would you|will you|please|got|may i|"
    r"can i|could i|can we|is it (?:ok|okay|possible)|mind)\b",
    re.I,
)
_ASKS_ABOUT = re.compile(
    r"\b(?:(?:does|do|is|was|did|sounds?) (?:that|it|this)(?! (?:ok|okay|possible|there))|sounds?|"
    r"spell|mean|in (?:french|german|"
    r"spanish|english|italian|chinese)|rhymes?|guess)\b",
    re.I,
)
"""A question about the words themselves."""
_NAMES_AFTER = frozenset(
    "with and wife husband partner girlfriend boyfriend son daughter brother sister friend "
    "friends".split()
)
_AT_WORK = re.compile(r"\b(?:years?|months?|jobs?|role|position|working|contract)\b")


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    """Return the lists of `plain.txt` by their kind: phrases, patterns of taking back, or words."""
    found: dict[str, list[str]] = {}
    kind = ""
    for line in resources.files(__package__).joinpath("plain.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            if kind == "taken back":
                parts = [line]
            else:
                parts = line.split("|") if kind in ("openers", "harmless") else line.split()
            found.setdefault(kind, []).extend(parts)
    return {kind: frozenset(each) for kind, each in found.items()}


_TAKEN_BACK = re.compile(rf"\b{any_of(*sorted(_lists()['taken back']))}\b", re.I)


def is_plain(text: str, own: str, clauses: Sequence[tuple[int, int]]) -> bool:
    """Return whether all of a text around the clauses read in it, at these places, is plain.

    `own` is what of the text the speaker says in earnest.
    """
    if (
        own != text
        or len(text) > LENGTH
        or not _lists()["frames"].isdisjoint(_words(_without_harmless(text)))
    ):
        return False
    if _STILL.search(text) is not None:
        return False
    sentences = list(sentences_of(text, clauses))
    named = frozenset(_last_word(text[first:last]) for first, last in clauses)
    told = bare = False
    for sentence in sentences:
        lead, *others = sentence.split(CLAUSE)
        if others:
            fits = is_lead(lead) and all(map(is_tail, others))
        elif told:
            fits = is_after(sentence, bare) and _names_again_plainly(sentence, named)
        else:
            fits = is_before(sentence)
        told = told or bool(others)
        bare = bool(others) and not others[-1].strip(" .!?")
        if not fits:
            return False
    return len(sentences) <= SENTENCES


def is_plain_throughout(text: str, own: str, clauses: Sequence[tuple[int, int]]) -> bool:
    """Return whether nothing but openers, times and everyday words stands around the clauses."""
    if own != text or len(text) > LENGTH:
        return False
    parts = [part for each in sentences_of(text, clauses) for part in each.split(CLAUSE)]
    return _lists()["frames"].isdisjoint(_words(_without_harmless(text))) and all(
        is_lead(part) or (_is_sure(part) and _is_everyday(TIME.sub(" ", part))) for part in parts
    )


def _last_word(words: str) -> str:
    """Return the last word of a clause, which is mostly the value."""
    tokens = _TOKEN.findall(words)
    return tokens[-1].casefold() if tokens else ""


def _names_again_plainly(sentence: str, named: frozenset[str]) -> bool:
    """Return whether a sentence that begins with what was named says only everyday words of it."""
    first = _TOKEN.search(sentence)
    if first is None or first.group().casefold() not in named:
        return True
    return _is_everyday(sentence[first.end() :])


def _speaks_again_plainly(words: str) -> bool:
    """Return whether each part that speaks of the news again does so in everyday words."""
    low = _without_harmless(TIME.sub(" ", words))
    return all(
        _REFERS.match(part) is None or _is_everyday(part) for part in _SEGMENT.split(low) if part
    )


def sentences_of(text: str, clauses: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield the sentences of a text, each clause in them replaced by a mark."""
    parts, end = [], 0
    for first, last in sorted(clauses):
        if last > end:
            parts.append(text[end : max(first, end)] + (CLAUSE if first >= end else ""))
            end = last
    masked = "".join([*parts, text[end:]])
    return (each.group() for each in SENTENCE.finditer(masked) if each.group().strip(" .!?\n"))


def is_before(sentence: str) -> bool:
    """Return whether a sentence before the news tells something plainly."""
    return is_lead(sentence) or (_STARTS.match(sentence) is not None and _is_sure(sentence))


def is_after(sentence: str, bare: bool) -> bool:
    """Return whether a sentence after the news takes nothing back; `bare` news may go on in it."""
    if bare and _GOES_ON.match(sentence) is not None:
        return False
    if sentence.rstrip().endswith("?") and (
        _ASKS.match(sentence) is None or _ASKS_ABOUT.search(sentence) is not None
    ):
        return False
    return takes_back_nothing(sentence) and _speaks_again_plainly(sentence)


def _is_sure(words: str) -> bool:
    """Return whether words hold no doubt, nobody's report and nothing taken back."""
    low = _without_harmless(words)
    return takes_back_nothing(low) and _lists()["doubts"].isdisjoint(_words(low))


def _without_harmless(words: str) -> str:
    """Return words in small letters, without the phrases that only sound like a frame."""
    low = _MAIL.sub(" ", words.casefold().replace("’", "'"))
    for phrase in _lists()["harmless"]:
        low = low.replace(phrase, "")
    return low


def _words(text: str) -> Iterator[str]:
    return (each.casefold() for each in _TOKEN.findall(text))


def takes_back_nothing(words: str) -> bool:
    """Return whether words outside the clauses take nothing back and tell of nothing passing."""
    return _TAKEN_BACK.search(words) is None


def is_lead(words: str) -> bool:
    """Return whether what stands before a clause is explained."""
    if not _is_sure(words):
        return False
    first, _, news = words.partition(":")
    told = news if news and _opens(first) else words
    if _STARTS.match(told) is not None and _JOINS.search(told.rstrip()) is not None:
        return True
    rest = TIME.sub(" ", words)
    openers = _lists()["openers"]
    return all(
        part.strip(" .!?…*").casefold().replace("’", "'") in openers or _is_everyday(part)
        for part in _LEAD_PARTS.split(rest)
    )


def _opens(part: str) -> bool:
    """Return whether a part of a lead announces news, or says in everyday words when they came."""
    bare = part.strip(" .!?…*").casefold().replace("’", "'")
    return (
        bare in _lists()["openers"]
        or not bare
        or (TIME.search(part) is not None and _is_everyday(TIME.sub(" ", part)))
    )


def is_tail(words: str) -> bool:
    """Return whether what stands after a clause is explained."""
    rest = words.strip()
    if not _is_sure(words) or not _speaks_again_plainly(words):
        return False
    renamed = _APPOSITION.match(words)
    doing = _DOING.search(words)
    if doing is not None and not _is_everyday(TIME.sub(" ", doing["what"])):
        return False
    if renamed is not None and not any(p.search(renamed["what"]) for p in (_BODIES, _FINITE)):
        return False
    if rest.startswith(("..", "…")) or _ROLE.match(rest) is not None:
        return False
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
    free = re.split(r" (?:and|but|so|because|since|though|where|which) ", bare, maxsplit=1)[0]
    return _is_everyday(free)


def opens_plainly(before: str) -> str:
    """Return what stands before a clause without an explained introduction: "After nine years,"."""
    parts = _LEAD_PARTS.split(before)
    if before.rstrip().endswith(":") and all(map(_opens, parts)):
        return ""
    last = re.sub(r"^(?:and|but|so) ", "", parts[-1].strip())
    if (
        not last
        or not (TIME.match(last) or _INTRODUCES.match(last))
        or not _is_everyday(TIME.sub(" ", last))
    ):
        return before
    return before[: before.rindex(parts[-1])]


def _is_everyday(words: str) -> bool:
    """Return whether every word is of the list, a place, or a name after "with" or the like."""
    listed, before = _lists()["words"], ""
    for token in _TOKEN.findall(words):
        plain = token.casefold().replace("’", "'")
        named = token[:1].isupper() and (
            before in _NAMES_AFTER
            or before[:1].isupper()
            or is_known(token)
            or (before == "at" and _AT_WORK.search(words) is not None)
        )
        if plain not in listed and not named and not (token.isdigit()):
            return False
        before = token if named else plain
    return True
