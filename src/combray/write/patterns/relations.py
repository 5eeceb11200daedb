"""The table of functional relations: what has one value at a time, and how people say it.

Each row gives a relation's name, how a fact of it reads, the words of which one must occur, and
the phrases that state the value (`says`), one beside others (`also`), that it stopped (`ended`), or
that it is over (`was`). In a phrase, written once for "I" and for a named person:

    {S} who (I; Ann)        {BE} who is (I'm; Ann is)      {HAVE} who has (I, I've; Ann, Ann has)
    {MY} whose (my; Ann's)  {NOT} doesn't                  {s} the verb's ending
    {SINCE} who has, and no less (I've; Ann has)
    {DID} who has, or has ended something and then (I; I quit my job and; Ann sold her flat and)
    {adv} now, just, …      {PLACE} {ORG} {NAME} {JOB} {WORK} {CAR} {PHONE} {EMAIL} {TEXT} the value

{WORK} is an occupation by its last word and {CAR} begins with a maker or a model that is listed,
since "I am a father now" and "I bought a Lego set" are said the same way. A value of {PLACE}, {ORG}
and {NAME} begins with a capital: "I live in fear" states nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One functional relation and the phrases that state it.

    A keyed relation has one value for each key. `values` gives the value that some words stand for,
    and `default` the one that goes without saying. An `impersonal` one is said of a thing.
    """

    name: str
    reads: str
    triggers: str
    says: Sequence[str]
    also: Sequence[str] = ()
    ended: Sequence[str] = ()
    was: Sequence[str] = ()
    aliases: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    impersonal: bool = False

    @property
    def keyed(self) -> bool:
        """Whether there is one value for each key, such as each dish."""
        return "{k}" in self.reads

    def value_of(self, words: str) -> str:
        """Return the value that some words stand for."""
        if not self.values:
            return words or self.default
        plain = words.casefold().replace("’", "'")
        for start in ("don't ", "do not ", "doesn't ", "does not "):
            plain = plain.replace(start, "not ")
        plain = plain.replace("cannot", "can't").replace("really ", "").replace("enjoy", "like")
        plain = plain.removesuffix("s") if plain.removesuffix("s") in self.values else plain
        plain = "a fan of" if plain == "fan of" else plain
        return self.values.get(plain, plain) or self.default


_MOVED = r"(?:moved|relocated|emigrated)(?: back| over| here| house| in with \w+)*"
_KIND = r"(?:(?:a|the) (?:\w+ ){0,2}(?:village|town|city|suburb|island) (?:called |named |of )?)?"
_AWAY = r"(?: away| home| out)?(?: from [A-Z][\w ,]{0,40}?)?"
_JOB = r"(?:a|the|my)(?: new| first)? (?:job|position|role)"
_SCHOOL = (
    r"(?P<value>(?:the )?(?:[A-Z][\w'’-]* ){0,4}(?:University|College|Institute|School|Academy)"
    r"(?: (?:of|for) [A-Z]\w*(?: [A-Z]\w*)*)?)"
)
_KIN = "husband|wife|spouse"
_NUMBER = r"(?:phone |mobile |cell |cellphone |telephone )?(?:number|phone|mobile|cell|telephone)"
_MAIL = r"(?:email|e-mail)(?: address)?"
_LENT = r"(?!(?:loaner|rental|rented|hired?|borrowed|toy|model|courtesy|replacement) )"
_KEPT = r"(?:" + _LENT + r"(?:new|used|old|second-hand|\d{4}|[a-z]+) ){0,2}"
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ALONE = (
    r"(?=\s*(?:[,.!;—–]|$)|(?: any ?more| and| but| because| so| to (?!bed)| last| this (?!game)|"
    r" yesterday| today| recently| after| when| since| ago| (?:two|three|four|five|six|a few|\d+|a|"
    r"some) (?:days?|weeks?|months?|years?) ago| back in| in (?i:" + _MONTH + r"|(?:19|20)\d\d|the "
    r"(?:spring|summer|autumn|fall|winter|end))| on (?i:" + _DAY + r"|the \d)| now)\b)"
)
_DIED = (
    r"(?=\s*(?:[,.!;—–]|$)|(?: last| this (?:spring|summer|autumn|fall|winter|week|month|year|"
    r"morning)| yesterday| today| recently| when (?:I|we|our)| suddenly| peacefully| (?:two|three|"
    r"four|five|six|a few|\d+|a|some|many) (?:days?|weeks?|months?|years?) ago| of (?:cancer|a |"
    r"an |"
    r"covid|old age|natural)| from (?:cancer|a |an |covid)| in (?i:"
    + _MONTH
    + r"|(?:19|20)\d\d|an? "
    r"(?:car |plane |road )?(?:accident|crash)|hospital|(?:her|his|their) sleep)| on (?i:"
    + _DAY
    + r"|the \d)| and (?:I|we)| so )\b(?! inside| laughing| little))"
)
_WHEN = r"(?: (?:last|this|in) \w+| yesterday| today| recently)?"
_NO_SITE = r"(?!(?:Facebook|Instagram|Twitter|TikTok|Reddit|Netflix|Spotify|YouTube|LinkedIn)\b)"
ROLES = ("boss", "manager", "supervisor", "dentist", "therapist", "doctor", "landlord", "mentor")
_FRIEND = "partner|boyfriend|girlfriend|fianc[ée]e?"

RELATIONS: tuple[Relation, ...] = (
    Relation(
        name="lives in",
        reads="{s} lives in {o}",
        triggers="live lives living lived moved relocated emigrated settled based residing home",
        says=(
            r"{S} {adv}live{s} (?:back )?in {PLACE}",
            r"{BE} {adv}(?:living|based|residing) in {PLACE}",
            r"{DID} {adv}" + _MOVED + _AWAY + r" to " + _KIND + r"{PLACE}",
            r"{DID} {adv}moved in(?:to|) (?:my|our|a|the) (?:new )?(?:\w+ )?(?:flat|house|"
            r"apartment|home|place|condo|studio|cottage) in {PLACE}",
            r"{DID} {adv}settled (?:down )?in " + _KIND + r"{PLACE}",
            r"(?:Just|Recently|Finally) moved to {PLACE}",
            r"{SINCE} {adv}(?:lived|been living) in {PLACE}(?= since\b| for\b| all my)",
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
        "unemployed retired resigned quit fired laid stopped lost left hired redundant let longer",
        says=(
            r"{S} {adv}work{s} (?:at|for) {ORG}",
            r"{BE} {adv}(?:working|employed) (?:at|for|by) {ORG}",
            r"{SINCE} {adv}(?:worked|been working) (?:at|for) {ORG}(?= since\b| for\b)",
            r"{DID} {adv}(?:started|began) (?:working|" + _JOB + r") (?:at|with|for) {ORG}",
            r"{LEFT}"
            + _WHEN
            + r",? (?:and (?:then )?(?:joined|started (?:at|with))|to join) {ORG}",
            r"{S} (?:was|got|have been|has been) (?:just )?hired (?:at|by) {ORG}",
            r"{DID} {adv}(?:got|took|accepted|landed|found) " + _JOB + r" (?:at|with) {ORG}",
            r"{HAVE} {adv}joined {ORG}(?= as (?:a|an|the|their) (?!(?:\w+ )?(?:beginner|member|"
            r"user|subscriber|volunteer|fan|student|kid|child|teen|teenager|boy|girl|guest|player|"
            r"customer|patron|follower)\b))",
            r"{HAVE} {adv}(?:switched|changed) jobs? (?:from [A-Z]\w* )?to {ORG}",
            r"{MY} new (?:job|position|role) is (?:now )?(?:at|with) {ORG}",
            r"{S} (?:now )?work{s} (?:at|for) (?P<value>the (?:[a-z]+ ){0,2}(?:council|government|"
            r"university|hospital|library|police|army|navy|ministry|museum|railway|post office))"
            r"(?= now\b)",
            r"{MY} (?:new |current )?employer is (?:now )?{ORG}",
        ),
        ended=(
            r"{S} no longer work{s} (?:at|for) {ORG}",
            r"{S} {NOT} work (?:at|for) {ORG}",
            r"{BE} no longer (?:with|at|employed (?:at|by)) {ORG}",
            r"{HAVE} {adv}(?:quit|left|lost) {THEIR} (?:job|position) (?:at|with) {ORG}",
            r"{HAVE} {adv}(?:resigned from|stopped working (?:at|for)) {ORG}",
            r"{HAVE} {adv}quit "
            + _NO_SITE
            + r"{ORG}(?!['’]s?\b|(?: [\w'’-]+)? (?:newsletter|course|"
            r"group|club|app|chat|list|team|board|beta|program))",
            r"{HAVE} {adv}left {ORG}(?=" + _WHEN + r",? (?:and (?:then )?joined|to join|"
            r"and (?:then )?started (?:at|with)|after \w+ years|for a (?:new )?(?:job|role)))",
            r"{WAS} (?:fired|laid off|let go|made redundant) (?:from|by|at) {ORG}",
            r"{WAS} (?:fired|laid off|let go|made redundant)" + _ALONE,
            r"{HAVE} {adv}(?:quit|lost|left) (?:my|the|his|her|their) job" + _ALONE,
            r"{BE} {adv}(?:unemployed|retired|between jobs)" + _ALONE,
            r"{SINCE} {adv}retired" + _ALONE,
        ),
        was=(r"{S} (?:used to work|previously worked|formerly worked) (?:at|for) {ORG}",),
        aliases="work at,works for,work for,employer,employed by,employed at,company",
    ),
    Relation(
        name="works as",
        reads="{s} works as {o}",
        triggers="work works working employed promoted promotion job profession occupation now "
        "became retrained",
        says=(
            r"{S} {adv}work{s} as (?:a|an|the) {JOB}",
            r"{S} {adv}work{s} (?:at|for) (?:the )?[A-Z][\w&]*(?: [A-Z][\w&]*)* as (?:a|an) {JOB}",
            r"{BE} {adv}(?:working|employed) as (?:a|an) {JOB}",
            r"{HAVE} {adv}(?:(?:been|got|was) )?promoted to {JOB}",
            r"{HAVE} {adv}(?:got|gotten|received) a promotion to {JOB}",
            r"{BE} (?:now )?(?:a|an|the) {WORK}(?= now\b)",
            r"{BE} now (?:a|an|the) {WORK}",
            r"{HAVE} {adv}(?:became|retrained as) (?:a|an|the) {WORK}(?! of (?:philosophy|law|"
            r"letters))",
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
        triggers="name called call calls go goes",
        says=(
            r"{MY} name(?: is|'s|’s) (?:actually |now )?{NAME}\b(?! (?:to|of|for|on|in) )",
            r"{S} now (?:go|goes) by (?:the name )?{NAME}",
            r"{S} (?:go|goes) by (?:the name )?{NAME}(?= (?:now|these days|instead)\b)",
            r"{HAVE} {adv}changed (?:my|his|her|their) name to {NAME}",
        ),
        also=(
            r"{S} (?:go|goes) by (?:the name )?{NAME}\b(?! (?:now|these days|instead)\b)",
            r"{MY} (?:full|real|first|middle|legal|nick|pet|stage|pen) ?name(?: is|'s|’s) {NAME}",
            r"{BE} called {NAME}",
            r"(?:[Pp]lease |[Yy]ou can |[Jj]ust )?[Cc]all me {NAME}(?=\s*(?:[.!;]|$))",
            r"(?:[Ee]veryone|[Ee]verybody|[Pp]eople|[Mm]y friends)(?: just)? calls? me {NAME}"
            r"(?=\s*(?:[,.!;]|$| now\b))",
        ),
        aliases="name,name is,called,is named,goes by",
    ),
    Relation(
        name="has phone number",
        reads="{s} has phone number {o}",
        triggers="phone mobile cell cellphone telephone number reach",
        says=(
            r"{MY} (?:new |current )?" + _NUMBER + r" (?:is|(?:has )?changed to) (?:now )?{PHONE}",
            r"{MY} "
            + _NUMBER
            + r" (?:has |is )?changed[,;:]+ (?:it is |it's |it’s )?(?:now )?{PHONE}",
            r"{HAVE} {adv}(?:got )?a new "
            + _NUMBER
            + r"[,;:]*(?: it is| it's| it’s)?(?: now)? {PHONE}",
            r"{HAVE} {adv}(?:changed|switched) {THEIR} " + _NUMBER + r" to {PHONE}",
            r"(?:(?:[Pp]lease )?(?:use|note|save|write down) )?{MY} new "
            + _NUMBER
            + r"[:,]? {PHONE}",
            r"(?:[Yy]ou can )?(?:[Rr]each|[Cc]all|[Tt]ext) me (?:now )?(?:at|on) {PHONE}",
        ),
        aliases="phone,phone number,mobile,telephone,has phone",
    ),
    Relation(
        name="has e-mail",
        reads="{s} has e-mail {o}",
        triggers="email e-mail mail",
        says=(
            r"{MY} (?:new |current )?" + _MAIL + r" (?:is|(?:has )?changed to) (?:now )?{EMAIL}",
            r"{HAVE} {adv}(?:got )?a new "
            + _MAIL
            + r"[,;:]*(?: it is| it's| it’s)?(?: now)? {EMAIL}",
            r"{HAVE} {adv}(?:changed|switched) {THEIR} " + _MAIL + r" to {EMAIL}",
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
        triggers="married husband wife spouse divorced widow widower",
        says=(
            r"{BE} {adv}married to {NAME}",
            r"{HAVE} {adv}(?:got married to|married) {NAME}(?!['’]| and [A-Z])",
            r"{NAME} and I (?:have )?{adv}got(?:ten)? married",
            r"{MY} (?:new )?(?:" + _KIN + r")(?:'s name is|’s name is| is called| is named) {NAME}",
        ),
        ended=(
            r"{BE} {adv}divorced(?: from {NAME}|(?! from\b))",
            r"{S} {adv}(?:got|have gotten) divorced(?: from {NAME}|(?! from\b))",
            r"{S} {adv}divorced {NAME}",
            r"[Mm]y (?:" + _KIN + r") and I (?:have |are )?{adv}(?:got |gotten )?divorced",
            r"{NAME} and I (?:have |are )?{adv}(?:got |gotten )?divorced" + _ALONE,
            r"{MY} (?:late )?(?:" + _KIN + r") (?:has )?{adv}(?:died|passed away)" + _DIED,
            r"{BE} {adv}a (?:widow|widower)\b",
        ),
        was=(r"{S} used to be married to {NAME}",),
        aliases="married to,spouse,husband,wife,married",
    ),
    Relation(
        name="has partner",
        reads="{s} has partner {o}",
        triggers="partner boyfriend girlfriend fiancé fiancée fiance fiancee engaged broke split "
        "dating single together seeing",
        says=(
            r"{MY} (?:new )?(?:" + _FRIEND + r")(?:'s name is|’s name is| is called| is named) "
            r"{NAME}",
            r"{BE} {adv}(?:engaged to|dating) {NAME}",
            r"{BE} (?:now )?seeing {NAME}(?= now\b| these days\b)",
            r"{HAVE} {adv}(?:started|begun|began) (?:dating|seeing) {NAME}",
            r"{HAVE} {adv}got(?:ten)? engaged to {NAME}",
        ),
        ended=(
            r"{HAVE} {adv}(?:broke|broken|split) up with {NAME}",
            r"{NAME} and I (?:have )?{adv}(?:broke|broken|split) up(?=\s*(?:[,.!;]|$))",
            r"{NAME} and I are no longer together",
            r"[Mm]y (?:" + _FRIEND + r") and I (?:have )?{adv}(?:broke|broken|split) up" + _ALONE,
            r"{BE} single (?:now|again)\b",
            r"{BE} (?:now|newly) single\b(?!-)",
        ),
        aliases="partner,boyfriend,girlfriend,engaged to,dating",
    ),
    Relation(
        name="is of age",
        reads="{s} is {o} years old",
        triggers="years year yrs turned age now birthday",
        says=(
            r"{BE} {adv}(?P<value>\d{1,3}) (?:years|year|yrs) old\b(?! (?:in (?:\w+ years|my|"
            r"spirit)|at heart|inside|mentally))",
            r"{HAVE} {adv}turned (?P<value>\d{1,3})(?= (?:today|yesterday|last|this|on)\b|\s*"
            r"(?:[,.!;]|$))",
            r"{MY} age is (?:now )?(?P<value>\d{1,3})\b",
            r"{BE} (?P<value>\d{1,3}) now(?=\s*(?:[,.!;]|$))",
            r"(?:[Tt]oday is|[Tt]oday's|[Tt]oday’s|[Ii]t's|[Ii]t is) my (?P<value>\d{1,3})"
            r"(?:st|nd|rd|th) birthday",
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
            r"{HAVE} {adv}dropped out of (?:college|university|uni|school)\b",
            r"{HAVE} {adv}graduated(?=\s*(?:[,.!;]|$)|"
            r" (?:today|yesterday|last (?:week|month|year|spring|summer)|this (?:week|month)))",
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
        triggers="drive drives car bought sold traded replaced got gave leased swapped totalled "
        "totaled own",
        says=(
            r"{S} {adv}drive{s} (?:a|an|my|his|her) " + _KEPT + r"{ORG}",
            r"{MY} (?:new |current )?car is (?:now )?(?:a|an) " + _KEPT + r"{CAR}",
            r"{HAVE} {adv}(?:bought |got )?a new car[,:;]+ (?:it's |it is )?(?:a|an) "
            + _KEPT
            + r"{ORG}",
            r"{HAVE} {adv}(?:replaced|traded|swapped) {THEIR} [\w -]{2,30}? (?:in )?(?:for|with) "
            r"(?:a|an) " + _KEPT + r"{CAR}",
        ),
        also=(r"{DID} {adv}(?:bought|got|leased) (?:myself )?(?:a|an) " + _KEPT + r"{CAR}",),
        ended=(
            r"{S} no longer drive{s} (?:a|an|my|the|his|her) {ORG}",
            r"{S} {NOT} drive (?:a|an|my|the|his|her) {ORG}(?= any ?more\b| now\b)",
            r"{S} (?:no longer (?:own{s}|have|has)|{NOT} (?:own|have)) (?:a|my|the|his|her) car"
            + _ALONE,
            r"{HAVE} {adv}(?:sold|got rid of|gave away|totall?ed) {THEIR} (?:old )?car" + _ALONE,
            r"{HAVE} {adv}(?:sold|got rid of|gave away|totall?ed|traded in) {THEIR} (?:old )?{CAR}"
            r"(?!['’]| (?!(?:to|for|on|at|in|and|but|because|so|last|this|yesterday|today|recently|"
            r"when|since|after|now|two|three|a|online|then|as)\b))",
            r"{HAVE} {adv}(?:replaced|traded|swapped) {THEIR} (?:old )?{CAR}"
            r"(?= (?:in )?(?:for|with) )",
        ),
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
        name="has",
        reads="{s}'s {k} is {o}",
        triggers=" ".join(ROLES),
        says=(
            r"{MY} (?:new |current )?(?P<key>" + "|".join(ROLES) + r")(?: is|'s name is|’s name"
            r" is) (?:now )?(?:called |named )?{NAME}(?=\s*(?:[,.!;]|$|now\b|and\b|but\b))",
        ),
    ),
)
