"""What two sentences that look alike may still differ in."""

from __future__ import annotations

import pytest

from combray.write.extract.same_claim import said_in


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("I adopted a cat.", "I adopted a grey cat."),
        ("I paid 20 euros.", "In May I paid 20 euros and 30 cents."),
        ("I met Ann.", "I met Ann and Bob."),
        ("I do not ski.", "I don't ski."),
        ("The code is 555-12.", "The code is 555-12 today."),
    ],
)
def test_what_is_said_in_more_words_is_said(less: str, more: str) -> None:
    """More words, numbers and names on the other side take nothing away."""
    assert said_in(less, more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I met Ann and Bob.", "I met Ann."),
        ("I paid 20 euros.", "I paid 200 euros."),
        ("Version 1.2 is out.", "Version 1.3 is out."),
        ("I eat nuts.", "I never eat nuts."),
        ("Ich esse Fleisch.", "Ich esse kein Fleisch."),
        ("Je mange.", "Je ne mange pas."),
        ("No como carne nunca.", "Como carne nunca."),
        ("Я ем мясо.", "Я не ем мясо."),
        ("お茶が好きです。", "お茶が好きじゃない。"),
        ("It is not true.", "It is not not true."),
    ],
)
def test_a_number_a_name_or_a_not_makes_another_claim(one: str, other: str) -> None:
    """Missing on the other side, or denied more often, it is not the same."""
    assert not said_in(one, other)


def test_a_date_is_one_number() -> None:
    """Its parts do not stand for it."""
    assert said_in("It was on 2024-05-01.", "It was on 2024-05-01 in Rome.")
    assert not said_in("It was on 2024-05-01.", "It was 2024 or 05 or 01.")
