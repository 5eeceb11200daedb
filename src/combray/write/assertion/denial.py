"""Whether a clause denies a fact, and not its reason, its manner or how much of it there is.

"I don't live in Ghent because it's cheap" still lives in Ghent. A denial with "any more" or "no
longer" says that something was and is over; one without says so only where nothing follows that it
may be about.
"""

from __future__ import annotations

import re

_NOT = re.compile(r"n['’]t\b|\bnot\b|\bnicht\b|\bno\b(?! longer)")
_LONGER = re.compile(
    r"\b(?:any ?more|any longer|no longer|these days|nowadays|now|nicht mehr|ya no)\b", re.I
)
_ENDS = re.compile(r"\W*$|\s*[.!…\n]")
_GOES_ON = re.compile(r"^\s*+[,;–—-]++\s?(?:I|i|we|my|it)\b|^\s*+[,;–—-]*+\s?(?:and|but)\b")
_OTHER_REASON = re.compile(
    r"\b(?:but|just|only|rather|not|it['’]s) (?:because|for the|due to|out of|since)\b", re.I
)
_TODAY = re.compile(r"\b(?:any ?more|any longer) (?:than|today|tonight)\b", re.I)
_SENTENCE = re.compile(r"[^.!?\n]*")


def denies_plainly(words: str, after: str, *, replaced: bool = False) -> bool:
    """Return whether the words of an end, and what stands after them, deny the fact itself.

    `replaced` says that another value is told in the same message.
    """
    rest = _SENTENCE.match(after)
    if rest is not None and _OTHER_REASON.search(rest.group()) is not None:
        return False
    if _TODAY.search(words[-12:] + after[:24]) is not None:
        return False
    if _NOT.search(words) is None or _LONGER.search(words + after[:14]) is not None:
        return True
    if _ENDS.match(after) is not None:
        return True
    return replaced and _GOES_ON.match(after) is not None
