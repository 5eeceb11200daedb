"""Laws of what a denial denies."""

from __future__ import annotations

import pytest

from combray.write.assertion.denial import denies_plainly


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ("I don't live in Ghent", "."),
        ("I don't live in Ghent", " anymore because it got too expensive."),
        ("I no longer live in Ghent", " because of my job."),
        ("I don't live in Ghent", " these days, we moved out in spring."),
        ("I quit Heineken", " because of the commute."),
    ],
)
def test_an_end_denies_the_fact(words: str, after: str) -> None:
    """A bare denial and one with "any more" do, and a deed needs no denial."""
    assert denies_plainly(words, after)


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ("I don't live in Ghent", " because it's cheap."),
        ("I don't live in Ghent", " for the weather."),
        ("I don't work at Heineken", " to get free beer."),
        ("I don't work at Heineken", " on Fridays."),
        ("I don't live in Ghent", ", I live in a swamp."),
        ("I no longer live in Ghent", " because of my job but because of the music."),
        ("I'm not with Alex", " any more today, he had to catch his train."),
        ("I don't like jazz", " any more than you do."),
    ],
)
def test_a_reason_a_purpose_and_a_day_are_denied_alone(words: str, after: str) -> None:
    """What follows a bare denial is what it denies; a day and a comparison pass."""
    assert not denies_plainly(words, after)


def test_another_value_replaces_what_is_denied() -> None:
    """ "I don't live in Ghent, I live in Bruges" denies the town when Bruges was read."""
    words, after = "I don't live in Ghent", ", I live in Bruges."
    assert denies_plainly(words, after, replaced=True)
    assert not denies_plainly(words, after)
