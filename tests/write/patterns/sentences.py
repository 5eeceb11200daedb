"""Sentences that a pattern reads, made from the pattern: one for each of its alternatives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

try:
    from re import _parser as parser  # type: ignore[attr-defined, unused-ignore]
except ImportError:  # Python 3.10
    import sre_parse as parser  # type: ignore[no-redef, unused-ignore]

PARTS = {
    "IVE": "I ", "S": "I", "BE": "I'm", "HAVE": "I have", "SINCE": "I have", "WAS": "I was",
    "DID": "I", "MY": "My", "NOT": "don't", "adv": "", "ANY": " any more", "NOW": " now",
    "NUMBER": "two", "YEARS": "two years", "MONTH": "May", "WHEN": "", "DIED": "", "JOBLIKE": "",
    "PLACE": "Paris", "ORG": "Globex", "NAME": "Maria", "JOB": "nurse", "WORK": "nurse",
    "CAR": "Toyota", "PHONE": "555-123-4567", "DIET": "vegan", "THING": "coffee",
    "EMAIL": "ann@example.org", "WORDS": "Acme",
}  # fmt: skip
"""What stands for each part that the table only names."""
BEFORE = ("", "I moved and ", "I got married and ", "I packed and ")
AFTER = (
    ".",
    " last week.",
    " now.",
    " with better pay.",
    " but I love it now.",
    " for two years.",
    " since May.",
)
MOST = 60


def sentences(pattern: str) -> Iterator[str]:
    """Make a sentence for each alternative of a pattern of the table, the others at their first."""
    for name, part in PARTS.items():
        pattern = pattern.replace("{" + name + "}", re.escape(part))
    yield from islice(dict.fromkeys(_made(parser.parse(pattern))), MOST)


def _made(parts: Any) -> Iterator[str]:
    """The texts of a sequence: as many as its part with the most alternatives has."""
    columns = [list(islice(_part(*part), MOST)) or [""] for part in parts]
    for row in zip_longest(*columns):
        filled = zip(row, columns, strict=True)
        yield "".join(column[0] if text is None else text for text, column in filled)


def _part(kind: Any, value: Any) -> Iterator[str]:
    name = str(kind)
    if name == "LITERAL":
        yield chr(value)
    elif name in ("NOT_LITERAL", "ANY"):
        yield "b"
    elif name == "BRANCH":
        for branch in value[1]:
            yield from _made(branch)
    elif name == "SUBPATTERN":
        yield from _made(value[-1])
    elif name == "IN":
        yield _one_of(value)
    elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = value
        made = [text * max(least, 1) for text in _made(inner)]
        # A space that may be left out stands between two words.
        yield from made if least or made == [" "] else ["", *made]


def _one_of(options: Any) -> str:
    kind, value = options[0]
    if str(kind) == "LITERAL":
        return chr(value)
    if str(kind) == "RANGE":
        return chr(value[0])
    return {"CATEGORY_DIGIT": "5", "CATEGORY_SPACE": " "}.get(str(value), "b")
