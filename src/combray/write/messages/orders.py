"""Orders to the assistant or its memory, in the languages that people write.

A text is read as a reader sees it: NFKC, without characters of no width, with its lines joined.
Where characters that nobody sees stand in it, they are read as nothing and as spaces; where letters
look like Latin ones, or carry marks, they are read as these too.
What people tell each other to do, in runbooks, policies, e-mails and recipes, is no order here: an
order sets aside the assistant's instructions, gives it another part to play or an answer to give,
speaks as its system, hides something from its user, sends the user's words away, or writes its
memory. `orders.txt` has the patterns, one a line; every one is bounded, so the time is linear in
the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

from combray.core.fold import BLANK, INVISIBLE, bare

_PARTS = {
    "{NEAR}": r"[^.!?。！？]{0,30}?",
    "{FAR}": r"[^.!?。！？]{0,70}?",
    "{PLACE}": r"(?:https?://|www\.|\S{1,64}@|[\w-]{1,63}\.[a-z]{2,12}\b)",
}
"""What the patterns have in common: some words of the same sentence, and where things are sent."""
_VOICE = "@ "
"""Begins a pattern that is asked about the lines of a text, not about its sentences."""
_START = r"\b"
"""Begins a pattern, in all its branches, whose match begins with a word."""
_HIDDEN = frozenset(map(chr, INVISIBLE | BLANK))
_SHOWN = dict.fromkeys(INVISIBLE) | dict.fromkeys(BLANK, " ")
_SPACED, _JOINED = dict.fromkeys(INVISIBLE | BLANK, " "), dict.fromkeys(INVISIBLE | BLANK)
_LIKE_LATIN = {
    "АВЕІЈКМНОРСЅТУХԜӀасԁеһіјӏорԛѕухѵԝ": "ABEIJKMHOPCSTYXWIacdehijlopqsyxvw",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεηικνορτυχγ": "ABEZHIKMNOPTYXaenikvoptuxy",
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡıɩօոսհց": "abcdefghijklmnoprstuvwyzagiionuhg",
}
"""Letters of Cyrillic and Greek, small capitals and others by the Latin letters they look like."""
_SIGNS = (0x1F150, 0x1F170, 0x1F1E6)
"""Where rows of signs with the letters A to Z begin that NFKC leaves alone."""
_AS_LATIN: dict[int, str | None] = {
    **{ord(o): n for old, new in _LIKE_LATIN.items() for o, n in zip(old, new, strict=True)},
    **{first + n: chr(ord("a") + n) for first in _SIGNS for n in range(26)},
    **dict.fromkeys((*range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100))),
}


def as_seen(text: str) -> str:
    """Return a text as its reader sees it, in small letters, its lines as they were."""
    return _readings(text)[0]


def gives_orders(text: str) -> bool:
    """Return whether a text gives orders to an assistant or to its memory."""
    told, voice = _patterns()
    return any(
        voice.search(seen) is not None or told.search(" ".join(seen.split())) is not None
        for seen in _readings(text)
    )


def _readings(text: str) -> list[str]:
    """Return the ways in which a text can be read, in small letters; the likeliest first."""
    forms = [text]
    if not _HIDDEN.isdisjoint(text):
        forms = [text.translate(table) for table in (_SHOWN, _SPACED, _JOINED)]
    if text.isascii():
        return [form.lower() for form in dict.fromkeys(forms)]
    forms = [unicodedata.normalize("NFKC", form) for form in forms]
    forms += [bare(form).translate(_AS_LATIN) for form in forms]
    return list(dict.fromkeys(form.lower() for form in forms))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns for the sentences and for the lines of a text."""
    raw = resources.files(__package__).joinpath("orders.txt").read_text("utf-8")
    for name, part in _PARTS.items():
        raw = raw.replace(name, part)
    listed = [line for line in raw.splitlines() if line and not line.startswith("#")]
    voice = [line.removeprefix(_VOICE) for line in listed if line.startswith(_VOICE)]
    words = [line.removeprefix(_START) for line in listed if line.startswith(_START)]
    signs = [line for line in listed if not line.startswith((_VOICE, _START))]
    # Where no word begins, none of the patterns that begin with one need be tried.
    told = rf"{_START}(?:{'|'.join(words)})|{'|'.join(signs)}"
    return re.compile(told), re.compile("|".join(voice), re.M)
