"""How a stated value stands: alone, beside others, or for a while only.

"I also work at Beta Labs" and "I work at Lidl on Saturdays" end no other job, and "I'm working at
Starbucks this morning" states no job at all. A move or a new job is an event, so "I moved to Lyon
today" stands, while "I live in Lyon today" may not last.
"""

from __future__ import annotations

import re

from combray.core.facts import ALSO, IS
from combray.write.assertion.alternatives import any_of

_EVENT = re.compile(
    r"\b"
    + any_of(
        "moved|relocated|emigrated|joined|started|began|hired|settled|got|took|accepted|landed|"
        "found",
        "switched|changed|became|retrained|promoted|transferred|turned|married|engaged|replaced",
        "traded|swapped|ha[sd] changed|gotten",
    )
    + r"\b",
    re.I,
)
_ADDS_BEFORE = re.compile(
    r"\b(?:also|besides|additionally|in addition|plus|on top(?: of that)?|moreover|furthermore|"
    r"sometimes|occasionally|part of the|half (?:of )?the|on (?:the )?(?:weekends?|\w+days)|"
    r"moonlight\w{0,3}|también|auch|too(?=\s*[,.;!]|$)|as well|every (?:summer|winter|"
    r"weekend|other))\b|\bon the "
    r"side\b|[也还][是在会]|兼职|周末",
    re.I,
)
_ADDS_AFTER = re.compile(
    r"\b(?:too|as well|also|besides|part[- ]time|on the side|on (?:the )?weekends?|"
    r"(?:on (?:mon|tues|wednes|thurs|fri|satur|sun)days|every \w{1,9}|most \w{1,9}s)\b|(?:in|"
    r"at) the "
    r"(?:evenings?|mornings?|nights?|summers?|winters?)|in (?:summer|winter|spring|autumn)|"
    r"at nights?|(?:once|twice|\w+ times|\w+ days?|\w+ hours) an? (?:week|month|year)|half (?:of )?"
    r"the (?:time|year|week)|part of the|half[- ]time|sometimes|occasionally|as a second|"
    r"as another|now and then|after (?:hours|work|school)|before work|off[- ]hours|during the "
    r"week|for others|"
    r"every other|most of the|at work|on duty|for (?:the|a|my) (?:company|client)s?)\b|"
    r"兼职|周末",
    re.I,
)
_DIFFERENT = re.compile(r"\b(?:second|another|other|both|additional|extra|side|backup)\b", re.I)
_PASSES = re.compile(
    r"\b(?:this (?:morning|afternoon|evening|week|weekend|month|summer|winter|spring|autumn|fall|"
    r"season|semester|term|time|quarter|sprint)|tonight|today|for now|through (?:the|next|"
    r"(?-i:[A-Z])\w+)|for the (?:moment|time "
    r"being|day|night|"
    r"week|weekend|summer|winter|holidays?|season|semester|term|month|next)|until|till|while|"
    r"during|"
    r"temporarily|at the moment|right now|just now|for (?:an?|one|two|three|four|five|six|seven|"
    r"eight|nine|ten|some|several|a few|a couple of|\d{1,3}) (?:\w+ )?(?:hours?|days?|nights?|"
    r"weeks?|"
    r"weekends?|months?|summers?|winters?|semesters?|terms?|seasons?|years?)|as a (?:volunteer|"
    r"temp|favou?r|guest|test)|on an? (?:\S+ )?(?:contract|visit|break|trip|assignment|project|"
    r"placement|exchange|tour|"
    r"rotation|sabbatical|mission|internship)|for (?:fieldwork|field work|research|training|"
    r"treatment|"
    r"rehab|surgery|an? (?:conference|course|shoot|gig|wedding|trial|rotation))|on (?:vacation|"
    r"holiday|secondment|loan|leave|"
    r"business|"
    r"assignment|placement|deployment|exchange)|"
    r"these (?:two|three|few|couple)|for (?-i:[A-Z])\w+|diese woche|heute|esta semana)\b|"
    r"今天|一会儿|这周|暂时|出差|\b(?:bis|hasta)\b|\bzur (?:zwischen|unter)miete|\bvorübergehend|"
    r"\btemporalmente|\bpor ahora|\beste (?:mes|verano|invierno)|\bdiesen (?:monat|sommer|winter)|"
    r"\b(?:los|en) veranos?\b|\bam wochenende",
    re.I,
)
_VISIT = re.compile(
    r"\bfor (?:the|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2}|"
    r"a few|several|half an?|a couple of|some) (?:\w+ )?(?:hours?|days?|"
    r"nights?|weeks?|"
    r"weekends?|months?|summer|winter|semester|term|season|holidays?|visit|conference|party|"
    r"while)\b"
    r"|\btemporarily\b|\bfor now\b|\bfor the time being\b",
    re.I,
)
_CHANGE = re.compile(
    r"\b(?:now|these days|nowadays|currently|new|any ?more|any longer|no longer|since|instead|"
    r"finally|"
    r"officially|lately|recently|just|from now on|as of|again|today|yesterday|this (?:week|month|"
    r"year)|"
    r"last (?:week|month|year)|actually|turned|divorced|widow\w{0,2}|birthday|switched|started|"
    r"begun|as of|hit|(?:update|change) my|report|driving|enrolled|"
    r"began|dating|seeing|engaged)\b",
    re.I,
)
_SINCE = re.compile(r"^\W*(?:since|for|all my)\b", re.I)
_PERFECT = re.compile(r"(?:['’]ve|\bhave|\bhas) (?:\w+ ){0,3}(?:been|lived|worked)\b")
_CLAUSE_END = re.compile(
    r"[;.!?\n]|,(?! (?:too|as well|part|also|on|until|till|for now))| but | and "
)
_LAST_CLAUSE = re.compile(r"[;.!?\n]| but ")


def is_change(words: str, before: str, after: str) -> bool:
    """Return whether a clause says that something changed, and not only how it is."""
    near = f"{before[-60:]} {words} {after[:40]}"
    return _CHANGE.search(near) is not None or _EVENT.search(words) is not None


def standing_of(says: str, relation: str, before: str, words: str, after: str) -> str | None:
    """Return how a matched statement stands: IS, ALSO, what else it says, or None for not at all.

    `words` is what the pattern matched; `before` and `after` are the rest of its sentence.
    """
    near = _CLAUSE_END.split(after[:120], maxsplit=1)[0]
    lead = _LAST_CLAUSE.split(before[-120:])[-1]
    if says != IS:
        return says
    event = _EVENT.search(words) is not None
    lasting = _PERFECT.search(words) is not None and _SINCE.match(near) is not None
    if not lasting and (_VISIT if event else _PASSES).search(near) is not None:
        return None
    if not event and _PASSES.search(lead) is not None:
        return None
    if event and relation == "lives in":
        return IS
    adds = _ADDS_AFTER.search(near) or _ADDS_BEFORE.search(f"{lead[-60:]} {words}")
    return ALSO if adds or _DIFFERENT.search(f"{words} {near}") else IS
