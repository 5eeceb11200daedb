"""Whether a value stands alone, beside others, or for a while only."""

from __future__ import annotations

import pytest

from combray.core.facts import ALSO, ENDED, IS, WAS
from combray.write.assertion.standing import standing_of


@pytest.mark.parametrize(
    ("before", "words", "after", "standing"),
    [
        ("", "I work at Lidl", ".", IS),
        ("", "I also work at Lidl", ".", ALSO),
        ("", "I work at Lidl", " too.", ALSO),
        ("", "I work at Lidl", ", too.", ALSO),
        ("", "I work at Lidl", " part-time.", ALSO),
        ("", "I work at Lidl", " on Saturdays.", ALSO),
        ("", "I work at Lidl", " twice a week.", ALSO),
        ("On weekends ", "I work at Lidl", ".", ALSO),
        ("Besides, ", "I work at Lidl", ".", ALSO),
        ("", "I have a second job at Lidl", ".", ALSO),
        ("", "I work at both Lidl", " and Aldi.", ALSO),
        ("", "I work at Lidl", " today.", None),
        ("", "I'm working at Lidl", " this morning.", None),
        ("", "I'm working at Lidl", " until Friday.", None),
        ("For the time being ", "I work at Lidl", ".", None),
        ("", "I'm working at Lidl", " on a three-month contract.", None),
        ("", "I work at Lidl", " and I swim on Saturdays.", IS),
        ("I swim on Saturdays; ", "I work at Lidl", ".", IS),
        ("", "I've been working at Lidl", " for two weeks.", IS),
        ("", "I joined Lidl", " this week.", IS),
        ("", "I joined Lidl", " for the summer.", None),
        ("", "I also moved to Lyon", " today.", IS),
    ],
)
def test_a_value_stands_as_its_clause_says(
    before: str, words: str, after: str, standing: str | None
) -> None:
    """A state may be passing or additional; an event of today has happened for good."""
    relation = "lives in" if "moved" in words else "works at"
    assert standing_of(IS, relation, before, words, after) == standing


@pytest.mark.parametrize("says", [ENDED, WAS])
def test_an_end_stands_as_it_is(says: str) -> None:
    """ "I also quit Acme today" ends Acme."""
    assert standing_of(says, "works at", "", "I also quit Acme", " today.") == says
