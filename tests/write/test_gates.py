"""Each gate before an end is needed: without it, words that end nothing end what stood."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from combray.write.assertion import denial, objects, plain
from combray.write.patterns import fact_patterns
from tests.write.test_earned import ended

NEVER = re.compile(r"(?!)")


def _yes(*_: object, **__: object) -> bool:
    return True


def _no(*_: object, **__: object) -> bool:
    return False


ROME, ACME, BOSS = "I live in Rome.", "I work at Acme.", "My boss is Priya."
GATES: dict[str, tuple[Any, str, Callable[..., bool] | re.Pattern[str], str, str]] = {
    "all around is plain": (
        fact_patterns, "is_plain", _yes, ROME, "I moved to Paris. The game is great.",
    ),
    "all around abroad is plain": (
        fact_patterns, "is_plain_abroad", _yes, "我住在北京。", "我搬到上海了，在游戏里。",
    ),
    "all else is everyday": (
        fact_patterns, "is_plain_throughout", _yes, ROME,
        "I'm not in Rome any more, just crossed into Tuscany, four hours to go.",
    ),
    "the fact is denied": (
        fact_patterns, "denies_plainly", _yes, ACME,
        "I don't work at Acme because I like anvils, I just live next door.",
    ),
    "the value is affirmed nowhere": (
        fact_patterns, "_denies", _yes, "I live in Ghent.",
        "I don't live in Ghent, I live in Ghent because of the music.",
    ),
    "no other reason is told": (
        denial, "_OTHER_REASON", NEVER, ACME,
        "I no longer work at Acme for the money, but because of my colleagues.",
    ),
    "the end is not of a day": (
        denial, "_TODAY", NEVER, ACME, "I don't work at Acme any more today.",
    ),
    "what refers back is everyday": (
        plain, "_REFERS", NEVER, BOSS, "My new boss is Milo, he is two and wants snacks.",
    ),
    "an apposition names a body": (
        plain, "_APPOSITION", NEVER, ACME, "I quit Acme, the gym next door, too loud.",
    ),
    "a participle is everyday": (
        plain, "_DOING", NEVER, "I work as a nurse.",
        "I'm a lawyer now, arguing with insurers all day long.",
    ),
    "what is named again is everyday": (
        plain, "_names_again_plainly", _yes, ROME,
        "I moved to Paris. Paris the cat shelter room, where the shy ones are.",
    ),
    "nothing goes on": (
        plain, "_STILL", NEVER, "I live in Vienna.",
        "I live in Ottakring now, still Vienna of course, just the other side.",
    ),
    "a question is about something else": (
        plain, "_ASKS_ABOUT", NEVER, ROME, "I moved to Paris. How does that sound?",
    ),
    "a quarter is no other town": (
        fact_patterns, "is_part", _no, "我住在北京。", "我搬到朝阳区了。",
    ),
    "a favourite thing is named": (
        objects, "_NO_FAVOURITE", NEVER, "My favourite drink is tea.",
        "My favourite drink is now banned by my doctor.",
    ),
    "an office has an address": (
        fact_patterns, "_SHARED", frozenset(), "My address is 12 Elm Street.",
        "The office moved, our new address is 77 Main Street.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("gate", GATES)
def test_without_a_gate_words_end_what_stood(gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message ends nothing with the gate, and without it ends the fact."""
    module, name, off, base, said = GATES[gate]
    assert not ended(base, said)
    monkeypatch.setattr(module, name, off)
    assert ended(base, said)
