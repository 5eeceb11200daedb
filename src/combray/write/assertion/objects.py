"""Whether a value is what its relation needs: a place, a person's name, an employer.

"I moved to Obsidian" names no place and "call me ASAP" no name. A place is told by the lists, by
its shape, or by what is said with it ("into a flat", "for a new job"); what is none of these is
refused after "moved to", where anything can stand, and taken after "live in" unless it is a common
word or a program.
"""

from __future__ import annotations

import re

from combray.write.assertion.alternatives import any_of
from combray.write.assertion.places import is_known
from combray.write.patterns.relations import ROLES
from combray.write.patterns.vocabulary import OCCUPATIONS

_NO_PLACES = frozenset(
    "obsidian notion evernote onenote roam logseq bear todoist trello asana jira linear slack "
    "teams "
    "discord telegram signal whatsapp zoom gmail outlook fastmail protonmail proton linux windows "
    "mac macos ubuntu debian fedora arch android ios chrome firefox safari brave edge vim emacs "
    "neovim vscode pycharm intellij xcode eclipse github gitlab bitbucket git docker kubernetes "
    "aws "
    "azure gcp heroku vercel netlify cloudflare digitalocean postgres postgresql mysql mariadb "
    "sqlite mongodb redis kafka python java javascript typescript rust go golang kotlin swift ruby "
    "rails django flask react vue angular svelte spotify tidal netflix hulu youtube mastodon "
    "bluesky "
    "twitter x facebook instagram tiktok threads reddit linkedin excel word powerpoint sheets "
    "salesforce hubspot shopify stripe paypal wordpress ghost substack medium figma sketch canva "
    "photoshop premium pro plus basic free enterprise standard gold silver platinum marketing "
    "sales "
    "engineering finance accounting hr legal operations product design support research management "
    "it qa devops security logistics procurement compliance plan phase stage step level chapter "
    "part section page row table seat room lane line group team track tier class grade year week "
    "day month monday tuesday wednesday thursday friday saturday sunday january february march "
    "april may june july august september october november december spring summer autumn fall "
    "winter christmas easter hope fear denim jeans peace love pain joy sin style luxury poverty "
    "silence darkness harmony exile denial limbo chaos hell heaven paradise wonderland narnia "
    "gotham "
    "hogwarts mordor westeros neverland minecraft skyrim roblox fortnite code data cloud english "
    "french german spanish italian keto vegan thirds tears boots sweats sweatpants hoodies "
    "leggings "
    "pajamas pyjamas shorts version zone claude chatgpt gemini copilot gpt openai anthropic cursor "
    "apple google microsoft amazon meta heathrow gatwick jfk uggs crocs sneakers flannel leather "
    "cotton wool fleece yoga gym bed crutches tears".split()
)
_NO_EMPLOYERS = frozenset(
    "night nights day home midnight noon dawn dusk christmas easter free peace peanuts jesus god "
    "fun food money height heights sea large least last first once monday tuesday wednesday "
    "thursday "
    "friday saturday sunday january february march april may june july august september october "
    "november december nothing pennies change love scale speed hand work school it tips cash "
    "pleasure glory fame tokens beer coffee rent others myself "
    "yourself clients everyone women men kids people team i me my a "
    "full part mom mum dad nacht tag regen sonne schnee kerzenlicht licht musik hitze kälte sturm "
    "wind wetter bedarf freunden kunden mondschein gelegenheit".split()
)
_NO_NAMES = frozenset(
    "asap back later tomorrow today tonight anytime any now soon again monday tuesday wednesday "
    "thursday friday saturday sunday january february march april june july august september "
    "october november december crazy old old-fashioned picky weird lazy paranoid cynical biased "
    "sentimental naive stupid silly dumb maybe when whenever if never collect sir madam ma'am boss "
    "captain whatever anything names mom mum mama dad daddy papa dude bro sis work trouble happy "
    "sad lucky please only first last directly immediately urgent urgently before after sometime "
    "sometimes once twice ok okay yes no not the a an over out on at in by from to for about "
    "irresponsible selfish spoiled spoilt shallow nuts mad insane romantic skeptical sceptical "
    "a.s.a.p "
    "awesome great amazing terrible horrible nice kind busy sick ill away gone late angry cool new "
    "tough strict wonderful fantastic lovely incompetent toxic hell god satan fired leaving right "
    "hard easy pronounced spelled spelt long short common rare unusual listed missing aries taurus "
    "virgo libra scorpio sagittarius capricorn aquarius pisces irish dutch russian chinese "
    "japanese "
    "korean indian polish portuguese brazilian mexican canadian australian turkish greek swedish "
    "norwegian danish finnish swiss austrian belgian ukrainian israeli egyptian vietnamese thai "
    "fair demanding difficult impossible patient supportive smart brilliant micromanaging "
    "optimistic pessimistic conservative liberal fussy strange evil mean rude basic boring my your "
    "his her its our their that this these those there here it what who how why which legion mud "
    "john-doe unknown private none null undefined todo tbd tba test user admin guest "
    "anonymous princess prince lord lady duke count baron they grandma grandpa granny nana "
    "auntie uncle mama papa mister "
    "mistress master doctor doc professor chef king queen champ legend genius batman superman "
    "sherlock "
    "einstein santa grandmother grandfather mommy daddy hero superwoman spiderman".split()
)
_CLUBS = frozenset(
    "mastodon bluesky threads discord twitch telegram whatsapp snapchat tinder bumble hinge "
    "duolingo strava patreon substack medium goodreads letterboxd steam facebook twitter instagram "
    "tiktok reddit linkedin youtube pinterest quora signal mensa costco netflix spotify".split()
)
"""What people join as members."""
_NO_SCHOOLS = _CLUBS | frozenset(
    "starbucks costa mcdonald's mcdonalds coursera udemy edx codecademy babbel masterclass "
    "home cafe café library".split()
)
_CHINESE = re.compile("^[一-龥]++$")
_NO_CHINESE_PLACE = re.compile(
    "[这那哪我你他她它楼家学宿一二三四五六七八九十外里同山海河湖校租自]|酒店|宾馆|公司|朋友|父母|附近|旁|隔壁|"
    "郊|乡下|农村|城[里外]|市[中区]|地下|医院|亲戚|老家|国外|爸|妈|姐|妹|哥|弟|叔|姑|室友"
)
_NO_CHINESE_EMPLOYER = re.compile(
    "^(?:[这那哪我你他她它家网线外夜白早晚自独为给里]|努力|认真|学校$|公司$|办公室|工厂$|周|上午|下午|安静|"
    "拼命|辛苦|远程|单位|国外|户外|加班|兼职|一[家个]|.*[地里上下]$)"
)
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛范彭郎鲁韦马苗凤方"
    "俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅齐康伍余元卜顾孟黄穆萧尹姚邵汪祁毛狄米贝臧计戴谈宋茅庞熊纪"
    "舒屈项祝董梁杜阮蓝席季贾路江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍万柯管卢莫经房缪解应宗丁邓洪包左石崔龚程邢裴陆"
    "荣翁荀甄曲封芮储靳焦侯全班秋仲宫宁仇甘武符刘景詹龙叶司黎薄印宿白蒲卓蔺屠池乔阎温庄晏柴瞿连习艾容向古易廖耿文欧沃"
    "关曾沙丰查辛简饶空涂肖欧阳司马上官诸葛小阿老"
)
_KIND = re.compile(r"\b(?:village|town|city|suburb|hamlet|island) ")
_PLACE_SHAPE = re.compile(
    any_of(
        "burg|burgh|borough|bury|ville|ton|town|ford|field|shire|stadt|heim|land|grad|pur|abad",
        "stan|polis|bridge|port|mouth|chester|cester|minster|wick|worth|stead|haven|beach|city",
        "springs|falls|valley|island|islands|heights|hills|creek|county|village|bay|lake",
        "harbo[u]?r|wood|ham|dale|berg|dorf|hausen|hagen|bach|feld|furt|brück|ingen|sk|owo",
        "owice|owitz|itz|ovo|evo|vik|köping|holm|stad|dam|drecht|kirchen|ona|aga|ilia|polje",
        "polis|nagar|garh|kyo|saka",
    )
    + "$|^"
    + any_of(
        r"new|san|santa|santo|saint|st\.?|mt\.?|ft\.?|mount|fort|port|north|south|east|west",
        "upper|lower|los|las|el|la|le|les|bad|nueva|great|little|lake|cape|isle|villa|puerto",
        "são|sao",
    )
    + r" \w",
    re.I,
)
_SETTLES = re.compile(
    r"\b(?:house|flat|apartment|condo|studio|place|home|cottage|neighbou?rhood|city|town|village|"
    r"country|state|suburb|rent|landlord|lease|family|kids|children|husband|wife|boyfriend|"
    r"girlfriend|partner|fianc\w{1,3}|parents|abroad|university|college|job|studies|grad school|"
    r"phd|ph\.d|doctorate|master[’']?s?|postdoc|residency|fellowship|retire|retirement|"
    r"from the|permanently|for good|for work|forever)\b",
    re.I,
)
_TOOL_FOLLOWS = re.compile(
    r"^\W*(?:for (?:my|our|all|the|most|note|task|data|better)\b(?! (?:\w+['’]s )?(?:new "
    r")?(?:job|work|studies|"
    r"family|husband|wife|partner|boyfriend|girlfriend|degree|career|health|kids|children|phd|"
    r"ph\.d|doctorate|master|postdoc|residency|internship|retirement|thesis|fellowship|"
    r"parents))|"
    r"because of the (?!weather|job|climate|war|rent)|instead of (?:using|paying)|as (?:my|our) |"
    r"\d|and (?:all )?my (?:notes|files|data|tasks))",
    re.I,
)
_PART = re.compile(
    r"(?:区|街|街道|路|巷|胡同|小区|社区|弄)$|"
    r"\b(?:quarter|district|neighbou?rhood|barrio|colonia|stadtteil|viertel|bezirk|"
    r"arrondissement|quartier)\b|\w(?:viertel|bezirk)$",
    re.I,
)
_HOUSE = re.compile(r"\b(?:house|flat|apartment|condo|cottage)\b.* in \b")
_GENERIC = re.compile(
    r"^(?:home|office|store|mall|gym|beach|park|church|hospital|airport|station)$"
)


def is_place(value: str, words: str, before: str, after: str) -> bool:
    """Return whether people can live in a value, which `words` says that they live in or moved to.

    `before` and `after` are the rest of the sentence.
    """
    name = value.casefold().removeprefix("the ").strip(" .")
    if words.rstrip().endswith(("'s", "’s")):
        return False
    if _CHINESE.match(name) and _NO_CHINESE_PLACE.match(name):
        return False
    if is_known(name):
        return _TOOL_FOLLOWS.match(after) is None or "live" in words
    first, *more = name.replace(",", " ").split()
    digits = any(char.isdigit() for char in name)
    shouted = value.isupper() and len(value) > 3
    if digits or shouted or first in _NO_PLACES or (more and more[-1] in _NO_PLACES):
        return False
    if _GENERIC.match(name) or re.search(r"\w[A-Z]", value.replace("Mc", "").replace("Mac", "")):
        return False
    if _PLACE_SHAPE.search(name) is not None:
        return True
    if _KIND.search(words) is not None or _HOUSE.search(words) is not None:
        return True
    if not re.search(r"moved|relocated|emigrated|settled|home is", words):
        return value[:1].isupper() or not value.isascii()
    if _TOOL_FOLLOWS.match(after) is not None:
        return False
    origin = re.search(r"\bfrom (\w[\w' ]{1,30}?)(?: to\b|$)", words)
    if origin is not None and is_known(origin[1]):
        return True
    return _SETTLES.search(f"{before[-80:]} {after[:80]}") is not None or "," in value


def is_settled(value: str) -> bool:
    """Return whether a value is a place beyond doubt: one of the lists, or of their shape."""
    name = value.casefold().removeprefix("the ").strip(" .")
    return is_known(name) or not name.isascii() or _PLACE_SHAPE.search(name) is not None


def is_part(value: str) -> bool:
    """Return whether a value is by its name a part of a town: "朝阳区", "the Latin Quarter"."""
    return _PART.search(value) is not None


def is_employer(value: str, words: str = "") -> bool:
    """Return whether one can work for, or study at, a value."""
    name = value.casefold().removeprefix("the ").strip(" .")
    if _CHINESE.match(name):
        return _NO_CHINESE_EMPLOYER.match(name) is None
    if re.search("stud(?:y|ies)|enrolled", words) and name in _NO_SCHOOLS:
        return False
    if name in _CLUBS and re.search(r"(?i)\b(?:joined|quit|left|started)\b", words) is not None:
        return False
    if (
        is_known(name)
        and re.search(r"(?i)\b(?:left|quit|started at|for|trabajo|empecé|dejé|dejado)\b", words)
        is not None
    ):
        return False
    return bool(name) and name.split()[0] not in _NO_EMPLOYERS and not name.isdigit()


_TITLES = frozenset(
    "head lead director manager chief vp president partner senior dean principal supervisor "
    "foreman "
    "leader executive officer ceo cto cfo specialist superintendent sergeant lieutenant "
    "captain".split()
)


def is_role(value: str) -> bool:
    """Return whether a value is an occupation or a post by one of its words."""
    return any(word in OCCUPATIONS or word in _TITLES for word in value.casefold().split())


def is_name(value: str) -> bool:
    """Return whether a value can be the name of a person."""
    if _CHINESE.match(value):
        return value[0] in _SURNAMES
    words = value.casefold().split()
    if "'s " in value or "’s " in value:
        return False
    if not words or any(char.isdigit() for char in value) or words[0] in _NO_NAMES:
        return False
    return not (value.isupper() and len(value) > 2 and value.isascii())


_PLACES = frozenset({"lives in"})
_EMPLOYERS = frozenset({"works at", "studies at"})
_NAMES = frozenset(
    {"is called", "is married to", "has partner", "has", *(f"has {r}" for r in ROLES)}
)


_NO_FAVOURITE = re.compile(
    r"^(?:now |already )?(?:\w+ed|gone|sold|out|off|on|in|too|so|very|more|less|back|here|"
    r"there|not|no|being|also|"
    r"still|really|made|under|over|available|expensive|cheaper|closed|broken|full|empty|ruined|"
    r"dead|free|bad|good|better|worse|at|by|from|for|with|the reason|why|what|where|who|mine|"
    r"yours|up|down)\b",
    re.I,
)
"""What is said of a favourite thing and names none: "my favourite drink is now banned"."""


def fits(relation: str, value: str, words: str, before: str, after: str) -> bool:
    """Return whether a value is of the kind that its relation needs; True where any will do."""
    if relation in _PLACES:
        return is_place(value, words, before, after)
    if relation in _EMPLOYERS:
        return is_employer(value, words)
    if relation in _NAMES:
        return is_name(value)
    return relation != "favourite" or _NO_FAVOURITE.match(value) is None
