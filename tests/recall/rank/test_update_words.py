"""Words and phrases of eight languages, found in lists of words."""

from __future__ import annotations

import pytest

from combray.recall.rank import update_words as say
from combray.recall.rank.update_words import Phrases, split


def test_words_stand_as_they_are_written() -> None:
    """Times, versions and hyphens hold together, and short forms of `be` are written out."""
    assert split("I'm at 9:30, v3.12 of non-stop.") == [
        "I",
        "am",
        "at",
        "9:30",
        "v3.12",
        "of",
        "non-stop",
    ]
    assert split("Ann’s dog") == ["Ann", "is", "dog"]


def test_chinese_and_japanese_come_by_characters() -> None:
    """Words of other scripts inside them stay whole."""
    assert split("我用Zed写") == ["我", "用", "Zed", "写"]
    assert split("今は緑") == ["今", "は", "緑"]


def test_phrases_are_found_whole() -> None:
    """A phrase counts where all its words stand in a row, a stem with whatever follows it."""
    some = Phrases("no longer, chang*, 搬到")
    assert some.find("i no longer work".split()) == (1, 3)
    assert some.find("it is no matter any longer".split()) == (0, 0)
    assert some.find("it was changed".split()) == (2, 3)
    assert some.within(["我", "搬", "到", "上"]) == "搬 到"
    assert some.within([]) == ""


def test_phrases_without_stems_are_found_too() -> None:
    """The quick way out lets nothing through."""
    some = Phrases("now, at the moment")
    assert some.within("i live here now".split()) == "now"
    assert some.within("at the moment here".split()) == "at the moment"
    assert some.within("at the house".split()) == ""


@pytest.mark.parametrize(
    ("phrases", "text"),
    [
        (say.NOW, "ich wohne jetzt hier"), (say.NOW, "我现在住这里"), (say.NOW, "désormais"),
        (say.NO_LONGER, "ya no vivo aquí"), (say.NO_LONGER, "我不再吃肉"),
        (say.CHANGED, "我搬到上海"), (say.CHANGED, "mi sono trasferito"),
        (say.BESIDE, "ich spreche auch dänisch"), (say.BESIDE, "我也会说"),
        (say.ONCE, "hier soir"), (say.ONCE, "昨天"),
        (say.ASKING, "où est-ce"), (say.ASKING, "我住在哪里"),
    ],
)  # fmt: skip
def test_each_list_knows_its_languages(phrases: Phrases, text: str) -> None:
    """One of each kind."""
    assert phrases.within(split(text))
    assert not phrases.within(split("the red house"))
