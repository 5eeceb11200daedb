"""The gate opens for a word of the memory, for something near, or for a word that refers back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from combray.core.errors import ModelError
from combray.models.structured import Asker
from combray.recall.runtime.gate import NEAR, llm_needed, rules_needed
from tests.recall.asking import asked, opened, said


def needed(text: str, *told: str, **when: Any) -> bool:
    """Whether an input needs a memory of some turns."""
    memory = opened(*(said(each) for each in told))
    return rules_needed(asked(memory, text, **when))


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("Buy herons?", True),
        ("Tell me a joke", False),
        ("Compute seven times eight", False),
        ("What did she say?", True),
        ("Did you mention something?", True),
        ("REMIND me", True),
        ("Say so again", True),
        ("Itemize theme previousness", False),
        ("你记得吗", True),
        ("今天天气", False),
    ],
)
def test_the_gate_opens_for_a_word_of_the_memory_or_one_that_refers_back(
    text: str, opens: bool
) -> None:
    """Whole words, in any case; else it stays shut."""
    assert needed(text, "The heron stands by the lake.") is opens


def test_an_empty_memory_is_never_needed() -> None:
    """Nor is one of which nothing may be answered."""
    assert not needed("What did she say again?")
    assert not needed("What did she say again?", "The heron.", session_id="other")


def test_only_what_may_be_answered_opens_it() -> None:
    """A word or a nearness of a row that is not allowed does not."""
    memory = opened(said("grey heron", metadata={"n": 1}), said("boat", metadata={"n": 2}))
    assert rules_needed(asked(memory, "heron"))
    assert not rules_needed(asked(memory, "heron", filters={"n": 2}))


def test_what_is_near_opens_it_without_a_word_in_common() -> None:
    """Stop words are no words of a memory, yet they make vectors near."""
    memory = opened(said("we were there with them"))
    context = asked(memory, "were there with")
    assert context.scores.bm25.tolist() == [0]
    assert context.scores.dense[0] >= NEAR
    assert rules_needed(context)
    far = asked(opened(said("we were there with you and all your friends of old")), "were")
    assert far.scores.dense[0] < NEAR
    assert not rules_needed(far)


class Says:
    """A model that answers one thing."""

    name = "says"

    def __init__(self, answer: Any) -> None:
        self.answer, self.told = answer, ""

    def complete(self, request: Any, /) -> str:
        """The answer."""
        self.told = str(request.messages[1]["content"])
        return json.dumps(self.answer)


@pytest.mark.parametrize("yes", [True, False])
def test_a_model_says_whether_memory_is_needed(yes: bool) -> None:
    """It reads the input alone."""
    chat = Says({"needed": yes})
    assert llm_needed(Asker(chat=chat, system="scm"), "Hello") is yes
    assert json.loads(chat.told) == {"input": "Hello"}


def test_nonsense_of_a_model_is_an_error() -> None:
    """An answer of another shape is not taken for a no."""
    with pytest.raises(ModelError):
        llm_needed(Asker(chat=Says({"maybe": 1}), system="scm"), "Hello")
