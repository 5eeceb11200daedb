"""Which of the memories shown an answer rests on: those whose words it uses, or as a model says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.errors import ModelError
from combray.core.items import Item
from combray.core.text import terms
from combray.models.structured import Asker
from combray.recall.answer.citations import LEAST, SHARE, llm_cited, rules_cited

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


class Says:
    """A model that answers one thing and keeps what it was told."""

    name = "says"

    def __init__(self, numbers: Any) -> None:
        self.numbers, self.told = numbers, {}

    def complete(self, request: Any, /) -> str:
        """The numbers it was given."""
        self.told = json.loads(str(request.messages[1]["content"]))
        return json.dumps({"cited": self.numbers})


def by_model(numbers: Any, *texts: str) -> tuple[list[str], dict[str, Any]]:
    """What a model that says these numbers cites, and what it was told."""
    chat = Says(numbers)
    found = llm_cited(Asker(chat=chat, system="rmm"), "Which bird?", "A heron.", shown(*texts))
    return [item.id for item in found], chat.told


def test_a_model_cites_by_number() -> None:
    """It sees question, answer and numbered memories; each is cited once, in the order shown."""
    ids, told = by_model([3, 1, 3], "a", "b", "c")
    assert ids == ["0", "2"]
    assert told == {
        "question": "Which bird?",
        "answer": "A heron.",
        "memories": [{"n": 1, "text": "a"}, {"n": 2, "text": "b"}, {"n": 3, "text": "c"}],
    }
    assert by_model([], "a")[0] == []


@pytest.mark.parametrize("numbers", [[0], [4], [1, 4], [-1, 2]])
def test_a_model_cannot_cite_what_it_was_not_shown(numbers: list[int]) -> None:
    """The error keeps what it said."""
    with pytest.raises(ModelError, match="not shown"):
        by_model(numbers, "a", "b", "c")
