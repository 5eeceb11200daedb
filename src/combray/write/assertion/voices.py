"""Whose words a text holds: quotations, pasted messages, transcripts, screenplays and code.

What somebody else says is blanked, so that places in a text stay where they are. Of two readings
the one that leaves less to the speaker is taken.

    label   "Mentor: I moved to Toronto."     >   "> I live in Lyon."
    names   "MARA" on a line, her words below  e-mail  "From: …", "Ann wrote:", "Original Message"
"""

from __future__ import annotations

import re

from combray.write.patterns.vocabulary import PEOPLE

BLANK = "\1"
_QUOTED = re.compile(
    r"[\"“”„]([^\"“”„\n]*)[\"“”]|«[^«»\n]*»|「[^「」\n]*」|『[^『』\n]*』|`[^`\n]*`|"
    r"(?<!\w)['‘]([^'‘’\n]{3,400})['’](?!\w)"
)
_FENCE = re.compile(r"```")
_ALL_AFTER = re.compile(
    r"^(?:\W*+(?:(?:forwarded|original) message\b|begin forwarded message|from: \S|"
    r"(?:on|am) [^\n]{4,120} (?:wrote|schrieb)\s*+:|le [^\n]{4,120} a écrit|el [^\n]{4,120} "
    r"escribió)|"
    r"[^\n]{2,80} (?:wrote|writes|said|says|texted|emailed|replied|posted|told me)\s*+:\s*+$|"
    r"[^\n]{2,80}\b(?:chat|log|transcript|conversation|thread|message|e-?mail|letter|text|note|"
    r"post|quote|example|sentences?|article|lyrics|poem|story|script|bio|excerpt|review|"
    r"testimonial|template|form|notes?|minutes|interview|following)\b[^\n:]{0,60}:\s*+$)",
    re.I,
)
_OWN_LABEL = re.compile(
    r"^\W*+(?:(?:me|i|myself|ich|yo|我|about me|über mich|sobre mí)\b|"
    r"(?:[\w'’]++ ){0,3}(?:(?:news|update) (?:from|on) (?:me|us)|news|update|upd|"
    r"correction|edit|fyi|ps|p\.s|note|btw|fact|facts|"
    r"reminder|announcement|change|changes|summary|today|now|currently|status|answer|reason|truth|"
    r"remember|intro|introduction|basics|info|background|context|profile|tl;dr|thing|"
    r"hinweis|korrektur|neuigkeit|neuigkeiten|noticia|noticias|nota|更新|补充)|"
    r"change of address|new (?:chapter|phone|number|job|home|city|start)(?:, new (?:phone|"
    r"number|job|"
    r"home|city))?|"
    r"(?:home|work|job|family|pets?|diet|allergies|likes|dislikes|name|contact))\W*+$",
    re.I,
)
_LABEL = re.compile(
    r"^[\s*_#>•·\-–]{0,12}(?:[\[(][^\])\n]{1,40}[\])]\s*+)?(?:\d[\d:./, "
    r"-]{3,24}(?:[AaPp][Mm])?[\s,\]-]*+)?"
    r"(?P<who>[A-Za-zÀ-ÿ一-龥][^:：»\n]{0,40}?)\s*+(?:\([^)\n]{1,30}\)\s*+)?\**+\s*+(?P<mark>[:：»])"
    r"\**(?:\s|$|(?<=：))"
)
_NICK = re.compile(
    r"^\s*(?:<[^<>\n]{1,40}>\s|[A-Z]\w* \d{1,3} ?[–—-] |(?:[\[(]\d[^\])\n]{1,30}[\])] ?)\w)"
)
_COMMENT = re.compile(r"^\s*+(?://|/\*|<!--|;;|%%|-- )")
_NAMED = re.compile(
    r"[^\w\s]\W{0,6}(?:[A-Z][a-z]{1,15} ?){1,3}(?:[-–—·|,] ?|\()?[\d: apmAPM]{0,9}\)?$"
)
_DASHED = re.compile(r"(?P<who>[A-Z]\w{1,15}(?: [A-Z]\w{0,15})?) ?[–—-]{1,2} (?=(?:I|My|We|Our)\b)")
_OPENERS = frozenset(
    "yes yeah no nope hi hello hey ok okay well sure oh right great thanks anyway wow so also now "
    "actually finally sorry good nice true alas phew morning listen look guess".split()
)
_SHOUTED = re.compile(r"^\s*[A-Z][A-Z0-9 .,'’()/-]{1,60}$")
_OWN_WORDS = re.compile(r"(?:I|We|My|Our|It|That|This|Ich|Mein|Meine|Yo|Mi)(?:['’]\w+)?\b", re.I)
_OTHER_PERSON = re.compile(r"(?:my|our) (?:[\w-]+ )?(?:" + "|".join(PEOPLE) + r")\b", re.I)
_WORDS = re.compile(r"[^\n]")


def own_words(text: str) -> str:
    """Return a text of the same length in which all that the speaker does not say is blank."""
    if "```" in text:
        text = _without_fences(text)
    masked = _QUOTED.sub(_blank, text)
    if (
        "\n" not in masked
        and ":" not in masked
        and "：" not in masked
        and not _may_be_other(masked)
    ):
        return masked
    return "".join(_own_lines(masked.splitlines(keepends=True)))


def _may_be_other(text: str) -> bool:
    start = text.lstrip()[:2]
    return (
        start[:1] in ("<", ">", "[", "(")
        or "»" in text
        or any(p.match(text) for p in (_NICK, _COMMENT, _DASHED))
    )


def _own_lines(lines: list[str]) -> list[str]:
    """Return the lines with those of others blank.

    A label holds until a blank line, and a heading before a blank line ("Article:") to the end.
    """
    found: list[str] = []
    other = rest = announced = False
    for line in lines:
        bare = line.strip()
        if not bare:
            rest = rest or announced
            other = False
        elif not rest and _ALL_AFTER.match(bare):
            rest = True
        elif bare.startswith(">") or _COMMENT.match(line):
            found.append(_blanked(line))
            continue
        elif (speaks := _speaker_changes(bare)) is not None:
            other = speaks
        announced = bool(bare) and bare.endswith((":", "：")) and not is_own_label(bare[:-1])
        found.append(_blanked(line) if other or rest else line)
    return found


def _speaker_changes(line: str) -> bool | None:
    """Return whether another speaks from a line on; None when it does not say who speaks."""
    if _NICK.match(line) or _NAMED.match(line) or (_SHOUTED.match(line) and len(line) > 2):
        return True
    label = _LABEL.match(line)
    if label is None:
        return _is_dashed(line)
    who = label["who"].strip("*_ ")
    if len(who.split()) > 5 or (_OWN_WORDS.match(who) and not _OTHER_PERSON.match(who)):
        return None
    return _OWN_LABEL.match(who) is None


def _is_dashed(line: str) -> bool | None:
    """Return whether a name and a dash open a line: "Tom - I live in Ghent"; None for no."""
    dashed = _DASHED.match(line)
    if dashed is None or dashed["who"].split()[0].casefold() in _OPENERS:
        return None
    return None if _OWN_LABEL.match(dashed["who"]) else True


def is_own_label(words: str) -> bool:
    """Return whether words before a colon announce the speaker's own: "Update", "Big news"."""
    return _OWN_LABEL.match(words) is not None


def _without_fences(text: str) -> str:
    parts = _FENCE.split(text)
    return "```".join(_blanked(part) if i % 2 else part for i, part in enumerate(parts))


def _blank(match: re.Match[str]) -> str:
    return _blanked(match.group())


def _blanked(text: str) -> str:
    return _WORDS.sub(BLANK, text)
