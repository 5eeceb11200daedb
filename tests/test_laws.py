"""The laws that every system obeys, of each tier, and those of text memories.

What a system must answer, and what its budgets are, its case says (tests/cases.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from combray import Memory
from tests.cases import (
    BENCH_CASES,
    QUESTIONS,
    STORY,
    TEXT_CASES,
    Case,
    TextCase,
    messages,
    tensor_cases,
)
from tests.words import Words

CASES = [
    *(pytest.param(case, id=case.name) for case in (*TEXT_CASES, *BENCH_CASES)),
    *(pytest.param(case, id=case.name, marks=pytest.mark.torch) for case in tensor_cases()),
]
every_case = pytest.mark.parametrize("case", CASES)
keeping = pytest.mark.parametrize("case", [each for each in CASES if each.values[0].saves])
every_system = pytest.mark.parametrize("case", TEXT_CASES, ids=lambda case: case.name)


def opened(case: TextCase, location: Path | str = ":memory:") -> Memory:
    """A memory under the case's system."""
    return Memory(location, system=case.name, embedder=Words(), options=case.options)


def told(memory: Memory, user: str = "u1") -> list[str]:
    """Tell the story; returns the ids of its turns."""
    ids = []
    for session in dict.fromkeys(turn[0] for turn in STORY):
        items = memory.add(messages(session), user_id=user, session_id=session)
        ids += [item.id for item in items]
    return ids


def answers(memory: Memory, user: str = "u1") -> list[list[tuple[tuple[str, ...], float]]]:
    """What the system answers to every question: the words it rests on, and scores."""
    return [
        [
            (hit.evidence, round(hit.score, 5))
            for hit in memory.search(question, user_id=user, limit=5)
        ]
        for question, _ in QUESTIONS
    ]


@every_case
def test_what_was_written_is_recalled(case: Case) -> None:
    """What a system was told is in what it answers."""
    with case.open() as session:
        session.write()
        assert session.recalled()


@every_case
def test_recalling_twice_answers_the_same(case: Case) -> None:
    """Asking changes nothing that asking can see."""
    with case.open() as session:
        session.write()
        assert session.ask() == session.ask()


@every_case
def test_the_same_history_gives_the_same_answers(case: Case) -> None:
    """Two that were told the same, from the same seed, answer the same."""
    found = []
    for _ in range(2):
        with case.open() as session:
            session.write()
            found.append(session.ask())
    assert found[0] == found[1]


@keeping
def test_what_is_saved_and_loaded_answers_the_same(case: Case, tmp_path: Path) -> None:
    """A system made from its saved state gives the answers that it gave before."""
    with case.open() as session:
        session.write()
        before = session.ask()
        case.save(session, tmp_path)
    with case.load(tmp_path) as session:
        assert session.ask() == before


@every_case
def test_an_empty_one_answers_emptily(case: Case) -> None:
    """Nothing told, nothing answered, and no error; told something, it is not empty."""
    with case.open() as session:
        assert session.empty()
        session.write()
        assert not session.empty()


@every_case
def test_a_budget_is_never_exceeded(case: Case) -> None:
    """What is taken of each budget is no more than was given, and something is taken."""
    with case.open() as session:
        session.write()
        spent = session.spent()
        assert any(used for used, _ in spent)
        for used, given in spent:
            assert used <= given


@every_case
def test_a_showcase_shows_the_same_each_time(case: Case) -> None:
    """What a null must change does not change by itself, and there is something in it."""
    shown = case.showcase()
    assert shown
    assert shown == case.showcase()


# ── of text memories ─────────────────────────────────────────────────────────────────────────────


@every_system
def test_the_wall_holds(case: TextCase) -> None:
    """Another user's story changes neither the answers nor their scores."""
    with opened(case) as memory:
        told(memory)
        before = answers(memory)
        told(memory, user="u2")
        memory.add("The grey cat is called Nobody.", user_id="u2")
        assert answers(memory) == before
        assert memory.search("grey cat", user_id="u3") == []


@every_system
def test_evidence_is_always_the_users_own_words(case: TextCase) -> None:
    """Every hit cites raw items of the same user."""
    with opened(case) as memory:
        ids = set(told(memory))
        for question, _ in QUESTIONS:
            for hit in memory.search(question, user_id="u1"):
                assert hit.evidence
                assert ids.issuperset(hit.evidence)


@every_system
def test_what_was_deleted_is_not_recalled(case: TextCase) -> None:
    """A deleted turn is in no answer, and the rest still is."""
    with opened(case) as memory:
        ids = told(memory)
        memory.delete(ids[0])
        for hits in answers(memory):
            assert ids[0] not in [id_ for evidence, _ in hits for id_ in evidence]
        assert any(answers(memory))
