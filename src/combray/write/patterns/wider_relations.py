"""Relations with a key of their own: what somebody likes, eats, is allergic to, keeps and works on.

For each key one value holds at a time: "I like jazz" and later "I can't stand jazz" are two values
of the taste for jazz. `values` gives the value that a verb stands for.
"""

from __future__ import annotations

from collections.abc import Sequence

from combray.write.patterns.relations import Relation
from combray.write.patterns.vocabulary import ALLERGENS, DIETS, RELATIVES, SPECIES

_END = (
    r"(?=\s*(?:[,.!;…)—–]|$)|(?: and (?:I|we|he|she|they|it|my|so|then|am|have)| but| because| so|"
    r" too| as well| now| since| though)\b)"
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DATE = (
    r"(?P<value>(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"(?:,? (?:19|20)\d\d)?|"
    + _MONTH + r" \d{1,2}(?:st|nd|rd|th)?\b(?:,? (?:19|20)\d\d)?|(?:19|20)\d\d-\d\d-\d\d)"
)  # fmt: skip
_NO_THING = (
    r"(?!(?:you|it|this|that|these|those|them|him|her|me|us|my|your|yours|his|our|their|its|the|to|"
    r"how|when|what|where|why|who|which|if|being|having|seeing|hearing|knowing|getting|making|"
    r"going|doing|feeling|a|an|some|all|any|both|each|every|everything|nothing|something|anything|"
    r"people|one|ones|and|or|but|not|no|so|very|really|just|also|still|more|most|less|I|we|he|she|"
    r"they|there|"
    r"here|too|as|in|on|at|of|for|with|about|from|by|is|are|was|were|hate|love|like|lots|life|"
    r"another|such|even|other|others|either|neither|myself|yourself|ya|u|thinking|saying|seconds|"
    r"things|stuff|much|many|new|good|bad|best|great)\b)"
)
_WORD = r"[A-Za-zÀ-ÿ][\w’'-]*"
THING = (
    r"(?P<key>"
    + _NO_THING
    + r"(?!\w+ing (?!any ?more\b)[\w’'])"
    + _WORD
    + r"(?: (?!them\b|him\b|her\b|me\b|us\b|"
    r"himself\b|herself\b|itself\b|either\b|also\b|everyone\b|much\b|very\b|really\b|and\b|but\b|"
    r"too\b|now\b|because\b|so\b|since\b|"
    r"though\b|as\b|with\b|when\b|any\b|anymore\b|is\b|are\b|was\b|on\b|in\b|at\b|to\b|that\b|"
    r"for\b|I\b|you\b|it\b|here\b|there\b|right\b|like\b|these\b|this\b|more\b|better\b|most\b|"
    r"today\b|already\b|lately\b|again\b|my\b|your\b|the\b|she\b|he\b|we\b|they\b|from\b|by\b|"
    r"about\b|if\b|while\b|after\b|before\b|best\b|a\b|an\b|from\b|or\b|completely\b|entirely\b|"
    r"altogether\b)" + _WORD + r"){0,2})"
)
_DIET = r"(?P<key>" + "|".join(DIETS) + r")"
_KIND = r"(?:strictly |fully )?(?:a |an )?" + _DIET + r"(?: diet)?" + _END
_ALLERGEN = (
    r"(?P<key>(?:(?:tree|cow's|house|cat|dog|bee|grass|birch) )?(?:" + "|".join(ALLERGENS) + r"))"
)
_PET = r"(?P<value>" + "|".join(SPECIES) + r")"
_KIN = (
    r"(?P<value>(?:(?:twin|older|younger|big|little|half|step|baby) ?-?)?(?:"
    + "|".join(RELATIVES) + r"))"
)  # fmt: skip
_KEY_NAME = r"(?P<key>[A-Z][a-zA-Z'’-]*[a-z](?: [A-Z][a-z]+)?)\b"
_PROJECT = r"(?P<key>[A-Z][\w-]*(?: [A-Z0-9][\w-]*)?)"
_STATUS = (
    r"(?P<value>on hold|paused|finished|done|complete|completed|cancelled|canceled|in progress|"
    r"under way|underway|in beta|in alpha|in production|live|blocked|delayed|postponed|"
    r"launched|shipped|released|on track|abandoned|in review|ready)"
)

_NO_STATE = (
    r"(?!(?:on|in|at|under|behind|for|not|no|gone|always|the same|sold|out|back|here|there|too|"
    r"very|"
    r"so|really|missing|broken|empty|expensive|closed|what|when|whatever|whichever|anything|that|"
    r"banned|forbidden|prohibited|discontinued|yours|mine|his|hers|theirs|one|unknown|of|by|with|ready|cold|hot)\b)"
)

WIDER: Sequence[Relation] = (
    Relation(
        name="favourite",
        reads="{s}'s favourite {k} is {o}",
        triggers="favorite favourite",
        says=(
            r"{MY} (?:new |current |all-time |absolute )*favou?rite (?P<key>(?!part\b|thing\b|"
            r"one\b|bit\b|moment\b|memory\b|time\b|way\b)[a-z]+(?: [a-z]+)?) is "
            r"(?:now |currently |still )?" + _NO_STATE + r"{TEXT}",
        ),
    ),
    Relation(
        name="taste",
        reads="{s} {o} {k}",
        triggers="love loves like likes enjoy enjoys adore adores hate hates dislike dislikes "
        "stand "
        "fan detest",
        values={
            "love": "likes", "like": "likes", "enjoy": "likes", "adore": "likes",
            "a fan of": "likes", "hate": "dislikes", "dislike": "dislikes", "detest": "dislikes",
            "can't stand": "dislikes", "not like": "dislikes",
        },
        default="likes",
        says=(
            r"{S} {adv}(?:absolutely |still )?(?P<value>love|like|enjoy|adore|hate|dislike|detest)"
            r"{s} " + THING + _END,
            r"{S} (?:absolutely )?(?P<value>can't stand|can’t stand|cannot stand) " + THING + _END,
            r"{S} (?P<value>{NOT} (?:really )?(?:like|enjoy)) " + THING + _END,
            r"{BE} {adv}(?:a|an) (?:big |huge |great |avid )?(?P<value>fan of) " + THING + _END,
        ),
        ended=(
            r"{S} no longer (?:love|like|enjoy|hate){s} " + THING + _END,
            r"{S} {NOT} (?:really )?(?:like|love|enjoy) " + THING + r"(?= any ?more\b)",
        ),
    ),
    Relation(
        name="diet",
        reads="{s}'s diet: {o} {k}",
        triggers=" ".join(" ".join(DIETS).split()) + " eat eats meat pork",
        values={"not eat": "avoids"},
        default="follows",
        says=(
            r"{BE} {adv}" + _KIND,
            r"{SINCE} been {adv}" + _KIND,
            r"{HAVE} {adv}(?:gone|went|turned|become|became) " + _KIND,
            r"{BE} {adv}on an? (?:strict )?" + _DIET + r" diet\b",
            r"{S} {adv}(?:eat|keep){s} (?:strictly |only )?" + _DIET + _END,
            r"{S} (?P<value>{NOT} eat) (?P<key>meat|pork|beef|fish|dairy|gluten|eggs|seafood|"
            r"sugar|red meat|wheat|nuts|animal products)" + _END,
        ),
        ended=(
            r"{BE} (?:no longer|not) (?:a |an )?" + _DIET + r"(?= any ?more\b)",
            r"{BE} no longer (?:a |an )?" + _DIET + _END,
            r"{HAVE} (?:stopped being|given up being) (?:a |an )?" + _DIET + _END,
        ),
    ),
    Relation(
        name="allergy",
        reads="{s} {o} an allergy to {k}",
        triggers="allergic allergy intolerant outgrew outgrown",
        default="has",
        says=(
            r"{BE} {adv}(?:(?:very|severely|highly|deathly|badly|mildly) )?allergic to "
            + _ALLERGEN + r"\b",
            r"{HAVE} {adv}(?:a|an) (?:(?:severe|bad|mild|serious) )?" + _ALLERGEN + r" allergy\b",
            r"{S} ha(?:ve|s) {adv}(?:a|an) (?:(?:severe|bad|mild|serious) )?" + _ALLERGEN
            + r" allergy\b",
            r"{BE} {adv}(?P<key>lactose|gluten)[ -]intolerant\b",
        ),
        ended=(
            r"{BE} (?:no longer|not) allergic to " + _ALLERGEN + r"(?= any ?more\b)",
            r"{BE} no longer allergic to " + _ALLERGEN + r"\b",
            r"{HAVE} {adv}outgr(?:ew|own) {THEIR} " + _ALLERGEN + r" allergy\b",
        ),
    ),
    Relation(
        name="pet",
        reads="{s}'s {o} is called {k}",
        triggers=" ".join(SPECIES),
        default="pet",
        says=(
            r"{S} (?:ha(?:ve|s)|own{s}) (?:a|an) (?:new )?" + _PET + r" (?:named|called) "
            r"" + _KEY_NAME,
            r"{HAVE} {adv}(?:got|adopted|bought) (?:a|an) (?:new )?" + _PET + r" (?:named|called) "
            + _KEY_NAME,
            r"{MY} (?:new )?" + _PET + r"(?:'s name is|’s name is| is called| is named) "
            r"" + _KEY_NAME,
        ),
        ended=(
            r"{MY} (?:old |late |beloved |dear |poor )?(?:" + "|".join(SPECIES) + r"),? "
            r"" + _KEY_NAME
            + r",? (?:has )?(?:just |sadly )?(?:died|passed away)(?! (?:laughing|inside|of bore))",
        ),
    ),
    Relation(
        name="family",
        reads="{s}'s {o} is called {k}",
        triggers=" ".join(RELATIVES),
        default="relative",
        says=(
            r"{S} ha(?:ve|s) (?:a|an) " + _KIN + r" (?:named|called) " + _KEY_NAME,
            r"{MY} " + _KIN + r"(?:'s name is|’s name is| is called| is named) " + _KEY_NAME,
        ),
    ),
    Relation(
        name="has birthday",
        reads="{s} has birthday {o}",
        triggers="birthday born",
        says=(),
        also=(
            r"{MY} birthday is (?:on )?" + _DATE,
            r"{S} was born (?:on |in )(?:" + _DATE[:-1] + r"|(?:19|20)\d\d))\b",
        ),
        aliases="birthday,born on,date of birth",
    ),
    Relation(
        name="status",
        reads="{s}: the status of {k} is {o}",
        triggers="project launched shipped cancelled canceled",
        impersonal=True,
        values={"completed": "complete", "canceled": "cancelled", "underway": "under way"},
        default="",
        says=(
            r"(?:Our |our |The |the )?(?:Project|project) " + _PROJECT + r" (?:is|has been|was) "
            r"(?:now |still "
            r"|finally |officially |currently |being )?" + _STATUS + _END,
            r"(?:[Oo]ur|[Tt]he) " + _PROJECT + r" project (?:is|has been|was) (?:now |still |"
            r"finally "
            r"|officially |currently )?" + _STATUS + _END,
            r"(?:I|[Ww]e) (?:have |finally |just )*(?P<value>launched|shipped|finished|cancelled|"
            r"canceled|paused|abandoned) (?:Project|project) " + _PROJECT + _END,
        ),
    ),
)  # fmt: skip
"""The keyed relations, and the birthday, of which a day and a year may both be told."""
