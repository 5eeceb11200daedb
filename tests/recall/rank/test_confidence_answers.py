"""What the weights that ship say of questions nothing was fitted on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from combray import Memory
from combray.models.embed import minilm
from tests.recall.rank.asked import ASKED, UNKNOWN

DEMO = Path(__file__).parents[3] / "examples" / "lihua"
HAS_MODEL = minilm.weights_folder() is not None and not minilm.missing_packages()
NEEDS_MODEL = pytest.mark.skipif(
    not HAS_MODEL and not os.environ.get("CI"),
    reason="the offline embedder is not installed: combray embedder install",
)
MINILM = pytest.param("minilm", marks=NEEDS_MODEL)
EMBEDDERS = pytest.mark.parametrize("embedder", ["hashed", MINILM])
NOTES = (
    "I like dark mode.", "Pancakes need two eggs.", "My sister visits in July.",
    "I bought new running shoes.",
)  # fmt: skip
NEAR = (
    ("The payments service is owned by Dmitri.", "Who owns the payments service?",
     "Who owns the billing service?"),
    ("I am travelling to Lisbon with Marta.", "Who travels with me to Lisbon?",
     "Who travels with me to Madrid?"),
    ("The spare key of the garage hangs behind the boiler.", "Where is the spare garage key?",
     "Where is the spare bicycle key?"),
    ("The grey cat sleeps in the attic.", "Where does the grey cat sleep?",
     "Where does the ginger cat sleep?"),
    ("My cousin's wedding is on 4 June.", "When is my cousin's wedding?",
     "When is my nephew's wedding?"),
    ("The staging database runs in Frankfurt.", "Where does the staging database run?",
     "Where does the billing database run?"),
    ("Sofia repaired the kitchen tap.", "Who repaired the kitchen tap?",
     "Who repaired the garden fence?"),
    ("The ferry to Elba leaves at noon.", "When does the ferry to Elba leave?",
     "When does the ferry to Corsica leave?"),
)  # fmt: skip
"""A note, what it answers, and what it would answer if it were of something else."""
Sure = Callable[[str], float]


def sure_of(memory: Memory, question: str, **asked: str) -> float:
    """How likely an answer is, as explain says."""
    return memory.explain(question, limit=1, **asked).confidence


@EMBEDDERS
@pytest.mark.parametrize(
    "question",
    [
        "Do I like aubergines?", "Do I need a passport?", "When did I buy the drill?",
        "What should I think of jazz?", "Who is the president of Brazil?",
    ],
)  # fmt: skip
def test_one_common_verb_is_no_answer(embedder: str, question: str) -> None:
    """What is liked or bought does not say that this is (NickMonrad/kernel-ai-assistant#959)."""
    with Memory(embedder=embedder) as memory:
        memory.add(list(NOTES))
        assert sure_of(memory, question) < 0.5
        assert memory.search(question, min_confidence=0.5) == []


@EMBEDDERS
@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("Do I like dark mode?", 0), ("How many eggs do pancakes need?", 1),
        ("When does my sister visit?", 2), ("Which shoes did I buy?", 3),
    ],
)  # fmt: skip
def test_the_same_verb_with_its_object_is(embedder: str, question: str, note: int) -> None:
    """A note that says what is asked is surely there, and the likeliest of all."""
    with Memory(embedder=embedder) as memory:
        memory.add(list(NOTES))
        assert sure_of(memory, question) > 0.5
        hits = memory.search(question, min_confidence=0.5)
        assert hits[0].text == NOTES[note]
        assert hits[0].score > 2 * hits[1].score


@EMBEDDERS
@pytest.mark.parametrize(("note", "asked", "near"), NEAR)
def test_a_thing_beside_it_is_less_likely(embedder: str, note: str, asked: str, near: str) -> None:
    """Who owns the payments service says little of who owns the billing service."""
    with Memory(embedder=embedder) as memory:
        memory.add([*NOTES, note])
        told, beside = sure_of(memory, asked), sure_of(memory, near)
        assert told > 0.5
        assert beside < min(0.65, told - 0.2)


def test_a_memory_of_one_note_knows_what_it_holds() -> None:
    """One memory is enough to be sure, and to be sure that another thing is not there."""
    with Memory(embedder="hashed") as memory:
        memory.add("The spare key is under the blue flower pot.")
        assert sure_of(memory, "Where is the spare key?") > 0.5
        assert sure_of(memory, "Who won the chess tournament?") < 0.2


# ── the year of the demo ─────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1)
def year(embedder: str) -> Memory:
    """The file of the demo in memory, told as the demo tells it."""
    sys.path.insert(0, str(DEMO))
    try:
        import demo
    finally:
        sys.path.remove(str(DEMO))
    memory = Memory(embedder=embedder)
    sessions = demo.read("sessions.jsonl.gz")
    known = demo.speakers(sessions)
    for session in sessions:
        memory.add(
            demo.messages(session, known), session_id=session["id"], timestamp=session["time"]
        )
    return memory


# The year takes minutes to embed, and longer where others work too.
SLOWLY = [NEEDS_MODEL, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(params=["hashed", pytest.param("minilm", marks=SLOWLY)])
def demo_sure(request: pytest.FixtureRequest) -> tuple[str, Sure]:
    """How sure the year is of an answer, by embedder."""
    memory = year(request.param)
    return request.param, lambda q: sure_of(memory, q, asked_at="2027-01-01T00:00:00Z")


def test_what_was_said_in_the_year_is_likely_there(demo_sure: tuple[str, Sure]) -> None:
    """Of twenty questions that have an answer each has a confidence of a half."""
    _, sure = demo_sure
    assert {question: sure(question) for question in ASKED if sure(question) < 0.5} == {}


def test_what_has_nothing_to_do_with_the_year_is_not(demo_sure: tuple[str, Sure]) -> None:
    """Of twenty about the world or nothing each has .20 at most, by hashed vectors .45."""
    embedder, sure = demo_sure
    most = 0.2 if embedder == "minilm" else 0.45
    said = {question: round(sure(question), 2) for question in UNKNOWN}
    assert {question: share for question, share in said.items() if share > most} == {}
    if embedder == "hashed":
        assert sum(map(sure, UNKNOWN)) / len(UNKNOWN) < 0.2
