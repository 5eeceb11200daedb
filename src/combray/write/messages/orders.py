"""Orders to the assistant or its memory, in the languages that people write.

A text is read as a reader sees it: NFKC, without characters of no width, with its lines joined.
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

_PARTS = {
    "{NEAR}": r"[^.!?。！？]{0,30}?",
    "{FAR}": r"[^.!?。！？]{0,70}?",
    "{PLACE}": r"(?:https?://|www\.|\S{1,64}@|[\w-]{1,63}\.[a-z]{2,12}\b)",
}
"""What the patterns have in common: some words of the same sentence, and where things are sent."""
_VOICE = "@ "
"""Begins a pattern that is asked about the lines of a text, not about its sentences."""
_UNSEEN = dict.fromkeys(
    (
        *(0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)),
        *(*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080)),
    )
)
"""Characters without width: within a word they hide it from a pattern, not from a reader."""


def as_seen(text: str) -> str:
    """Return a text as its reader sees it, in small letters, its lines as they were."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_UNSEEN))
    return text.lower()


def gives_orders(text: str) -> bool:
    """Return whether a text gives orders to an assistant or to its memory."""
    seen, (told, voice) = as_seen(text), _patterns()
    return voice.search(seen) is not None or told.search(" ".join(seen.split())) is not None


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns for the sentences and for the lines of a text."""
    raw = resources.files(__package__).joinpath("orders.txt").read_text("utf-8")
    for name, part in _PARTS.items():
        raw = raw.replace(name, part)
    listed = [line for line in raw.splitlines() if line and not line.startswith("#")]
    told = [line for line in listed if not line.startswith(_VOICE)]
    voice = [line.removeprefix(_VOICE) for line in listed if line.startswith(_VOICE)]
    return re.compile("|".join(told)), re.compile("|".join(voice), re.M)
