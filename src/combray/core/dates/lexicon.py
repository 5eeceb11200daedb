"""The words of dates in English, German, French, Spanish, Portuguese, Italian, Chinese, Japanese.

A class of words is one letter, so that a run of tokens is a text that patterns can read:

    n number        u ordinal word    o day of a month   M month        Y year     W weekday
    h hour          j day             k week             e weekend      m month    g quarter  y year
    p minute        q so many days    ½ and a half       B ago, after a number alone
    R day from now  V year from now   K day of a week    s season       H feast    Q quarter
    L last          J the one before  P past             T this         N next
    A ago, after it a ago, before it  v German `vor`     O from now
    i in, on, at    z at, to or one   l article          d of           x part of a span
    b before        f after           c since            t until, to    F from     w between
    & and           G after, postposed  C since, postposed  U until, postposed  E from, postposed
    Z between, postposed              r part of a span, postposed
    I weekdays      ~ or

Phrases are written with spaces and match over hyphens and apostrophes too; accents of the words
that carry one may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from combray.core.fold import bare

Meaning = tuple[tuple[str, int], ...]
"""The classes of a word with a value each; more than one where a word stands for several."""

_MONTHS = (
    "january jan januar jänner janvier janv enero janeiro gennaio gen",
    "february febuary feburary feb februar feber février févr fév febrero fevereiro febbraio",
    "march mrach mar märz mrz mars marzo março",
    "april apr avril avr abril abr aprile",
    "may mai mayo maio maggio mag",
    "june jun juni juin junio junho giugno giu",
    "july jul juli juillet juil julio julho luglio lug",
    "august aug août agosto",
    "september septmber setpember sep sept septembre septiembre setiembre setembro settembre",
    "october oct oktober okt octobre octubre outubro ottobre ott",
    "november nov novembre noviembre novembro",
    "december decemeber dec dezember dez décembre déc diciembre dic dezembro dicembre",
)
_WEEKDAYS = (
    "monday montag lundi lunes segunda_feira lunedì 周一 星期一 礼拜一 週一 月曜日 月曜",
    "tuesday tuseday teusday tue tues dienstag mardi martes terça_feira martedì "
    "周二 星期二 礼拜二 週二 火曜日 火曜",
    "wednesday wendesday wensday wednsday wednessday mittwoch mercredi "
    "miércoles quarta_feira mercoledì "
    "周三 星期三 礼拜三 週三 水曜日 水曜",
    "thursday thrusday thurday thu thur thurs donnerstag jeudi jueves quinta_feira giovedì "
    "周四 星期四 礼拜四 週四 木曜日 木曜",
    "friday firday fri freitag vendredi viernes sexta_feira venerdì "
    "周五 星期五 礼拜五 週五 金曜日 金曜",
    "saturday saterday satuday samstag sonnabend samedi sábado sabato 周六 星期六 "
    "礼拜六 週六 土曜日 土曜",
    "sunday sonntag dimanche domingo domenica 周日 周天 星期日 星期天 礼拜天 週日 日曜日 日曜",
)
_MANY_WEEKDAYS = (
    "mondays montagen lundis", "tuesdays dienstagen mardis", "wednesdays mittwochen mercredis",
    "thursdays donnerstagen jeudis", "fridays freitagen vendredis",
    "saturdays samstagen sonnabenden samedis sábados sabati",
    "sundays sonntagen dimanches domingos domeniche",
)  # fmt: skip
"""Those that are another word than the one of them; alone they are no day."""
_NUMBERS = {
    1: "an one ein eine einem einer einen un une uno una um uma",
    2: "two zwei deux dos dois duas due couple couple_of a_couple_of a_couple un_par_de um_par_de "
    "un_paio_di une_paire_de",
    3: "three drei trois tres três tre few a_few several ein_paar einigen mehreren "
    "quelques plusieurs alguns algunos algunas algumas unos unas varios varias vários várias "
    "qualche alcuni alcune parecchi parecchie 几 幾 数",
    4: "four vier quatre cuatro quatro quattro", 5: "five fünf cinq cinco cinque",
    6: "six sechs seis sei", 7: "seven sieben sept siete sete sette",
    8: "eight acht huit ocho oito otto", 9: "nine neun neuf nueve nove",
    10: "ten zehn dix diez dez dieci une_dizaine_de una_decina_di",
    11: "eleven elf onze once undici",
    12: "twelve zwölf douze doce doze dodici dozen a_dozen einem_dutzend une_douzaine_de "
    "una_docena_de uma_dúzia_de una_dozzina_di",
    13: "thirteen dreizehn treize trece treze tredici", 14: "fourteen vierzehn quatorze catorce",
    15: "fifteen fünfzehn quinze quince quindici 十几 十數 十数", 16: "sixteen sechzehn seize "
    "dieciséis dezesseis dezasseis sedici", 17: "seventeen siebzehn dix_sept diecisiete dezessete "
    "diciassette", 18: "eighteen achtzehn dix_huit dieciocho dezoito diciotto",
    19: "nineteen neunzehn dix_neuf diecinueve dezenove diciannove",
    20: "twenty zwanzig vingt veinte vinte venti une_vingtaine_de una_ventina_di",
    21: "veintiún vingt_et_un ventun",
    30: "thirty dreißig dreissig trente treinta trinta trenta une_trentaine_de 几十 数十",
    40: "forty fourty vierzig quarante cuarenta quarenta quaranta",
    50: "fifty fünfzig cinquante cincuenta cinquenta cinquanta",
    60: "sixty sechzig soixante sesenta sessenta sessanta",
    70: "seventy siebzig soixante_dix setenta settanta",
    80: "eighty achtzig quatre_vingts quatre_vingt ochenta oitenta ottanta",
    90: "ninety neunzig quatre_vingt_dix noventa novanta",
    100: "hundred a_hundred one_hundred hundert einhundert cien cem cento",
}  # fmt: skip
_ORDINALS = (
    "first erste ersten erstes premier première primer primero primera primeiro primeira primo "
    "prima 第一",
    "second zweite zweiten zweites deuxième segundo segunda secondo seconda 第二",
    "third dritte dritten drittes troisième tercer tercero tercera terceiro terceira terzo 第三",
    "fourth vierte vierten viertes quatrième cuarto cuarta quarto quarta 第四",
    "fifth fünfte fünften cinquième quinto quinta 第五", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth",
)  # fmt: skip
_UNITS = {
    "p": "minute minutes min mins minuten minuto minutos minuti 分钟 分鐘 分",
    "h": "hour hours hr hrs stunde stunden heure heures hora horas ora ore 小时 小時 时间 時間",
    "j": "day days night nights tag tage tagen jour jours día días dia dias giorno giorni 天 "
    "日間 日间",
    "k": "week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane "
    "周 星期 礼拜 週 週間 周間",
    "e": "weekend weekends week_end wochenende wochenenden fin_de_semana fim_de_semana "
    "fine_settimana 周末 週末",
    "m": "个月 個月 month months monat monate monaten mois mes meses mês mese mesi "
    "か月 ヶ月 カ月 ヵ月 箇月",
    "g": "quarter quarters quartal quartals quartale quartalen vierteljahr vierteljahren "
    "trimestre trimestres trimestri 季度 四半期",
    "y": "year years yr yrs jahr jahre jahren jahres an ans année années año años ano anos "
    "anno anni",
}
UNITS = "hjkemgypq"
"""The classes of what is counted."""
_DAYS = {
    -3: "大前天 三昨日 一昨昨日 さきおととい vorvorgestern",
    -2: "day_before_yesterday the_day_before_yesterday vorgestern avant_hier anteayer antier "
    "antes_de_ayer anteontem l_altro_ieri altro_ieri ieri_l_altro avantieri 前天 前日 一昨日 "
    "おととい おとつい",
    -1: "yesterday yesturday yestreday yesterdy yeterday last_night gestern "
    "gestern_morgen gestern_abend gestern_nacht letzte_nacht hier "
    "hier_soir ayer anoche ontem ontem_à_noite ieri ieri_sera stanotte 昨天 昨日 昨晚 昨夜 きのう "
    "ゆうべ",
    0: "today tonight this_morning this_afternoon this_evening heute heute_morgen heute_abend "
    "heute_nacht aujourd_hui ce_matin ce_soir cet_après_midi hoy esta_mañana esta_tarde "
    "esta_noche hoje esta_manhã esta_noite oggi stamattina stamani stasera 今天 今日 今早 今晚 "
    "今朝 今夜 きょう",
    1: "tomorrow tommorow tomorow tommorrow demain domani amanhã mañana "
    "morgen_früh 明天 明日 明早 明晚 あした あす",
    2: "day_after_tomorrow the_day_after_tomorrow übermorgen après_demain pasado_mañana "
    "depois_de_amanhã dopodomani 后天 後天 明後日 あさって",
    3: "大后天 大後天 明々後日 しあさって",
}
_YEARS = {-2: "前年 一昨年 おととし", -1: "去年 昨年", 0: "今年 本年", 1: "明年 来年 來年"}
_SEASONS = (
    "spring springtime frühling frühjahr printemps primavera 春天 春季 春",
    "summer summertime sommer été verano verão estate 夏天 夏季 夏",
    "autumn fall herbst automne otoño outono autunno 秋天 秋季 秋",
    "winter hiver invierno inverno 冬天 冬季 冬",
)
FEASTS = {
    "christmas": "christmas christmas_day christmastime xmas weihnachten weihnacht noël navidad "
    "navidades natal natale 圣诞节 聖誕節 圣诞 クリスマス",
    "christmas eve": "christmas_eve heiligabend heilig_abend réveillon_de_noël nochebuena "
    "véspera_de_natal vigilia_di_natale 平安夜 クリスマスイブ クリスマス・イブ",
    "new year": "new_year new_years new_year_s new_year_s_day new_years_day neujahr "
    "nouvel_an jour_de_l_an año_nuevo ano_novo capodanno 元旦 新年 元日 正月 お正月",
    "new year's eve": "new_year_s_eve new_years_eve silvester réveillon nochevieja "
    "véspera_de_ano_novo san_silvestro 除夕 大晦日",
    "easter": "easter ostern pâques pascua semana_santa páscoa pasqua 复活节 復活節 "
    "イースター 復活祭",
    "halloween": "halloween 万圣节 萬聖節 ハロウィン ハロウィーン",
    "thanksgiving": "thanksgiving thanksgiving_day acción_de_gracias 感恩节 感謝祭",
    "valentine": "valentine_s_day valentines_day valentinstag saint_valentin san_valentín "
    "san_valentino 情人节 バレンタインデー バレンタイン",
    "chinese new year": "chinese_new_year lunar_new_year spring_festival 春节 春節 旧正月",
}
_HEADS = {
    "L": "last previous letzter letzte letzten letztem letztes vergangene vergangenen vergangenes "
    "vergangener vorige vorigen voriges voriger dernier dernière derniers dernières passé passée "
    "pasado pasada pasados pasadas último última últimos últimas passado passada passados passadas "
    "scorso scorsa scorsi scorse ultimo ultima ultimi ultime "
    "上个 上個 上一个 上 先の この前の 前回の",
    "P": "past 过去 過去 最近 近 ここ この 这",
    "J": "vorletzte vorletzten vorletztem vorletztes avant_dernier avant_dernière antepasado "
    "antepasada retrasado retrasada 上上 上上个 上上個 先々 先先",
    "T": "this diese dieser dieses diesem diesen ce cet cette este esta esse essa neste nesta "
    "nesse nessa questo questa quest 这个 這個 本 今",
    "N": "next coming nächster nächste nächsten nächstem nächstes kommende kommenden kommendes "
    "prochain prochaine prochains prochaines próximo próxima próximos próximas que_viene que_vem "
    "prossimo prossima prossimi prossime 下个 下個 下 来 來",
    "A": "ago fa atrás 前 之前 以前 より前",
    "a": "il_y_a hace há faz", "v": "vor vorm",
    "B": "back earlier",
    "½": "and_a_half einhalb et_demi et_demie y_medio y_media e_meio e_meia e_mezzo e_mezza 半",
    "O": "from_now 后 後 之后 之後 以后 以後",
    "i": "on at during by over around im am an zum während pendant au aux au_mois_de no na "
    "nos nas ao nel nell nella nei nelle negli al all alla durante 在 于 in dans en em dentro_de",
    "z": "a à zu",
    "l": "the der die das dem den le la les l el las il lo gli o os as ces",
    "d": "of de du des del della dell dello di d do da_s の 的 份 个 個 节 に",
    "b": "before prior_to avant avant_la antes_de antes_del antes_do antes_da antes prima_di "
    "prima_del prima_dell prima_della",
    "f": "after nach après después_de después_del después depois_de depois_do depois_da depois "
    "dopo",
    "c": "since seit depuis desde à_partir_de a_partir_de a_partire_da ab 自从 自從",
    "t": "until till up_to to through bis bis_zum jusqu_à jusqu_au jusqu_en jusque hasta até até_o "
    "fino_a "
    "fino_al fino_all fino_alla fin_al sino_a sino_al 直到 到 至",
    "F": "from vom von da dal dall dalla 从 從 自",
    "w": "between zwischen entre tra fra",
    "~": "or oder ou 或者 或",
    "&": "and und et y e ed 和 跟 与 と 及",
    "G": "より後", "C": "onward onwards 以来 以來 以降", "U": "まで までに 为止 為止",
    "E": "から 起 开始",
    "Z": "之间 之間 の間",
}  # fmt: skip
_PARTS = {
    0: "early beginning beginning_of the_beginning_of start_of the_start_of anfang début "
    "début_de principios_de a_principios_de comienzos_de inicios_de início_de começo_de inizio "
    "inizio_di l_inizio_di",
    1: "mid middle_of the_middle_of mitte mediados_de a_mediados_de meados_de metà metà_di",
    2: "late end_of the_end_of ende fin fin_de finales_de a_finales_de final_de "
    "fim_de fine fine_di",
}
_PARTS_AFTER = {0: "初 初め 上旬 头 のはじめ", 1: "中旬 半ば", 2: "末 下旬 底 の終わり"}
_SPELLED = {
    "上周": "Lk", "上星期": "Lk", "上个星期": "Lk", "上個星期": "Lk", "上礼拜": "Lk", "上週": "Lk",
    "先週": "Lk", "本周": "Tk", "这周": "Tk", "這週": "Tk", "这星期": "Tk", "这个星期": "Tk",
    "今週": "Tk", "下周": "Nk", "下星期": "Nk", "下个星期": "Nk", "下週": "Nk", "来週": "Nk",
    "上周末": "Le", "上个周末": "Le", "上週末": "Le", "先週末": "Le",
    "这周末": "Te", "这个周末": "Te",
    "今週末": "Te", "本周末": "Te", "下周末": "Ne", "来週末": "Ne", "上个月": "Lm", "上個月": "Lm",
    "上月": "Lm", "先月": "Lm", "这个月": "Tm", "這個月": "Tm", "本月": "Tm", "今月": "Tm",
    "下个月": "Nm", "下個月": "Nm", "下月": "Nm", "来月": "Nm", "上季度": "Lg", "上个季度": "Lg",
    "本季度": "Tg", "这个季度": "Tg", "前四半期": "Lg", "前の四半期": "Lg", "今四半期": "Tg",
    "先々週": "Jk", "上上周": "Jk", "先々月": "Jm",
    "上上个月": "Jm",
}  # fmt: skip
_DAYS_IN = {
    14: "fortnights quinzaines quincenas quinzenas quindicine",
    182: "semestre semestres semestri",
    3652: "decade decades jahrzehnt jahrzehnten jahrzehnts décennie décennies década décadas "
    "decennio decenni",
    1826: "lustro lustros lustri",
    36524: "century centuries jahrhundert jahrhunderten siècle siècles siglo siglos século séculos "
    "secolo secoli 世纪 世紀",
}
"""Longer units, and one that has a plural, by their days."""
_AMOUNTS = {
    "n2 k0": "fortnight quinze_jours quince_días quinze_dias quindici_giorni vierzehn_tage "
    "vierzehn_tagen une_quinzaine_de_jours une_quinzaine una_quincena uma_quinzena "
    "una_quindicina_di_giorni half_a_month half_month 半个月 半個月 半月",
    "n1 k0": "huit_jours acht_tage acht_tagen ocho_días oito_dias otto_giorni",
    "n6 m0": "half_a_year half_year einem_halben_jahr ein_halbes_jahr medio_año meio_ano "
    "demi_année une_demi_année mezz_anno mezzo_anno 半年",
    "n5 y0": "half_a_decade",
    "n50 y0": "half_a_century",
    "n30 p0": "half_an_hour einer_halben_stunde halben_stunde une_demi_heure demi_heure "
    "media_hora meia_hora mezz_ora mezza_ora 半小时 半小時 半个小时 半時間",
    "n12 h0": "half_a_day 半天",
    "n1 ½0": "anderthalb eineinhalb",
    "n2 ½0": "zweieinhalb",
    "n3 ½0": "dreieinhalb",
    "n1 m0 ½0": "mes_y_medio mês_e_meio",
    "n1 y0 ½0": "año_y_medio ano_e_meio",
    "n1 h0 ½0": "hora_y_media hora_e_meia",
    "½0 m0": "个半月 個半月",
    "½0 h0": "个半小时 個半小時",
    "M1 t0 M6": "上半年",
    "M7 t0 M12": "下半年",
}
"""Words that are several, each by its class and value; also fourteen days that are two weeks."""
_TENS = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "vingt trente quarante cinquante soixante - quatre_vingt -",
)
_ONES = (
    "one two three four five six seven eight nine",
    "ein zwei drei vier fünf sechs sieben acht neun",
    "uno dos tres cuatro cinco seis siete ocho nueve",
    "um dois três quatro cinco seis sete oito nove",
    "uno due tre quattro cinque sei sette otto nove",
    "un deux trois quatre cinq six sept huit neuf",
)
_JOINS = ("_", "und", "_y_", "_e_", "", "_")
"""The tens from twenty on, the ones, and what joins them, for each language that joins them."""
_THIS_WEEK = {
    -2: "上上 上上个",
    -1: "上 上个 上個",
    0: "本 这 這 这个",
    1: "下 下个 下個",
    2: "下下 下下个",
}
_MARKED = frozenset(
    "from von to through 到 至 in dans en em dentro_de tra fra last última último ultima "
    "ultimo".split()
)
"""Words of value 1: those that only join two ends or say of which day something is, those that
count days to come, and those that count back from now after an article, as in `the last month`."""
_NUMBERING = frozenset(("over", "at"))
"""Words of value 2: what follows them is a number before it is a year, as in `over 2000 people`."""
_BARE = frozenset("été há março mês".split())
"""Words that are others without their accent."""


def _entries() -> Iterator[tuple[str, Meaning]]:
    """Every word or phrase with what it means."""
    numbered = (
        ("M", _MONTHS, 1), ("W", _WEEKDAYS, 0), ("I", _MANY_WEEKDAYS, 0), ("u", _ORDINALS, 1),
        ("s", _SEASONS, 0),
    )  # fmt: skip
    for letter, rows, first in numbered:
        for value, row in enumerate(rows, start=first):
            yield from ((word, ((letter, value),)) for word in row.split())
    for letter, table in (("n", _NUMBERS), ("R", _DAYS), ("V", _YEARS)):
        for value, row in table.items():
            yield from ((word, ((letter, value),)) for word in row.split())
    for letter, parts in (("x", _PARTS), ("r", _PARTS_AFTER)):
        for value, row in parts.items():
            yield from ((word, ((letter, value),)) for word in row.split())
    for letter, row in (*_UNITS.items(), *_HEADS.items()):
        yield from ((word, ((letter, _mark(word)),)) for word in row.split())
    for value, row in enumerate(FEASTS.values()):
        yield from ((word, (("H", value),)) for word in row.split())
    for word, letters in _SPELLED.items():
        yield word, tuple((letter, 0) for letter in letters)
    for days, row in _DAYS_IN.items():
        yield from ((word, (("q", days),)) for word in row.split())
    for said, row in _AMOUNTS.items():
        meaning = tuple((part[0], int(part[1:])) for part in said.split())
        yield from ((word, meaning) for word in row.split())
    yield from _compounds()
    yield "mardi_gras", ()
    for week, heads in _THIS_WEEK.items():
        for head in heads.split():
            for weekday, row in enumerate(_WEEKDAYS):
                for name in row.split():
                    if not name[0].isascii() and "曜" not in name:
                        yield head + name, (("K", 7 * week + weekday),)


def _compounds() -> Iterator[tuple[str, Meaning]]:
    """Twenty-one to ninety-nine as each language joins its tens and ones."""
    ones = dict(enumerate(zip(*(row.split() for row in _ONES), strict=True), 1))
    for number, tens in enumerate(zip(*(row.split() for row in _TENS), strict=True), 2):
        for one, words in ones.items():
            for ten, word, join in zip(tens, words, _JOINS, strict=True):
                if ten == "veinti":
                    joined = ten + word
                else:
                    joined = word + join + ten if join == "und" else ten + join + word
                if "-" not in joined:
                    yield joined, (("n", 10 * number + one),)


def _mark(word: str) -> int:
    return 1 if word in _MARKED else 2 if word in _NUMBERING else 0


def _table() -> dict[str, Meaning]:
    """Every word and phrase, with and without its accents."""
    table = dict(_entries())
    for word, meaning in list(table.items()):
        if word not in _BARE:
            table.setdefault(bare(word), meaning)
    return table


def _phrases(table: dict[str, Meaning]) -> dict[str, list[tuple[tuple[str, ...], Meaning]]]:
    """The phrases by their first word, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {}
    for phrase in sorted((p for p in table if "_" in p), key=lambda p: -p.count("_")):
        first, *rest = phrase.split("_")
        found.setdefault(first, []).append((tuple(rest), table[phrase]))
    return found


WORDS = _table()
"""What each word means, in lower case; phrases with `_` between their words."""
PHRASES = _phrases(WORDS)
"""What follows the first word of each phrase, and what the phrase means."""
LONGEST = max(len(word) for word in WORDS if not word[0].isascii())
DAILY = frozenset(
    max(word.split("_"), key=len)
    for word, meaning in WORDS.items()
    if word[0].isalpha()
    and meaning
    and meaning[0][0] in "RMWIHjehA"
    and not "\u3040" <= word[0] <= "\u9fff"
)
"""A word of each Latin word or phrase without which nothing is named by the day."""
DAILY_SIGNS = frozenset("昨今明前后後日号號周週曜天末きおあしゆさ节クイハバ旦夕")
"""A character of each word by which Chinese and Japanese name a day."""
SURE = frozenset(
    "lundi mardi mercredi jeudi vendredi samedi dimanche lunedì lunedi martedì martedi mercoledì "
    "mercoledi giovedì giovedi venerdì venerdi sabato domenica".split()
)
"""Weekdays of languages that say them without a word before; in lower case they are no names."""
DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
"""The year before the first of each Japanese era of the last hundred years."""
GERMAN = frozenset(
    "ich du er sie wir ihr was wo wer wie ist war bin hat habe und nicht das".split()
)
"""Words that make `hier` the German one, which is no day."""
