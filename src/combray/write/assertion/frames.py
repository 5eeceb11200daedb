"""Texts to be worked on, suppositions and games: what follows such an opening is not the speaker's.

"Translate: I live in Berlin.", "Let's role-play. My name is Blake.", "Say I live in Japan.": from
the opening on, nothing in the message is asserted. A request about "this" or "the sentence" takes
the whole message with it.

    _WHOLE    nothing in the message is asserted      "Is this sentence correct?"
    _REST     from the opening of a sentence on       "Imagine …", "Translate: …"
    _INSIDE   from the sentence that holds it on      "in our campaign", "my character"
"""

from __future__ import annotations

import re

from combray.write.assertion.alternatives import any_of

_WHOLE = re.compile(
    r"\b"
    + any_of(
        any_of(
            "fix|correct|check|improve|polish|proof-?read|translate|rewrite|re-?phrase",
            "paraphrase|summari[sz]e|edit|explain|analy[sz]e|shorten",
        )
        + " (?:(?:the|this|that|my|these) )?"
        + r"(?:above|text|grammar|sentences?|paragraph|spelling|wording|line|quote)\b",
        "(?:polish|proof-?read|translate|rewrite|re-?phrase|paraphrase|summari[sz]e) "
        + r"(?:this|it|that)\b",
        "(?:is|are) (?:this|that|the|these) (?:sentences?|phrase|line|text|grammar) "
        + r"(?:\w+ )?(?:correct|right|ok|fine)",
        "what (?:does|did) (?:he|she|they|it|this) mean|how (?:do|would|can) (?:i|you|we) say",
        "make (?:this|it|that) (?:sound|more|less|shorter|longer|better|formal)",
        "sounds? more (?:formal|natural|polite)|is a lie|are lies|made (?:that|this|it) up",
        "just kidding|only joking|only kidding|i'?m joking|i'?m kidding|i was joking",
        "april fools?",
    )
    + r"\b",
    re.I,
)
_REST = re.compile(
    r"(?:^|(?<=[.!?:;\n]))\W{0,6}(?:(?:please|pls|can you|could you|now|hey|hi|ok|okay|and|"
    r"bitte|por favor)[,]? ){0,3}"
    r"(?:(?:translate|proof-?read|rewrite|re-?phrase|paraphrase|summari[sz]e|correct|continue|"
    r"complete|polish|shorten|analy[sz]e|übersetze|traduce|resume este)\b(?! (?:by|with)\b)|"
    r"edit (?:this|the|my)\b|"
    r"(?:write|draft|compose|make|generate|create|invent|tell)(?: me| us)? (?:an?|the|some|my) "
    r"(?:\w+ ){0,3}(?:story|stories|poem|song|script|dialogue|monologue|screenplay|scene|essay|"
    r"letter|bio|text|tale|novel|haiku|joke|profile|example|email|post|tweet|character)|"
    r"fill in|act as|play(?: the role of)? an? |role-?play|let[’']?s (?:role-?play|play|pretend|"
    r"imagine|assume|suppose|say)\b|pretend|imagine|suppose|assume|consider|hypothetically|"
    r"hypothetical|theoretically|say (?:i|we|my)\b|what if|you(?: are|[’']re)(?: now)? an? "
    r"(?!good|great|"
    r"true|dear|real|nice|star|genius|life-?saver|friend|saint|legend|treasure)|stell dir vor|"
    r"angenommen|imagina|supongamos|"
    r"(?:(?:poem|story|article|song|lyrics|dialogue|screenplay|script|example|examples|test case|"
    r"test|fiction|role|character|prompt|template|persona|fan ?fic(?:tion)?)\b(?: [\w']+){0,2}?"
    r"[:\n]|(?:scenario|monologue|backstory|bio|plot|synopsis|logline|abstract|excerpt|verse|"
    r"dear diary|diary|chapter|act|scene|verse|stanza|caption|headline)\b(?: [\w']+){0,4}?"
    r" ?[.,:—–\n-])|"
    r"e\.g\.|for (?:example|instance)[,:]|dear (?!(?:assistant|ai|bot|chatgpt|claude|gemini|"
    r"copilot|friend|all)\b)\w+(?: \w+)?[,:]|"
    r"here (?:is|are) (?:the|my|a|an|some) (?:\w+ )?(?:chat|log|transcript|story|poem|"
    r"letter|article|example|text|email|script|draft)|假设|假如|想象|如果)",
    re.I,
)
_INSIDE = re.compile(
    r"\b"
    + any_of(
        "role-?play|for the sake of argument|for (?:testing|demo|example) ?(?:purposes)?,",
        r"in (?:this|the|our|my|a|an|another) (?:[\w-]+ ){0,2}"
        + any_of(
            "role-?play|simulation|scenario|screenplay|hypothetical|game|sims|dnd|campaign",
            r"fan ?fic\w*|dream|nightmare|alternate universe|universe|timeline|parallel world",
        ),
        r"once upon a time|\(in character\)|(?:in|from) (?:the )?first person",
        r"my (?!favou?rite)(?:[\w&-]+ ){0,2}(?:character|avatar|persona|alter ego)|lol jk|"
        r"jk\b(?!@)",
    ),
    re.I,
)


def asserted_part(text: str) -> int:
    """Return where the part of a text ends in which the speaker speaks in earnest."""
    if _WHOLE.search(text):
        return 0
    rest, inside = _REST.search(text), _INSIDE.search(text)
    ends = [] if rest is None else [rest.start()]
    if inside is not None:
        ends.append(max(text.rfind(mark, 0, inside.start()) for mark in ".!?\n") + 1)
    return min(ends, default=len(text))
