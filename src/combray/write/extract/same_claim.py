"""What two sentences that look alike may still differ in: a number, a name, a "not".

Vectors and content words pass over all three, and a memory that merges "I can eat nuts" with "I
can't" has lost what mattered.
"""

from __future__ import annotations

import re

from combray.core.entities import entities

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NOT = re.compile(
    r"n['’]t\b|\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|hardly|"
    r"nicht|kein\w*|nie|pas|jamais|rien|nunca|nada|non|mai|não|не|нет|никогда)\b|[不没沒無无别]|ない|ません",
    re.I,
)


def said_in(less: str, more: str) -> bool:
    """Whether nothing particular of one sentence is missing from another.

    Its numbers and names stand there too, and both deny as often.
    """
    return (
        len(_NOT.findall(less)) == len(_NOT.findall(more))
        and set(_NUMBER.findall(less)) <= set(_NUMBER.findall(more))
        and set(entities(less)) <= set(entities(more))
    )
