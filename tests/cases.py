"""One case for each system: how it is made, what it is told, what it is asked.

The laws in test_laws.py hold for every case; a system without a case fails test_architecture.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from combray.systems.text import SYSTEMS


@dataclass(frozen=True)
class TextCase:
    """A text memory by name, with the options it is made with."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


OPTIONS: Mapping[str, Mapping[str, Any]] = {}
"""Options of the systems that need some."""

TEXT_CASES = tuple(TextCase(name, OPTIONS.get(name, {})) for name in SYSTEMS)

STORY = (
    ("s1", "2024-03-02T10:00:00Z", "Ann", "I adopted a grey cat called Misty last weekend."),
    ("s1", "2024-03-02T10:01:00Z", "Bob", "How lovely! My sister is allergic to cats."),
    ("s1", "2024-03-02T10:02:00Z", "Ann", "Oh no. Does she live with you in Lisbon?"),
    ("s2", "2024-04-11T09:00:00Z", "Bob", "I started a pottery class on Thursdays."),
    (
        "s2",
        "2024-04-11T09:01:00Z",
        "Ann",
        "Pottery sounds fun, I would rather paint the mountains.",
    ),
    ("s3", "2024-05-20T18:30:00Z", "Bob", "The marathon in Porto was rainy, but I finished it."),
)
"""(session, time, speaker, words): six turns of three conversations."""

QUESTIONS = (
    ("What is the name of the grey cat?", 0),
    ("Who is allergic to cats?", 1),
    ("What class did Bob start?", 3),
    ("Was the marathon in Porto rainy?", 5),
)
"""(question, number of the turn that answers it)."""


def messages(session: str) -> list[dict[str, str]]:
    """The turns of one conversation as messages."""
    return [
        {"role": "user", "name": name, "content": text, "timestamp": moment}
        for each, moment, name, text in STORY
        if each == session
    ]
