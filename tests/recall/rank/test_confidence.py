"""Confidence: does the memory hold an answer at all?"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.recall.answer.context import NOTHING
from combray.recall.rank.confidence import SIGNALS
from combray.recall.rank.features import DOMAINS
from tests.cases import STORY, messages
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """The story of two people."""
    made = Memory(embedder=Words())
    for session in dict.fromkeys(turn[0] for turn in STORY):
        made.add(messages(session), session_id=session)
    return made


def sure(memory: Memory, question: str) -> float:
    """How likely an answer is, as explain says."""
    return memory.explain(question).confidence


def test_an_empty_memory_holds_no_answer() -> None:
    """Nothing remembered, no confidence, and no error."""
    assert sure(Memory(embedder=Words()), "Who is allergic to cats?") == 0


def test_words_that_stand_nowhere_lower_it(memory: Memory) -> None:
    """A question about what was never spoken of is less sure than one about what was."""
    told = sure(memory, "Which pottery class did Bob start on Thursdays?")
    never = sure(memory, "Which submarine did Bob purchase from Norway?")
    assert 0 < never < told < 1


def test_what_somebody_else_said_lowers_it(memory: Memory) -> None:
    """Asked of the person who said it, a thing is surer than asked of the other."""
    assert sure(memory, "What grey cat did Ann adopt?") > sure(
        memory, "What grey cat did Bob adopt?"
    )


def test_a_search_abstains_when_it_is_not_sure_enough(memory: Memory) -> None:
    """Below the least confidence nothing is answered, and a context says so."""
    question = "What grey cat did Ann adopt?"
    least = sure(memory, question)
    assert memory.search(question, min_confidence=least) == memory.search(question)
    assert memory.search(question, min_confidence=1.0) == []
    assert memory.context(question, tokens=50, min_confidence=1.0).text == NOTHING


@pytest.mark.parametrize("least", [-0.1, 1.5, True, "much"])
def test_what_is_no_share_is_refused(memory: Memory, least: object) -> None:
    """The least confidence is a number from 0 to 1."""
    with pytest.raises(InputError, match="min_confidence"):
        memory.search("cat", min_confidence=least)


def test_the_weights_are_named_and_for_every_domain() -> None:
    """The file that ships weighs signals that exist, for each domain, and says where it is from."""
    path = Path(str(files("combray.recall.rank").joinpath("confidence.json")))
    weights = json.loads(path.read_text(encoding="utf-8"))
    assert set(weights) == set(DOMAINS)
    for domain in weights.values():
        assert set(domain["signals"]) == set(SIGNALS)
        assert domain["note"]
