"""Confidence: does the memory hold an answer at all?"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.recall.answer.context import NOTHING
from combray.recall.rank import linear
from combray.recall.rank.confidence import SIGNALS, question_signals
from combray.recall.rank.features import DOMAINS, score_candidates, scored
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


# ── the signals ──────────────────────────────────────────────────────────────────────────────────


def signals(memory: Memory, question: str, **when: Any) -> dict[str, float]:
    """The signals of a question by name."""
    context = memory._runtime.query_context(memory._question(question, **when))
    found = score_candidates(context)
    z = scored(found, linear.load(embedder=context.embedder.name))
    return dict(zip(SIGNALS, question_signals(context, found, z).tolist(), strict=True))


def test_words_that_stand_nowhere_or_apart_are_told(memory: Memory) -> None:
    """What share of the words is unseen, whether the rarest is seen, what stands together."""
    told = signals(memory, "grey cat Misty")
    assert (told["unseen"], told["rarest_seen"], told["rarest_found"]) == (0, 1, 1)
    assert (told["coverage_joint"], told["coverage"]) == pytest.approx((1, 1))
    half = signals(memory, "grey submarine")
    assert (half["unseen"], half["rarest_seen"], half["rarest_found"]) == (0.5, 0, 0)
    assert 0 < half["coverage_joint"] < 1
    apart = signals(memory, "Misty marathon")
    assert apart["coverage_joint"] == pytest.approx(1)
    assert apart["coverage"] < 1


def test_names_that_no_memory_mentions_are_told(memory: Memory) -> None:
    """Their share of the names that are no speaker's."""
    assert signals(memory, "Did Ann see Misty?")["names_unknown"] == 0
    assert signals(memory, "Did Ann see Rex?")["names_unknown"] == 1
    assert signals(memory, "Is Rex like Misty?")["names_unknown"] == 0.5
    assert signals(memory, "Did Ann ski?")["names_unknown"] == 0


def test_what_the_person_asked_about_said_is_set_apart(memory: Memory) -> None:
    """By vectors and by words: above zero when the best is theirs, below when it is another's."""
    own, other = signals(memory, "Ann's grey cat"), signals(memory, "Bob's grey cat")
    assert (own["speaker"], other["speaker"]) == (1, 1)
    assert own["speaker_coverage"] > 0 > other["speaker_coverage"]
    assert own["speaker_dense"] > other["speaker_dense"]
    nobody = signals(memory, "the grey cat")
    assert [nobody[n] for n in ("speaker", "speaker_dense", "speaker_coverage")] == [0, 0, 0]


def test_a_date_says_whether_anything_was_said_then(memory: Memory) -> None:
    """1 inside the days, less the farther they are, a half without any."""
    assert signals(memory, "What was on 2024-03-02?")["dated"] == 1
    assert signals(memory, "What was on 2022-03-02?")["dated"] < 0.01
    assert signals(memory, "What was it?")["dated"] == 0.5


def test_an_empty_memory_has_no_signals() -> None:
    """One zero for each."""
    assert set(signals(Memory(embedder=Words()), "grey cat").values()) == {0}


def test_confidence_is_of_the_moment_asked_about() -> None:
    """As of a time before anything held there is nothing that could answer, 1970 or not."""
    memory = Memory(embedder=Words())
    memory.add("The grey cat is called Misty.", valid_from="1970-01-01")
    assert memory.explain("grey cat", as_of="1969-12-31").confidence == 0
    assert memory.explain("grey cat", as_of="1970-01-01").confidence > 0
    assert memory.search("grey cat", as_of="1969-12-31", min_confidence=0.0) == []
