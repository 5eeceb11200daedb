"""The promises of docs/promises.md through every text memory, not only the default.

Those that no system can touch (many processes, migrations) stand in test_promises.py; that a user
is walled off, and that what was deleted or erased is gone, are laws of test_laws.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from combray import Memory
from combray.core.items import RAW_KINDS
from combray.testing.story import QUESTIONS, answers, tell
from tests.cases import TEXT_CASES, TextCase
from tests.crash import killed, say
from tests.words import Words

every_system = pytest.mark.parametrize("case", TEXT_CASES, ids=lambda case: case.name)


def cited(memory: Memory, **when: str) -> set[str]:
    """Everything that any answer rests on."""
    return {
        source
        for question, _ in QUESTIONS
        for hit in memory.search(question, user_id="u1", limit=10, **when)
        for source in hit.evidence
    }


def right(memory: Memory, ids: list[str]) -> bool:
    """Whether the turn that answers each question is among the first three."""
    return all(
        ids[turn] in {s for h in memory.search(question, user_id="u1", limit=3) for s in h.evidence}
        for question, turn in QUESTIONS
    )


@every_system
def test_a_what_is_recalled_and_fed_back_creates_nothing(case: TextCase) -> None:
    """Hits added back as plain text, ten times over, are the memories that there are."""
    with case.memory() as memory:
        memory.add(["I adopted a grey cat called Misty.", "Pottery is on Thursdays."], user_id="u1")
        memory.search("cat", user_id="u1")
        before = sorted(item.id for item in memory.list(user_id="u1", limit=100))
        for _ in range(10):
            for hit in memory.search("grey cat pottery", user_id="u1", limit=3):
                memory.add(hit.text, user_id="u1")
        assert sorted(item.id for item in memory.list(user_id="u1", limit=100)) == before


@every_system
def test_b_the_past_is_answered_from_the_past(case: TextCase) -> None:
    """As of a day, nothing rests on what was said after it, and what was said before is found."""
    with case.memory() as memory:
        ids = tell(memory)
        found = cited(memory, as_of="2024-04-01")
        assert found <= set(ids[:3])
        assert ids[0] in found


@every_system
def test_c_an_undone_addition_is_in_no_answer(case: TextCase) -> None:
    """Undoing takes the words and what was made of them out; undoing that brings them back."""
    with case.memory() as memory:
        ids = tell(memory)
        before = answers(memory)
        more = memory.add(
            {"role": "user", "name": "Ann", "content": "The grey cat Misty ran away on Monday."},
            user_id="u1",
        )[0]
        memory.search("grey cat", user_id="u1")
        undone = memory.undo(memory.history(more.id)[0].change_id)
        assert more.id not in cited(memory)
        assert all(id_ in ids for id_ in cited(memory))
        assert len(answers(memory)) == len(before)
        assert right(memory, ids)
        memory.undo(undone[0])
        assert more.id in cited(memory)
        assert memory.verify().ok


def _adding(log: Path, path: Path, case: TextCase) -> None:
    with case.memory(path) as memory:
        for number in range(1000):
            text = f"I saw lake number {number} with Bob and the dog."
            turn = {"role": "user", "name": "Ann", "content": text}
            say(log, memory.add(turn, user_id="u1")[0].id)


@every_system
def test_h_killed_in_mid_write(case: TextCase, tmp_path: Path) -> None:
    """What was acknowledged is there, whole, and is read by the system that opens next."""
    path = tmp_path / "m.db"
    said = killed(_adding, tmp_path / "log", path, case, within=0.03, seed=3)
    assert said
    with case.memory(path) as memory:
        kept = {item.id for item in memory.list(user_id="u1", kinds=["turn"], limit=2000)}
        assert kept.issuperset(said)
        assert memory.verify().problems == ()
        memory.consolidate(user_id="u1")
        hits = memory.search("Which lake did Ann see?", user_id="u1", limit=5)
        assert hits
        assert all(kept.issuperset(hit.evidence) for hit in hits)
        assert memory.jobs(user_id="u1") == []


class Turned(Words):
    """Another embedder: the same likeness, other numbers."""

    name = "turned"

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Rows of unit length, shape (n, 64)."""
        return -super().embed(texts)


@every_system
def test_i_another_embedder_answers_the_same(case: TextCase) -> None:
    """After reindex the ids are those of before, and every question is still answered."""
    with case.memory() as memory:
        ids = tell(memory)
        answers(memory)
        before = sorted(i.id for i in memory.list(user_id="u1", limit=200) if i.kind in RAW_KINDS)
        memory.reindex(Turned())
        after = sorted(i.id for i in memory.list(user_id="u1", limit=200) if i.kind in RAW_KINDS)
        assert after == before
        assert right(memory, ids)
        assert memory.verify().ok


@every_system
def test_j_an_export_answers_the_same_elsewhere(case: TextCase, tmp_path: Path) -> None:
    """export, import, export gives the same bytes, and the same answers under the same system."""
    with case.memory(tmp_path / "one.db") as memory:
        tell(memory)
        wanted = answers(memory)
        memory.export(tmp_path / "one.jsonl")
    with case.memory(tmp_path / "two.db") as memory:
        memory.import_(tmp_path / "one.jsonl")
        memory.export(tmp_path / "two.jsonl")
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
        assert answers(memory) == wanted


@every_system
def test_c_a_long_text_said_twice_is_read_twice(case: TextCase) -> None:
    """What a paste repeats is merged, however much it is, and no work behind the words fails."""
    things = ["lamp", "kettle", "bicycle", "piano", "ladder", "kayak", "violin", "tent", "drone"]
    long = " ".join(f"I bought a {thing} in Town{n}." for n in range(9) for thing in things)
    with case.memory() as memory:
        for session in ("s1", "s2"):
            turn = {"role": "user", "name": "Ann", "content": long}
            memory.add(turn, user_id="u1", session_id=session)
            memory.search("kayak", user_id="u1")
        assert [done.error for done in memory.consolidate(user_id="u1") if done.error] == []
        assert memory.jobs(user_id="u1") == []
