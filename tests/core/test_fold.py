"""Folding for matching, and the one form in which two texts have the same words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.fold import bare, folded, same_words, straight


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Cafe\u0301", "café"),
        ("Ｒｏｏｍ １２", "room 12"),
        ("Straße", "strasse"),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
        ("ｶﾒﾗ", "カメラ"),
        ("don’t", "don't"),
        ("co\u00adoperate", "cooperate"),
        ("\u202bشكرا\u202c", "شكرا"),
        ("co\ufe0fop\u034fer\U000e0041ate", "cooperate"),
        ("한국\u3164여행", "한국 여행"),
        ("ﬁne", "fine"),
        ("B‑12", "b-12"),
        ("PLAIN", "plain"),
        ("ΟΔΟΣ", "οδοσ"),
    ],
)
def test_text_is_folded_to_what_is_matched(text: str, form: str) -> None:
    """One case, one width, straight apostrophes and hyphens, nothing that cannot be seen."""
    assert folded(text) == form


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("málaga", "malaga"),
        ("i̇stanbul", "istanbul"),
        ("ışık", "isik"),
        ("łódź", "lodz"),
        ("ørsted", "orsted"),
        ("ёлка", "елка"),
        ("мой", "мой"),
        ("ἀθῆναι", "αθηναι"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी", "हिन्दी"),
        ("が", "が"),
        ("한국", "한국"),
        ("plain", "plain"),
    ],
)
def test_a_word_loses_its_accents_and_no_letter(word: str, plain: str) -> None:
    """Accents and vowel points go; й, voiced kana and the signs of Indic scripts are letters."""
    assert bare(word) == plain


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is folded already stays as it is, and stays composed."""
    once = straight(text)
    assert unicodedata.is_normalized("NFKC", once)
    assert folded(folded(text)) == folded(folded(folded(text)))


@given(st.text(max_size=40))
def test_the_same_words_in_any_composition_are_equal(text: str) -> None:
    """Decomposed, and with other white space."""
    other = "\n ".join(unicodedata.normalize("NFD", text).split())
    assert same_words(other) == same_words(text) == same_words(f" {text}\t")


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "A"), ("é", "e"), ("１", "1"), ("a.", "a"), ("a b", "ab"), ("²", "2"), ("’", "'")],
)
def test_nothing_else_is_the_same(one: str, other: str) -> None:
    """Case, accents, width, stops and spaces inside say something."""
    assert same_words(one) != same_words(other)
