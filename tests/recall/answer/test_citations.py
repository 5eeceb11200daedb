"""Which of the memories shown an answer rests on: those whose words it uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.items import Item
from combray.core.text import terms
from combray.recall.answer.citations import LEAST, SHARE, rules_cited

WORDS = st.lists(st.sampled_from("heron boat bread garden violin the".split()), max_size=9)


def shown(*texts: str) -> list[Item]:
    """Memories with their number for an id."""
    return [Item(id=str(n), text=text) for n, text in enumerate(texts)]


def cited(answer: str, *texts: str) -> list[str]:
    """The ids of those that an answer rests on, by rule."""
    return [item.id for item in rules_cited(answer, shown(*texts))]


@given(WORDS, st.lists(WORDS, max_size=4))
def test_a_memory_is_cited_by_its_share_of_words_and_by_two_at_least(
    answer: list[str], memories: list[list[str]]
) -> None:
    """Distinct content words in common; one is enough for a memory of a single word."""
    texts = [" ".join(words) for words in memories]
    wanted = []
    for n, text in enumerate(texts):
        mine = set(terms(text))
        both = len(mine & set(terms(" ".join(answer))))
        if both and both >= SHARE * len(mine) and both >= min(LEAST, len(mine)):
            wanted.append(str(n))
    assert cited(" ".join(answer), *texts) == wanted


@pytest.mark.parametrize(
    ("answer", "memory", "is_cited"),
    [
        ("A heron in a garden.", "The heron stood in the garden.", True),
        ("A heron.", "The heron stood in the garden.", False),
        ("Herons!", "heron", True),
        ("A heron.", "The", False),
        ("", "heron", False),
        ("heron garden", "heron garden boat bread violin oak elm", False),
        ("heron garden boat", "heron garden boat bread violin oak elm fir yew ash", True),
    ],
)
def test_a_memory_is_cited_for_enough_of_its_words(
    answer: str, memory: str, is_cited: bool
) -> None:
    """Stems count, stop words do not; two of seven words are too few, three of ten enough."""
    assert cited(answer, memory) == (["0"] if is_cited else [])


def test_memories_are_cited_in_the_order_shown() -> None:
    """Not by how much of them is used."""
    texts = ("heron by the lake", "nothing", "heron by the lake at dawn")
    assert cited("the heron by the lake at dawn", *texts) == ["0", "2"]
