"""Whether a clause asserts what it says.

Questions, conditions, wishes, plans, denials, reports and stories do not. A clause stands on its
own at the start of a sentence, after a connective, or after an introduction that asserts nothing
else: "In May", "Yesterday", "Big news:".
"""

from __future__ import annotations

import re

from combray.write.assertion.alternatives import any_of
from combray.write.assertion.voices import BLANK, is_own_label

_UNREAL = re.compile(
    r"\b(?:if|would|could|should|might|(?<!in )may (?!(?:\d|i\b|we\b))|maybe|perhaps|"
    r"wish(?:ed|es)?|"
    r"imagin\w{1,8}|suppos\w{1,8}|pretend\w{0,3}|unless|whether|sa(?:id|ys?|ying)|told|tells?|"
    r"claim(?:s|ed|ing)?|thinks?|thought|believes?|believed|assum\w{1,5}|insists?|"
    r"(?-i:(?:wrote|writes|says|goes|replied|replies) [A-Z])|(?:wr(?:ote|ites)|text(?:ed|s)|"
    r"posted|shows?|states?)(?: me| us)? that|heard|hears|"
    r"stor(?:y|ies)|novels?|poems?|lyrics|characters?|dream\w{0,4}|jok(?:e|es|ing)|kidding|"
    r"hop(?:e|es|ing)|never|no means|nobody|no one|almost|nearly|practically|"
    r"virtually|plan(?:s|ning|ned)?|want(?:s|ed)?|deny|denies|denied|false|wrong|"
    r"untrue|lies|lied|hacked|rumou?rs?|contrary|allegedly|apparently|supposedly|reportedly|"
    r"according|wonder\w{0,3}|guess|refuse[ds]?|fake|goal|manifesting|next (?:week|month|year|"
    r"spring|summer|autumn|fall|winter)|soon|tomorrow|"
    r"example|assuming|provided|"
    r"given|case|ideally|theor\w{1,9}|hypothe\w{1,9}|someday|one day|once|scenario|fiction|"
    r"simulation|parallel|were i|before|until|when|while|whenever|as an?|at \d+|"
    r"in my (?:head|mind|twenties|thirties|teens|youth|childhood|past life|next life)|"
    r"like that time|remember(?:s|ed)?|by (?:next|the|then|\d+|\w+day)|(?:goes|be like)(?=,)|"
    r"from (?:next|january|"
    r"february|march|april|may|june|july|august|september|october|november|december|monday))\b",
    re.I,
)
_CORRECTION = re.compile(
    r"(?:(?:my|the) (?:last|previous) (?:message|note) was wrong|that was wrong|that's wrong)\W*$",
    re.I,
)
_SAY_AFTER = re.compile(
    r"^\W*(?:in (?:my dreams?|the (?:game|novel|story|movie|book|film|play|sims|simulation))|"
    r"just kidding|if\b|unless\b|or (?:at|in) [A-Z]|in (?:another|a past|my past|my next) life|"
    r"next (?:week|month|year|spring|summer|autumn|fall|winter)|tomorrow|soon\b|"
    r"in (?:my|his|her) (?:head|dreams?|mind|imagination)|some ?day|one day|and back\b|"
    r"now and (?:then|again)|for (?:my|our|his|her) (?:son|daughter|brother|sister|friend|wife|"
    r"husband|"
    r"kids?|cousin|nephew|niece|mother|father|mum|mom|dad|boss|team)\b(?!['’]s (?:new )?(?:job|"
    r"work|"
    r"career|studies|degree|treatment|health|residency)))|"
    r"^[^.!?;\n]{0,60}\b(?:said no one|not really|just kidding|kidding|jk\b|lol\b|haha\w{0,6}|"
    r"hehe\w{0,4}|lmao|rofl|in character|supposedly|"
    r"allegedly|apparently|(?:he|she|they|it|the \w+|my \w+) (?:says?|said|claims?|thinks?|"
    r"told|believes?)|you[’']ll see|i promise|i (?:wish|hope)|isn[’']t (?:it|that)|right\?|"
    r"yeah right|as if|rent[- ]free|on (?:stage|screen|air)|in (?:my|his|her|your|their) (?:heads?|"
    r"minds?|daydreams?|dreams?|imagination|fantas\w{1,4})|according to|in (?:the (?:game|play|"
    r"movie|film|novel|"
    r"story|book|simulator|sims|simulation|show|musical)|gta|fifa|minecraft|roblox|skyrim|"
    r"monopoly)|"
    r"in your dreams|would be|is (?:false|wrong|a lie|not true)|was the year)\b|"
    r"^[^.!?;\n]{0,60}(?: /s|\(not\)|, (?:sure|not|yeah))\W*$|"
    r"^[^.!?;\n]{0,60}, (?:he|she|they) (?!is\b|was\b)\w+\W*$",
    re.I,
)
_STARTS = re.compile(
    any_of(
        r"^\W*|[,;:—–(，；：-]",
        r"\b"
        + any_of(
            "and|but|so|because|since|as|now|currently|actually|well|yes|yeah|no|nope|oh|hey|hi",
            "hello|also|plus|update|correction|fyi|btw|recently|then|ok|okay|sorry|anyway|ago",
            "turns out|yesterday|today|week|month|year|spring|summer|autumn|fall|winter|january|"
            "february",
            r"march|april|may|june|july|august|september|october|november|december|(?:19|20)\d\d",
            "finally|monday|tuesday|wednesday|thursday|friday|saturday|sunday",
        ),
    )
    + "$",
    re.I,
)
_INTRODUCTION = re.compile(
    r"(?:^|[.!?;\n,] ?)"
    + any_of(
        r"in (?:an?|the|this|that|my|our|your|another|his|her|their)\b(?! "
        + any_of(
            "end|meantime|meanwhile|spring|summer|autumn|fall|winter|past|last|process|first",
            "second|early|late|new year",
        )
        + ")",
        r"for\b|as\b|to\b|by\b|at (?!last)|from\b|like\b|with (?:any )?luck|when\b|had\b|were\b",
        r"a\b|an\b|under\b",
        opening="(?P<frame>",
    )
    + r"[^,:;.!?\n]{0,80}[,:]$",
    re.I,
)
_ASKED = re.compile(r"[?？][!?？\"”’')\s\1]{0,40}$")


def is_question(sentence: str) -> bool:
    """Return whether a sentence asks."""
    return _ASKED.search(sentence[-40:]) is not None


def is_asserted(before: str, after: str) -> bool:
    """Return whether a clause between these parts of its sentence stands and asserts."""
    lead = before.rstrip()
    tail = lead[-100:]
    if _STARTS.search(tail) is None or lead.endswith(BLANK) or after.startswith(BLANK):
        return False
    if _UNREAL.search(before) is not None and _CORRECTION.search(tail) is None:
        return False
    if _SAY_AFTER.search(after[:120]) is not None or _INTRODUCTION.search(tail) is not None:
        return False
    return not tail.endswith(":") or _announces(tail)


_FOREIGN_START = re.compile(
    r"(?:^\W*|[.;:,，；：!?。！？—–-]|\b(?:y|e|pero|hola|sí|und|aber|hallo|ja|also)|但是?|不过|而且|你好|"
    r"上个?[月周]|[去今前]年|[昨前今]天|最近|年初|年底|[一二三四五六七八九十\d]{1,2}月|终于|"
    r"\b(?:gestern|heute|letzte[nsr]? \w+|seit \w+(?: \w+)?|ayer|hoy|desde \w+))$",
    re.I,
)
_FOREIGN_UNREAL = re.compile(
    r"\b"
    + any_of(
        "sagt|sagte|meint|glaubt|behauptet|angenommen|wenn|falls|ob|dass|früher|hätte|wäre|dice",
        "dijo|cree|si|según|supongamos|ojalá|quiero|antes|würde|möchte|könnte|sollte|vielleicht",
        "diría|podría|quizás?|tal vez|novela|roman|traum|sueño|spiel|juego",
    )
    + r"\b|如果|假如|假设|要是|说|听说|以为|希望|想|打算|以前|梦|小说|游戏|他|她|妈|爸",
    re.I,
)


_FOREIGN_SAYS = re.compile(r"吗|[,，]? ?(?:(?:sagt|sagte|meint|behauptet|dice|dijo)\b|.?说)")


def is_asserted_abroad(before: str, after: str) -> bool:
    """Return whether a clause of another language stands at its start and asserts."""
    lead = before.rstrip()[-100:]
    if _FOREIGN_START.search(lead) is None or lead.endswith(BLANK) or after.startswith(BLANK):
        return False
    if _FOREIGN_UNREAL.search(lead) is not None or _FOREIGN_SAYS.match(after[:20]) is not None:
        return False
    return not lead.endswith((":", "：")) or _announces(lead)


def _announces(tail: str) -> bool:
    """Return whether what stands before a colon announces the speaker's own words."""
    start = max(tail.rfind(mark, 0, -1) for mark in ".!?\n;,")
    return is_own_label(tail[start + 1 : -1].strip())
