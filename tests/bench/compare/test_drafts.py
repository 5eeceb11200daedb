"""Questions drafted by rule: from statements, about rare words, spread over all that was said."""

from __future__ import annotations

from typing import Any

import pytest

from combray.bench.compare.drafts import LONGEST, SHORTEST, drafts
from combray.bench.datasets.form import Benchmark, History, Session
from combray.bench.datasets.mine import USER


def told(*messages: Any, user: str = USER, title: str = "") -> Benchmark:
    """One history of one session, its turns numbered."""
    metadata = {"title": title} if title else {}
    units = [{"turn": f"t{i}"} for i in range(len(messages))]
    session = Session(content=messages, units=units, metadata=metadata)
    return Benchmark(
        name="mine",
        histories=[History(id=user, sessions=[session], questions=[])],
        levels=("turn",),
        shown=(),
    )


def said(text: str, **more: str) -> dict[str, str]:
    """A message of the user's."""
    return {"role": "user", "content": text, **more}


STATEMENT = "My neighbour Wolfgang repairs accordions in Trieste."


@pytest.mark.parametrize(
    ("message", "begins"),
    [
        (said(STATEMENT), "What did I say about "),
        (said(STATEMENT, role="assistant"), "What did the assistant say about "),
        (said(STATEMENT, name="Ann"), "What did Ann say about "),
        (STATEMENT, "What do my notes say about "),
    ],
)
def test_who_said_it_is_who_is_asked_about(message: Any, begins: str) -> None:
    """The user, the assistant, a name, or one's notes."""
    (draft,) = drafts(told(message), 5)
    assert draft["question"].startswith(begins)
    assert draft["question"].endswith("?")
    assert (draft["evidence"], draft["draft"]) == (["t0"], True)


def test_a_note_with_a_title_is_asked_about_by_it() -> None:
    """In quotation marks."""
    (draft,) = drafts(told(STATEMENT, title="Harbours"), 5)
    assert draft["question"].startswith('What does "Harbours" say about ')


def test_the_rarest_words_are_asked_about() -> None:
    """Names first, words that stand everywhere never, in the order they were said."""
    common = [said(f"My neighbour repairs bicycles in the garden number {n}.") for n in range(4)]
    found = drafts(told(said(STATEMENT), *common), 9)
    assert found[0]["question"] == "What did I say about Wolfgang and Trieste?"


@pytest.mark.parametrize(
    "text",
    [
        "Where does my neighbour Wolfgang repair accordions now?",
        "Wolfgang repairs accordions.",
        "and then it was so and we did it all as you do",
        " ".join(f"word{i}" for i in range(LONGEST + 1)),
    ],
    ids=["a question", "too short", "nothing particular", "too long"],
)
def test_what_states_nothing_makes_no_question(text: str) -> None:
    """Questions, words too few or too many, and words that everybody says."""
    assert drafts(told(said(text)), 5) == []
    assert len("Wolfgang repairs accordions.".split()) < SHORTEST


def test_drafts_are_spread_over_what_was_said() -> None:
    """At equal distances from the first on, not the first so many."""
    many = [said(f"My cousin Bertram{n} collects rare beetle number{n} there.") for n in range(9)]
    found = drafts(told(*many), 3)
    assert [draft["evidence"] for draft in found] == [["t0"], ["t3"], ["t6"]]
    assert len(drafts(told(*many), 50)) == 9
    assert drafts(told(*many), 0) == []


def test_every_user_has_a_share() -> None:
    """Another user than the one is named, so that the line can be read again."""
    one, two = told(said(STATEMENT)), told(said(STATEMENT), user="ann")
    both = Benchmark(
        name="m", histories=[*one.histories, *two.histories], levels=("turn",), shown=()
    )
    mine, hers = drafts(both, 2)
    assert "user" not in mine
    assert hers["user"] == "ann"
    assert len(drafts(both, 1)) == 1


def test_drafting_twice_gives_the_same() -> None:
    """It is by rule."""
    messages = [said(STATEMENT), said("The ferry to Split leaves at seven from pier nine.")]
    assert drafts(told(*messages), 5) == drafts(told(*messages), 5)
