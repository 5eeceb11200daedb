"""Whether all that a Chinese, Spanish or German message says around a clause is plain.

As in `plain`, with shorter lists: a lead of greetings and times, a tail that begins with a mark, a
time or a reason, and no word of fiction, of others' words or of a passing stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from combray.write.assertion.plain import CLAUSE, LENGTH, sentences_of

_FRAMES = re.compile(
    r"\b(?:novela|cuento|juegos?|papel|obra|teatro|clase|ejemplo|frases?|traduce|traducir|dice|"
    r"dicen|dijo|dije|digo|"
    r"escribió|broma|sueños?|soñé|prueba|formulario|ejercicio|película|canción|personaje|"
    r"vacaciones|"
    r"hasta|ojalá|casi|mentira|roman|spiel|rolle|stück|beispiel|satz|übersetze|sagt|sagte|gesagt|"
    r"schreibt|schrieb|scherz|witz|traum|geträumt|test|formular|übung|film|lied|figur|urlaub|bis|"
    r"vorübergehend|fast|gelogen|quatsch|temporal|temporalmente|unos días|una semana|"
    r"es decir|digamos|vivo en (?:el|la|un|una|mi)|si esto|im kopf|jedenfalls|wenn|falls|sozusagen|"
    r"quasi|zurück|wieder da|volv[íi](?:mos)?|regres(?:é|amos)|imaginación|spaß|nur (?:unter|am|an|"
    r"kurz|samstags|sonntags)|samstags|sonntags|wochenende|fines de semana|das war|als ich|cuando "
    r"(?:era|tenía)|(?:vor|hace) (?:zehn|zwanzig|vielen|diez|veinte|muchos) \w+|por (?:un|una|dos|"
    r"tres|unos|unas) (?:días?|semanas?|mes(?:es)?))\b|小说|游戏|回来|没批|没走成|梦里|想象|"
    r"剧本|"
    r"角色|例[子句]|翻译|造句|"
    r"练习|[他她人]说|写道|说说|玩笑|[做个]梦|测试|表格|电影|歌词|出差|暂时|如果|要是|差点|骗你|假的",
    re.I,
)
_TAIL = re.compile(
    r"^\s*(?:[,.;!，。；！、]|$|(?:y|pero|porque|por (?:trabajo|mi|el|la)|con (?:mi|mis|la|"
    r"el)|desde|en "
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre)|el "
    r"(?:mes|año|verano|otoño|invierno) pasado|la semana pasada|hace (?:\w+) (?:días|"
    r"semanas|"
    r"meses|años?)|"
    r"ayer|hoy|und|aber|weil|seit|wegen|mit (?:mein\w*)|im (?:Januar|Februar|März|April|Mai|Juni|"
    r"Juli|"
    r"August|September|Oktober|November|Dezember))\b)",
)
_LEAD = re.compile(
    r"^\W*(?:(?:hola|bueno|pues|sí|ahora|ayer|hoy|por fin|al final|novedades?|noticias?|buenas "
    r"noticias|"
    r"el (?:mes|año) pasado|la semana pasada|hace \w+ \w+|desde \w+|en \w+|ayer fue mi "
    r"cumple(?:años)?|hallo|hi|ja|also|nun|"
    r"neuigkeiten|gestern|heute|endlich|seit (?:de[rm] )?\w+|letzte\w? \w+|im \w+|你好|大家好|"
    r"更新|对了|"
    r"上个?[月周]|"
    r"[去今前]年|[昨前今]天|最近|年初|终于|昨天过生日|过生日)[\s,.;:!，。！：]*){0,3}$",
    re.I,
)


def is_plain_abroad(text: str, own: str, clauses: Sequence[tuple[int, int]]) -> bool:
    """Return whether all of a Chinese, Spanish or German text around some clauses is plain."""
    if own != text or len(text) > LENGTH or _FRAMES.search(text) is not None:
        return False
    for sentence in sentences_of(text, clauses):
        lead, *others = sentence.split(CLAUSE)
        if others and not (_LEAD.match(lead) and all(map(_TAIL.match, others))):
            return False
    return True
