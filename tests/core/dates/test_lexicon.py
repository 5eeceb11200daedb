"""The words of dates: what they are, with and without accents."""

from __future__ import annotations

import calendar

from combray.core.dates.lexicon import PHRASES, WORDS, bare


def test_every_month_and_weekday_is_a_word() -> None:
    """By its English name, numbered from January and from Monday."""
    for number, name in enumerate(calendar.month_name):
        if name:
            assert WORDS[name.lower()] == (("M", number),)
    for number, name in enumerate(calendar.day_name):
        assert WORDS[name.lower()] == (("W", number),)


def test_accents_may_be_left_out_where_no_other_word_is_meant() -> None:
    """fevrier is février; ete and ha are other words than été and há."""
    assert bare("février") == "fevrier"
    assert WORDS["fevrier"] == WORDS["février"]
    assert "ete" not in WORDS
    assert "ha" not in WORDS


def test_phrases_are_tried_from_the_longest() -> None:
    """`fin de semana` is a weekend before `fin de` is the end of something."""
    lengths = [len(rest) for rest, _ in PHRASES["fin"]]
    assert lengths == sorted(lengths, reverse=True)
    assert ("de", "semana") in [rest for rest, _ in PHRASES["fin"]]
