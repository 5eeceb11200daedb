"""A text as tokens, each of one class."""

from __future__ import annotations

import pytest

from combray.core.dates.tokens import DMY, EITHER, YMD, Token, letters, tokens


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("on the 5th of March, 2024", "ilodM,Y"),
        ("am 5. März", "ioM"),
        ("il y a trois jours", "anj"),
        ("avant-hier", "R"),
        ("l'année dernière", "lyL"),
        ("last year's summer", "Lys"),
        ("Was ist hier", "___"),
        ("2024年3月5日", "YMo"),
        ("三个月前", "nmA"),
        ("3日前 3日間 3日", "njAnjo"),
        ("令和6年", "Y"),
        ("第二季度", "ug"),
        ("at 10:30 covid", "i__"),
        ("7 May. Then", "nM_"),
    ],
)
def test_words_numbers_and_signs_have_classes(text: str, classes: str) -> None:
    """Phrases are one token, and a sign after a number says what it counts."""
    assert letters(tokens(text)) == classes


def test_written_dates_say_how_their_numbers_stand() -> None:
    """Year first, day first by dots or by the language, or either way."""
    assert tokens("2024-03-05") == [Token("D", YMD, (2024, 3, 5), True)]
    assert tokens("20240305") == [Token("D", YMD, (2024, 3, 5), True)]
    assert tokens("05.03.24") == [Token("D", DMY, (5, 3, 2024), True)]
    assert tokens("5.3.24") == [Token("D", DMY, (5, 3, 2024))]
    assert tokens("5/3/2024") == [Token("D", EITHER, (5, 3, 2024), True)]
    assert tokens("le 5/3")[1] == Token("S", DMY, (5, 3))


def test_numbers_in_characters_are_numbers() -> None:
    """Tens, and years digit by digit."""
    assert [t.value for t in tokens("二十三日")] == [23]
    assert [t.value for t in tokens("十二月")] == [12]
    assert [t.value for t in tokens("二〇二四年")] == [2024]


def test_a_number_of_any_length_is_a_break() -> None:
    """It is read past, and not converted."""
    assert letters(tokens("1" * 10_000)) == "_"
