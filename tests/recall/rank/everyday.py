"""Pairs of everyday statements: the second updates the first, or both hold.

The words and limits of `recall.rank.updates` were chosen on the cases of the half `dev`; those of
the half `held` were written at the same time and only counted.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from zlib import crc32


class Case(NamedTuple):
    """Two statements in a language, and a question that both might answer."""

    kind: str
    language: str
    old: str
    new: str
    question: str

    @property
    def half(self) -> str:
        """`dev` or `held`, by a hash of the newer statement."""
        return "dev" if crc32(self.new.encode()) % 2 == 0 else "held"


LINES = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
CASES = [Case(*line.split(" | ")) for line in LINES]
LATER_LINES = Path(__file__).with_name("later.txt").read_text(encoding="utf-8").splitlines()
LATER = [Case(*line.split(" | ")) for line in LATER_LINES]
"""Written by others when the words were chosen: 9 of 79 were judged wrong at first."""
UPDATES = [case for case in CASES if case.kind == "updates"]
BOTH = [case for case in CASES if case.kind == "both"]
