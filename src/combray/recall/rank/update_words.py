"""The words by which statements say that something is new, changed, was added, or happened once.

English, German, French, Spanish, Italian, Portuguese, Chinese and Japanese; all in lower case. They
only tell when to trust a likeness of words less or more: in other languages it is found without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+(?:[.,:/@+-][^\W_{_CJK}]+)*")
_NOT_SO = re.compile(
    r"もう(?=[^。]{1,16}(?:ません|ない))|(?:では|じゃ)(?:ありません|ない(?:です)?)|(?<=[^あ])ません"
)
_SHORT = re.compile(r"(?<=\w)['’](m|re|s)\b")
_FULL = {"m": " am", "re": " are", "s": " is"}


def split(text: str) -> list[str]:
    """The words of a text as they stand, short forms of `be` written out.

    Chinese and Japanese come character by character.
    """
    if "'" in text or "’" in text:
        text = _SHORT.sub(lambda found: _FULL[found[1]], text)
    if "ません" in text or "ない" in text:
        text = _NOT_SO.sub(_plain_not, text)
    return _WORD.findall(text)


def _plain_not(found: re.Match[str]) -> str:
    """A Japanese denial as what it denies and a word of OVER."""
    said = found[0]
    return "" if said == "もう" else "ます不" if said == "ません" else "です不"


class Phrases:
    """Words and phrases, with commas between; `*` at the end of a word stands for more letters."""

    def __init__(self, told: str) -> None:
        phrases = [phrase.strip() for phrase in told.split(",")]
        self._stems = tuple(phrase[:-1] for phrase in phrases if phrase.endswith("*"))
        self._of: dict[str, list[list[str]]] = {}
        for words in (split(phrase) for phrase in phrases if not phrase.endswith("*")):
            self._of.setdefault(words[0], []).append(words)

    def find(self, words: Sequence[str]) -> tuple[int, int]:
        """From where to where the first of them stands in some words; (0, 0) for none."""
        if not self._stems and self._of.keys().isdisjoint(words):
            return 0, 0
        for start, word in enumerate(words):
            for phrase in self._of.get(word, ()):
                if words[start : start + len(phrase)] == phrase:
                    return start, start + len(phrase)
            if self._stems and word.startswith(self._stems):
                return start, start + 1
        return 0, 0

    def within(self, words: Sequence[str]) -> str:
        """The first of them in some words, as it stands there; empty for none."""
        start, end = self.find(words)
        return " ".join(words[start:end])


NOW = Phrases(
    "now, nowadays, currently, these days, by now, as of now, from now on, at the moment, "
    "meanwhile, instead, since then, finally, officially, actually, "
    "jetzt, nun, mittlerweile, inzwischen, derzeit, aktuell, ab sofort, stattdessen, neuerdings, "
    "seitdem, maintenant, désormais, dorénavant, à présent, actuellement, à la place, "
    "ahora, actualmente, a partir de ahora, desde ahora, en su lugar, "
    "ora, adesso, attualmente, ormai, d'ora in poi, invece, "
    "agora, atualmente, a partir de agora, em vez disso, "
    "现在, 如今, 目前, 从今以后, 从现在起, 而是, 現在, 今では, 今は, これからは, 代わりに"
)
"""They say that it is so now; a comparison leaves them out."""

NEW = frozenset(
    "new neue neuer neues neuen neuem nouvelle nouveau nouvel nueva nuevo nuova nuovo nova novo"
    " 新".split()
)
"""They say so of a noun, after a word of THE."""

NO_LONGER = Phrases(
    "no longer, anymore, any more, any longer, nicht mehr, ne plus, ya no, non più, já não, "
    "stopped, quit, gave up, given up, habe aufgehört, ho smesso di, dejé de, deixei de, "
    "j'ai arrêté de, 不再, 戒了, もう"
)
"""They say that something is over."""

CHANGED = Phrases(
    "change*, switched, moved, migrated, renamed, updated, upgraded, replaced, became, "
    "rescheduled, postponed, transferred, converted, relocated, raised, lowered, increased, "
    "reduced, rose to, went up to, went down to, dropped to, fell to, grew to, corrected, "
    "correction, rather than, "
    "geändert, gewechselt, wechselt*, umgezogen, umgestiegen, umgestellt, verschoben, ersetzt, "
    "umbenannt, gezogen, verlegt, erhöht, gesenkt, "
    "déménag*, remplac*, renomm*, reporté, reportée, changé, changée, déplac*, passé à, "
    "passée à, devenu*, "
    "cambió, cambié, cambiado, cambiada, cambiato, cambiata, "
    "mudé, mudó, mudado, mudada, reemplaz*, renombr*, aplaz*, pasó a, trasladé, trasladó, "
    "trasferit*, sostituit*, spostat*, rinviat*, diventat*, passato a, passata a, "
    "subió, bajó, aumentó, subiu, baixou, salito, salita, sceso, scesa, augmenté, augmentée, "
    "baissé, "
    "gestiegen, gesunken, steigt auf, sinkt auf, "
    "mudou, mudei, troquei, trocou, substituí, substituiu, adiad*, alterad*, "
    "改成, 改为, 改到, 改用, 改名, 改了, 换成, 换到, 换了, 換成, 搬到, 搬去, 搬家, "
    "变成, 變成, 变为, "
    "涨到, 涨了, 降到, 降了, 上涨, 下降, 上がり, 下がり, 調到, 调到, 升级, 推迟, "
    "变更, 変更, 変わ, 変え, 引っ越, 乗り換え, 移りました, 移った, "
    "になりました"
)
"""They say that it was otherwise before."""

BESIDE = Phrases(
    "also, too, as well, another, a second, a third, a different, my second, my other, our other, "
    "additionally, in addition, besides, both, along with, alongside, sometimes, occasionally, "
    "on weekends, part-time, part time, either, "
    "auch, außerdem, zusätzlich, zudem, noch ein, noch eine, noch einen, weitere*, zweite*, "
    "manchmal, nebenbei, sowohl, aussi, également, en outre, de plus, un autre, une autre, "
    "deuxième, parfois, también, además, otro, otra, otros, otras, segundo, segunda, a veces, "
    "anche, inoltre, un altro, un'altra, un secondo, una seconda, a volte, também, além, outro, "
    "outra, às vezes, 也, 又, 还有, 还会, 还在, 還, 另, 第二, 以及, 同时, 有时, にも, とも, また, "
    "二つ目, 二人目, もう一, 時々"
)
"""They say that two things hold beside each other."""

ONCE = Phrases(
    "yesterday, today, tonight, last night, last week, last weekend, last month, last year, "
    "last time, last monday, last tuesday, last wednesday, last thursday, last friday, "
    "last saturday, last sunday, last summer, last winter, this morning, this afternoon, "
    "this evening, this week, this weekend, this time, ago, the other day, "
    "gestern, heute, vorgestern, letzte*, aujourd'hui, hier soir, avant-hier, ce matin, ce soir, "
    "la semaine dernière, le mois dernier, ayer, hoy, anoche, la semana pasada, el mes pasado, "
    "esta mañana, esta tarde, ieri, oggi, stamattina, stasera, la settimana scorsa, ontem, hoje, "
    "昨天, 今天, 昨晚, 今晚, 今早, 上周, 上个, 刚才, 昨日, 今日, 今朝, 先週, 先月"
)
"""They tie a statement to a day of its own: what happened on another day happened too."""

FROM = frozenset("from von vom de del desde da dal do 从 從 instead".split())
"""They stand in front of what was before."""

OVER = frozenset(
    "not no never longer anymore any more do does did don doesn didn isn aren wasn won t can "
    "cannot nicht kein keine keinen keinem keiner nie mehr ne n pas plus jamais ya nunca non mai "
    "più não já mais 不 没 沒 再 了 もう".split()
)
"""They turn a statement into its opposite; a comparison of opposites leaves them out."""

ASKING = Phrases(
    "what, who, whom, whose, where, when, which, why, how, "
    "was, wer, wo, wann, wie, welche*, wohin, woher, quoi, que, quel*, qui, où, quand, comment, "
    "qué, quién, dónde, cuándo, cómo, cuál, cuánto, cuánta, che, chi, dove, quando, come, qual*, "
    "quem, onde, como, 什么, 什麼, 谁, 誰, 哪, 几, 多少, 怎, 何, どこ, どの, いつ, どう, いくつ"
)
"""A question with one of them asks for a value, one without asks whether it is so."""

HAPPENED = frozenset(
    "bought went saw ate met read drank ran made cooked lost found won sent took had did baked "
    "wrote sold gave got heard caught swam drove flew paid spent told said thought came left "
    "gekauft gegessen gesehen getroffen besucht gelesen getrunken gemacht gekocht bestellt "
    "bekommen verloren gefunden kaufte aß sah traf besuchte las acheté mangé vu vue rencontré "
    "visité lu bu fait commandé reçu perdu trouvé allé allée compré comí vi visité leí bebí hice "
    "pedí recibí perdí encontré fui comprato mangiato visto incontrato visitato letto bevuto fatto "
    "comprei comi vi visitei li bebi fiz 买 吃 看 见 去 喝 读".split()
)
"""Verbs of what happens and is over: it may happen again otherwise."""

SEVERAL = frozenset(
    "love loves like likes enjoy enjoys adore adores hate hates dislike dislikes know knows speak "
    "speaks play plays have has own owns want wants need needs see sees collect collects include "
    "includes contain contains support supports mag mögen liebe liebt hasse spreche spricht spiele "
    "spielt habe hat kenne aime aimes déteste parle joue ai connais adore amo ama odio hablo habla "
    "juego juega tengo tiene conozco gusta gustan encanta parlo parla gioco ho ha piace piacciono "
    "falo fala jogo tenho tem gosto 喜欢 爱 有 会 会说 会用 会弹 会写 讨厌".split()
)
"""Verbs that have many objects at once."""

BETWEEN = frozenset(
    "in at on by for with of to from into as about than mit von bei für zu aus auf über nach an am "
    "im zum zur beim avec de du des par pour chez en dans sur à au aux con por para desde sobre di "
    "da per su del della nel nella com em no na do pelo pela".split()
)
"""Words that join a name or verb to what follows."""

BE = frozenset(
    "is are was were am be been being ist sind war waren bin est sont était suis es está son era "
    "estoy soy è sono é são estou sou 是 为 叫".split()
)
"""Forms of `be`."""

WHO = frozenset("i we you he she they ich wir er sie je j nous il elle yo 我 们 他 她".split())
"""Who does something."""

THE = frozenset(
    "a an the my our your his her its their der die das den dem ein eine mein meine meinen meinem "
    "meiner unser unsere le la les l un une mon ma mes notre nos el los las mi mis nuestro nuestra "
    "il lo gli mio mia nostro nostra o os as meu minha nosso nossa".split()
)
"""Words that stand in front of a noun."""

SMALL = (
    THE
    | WHO
    | frozenset(
        "this that these those it and or but so do does did will would can could should have has "
        "had s ve t des einen einem einer es und oder aber on et ou mais y se me que e "
        "noi i os um uma eu nós "
        "的 你 它 了 在 着 和 吧 呢 啊 一 个 個 只 条 本 部 辆 は が を に で の "
        "と 私 僕".split()
    )
)
"""Words that carry no meaning of their own, beside those above."""

EMPTY = SMALL | BE | BETWEEN
"""All words that carry no meaning of their own."""
