"""Words, sentences and tokens of text in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core import text as text_module
from combray.core.text import (
    count_tokens,
    counted,
    embed_text,
    emoji,
    index_text,
    lone_signs,
    sentences,
    spellings,
    terms,
    words,
)


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


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("Ann's", "ann"),
        ("boxes", "box"),
        ("wishes", "wish"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("running", "run"),
        ("falling", "fall"),
        ("sing", "sing"),
        ("red", "red"),
        ("bring", "bring"),
        ("quickly", "quick"),
        ("don't", ""),
        ("Zürich", "zurich zürich"),
        ("42", "42"),
        ("C3PO", "c3po"),
        ("1200", "1200"),
        ("2011", "2011"),
        ("don’t", ""),
        ("Cafés", "caf cafés"),
        ("Cafe\u0301", "caf café"),
        ("Ｒｏｏｍ", "room"),
        ("İzmir", "izmir i̇zmir"),
        ("STRASSE", "strass"),
        ("Straße", "strass"),
        ("हिन्दी", "हिन्दी"),
        ("שלום\u200f", "שלום"),
    ],
)
def test_a_stem_is_light(word: str, term: str) -> None:
    """Endings go where something is left to say; short words, names and numbers stay."""
    assert terms(word) == term.split()


def test_repeats_are_kept_in_order() -> None:
    """How often a word stands in a text counts."""
    assert terms("cats meet cats, dogs do not") == ["cat", "meet", "cat", "dog"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("巴", ["巴"]),
        ("GPT巴黎4", ["GPT", "巴黎", "4"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("서울역", ["서울", "울역"]),
        ("naïve café", ["naïve", "café"]),
        ("snake_case", ["snake", "case"]),
        ("it's o’clock", ["it's", "o’clock"]),
        ("cafe\u0301s", ["cafe\u0301s"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("รักแม", ["รั", "ัก", "กแ", "แม"]),
        ("…!?", []),
    ],
)
def test_words_of_any_script(text: str, found: list[str]) -> None:
    """Runs of Chinese, Japanese and Korean in pairs, beside whatever stands next to them."""
    assert words(text) == found


def test_the_terms_of_words_are_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of words met is bounded, and forgetting changes no term."""
    monkeypatch.setattr(text_module, "MOST_WORDS", 3)
    many = [f"word{n}ing" for n in range(10)]
    assert terms(" ".join(many)) == terms(" ".join(many))
    assert len(text_module._TERMS) <= 3 + 10


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "memory", "0 memories"),
        (1, "memory", "1 memory"),
        (2, "call", "2 calls"),
        (1234567, "token", "1,234,567 tokens"),
    ],
)
def test_a_number_comes_with_its_noun(number: int, noun: str, said: str) -> None:
    """One of it, or several."""
    assert counted(number, noun) == said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met Mrs. Jones. They talked.", ["Dr. Smith met Mrs. Jones.", "They talked."]),
        ("我住在巴黎。今天很好！", ["我住在巴黎。", "今天很好！"]),
        ("It costs 3.50 now.", ["It costs 3.50 now."]),
        ("a\n\nb", ["a", "b"]),
        ("He said “stop.” Then he left.", ["He said “stop.", "Then he left."]),
        ("他说：「好。」然后走了。", ["他说：「好。」", "然后走了。"]),
        ("真的？！是的。", ["真的？！", "是的。"]),
        ("मैं यहाँ हूँ। तुम कहाँ हो?", ["मैं यहाँ हूँ।", "तुम कहाँ हो?"]),
        ("أين المفتاح؟ في البيت.", ["أين المفتاح؟", "في البيت."]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_a_text_falls_into_sentences(text: str, parts: list[str]) -> None:
    """At stops of any script and at new lines, not after a title or inside a number."""
    assert [sentence for _, sentence in sentences(text)] == parts


@given(st.text('ab .!?。\n"', max_size=40))
def test_every_sentence_stands_where_it_is_said_to(text: str) -> None:
    """At its offset, in order, and no word is lost between them."""
    found = sentences(text)
    assert all(text[start : start + len(words_)] == words_ for start, words_ in found)
    assert [start for start, _ in found] == sorted(start for start, _ in found)
    letters = "".join(words_ for _, words_ in found)
    assert sorted(c for c in letters if c in "ab") == sorted(c for c in text if c in "ab")


@pytest.mark.parametrize(
    ("text", "least"),
    [("", 0), ("word", 1), ("internationalization", 4), ("12345", 2), ("a b", 2), ("日本", 4)],
)
def test_tokens_are_counted_from_above(text: str, least: int) -> None:
    """Long words, numbers and other scripts take several."""
    assert count_tokens(text) == least


@given(st.text(max_size=60), st.text(max_size=60))
def test_more_text_never_takes_fewer_tokens(one: str, other: str) -> None:
    """Both together on lines of their own take what each takes, and the line between them."""
    both = count_tokens(f"{one}\n{other}")
    assert both >= max(count_tokens(one), count_tokens(other))
    assert both <= count_tokens(one) + count_tokens(other) + 1


def test_a_title_that_begins_the_text_is_not_said_twice() -> None:
    """What is no text for a title or caption is left out."""
    assert index_text("The Nile is long.", {"title": "The Nile"}) == "The Nile is long."
    assert index_text("# The Nile\n\nIt is.", {"title": "The Nile"}) == "# The Nile\n\nIt is."
    assert index_text("It is long.", {"title": 7, "caption": ""}) == "It is long."
    assert embed_text("It is long.", {}, None) == "It is long."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The sofa cost 1,200 euros.", ["1200"]),
        ("12.500 or 1'234'567 or 7 000", ["12500", "1234567", "7000"]),
        ("3.14, 1,20 and 1,2000", []),
        ("my e-mail, Wi-Fi, 555-1234 and 2-1", ["email", "wifi", "5551234"]),
        ("à l’hôtel", ["hotel"]),
        ("Istanbul'da", ["istanbul"]),
        ("they'll don't Ann's", []),
        ("我养猫", ["我", "养", "猫"]),
        ("猫", []),
        ("plain words", []),
    ],
)
def test_a_text_is_found_by_other_spellings(text: str, found: list[str]) -> None:
    """arjunkmrm/recall#6: joined numbers and words, what stands behind an article, single signs."""
    assert spellings(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I met Will.", ["will"]),
        ("Will plays the cello.", ["^will"]),
        ("He said: Will you come?", ["^will"]),
        ("IT is down, says the WHO", ["it", "who"]),
        ("He moved to the US in May.", ["^us", "^may"]),
        ("It was for us. I may go.", []),
        ("What is it? How are you?", []),
        ("THIS LINE SHOUTS IT ALL", []),
        ("The Lord Of The Rings", []),
        ("McWill and Willow, Will's and WILLing", []),
        ("ask An", ["an"]),
        ("I saw How I Met Your Mother", []),
    ],
)
def test_case_makes_a_name_of_a_stop_word(text: str, found: list[str]) -> None:
    """RediSearch/redisearch-go#30, getzep/graphiti#1734: inside a sentence, or in upper case."""
    assert spellings(text) == found


def test_a_long_text_is_read_once_for_names() -> None:
    """Where a name stands is seen from what is beside it, not from the beginning of the text."""
    text = "I saw Will there. " * 3
    assert spellings(text) == ["will"] * 3
    assert spellings("x" * 200 + " Will") == ["will"]


def test_a_sign_may_be_a_word_of_its_own() -> None:
    """basicmachines-co/basic-memory#1294: with the pairs it stands in; particles are none."""
    assert list(lone_signs("我有猫吗？")) == [("猫", ["有猫", "猫吗"])]
    assert list(lone_signs("집에 고양이")) == [("집", ["집에"])]
    assert list(lone_signs("cat 猫")) == []
