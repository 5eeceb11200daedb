from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from combray.core.text import embed_text, emoji, index_text, terms, words


def test_inflections_meet_in_one_stem() -> None:
    """Plural, past and progressive forms of a word are one term."""
    for family in (["hike", "hiked", "hiking", "hikes"], ["party", "parties"], ["stop", "stopped"]):
        assert len({terms(word)[0] for word in family}) == 1


def test_stop_words_are_not_terms() -> None:
    """A question of stop words alone has no terms."""
    assert terms("What is it that you were doing there?") == []


def test_chinese_is_searched_by_pairs_of_characters() -> None:
    """A run of Chinese becomes overlapping pairs, so that part of it can be found."""
    assert words("我住在巴黎") == ["我住", "住在", "在巴", "巴黎"]
    assert set(terms("巴黎")) <= set(terms("我住在巴黎"))


def test_emoji_are_found_beside_the_words() -> None:
    """An emoji is itself whatever its tone of skin; punctuation and letters are none."""
    assert emoji("well done 👍🏽, “naïve” ✓ 🎂🎂 — 巴黎…") == ["👍", "✓", "🎂", "🎂"]
    assert emoji("plain :-) text") == []


def test_a_title_and_a_caption_belong_to_the_text() -> None:
    """What an item is indexed by includes its title and the caption of its picture."""
    text = index_text("It is long.", {"title": "The Nile", "caption": "a river"})
    assert text == "The Nile. It is long. [a river]"
    assert embed_text("I swam.", {}, "Ann") == 'Ann said, "I swam."'


@given(st.text())
def test_any_text_can_be_cut_into_terms(text: str) -> None:
    """No text of any script makes the tokenizer fail or return empty terms."""
    assert all(terms(text))
