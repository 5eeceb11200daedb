"""Layout: a text as the units it may be cut into, its lines and indents as they were.

Prose falls into sentences; code, tables, logs, lists and data fall into lines. What is too wide for
either (a line of JSON, a script without spaces) falls into pieces between commas, spaces, or
letters. A unit names those that explain it: its fence, its header row, its heading, its parents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from combray.core.text import sentences

Span = tuple[int, int]

WIDE, PIECE, SCRAP = 160, 100, 40
"""How wide a line or sentence may be, and a piece of one that is wider, with spaces or without."""
OTHER = 3
"""How wide a letter is that is not ASCII, as tokens go."""
PARENTS = 3
_FENCE = re.compile(r"^\s*+(?:```|~~~)")
_STRUCTURE = re.compile(
    r"^(?:\s*+(?:[-*+•·–]|\(?\d{1,3}[.)]|\[[ xX]\])\s+\S"  # an entry of a list
    r"|\s*+\||\s{2,}+\S|\t"  # a row of a table, an indent
    r"|\W*+(?:\d{4}-\d\d-\d\d[T ,]|\d\d?:\d\d)"  # a line of a log
    r"|#{1,6}\s|<[/\w]|Traceback "
    r"|[\w\"'. -]{1,40}[:=]\s*+\S)"  # a key with its value
)
_ENDED = re.compile(r"[.!?…。！？؟।။]['\"”’」』)\]]*$")
_HEADING = re.compile(r"#{1,6}\s")
_RULE = re.compile(r"^(?=[^-]*+-)[\s|:+-]*+$")
_CLAUSE = re.compile(r"[,;，、；،؛]\s*")
_SPACE = re.compile(r"\s+")
_DELIMITERS = "|\t,;"


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a text that is shown or left out as a whole, and the units that explain it."""

    start: int
    end: int
    anchors: tuple[int, ...] = ()


def tidy(text: str) -> str:
    """The text as a context shows it: prose on one line, everything else with its lines."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if not is_laid_out(lines):
        return " ".join(" ".join(lines).split())
    return "\n".join(lines).strip("\n")


def is_laid_out(lines: Sequence[str]) -> bool:
    """Whether the lines of a text mean something: those of code, tables, logs, lists and data."""
    full = [line for line in lines if line.strip()]
    if len(full) < 2:
        return False
    if any(map(_FENCE.match, full)):
        return True
    structured = sum(_STRUCTURE.match(line) is not None for line in full)
    unended = sum(_ENDED.search(line) is None for line in full)
    return 2 * structured >= len(full) or 2 * unended > len(full)


def units(text: str) -> list[Unit]:
    """The units of a tidy text, in order."""
    lines = _lines(text)
    if len(lines) < 2:
        return [Unit(*span) for line in lines for span in _cut(text, line)]
    explained = _anchors([text[start:end] for start, end in lines])
    pieces = [_wide(text, line) for line in lines]
    firsts = [0]
    for piece in pieces:
        firsts.append(firsts[-1] + len(piece))
    return [
        Unit(start, end, tuple(firsts[line] for line in sorted(explained[number])))
        for number, piece in enumerate(pieces)
        for start, end in piece
    ]


def width(text: str) -> int:
    """How wide a text is: ASCII letters count 1, others OTHER."""
    return len(text) if text.isascii() else sum(1 if char < "\x80" else OTHER for char in text)


def _lines(text: str) -> list[Span]:
    spans, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def _wide(text: str, line: Span) -> list[Span]:
    """A line as it stands, or in pieces when it is too wide."""
    return [line] if width(text[line[0] : line[1]]) <= WIDE else list(_cut(text, line))


def _cut(text: str, line: Span) -> Iterator[Span]:
    """The sentences of a line, those that are too wide in pieces."""
    start, end = line
    begins = [start + at for at, _ in sentences(text[start:end])] or [start]
    begins[0] = start
    for first, after in zip(begins, [*begins[1:], end], strict=True):
        last = first + len(text[first:after].rstrip())
        yield from _pieces(text, first, last)


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """A span in pieces that are not too wide: between commas, else spaces, else letters."""
    if width(text[start:end]) > WIDE:
        while (most := _reach(text, start, end, PIECE)) < end:
            if cut := _break(text[start:most]):
                stop = start + cut
            else:
                stop = _letter(text, start, _reach(text, start, end, SCRAP))
            if last := len(text[start:stop].rstrip()):
                yield start, start + last
            start = stop
    if start < end:
        yield start, end


def _reach(text: str, start: int, end: int, most: int) -> int:
    """How far a piece from `start` may reach that is at most so wide."""
    stop = min(end, start + most)
    while stop > start + 1 and width(text[start:stop]) > most:
        stop -= max(1, (width(text[start:stop]) - most) // OTHER)
    return stop


def _letter(text: str, start: int, stop: int) -> int:
    """The last place up to `stop` where no letter is parted from its marks, and no number."""
    for place in range(stop, start, -1):
        marked = unicodedata.category(text[place]).startswith("M")
        if not marked and not (text[place - 1] + text[place]).isdecimal():
            return place
    return stop


def _break(window: str) -> int:
    """Where a window is best cut: after its last comma or space, not before its middle; else 0."""
    for sign in (_CLAUSE, _SPACE):
        ends = [m.end() for m in sign.finditer(window) if 2 * m.end() > len(window)]
        if ends:
            return ends[-1]
    return 0


def _anchors(lines: Sequence[str]) -> list[set[int]]:
    """For each line the lines that explain it."""
    found: list[set[int]] = [set() for _ in lines]
    fenced = _fences(lines)
    heading: int | None = None
    parents: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if number in fenced:
            found[number] |= {*fenced[number]} - {number}
        elif _HEADING.match(line):
            heading = number
        if heading is not None:
            found[number].add(heading)
        indent = len(line) - len(line.lstrip())
        while parents and parents[-1][0] >= indent:
            parents.pop()
        found[number] |= {parent for _, parent in parents[-PARENTS:]}
        parents.append((indent, number))
        found[number].discard(number)
    for start, stop in _tables(lines):
        head = {start, start + 1} if _RULE.match(lines[start + 1]) else {start}
        for number in range(start + 1, stop):
            found[number] |= head - {number}
    return found


def _fences(lines: Sequence[str]) -> dict[int, Span]:
    """The fence (first line, last line) of each line inside one."""
    found: dict[int, Span] = {}
    begun: int | None = None
    for number, line in enumerate(lines):
        if not _FENCE.match(line):
            continue
        if begun is None:
            begun = number
        else:
            found.update((inside, (begun, number)) for inside in range(begun, number + 1))
            begun = None
    return found


def _tables(lines: Sequence[str]) -> Iterator[Span]:
    """Runs of three rows and more with the same number of the same delimiter, twice or more."""
    for sign in _DELIMITERS:
        counts = [line.count(sign) for line in lines]
        least = 1 if sign in "|\t" else 2
        start = 0
        for number in range(1, len(lines) + 1):
            if number == len(lines) or counts[number] != counts[start]:
                if counts[start] >= least and number - start >= 3:
                    yield start, number
                start = number
