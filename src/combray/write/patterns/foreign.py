"""How the commonest relations are said in Chinese, Spanish and German, in the first person.

A phrase begins where its clause does, so that a report, a condition or a wish in front of it leaves
it unread. A word for a job ends no other, since it may be the same one in another language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from combray.core.facts import ALSO, ENDED, IS


@dataclass(frozen=True, slots=True)
class ForeignPhrase:
    """A pattern of another language: its relation, what it says, and its words or characters."""

    relation: str
    says: str
    triggers: str
    pattern: str


_ZH = r"(?P<value>[一-龥A-Za-z]{2,10}?)"
_ZH_KEY = r"(?P<key>(?!你|我|他|她|它|这|那)[一-龥]{1,6}?)"
_ZH_END = r"(?=[。，！,.!；;、\s]|$)"
_NOW = r"(?:现在|目前|如今|刚|刚刚|已经|正式|上个月|上周|去年|今年|昨天|最近|终于|也|还)*"
_ES = (
    r"(?P<value>[A-ZÁÉÍÓÚÑ][\w'’.-]*(?: (?:(?:de|del|la|las|los|el|y) ){0,2}"
    r"[A-ZÁÉÍÓÚÑ][\w'’-]*){0,3})"
)
_ES_LEAD = r"(?:[Yy]o )?(?:(?:[Aa]hora|[Yy]a|[Aa]ctualmente|[Tt]ambién|[Hh]oy en día) )?"
_ES_KEY = r"(?P<key>(?!que\b|tu\b|mi\b|su\b|ti\b)[a-záéíóúñü]+)"
_ES_JOB = (
    r"(?P<value>profesora?|maestr[oa]|enfermer[oa]|médic[oa]|ingenier[oa]|abogad[oa]|cociner[oa]|"
    r"camarer[oa]|arquitect[oa]|programadora?|periodista|dentista|contable|conductora?|policía|"
    r"carpinter[oa]|electricista|diseñadora?|escritora?|músic[oa]|psicólog[oa]|traductora?)"
)
_DE = (
    r"(?P<value>[A-ZÄÖÜ][\wäöüß'’.&-]*(?: (?:(?:am|an der|im|von|und) )?[A-ZÄÖÜ][\wäöüß'’-]*){0,3})"
)
_DE_NOW = r"(?:(?:jetzt|nun|inzwischen|derzeit|auch|seit \w+|gerade) ){0,2}"
_DE_KEY = r"(?P<key>(?!Dich\b|Sie\b|Ihn\b|Es\b)[A-ZÄÖÜ][\wäöüß-]*)"
_DE_JOB = (
    r"(?P<value>(?:Lehrer|Krankenpfleger|Pfleger|Ingenieur|Arzt|Ärztin|Anwält|Anwalt|Köchin|Koch|"
    r"Kellner|Architekt|Programmierer|Journalist|Zahnarzt|Buchhalter|Fahrer|Polizist|Tischler|"
    r"Elektriker|Designer|Schriftsteller|Musiker|Psychologe|Psychologin|Übersetzer|Verkäufer|"
    r"Friseur|Bäcker|Krankenschwester|Student|Erzieher|Informatiker|Mechaniker)(?:in)?)"
)
_STOP_ES = (
    r"(?=\s*(?:[,.!;]|$)| (?:y|pero|porque|por|para|el|la|en|hace|ayer|hoy|después|tras|este|esta|"
    r"desde)\b)"
)
_DE_WHEN = (
    r"(?:(?:im|letzte[nsr]?|seit|vor|Ende|Anfang|Mitte|diese[nsr]?|am|gestern|kürzlich|gerade|"
    r"jetzt|"
    r"endlich|inzwischen|schon|vor kurzem)(?: [\wäöü]+){0,2}? )?"
)
_STOP = r"(?=\s*(?:[,.!;]|$)|(?: y| und| pero| aber| porque| weil)\b)"
_MAIL = r"(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_PHONE = r"(?P<value>\+?\d[\d ().-]{5,}\d)"

FOREIGN: Sequence[ForeignPhrase] = tuple(
    ForeignPhrase(*row)
    for row in (
        # ── Chinese ──────────────────────────────────────────────────────────────────────────────
        ("lives in", IS, "我", "我" + _NOW + "(?:居住|住|定居)在(?:了)?" + _ZH + _ZH_END),
        (
            "lives in",
            IS,
            "我",
            "我们?" + _NOW + "(?:搬到|搬去|搬家到|移居到?)(?:了)?" + _ZH + "(?:了)?" + _ZH_END,
        ),
        (
            "lives in",
            IS,
            "我",
            "我们?"
            + _NOW
            + "从[一-龥]{2,6}?(?:搬到|搬去|搬家到|移居到?)(?:了)?"
            + _ZH
            + "(?:了)?"
            + _ZH_END,
        ),
        ("lives in", ENDED, "我", "我(?:已经)?不(?:再)?住在" + _ZH + "了"),
        ("lives in", ENDED, "我", "我(?:们)?(?:已经)?不(?:再)?住(?:在)?" + _ZH + "了" + _ZH_END),
        (
            "works at",
            ENDED,
            "我",
            "我" + _NOW + "(?:从" + _ZH + "(?:离职|辞职|跳槽)(?:了)?)" + _ZH_END,
        ),
        ("works at", ENDED, "我", "我" + _NOW + "退休了" + _ZH_END),
        ("works at", IS, "我", "我" + _NOW + "跳槽(?:到|去)(?:了)?" + _ZH + "(?:了)?" + _ZH_END),
        ("is married to", ENDED, "我", "我" + _NOW + "离婚了" + _ZH_END),
        ("has partner", ENDED, "我", "我[和跟]" + _ZH + _NOW + "分手了" + _ZH_END),
        (
            "is of age",
            IS,
            "我",
            "我(?:今年|现在|已经|刚)*(?:满)?(?P<value>[一二三四五六七八九十百]{1,4})岁(?:了)?"
            + _ZH_END,
        ),
        ("works at", IS, "我", "我" + _NOW + "在" + _ZH + "(?:工作|上班|任职)(?:了)?" + _ZH_END),
        ("works at", ENDED, "我", "我(?:已经)?不(?:再)?在" + _ZH + "(?:工作|上班)了"),
        (
            "works as",
            ALSO,
            "我",
            "我"
            + _NOW
            + "是一?[名位个](?P<value>[一-龥]{1,4}?(?:师|士|生|员|家|长|警察|司机|教授|律师))"
            + _ZH_END,
        ),
        (
            "is called",
            IS,
            "我",
            "我(?:的名字)?(?:叫做?|是叫|名叫)(?P<value>[一-龥]{2,4})" + _ZH_END,
        ),
        ("is called", IS, "我", "我的名字(?:是|叫)(?P<value>[一-龥]{2,4})" + _ZH_END),
        ("is of age", IS, "我", "我(?:今年|现在|已经)*(?P<value>\\d{1,3})岁(?:了)?" + _ZH_END),
        (
            "has phone number",
            IS,
            "我",
            "我的(?:新)?(?:电话|手机|手机号|电话号码|手机号码)(?:是|换成了?|改成了?)[:：]?"
            + _PHONE,
        ),
        (
            "has e-mail",
            IS,
            "我",
            "我的(?:新)?(?:邮箱|电子邮箱|邮件地址)(?:是|换成了?|改成了?)[:：]?" + _MAIL,
        ),
        (
            "is married to",
            IS,
            "我",
            "我(?:的)?(?:老婆|妻子|丈夫|老公)叫(?P<value>[一-龥]{2,4})" + _ZH_END,
        ),
        (
            "allergy",
            IS,
            "我",
            "我对(?P<key>(?!工作|上班|星期|学习|谎|[他她你这那谁])[一-龥]{1,6}?)(?:严重)?过敏"
            + _ZH_END,
        ),
        ("diet", IS, "我", "我(?:现在)?(?:吃(?P<key>素)|是(?P<key2>素食)(?:者|主义者))" + _ZH_END),
        (
            "taste",
            IS,
            "我",
            "我(?:很|非常|最|特别)?(?P<value>不喜欢|喜欢|讨厌)" + _ZH_KEY + _ZH_END,
        ),
        # ── Spanish ──────────────────────────────────────────────────────────────────────────────
        ("lives in", IS, "vivo", _ES_LEAD + "[Vv]ivo (?:ahora )?en " + _ES),
        (
            "lives in",
            IS,
            "mudé mudado mudamos mudar",
            "(?:[Mm]e|[Nn]os) (?:acabo de mudar|mudé|he mudado|mudamos|hemos mudado) a " + _ES,
        ),
        ("lives in", ENDED, "vivo", "[Yy]a no vivo en " + _ES),
        ("works at", IS, "trabajo", _ES_LEAD + "[Tt]rabajo para " + _ES),
        ("works at", ENDED, "trabajo", "[Yy]a no trabajo (?:para|en) " + _ES),
        ("works as", ALSO, "trabajo", _ES_LEAD + "[Tt]rabajo (?:como|de) " + _ES_JOB + r"\b"),
        (
            "lives in",
            IS,
            "vivir vivimos mudarme mudarnos",
            r"(?:[Mm]e fui|[Nn]os fuimos|[Mm]e he ido|[Nn]os hemos ido|[Mm]e vine|[Nn]os "
            r"vinimos) a vivir a " + _ES,
        ),
        ("lives in", IS, "vivimos", _ES_LEAD + "[Vv]ivimos (?:ahora )?en " + _ES),
        ("lives in", ENDED, "vivimos", "[Yy]a no vivimos en " + _ES),
        ("lives in", ENDED, "vivir", "(?:[Dd]ejé|[Hh]e dejado) de vivir en " + _ES),
        ("works at", IS, "trabajo", _ES_LEAD + "[Tt]rabajo en " + _ES),
        (
            "works at",
            IS,
            "empecé contrató contrataron",
            "(?:[Ee]mpecé (?:a trabajar )?en|[Hh]e empezado (?:a trabajar )?en|[Mm]e contrataron "
            "en) " + _ES,
        ),
        (
            "works at",
            ENDED,
            "dejé dejado renuncié despidieron echaron despedido",
            "(?:[Dd]ejé|[Hh]e dejado|[Rr]enuncié (?:en|a)|[Mm]e (?:despidieron|echaron|han "
            "despedido|han "
            "echado) de) (?:mi (?:trabajo|puesto|empleo) en |de trabajar (?:en|para) )?"
            + _ES
            + _STOP_ES,
        ),
        (
            "works at",
            ENDED,
            "jubilé jubilado jubilada",
            "(?:[Mm]e jubilé|[Mm]e he jubilado)" + _STOP_ES,
        ),
        ("works as", ENDED, "soy", "[Yy]a no soy " + _ES_JOB + _STOP),
        ("works as", ENDED, "trabajo", "[Yy]a no trabajo (?:como|de) " + _ES_JOB + r"\b"),
        (
            "is married to",
            ENDED,
            "divorcié divorciado divorciada casado casada",
            "(?:[Mm]e divorcié|[Mm]e he divorciado|[Yy]a no estoy casad[oa](?: con "
            + _ES
            + ")?)"
            + _STOP_ES,
        ),
        (
            "is of age",
            IS,
            "cumplí cumplir cumplido tengo años",
            r"(?:[Cc]umplí|[Aa]cabo de cumplir|[Hh]e cumplido|[Yy]a tengo|[Aa]hora tengo) "
            r"(?P<value>\d{1,3})(?: años)?\b(?! de\b)",
        ),
        ("works as", ALSO, "soy", _ES_LEAD + "[Ss]oy " + _ES_JOB + _STOP),
        ("is called", IS, "llamo", "[Mm]e llamo " + _ES),
        ("is called", IS, "nombre", "[Mm]i nombre es " + _ES),
        ("is of age", IS, "tengo", _ES_LEAD + r"[Tt]engo (?P<value>\d{1,3}) años\b(?! de\b)"),
        (
            "has phone number",
            IS,
            "número teléfono",
            "[Mm]i (?:nuevo )?(?:número(?: de teléfono| de móvil)?|teléfono|móvil) es (?:el )?"
            + _PHONE,
        ),
        (
            "has e-mail",
            IS,
            "correo email",
            "[Mm]i (?:nuevo )?(?:correo(?: electrónico)?|email) es " + _MAIL,
        ),
        ("is married to", IS, "casado casada", _ES_LEAD + "[Ee]stoy casad[oa] con " + _ES),
        (
            "allergy",
            IS,
            "alérgico alérgica",
            _ES_LEAD
            + r"[Ss]oy alérgic[oa] (?:a (?:los |las |la )?|al )(?P<key>(?!trabajo|lunes|madrugar|"
            r"ejercicio|drama|estudio|deporte|mentira|gente|política)[a-záéíóúñü]+)\b" + _STOP,
        ),
        ("diet", IS, "soy", _ES_LEAD + r"[Ss]oy (?P<key>vegetarian[oa]|vegan[oa])\b" + _STOP),
        (
            "taste",
            IS,
            "gusta gustan encanta encantan",
            r"(?P<value>[Nn]o me gustan?|[Mm]e (?:gusta|encanta)n?) (?:mucho )?(?:el|la|los|las) "
            + _ES_KEY
            + _STOP,
        ),
        ("taste", IS, "odio", r"(?P<value>[Oo]dio) (?:el|la|los|las) " + _ES_KEY + _STOP),
        # ── German ───────────────────────────────────────────────────────────────────────────────
        ("lives in", IS, "wohne lebe", "[Ii]ch (?:wohne|lebe) " + _DE_NOW + "in " + _DE),
        (
            "lives in",
            IS,
            "gezogen umgezogen",
            "(?:[Ii]ch bin|[Ww]ir sind) (?:(?!nie|nicht|fast|beinahe|kaum)[a-zäöü]+ )?nach "
            + _DE
            + " (?:um)?gezogen",
        ),
        (
            "lives in",
            IS,
            "gezogen umgezogen",
            "(?:[Ii]ch bin|[Ww]ir sind|[Bb]in|[Ss]ind) "
            + _DE_WHEN
            + "(?:von "
            + _DE.replace("?P<value>", "?:")
            + " )?nach "
            + _DE
            + " (?:um)?gezogen",
        ),
        ("lives in", IS, "wohnen leben", "[Ww]ir (?:wohnen|leben) " + _DE_NOW + "in " + _DE),
        (
            "lives in",
            ENDED,
            "weggezogen gezogen",
            "(?:[Ii]ch bin|[Ww]ir sind) " + _DE_WHEN + "aus " + _DE + " (?:weg|aus)gezogen",
        ),
        ("works at", IS, "arbeite", "und arbeite (?:jetzt|nun) (?:bei|für) " + _DE),
        ("works at", IS, "angefangen", "[Ii]ch habe " + _DE_WHEN + "bei " + _DE + " angefangen"),
        (
            "works at",
            ENDED,
            "gekündigt aufgehört",
            "(?:[Ii]ch )?[Hh]ab(?:e)? " + _DE_WHEN + "bei " + _DE + " (?:gekündigt|aufgehört)",
        ),
        (
            "works at",
            ENDED,
            "rente ruhestand pensioniert",
            "[Ii]ch bin " + _DE_NOW + "(?:in Rente(?: gegangen)?|im Ruhestand|pensioniert)" + _STOP,
        ),
        (
            "works as",
            ENDED,
            "bin",
            "[Ii]ch bin (?:nicht mehr|kein|keine) " + _DE_JOB + "(?: mehr)" + _STOP,
        ),
        ("works as", ENDED, "arbeite", "[Ii]ch arbeite nicht mehr als " + _DE_JOB + r"\b"),
        (
            "is of age",
            IS,
            "geworden",
            r"(?:[Bb]in ich|[Ii]ch bin) (?:gestern |heute |gerade |jetzt )?"
            r"(?P<value>\d{1,3}) (?:Jahre alt )?geworden\b",
        ),
        (
            "is married to",
            ENDED,
            "scheiden geschieden",
            "(?:(?:[Ii]ch habe mich|[Ww]ir haben uns) "
            + _DE_WHEN
            + "(?:von "
            + _DE
            + " )?scheiden lassen|[Ii]ch bin (?:jetzt |inzwischen )?geschieden)"
            + _STOP,
        ),
        (
            "has partner",
            ENDED,
            "getrennt",
            _DE + " und ich haben uns " + _DE_WHEN + "getrennt" + _STOP,
        ),
        ("lives in", ENDED, "wohne lebe", "[Ii]ch (?:wohne|lebe) nicht mehr in " + _DE),
        ("works at", IS, "arbeite", "[Ii]ch arbeite " + _DE_NOW + "(?:bei|für) " + _DE),
        ("works at", ENDED, "arbeite", "[Ii]ch arbeite nicht mehr (?:bei|für) " + _DE),
        ("works as", ALSO, "arbeite", "[Ii]ch arbeite " + _DE_NOW + "als " + _DE_JOB + r"\b"),
        ("works as", ALSO, "bin", "[Ii]ch bin " + _DE_NOW + _DE_JOB + _STOP),
        ("is called", IS, "heiße heisse", "[Ii]ch hei(?:ß|ss)e " + _DE),
        ("is called", IS, "heiße heisse", "hei(?:ß|ss)e ich (?:jetzt |nun )?" + _DE),
        ("is called", IS, "name", "[Mm]ein (?:neuer )?Name ist " + _DE),
        ("is of age", IS, "jahre", r"[Ii]ch bin (?:jetzt )?(?P<value>\d{1,3}) Jahre alt\b"),
        (
            "has phone number",
            IS,
            "telefonnummer nummer handynummer",
            "[Mm]eine (?:neue )?(?:Telefonnummer|Handynummer|Nummer) (?:ist|lautet)(?: jetzt)? "
            + _PHONE,
        ),
        (
            "has e-mail",
            IS,
            "e-mail-adresse e-mail mail mailadresse adresse",
            "[Mm]eine (?:neue )?(?:E-Mail(?:-Adresse)?|Mailadresse) (?:ist|lautet)(?: jetzt)? "
            + _MAIL,
        ),
        ("is married to", IS, "verheiratet", "[Ii]ch bin (?:jetzt )?mit " + _DE + " verheiratet"),
        (
            "allergy",
            IS,
            "allergisch",
            r"[Ii]ch bin (?:\w+ )?allergisch (?:gegen|auf) (?P<key>(?!Montag|Arbeit|Sport|"
            r"Stress|Dummheit|Mensch|Politik|Hausarbeit|Lüge|Drama)[A-ZÄÖÜ][\wäöüß-]*)" + _STOP,
        ),
        (
            "diet",
            IS,
            "vegetarierin vegetarier veganer veganerin",
            "[Ii]ch bin (?:jetzt )?(?P<key>Vegetarier(?:in)?|Veganer(?:in)?)" + _STOP,
        ),
        (
            "diet",
            IS,
            "esse",
            "[Ii]ch (?P<value>esse kein(?:en|e)?) (?P<key>Fleisch|Fisch|Gluten|Eier)" + _STOP,
        ),
        ("taste", IS, "mag", "[Ii]ch (?P<value>mag(?: kein(?:en|e)?)?) " + _DE_KEY + _STOP),
        ("taste", IS, "liebe hasse", "[Ii]ch (?P<value>liebe|hasse) " + _DE_KEY + _STOP),
    )
)
"""Every phrase of the three languages."""

FOREIGN_VALUES = {
    "喜欢": "likes", "不喜欢": "dislikes", "讨厌": "dislikes", "me gusta": "likes",
    "me gustan": "likes", "me encanta": "likes", "me encantan": "likes", "no me gusta": "dislikes",
    "no me gustan": "dislikes", "odio": "dislikes", "mag": "likes", "mag kein": "dislikes",
    "mag keinen": "dislikes", "mag keine": "dislikes", "liebe": "likes", "hasse": "dislikes",
    "esse kein": "avoids", "esse keine": "avoids", "esse keinen": "avoids",
}  # fmt: skip
"""What verbs of the three languages say of a key."""

FOREIGN_KEYS = {"素": "素食", "report": "boss", "meat again": "vegetarian"}
"""Keys that are said in short, or in other words: who eats meat again is no vegetarian."""
