"""Read the title that a document says itself: front matter, a heading of Markdown,
AsciiDoc or HTML, or its first line.

A first line is a title when it stands above prose as titles do: short, begun in upper case, of more
names than small words, without a stop, and nothing that people open a message or a list with; or
what the first words below it say again.
"""

from __future__ import annotations

import re

LONGEST, MOST_WORDS, LEAST_BODY, REPEATED = 120, 16, 20, 20
_FRONT = re.compile(
    r"^\ufeff?\s*+(?:---|\+\+\+)[ \t]*+\n(.*?)\n(?:---|\.\.\.|\+\+\+)[ \t]*+(?:\n|$)", re.S
)
_TITLE_FIELD = re.compile(r"^title[ \t]*+[:=][ \t]*+(\S.*)$", re.M | re.I)
_HEADING = re.compile(r"^(?:#{1,3}|=)[ \t]++(\S.*)$")
_PAGE = re.compile(
    r"^\ufeff?\s*+(?:<!doctype[^<>]{0,80}>\s*+)?(?:<html[^<>]{0,200}>\s*+)?"
    r"(?:<head[^<>]{0,80}>\s*+)?<(h1|title)[^<>]{0,200}>([^<\n]{1,120})</\1>\s*+\S",
    re.I,
)
_NAMED = re.compile(r"title[ \t]*+:[ \t]*+(?=\S)", re.I)
_RULE = re.compile(r"^(?:=++|-{3,}+)\s*+$")
_LISTED = re.compile(r"[-*+•·>|{\[<~#@$]|`(?!`)|\d{1,3}[.)]\s|\d{4}-\d\d-\d\d|\d\d?:\d\d")
_OPENS = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|night)|thanks?|thank you|yes|no|ok"
    r"|okay|sure|great|please|sorry|wow|well|i|i'm|i've|my|we|you|your|select|insert|update|delete"
    r"|create|def|class|import|return|traceback|here|write|check)\b(?![-.])"
    r"|(?:user|assistant|system|human|from|to|re|fwd|subject|q|a|ps|note|question|answer)\s*:",
    re.I,
)
_SAID = re.compile(r"[,;:，；：。！？]$|(?<!\b[A-Z])(?<!Jr)(?<!Sr)(?<!Inc)(?<!Ltd)(?<!Co)\.$")
_ENDED = re.compile(r"[,;:.]$")
_ASKED = re.compile(r"[!?…]$")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"[.!?]['\"”’)\]]*(?:\s|$)|[。！？]")
_ASIDE = re.compile(r"(?<!\s)\s*+\([^)]{0,300}\)|[\"“”]")
_SMALL = 3


def title_of(text: str) -> str | None:
    """Return the title that a text says itself, or None."""
    if front := _FRONT.match(text):
        named = _TITLE_FIELD.search(front[1])
        if named:
            return _plain(named[1].rstrip().strip("\"'"))
        text = text[front.end() :]
    if page := _PAGE.match(text):
        return _plain(page[2])
    first, _, body = text.lstrip("\ufeff \t\n").partition("\n")
    first = first.strip()
    if heading := _HEADING.match(first):
        return _plain(heading[1].rstrip("#").rstrip()) if body.strip() else None
    below, _, rest = body.partition("\n")
    if _RULE.match(below) and rest.strip() and not _LISTED.match(first):
        return _plain(first)
    titled = _is_prose(body) and (_is_repeated(first, body) or _is_title(first))
    return _plain(first) if titled else None


def _plain(title: str) -> str | None:
    """A title without marks of emphasis; None when nothing or too much is left."""
    words = " ".join(_NAMED.sub("", title.strip("*_` ")).split())
    return words if 0 < len(words) <= LONGEST and _LETTER.search(words) else None


def _is_prose(body: str) -> bool:
    """Whether what stands below a line is sentences, not a list, a table, a log or code."""
    lines = [line for line in body.split("\n") if line.strip()]
    if len(body.strip()) < LEAST_BODY or any(line[0] in " \t" for line in lines):
        return False
    listed = sum(_LISTED.match(line) is not None for line in lines)
    return 2 * listed < len(lines) and _SENTENCE.search(body) is not None


def _is_repeated(line: str, body: str) -> bool:
    """Whether the first words below a line of two words and more say it again."""
    if len(line) > LONGEST:
        return False
    name = _ASIDE.sub("", line).strip().casefold()
    again = _ASIDE.sub("", body[: 2 * len(line) + REPEATED]).casefold()
    return " " in name and name in again and not _ENDED.search(name)


def _is_title(line: str) -> bool:
    words = line.split()
    if not 0 < len(words) <= MOST_WORDS or len(line) > LONGEST:
        return False
    if _LISTED.match(line) or _OPENS.match(line) or _SAID.search(line):
        return False
    named = [word for word in words if len(word) > _SMALL and _LETTER.match(word)]
    upper = sum(not word[0].islower() for word in named)
    if _ASKED.search(line):
        return len(named) > 0 and upper == len(named)
    start = _LETTER.search(line)
    return start is not None and not start[0].islower() and 2 * upper >= len(named)
