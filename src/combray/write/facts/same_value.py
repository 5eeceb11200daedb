"""Whether two values of a relation may be one: spelled out, made finer, or lying in each other.

"Dana" and "Dana Reed", "a nurse" and "a night nurse", "Germany" and "Berlin": who says the second
has not taken back the first.
"""

from __future__ import annotations

import re

from combray.core import caches
from combray.write.assertion.places import is_known, may_contain

_SPLIT = re.compile(r"[^\W_]+")
_NUMBER = re.compile("[一二三四五六七八九十百]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_EMPTY = frozenset("the a an of and in at for my inc ltd llc corp co company corporation".split())


def ends_with(standing: str, ended: str) -> bool:
    """Return whether the end of a case-folded value may be the end of another one that stands.

    "Acme Labs" is over and Acme is not, while "Rome, Italy" spells out where Rome lies.
    """
    if not may_be_one(standing, ended):
        return False
    longer = set(_SPLIT.findall(standing)) < set(_SPLIT.findall(ended)) - _EMPTY
    longer = longer or (_CJK.search(ended) is not None and standing in ended != standing)
    return not longer or ended.startswith(f"{standing},")


@caches.words(4096)
def may_be_one(one: str, other: str) -> bool:
    """Return whether two case-folded values may be the same, as far as words and maps can tell."""
    if one == other or ("@" in one and "@" in other):
        return one == other
    first, second = (frozenset(_SPLIT.findall(each)) - _EMPTY for each in (one, other))
    if first and second and (first <= second or second <= first):
        return True
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return False
    if _CJK.search(one + other) is not None:
        return (
            _CJK.search(one) is None or _CJK.search(other) is None or one in other or other in one
        )
    if is_known(one) or is_known(other):
        return may_contain(one, other)
    return False
