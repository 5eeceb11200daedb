"""The laws that every text memory obeys, each tested for every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray import Memory
from tests.cases import QUESTIONS, STORY, TEXT_CASES, TextCase, messages
from tests.words import Words

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


@every_system
def test_what_was_written_can_be_recalled(case: TextCase) -> None:
    """The turn that answers a question is among the first three that come back."""
    with opened(case) as memory:
        ids = told(memory)
        for question, turn in QUESTIONS:
            hits = memory.search(question, user_id="u1", limit=3)
            assert ids[turn] in {source for hit in hits for source in hit.evidence}


@every_system
def test_recalling_twice_answers_the_same(case: TextCase) -> None:
    """A search changes nothing that a search can see."""
    with opened(case) as memory:
        told(memory)
        assert answers(memory) == answers(memory)


@every_system
def test_the_same_history_gives_the_same_answers(case: TextCase) -> None:
    """Two memories that were told the same story answer with the same turns and scores."""
    found = []
    for _ in range(2):
        with opened(case) as memory:
            ids = told(memory)
            found.append(
                [[([ids.index(e) for e in of], s) for of, s in hits] for hits in answers(memory)]
            )
    assert found[0] == found[1]


@every_system
def test_a_saved_memory_answers_the_same(case: TextCase, tmp_path: Path) -> None:
    """Closing and opening the file changes no answer."""
    with opened(case, tmp_path / "m.db") as memory:
        told(memory)
        before = answers(memory)
    with opened(case, tmp_path / "m.db") as memory:
        assert answers(memory) == before


@every_system
def test_an_empty_memory_answers_emptily(case: TextCase) -> None:
    """Nothing told, nothing answered, and no error."""
    with opened(case) as memory:
        assert memory.search("anything", user_id="u1") == []
        assert memory.context("anything", user_id="u1", tokens=50).items == []


@every_system
def test_declared_budgets_are_kept(case: TextCase) -> None:
    """Neither the limit of a search nor the tokens of a context are exceeded."""
    with opened(case) as memory:
        told(memory)
        for limit in (1, 2, 4):
            assert len(memory.search("cat pottery marathon", user_id="u1", limit=limit)) <= limit
        for tokens in (1, 20, 60, 200):
            assert memory.context("cat pottery", user_id="u1", tokens=tokens).tokens <= tokens


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
