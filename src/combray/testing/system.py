"""The laws of a text memory, in one class to subclass.

    class TestMine(SystemLaws):
        system = Mine

They test what a user is promised, whatever the system does with the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from combray.core.errors import CombrayError
from combray.core.items import RAW_KINDS, Item
from combray.core.ports import ChatModel, Embedder
from combray.memory import Memory
from combray.systems.text import System
from combray.testing.laws import CommonLaws, SavedLaws, Session
from combray.testing.story import (
    ASKED_AT,
    NEAR,
    QUESTIONS,
    STORY,
    StorySession,
    answers,
    messages,
    tell,
)

_SECRET = "Quibberzonk"
_ODD = ("?", "…", "é", "猫はどこ", "🐈", "a" * 5000, 'NEAR("cat" OR *', "\n\t x")
"""Questions and memories that a user may well give, though few would call them words."""


class SystemLaws(CommonLaws, SavedLaws):
    """What a text memory must do; set `system`, a class or a name, and what it is made with."""

    system: System | None = None
    options: Mapping[str, Any] = {}
    embedder: str | Embedder = "hashed"
    llm: str | ChatModel | None = None

    def open(self, location: Path | str = ":memory:", **options: Any) -> Memory:
        """A memory under the system at a place, with options beside its own."""
        if self.system is None:
            raise NotImplementedError("say whose laws these are: system = Mine")
        given = {**self.options, **options}
        return Memory(
            location, system=self.system, embedder=self.embedder, llm=self.llm, options=given
        )

    def begin(self) -> AbstractContextManager[Session]:
        """A memory that lies nowhere."""
        return self._session(":memory:")

    def save(self, session: StorySession, place: Path, /) -> None:
        """A consistent copy of its database."""
        session.memory.backup(place / "memory.db")

    def load(self, place: Path, /) -> AbstractContextManager[Session]:
        """The copy, opened."""
        return self._session(place / "memory.db")

    @contextmanager
    def _session(self, location: Path | str) -> Iterator[StorySession]:
        with self.open(location) as memory:
            yield StorySession(memory)

    def test_the_words_of_the_user_are_kept(self) -> None:
        """Whatever is made of them, every turn is there as it was said, by whom and when."""
        with self.open() as memory:
            ids = tell(memory)
            answers(memory)
            memory.consolidate(user_id="u1")
            kept = {item.id: item for item in _all(memory)}
            for id_, (_, _, speaker, words) in zip(ids, STORY, strict=True):
                assert (kept[id_].text, kept[id_].name) == (words, speaker)

    def test_evidence_is_always_the_users_own_words(self) -> None:
        """Every hit cites raw items of the same user, as does everything that is derived."""
        with self.open() as memory:
            ids = set(tell(memory))
            memory.consolidate(user_id="u1")
            for question, _ in QUESTIONS:
                for hit in memory.search(question, user_id="u1", asked_at=ASKED_AT):
                    assert hit.evidence
                    assert ids.issuperset(hit.evidence)
            for item in _all(memory):
                assert item.kind in RAW_KINDS or ids.issuperset(item.sources or ("none",))

    def test_hits_rest_on_what_the_question_may_see(self) -> None:
        """A question about a day, or of some kinds, is answered from nothing else."""
        with self.open() as memory:
            ids = tell(memory)
            for question, _ in QUESTIONS:
                for hit in memory.search(question, user_id="u1", as_of="2024-04-01"):
                    assert set(hit.evidence) <= set(ids[:3])
                for hit in memory.search(question, user_id="u1", kinds=["turn"]):
                    assert hit.item.kind == "turn"

    def test_the_wall_holds(self) -> None:
        """Another user's story changes neither the answers nor their scores."""
        with self.open() as memory:
            tell(memory)
            before = answers(memory)
            tell(memory, user="u2")
            memory.add("The grey cat is called Nobody.", user_id="u2")
            assert answers(memory) == before
            assert memory.search("grey cat", user_id="u3") == []

    def test_what_was_deleted_is_not_recalled(self) -> None:
        """A deleted turn is in no answer, and the rest still is."""
        with self.open() as memory:
            ids = tell(memory)
            memory.delete(ids[0])
            assert ids[0] not in _cited(memory)
            assert any(answers(memory))

    def test_what_was_erased_is_gone(self, tmp_path: Path) -> None:
        """No byte of it is left in a file of the folder, in an answer, or in anything derived."""
        with self.open(tmp_path / "memory.db") as memory:
            ids = tell(memory)
            said = f"My neighbour {_SECRET} feeds the grey cat Misty on Thursdays."
            turn = {"role": "user", "name": "Ann", "content": said}
            gone = memory.add(turn, user_id="u1")[0]
            memory.search(f"Who is {_SECRET}?", user_id="u1")
            memory.consolidate(user_id="u1")
            memory.erase(gone.id)
            memory.consolidate(user_id="u1")
            assert gone.id not in _cited(memory)
            assert _right(memory, ids)
            for file in tmp_path.iterdir():
                told = file.read_bytes().decode("latin-1")
                assert _SECRET.lower() not in told.lower(), file

    def test_bad_input_is_refused_and_changes_nothing(self) -> None:
        """An option, a message, a date or a limit that is none raises an error of combray's."""
        with pytest.raises(CombrayError):
            self.open(no_such_option=1)
        with self.open() as memory:
            tell(memory)
            before = (answers(memory), [item.id for item in _all(memory)])
            for bad in ({"content": None}, {"role": "user", "content": "x", "timestamp": "soon"}):
                with pytest.raises(CombrayError):
                    memory.add([*messages("s1"), bad], user_id="u1")
            for wrong in ({"limit": 0}, {"as_of": "soon"}, {"no_such_filter": 1}):
                with pytest.raises(CombrayError):
                    memory.search("cat", user_id="u1", **wrong)
            with pytest.raises(CombrayError):
                memory.search("cat\x00cat", user_id="u1")
            assert (answers(memory), [item.id for item in _all(memory)]) == before

    def test_odd_words_are_taken(self) -> None:
        """Signs, other scripts and five thousand letters are kept, asked, and break nothing."""
        with self.open() as memory:
            tell(memory)
            for odd in _ODD:
                memory.search(odd, user_id="u1")
                memory.add({"role": "user", "name": "Ann", "content": odd}, user_id="u1")
                memory.search(odd, user_id="u1")
            assert {item.text for item in _all(memory)}.issuperset(_ODD)
            assert all(answers(memory))

    def test_a_story_told_turn_by_turn_is_recalled(self) -> None:
        """As many calls as there are turns: each question is answered from the right one."""
        with self.open() as memory:
            for number, (session, *_) in enumerate(STORY):
                turn = messages(session, STORY[number : number + 1])
                memory.add(turn, user_id="u1", session_id=session)
            assert StorySession(memory).recalled()

    def test_the_order_of_writing_loses_nothing(self) -> None:
        """What happened before is recalled, though it is told after what happened later."""
        with self.open() as memory:
            for session in ("s3", "s2", "s1"):
                memory.add(messages(session), user_id="u1", session_id=session)
            assert StorySession(memory).recalled()


def _all(memory: Memory) -> list[Item]:
    """Everything of the user, what is derived too."""
    return memory.list(user_id="u1", limit=1000)


def _cited(memory: Memory) -> set[str]:
    """Everything that any answer rests on."""
    return {id_ for hits in answers(memory) for sources, _ in hits for id_ in sources}


def _right(memory: Memory, ids: list[str]) -> bool:
    """Whether every question is answered from the turn that answers it."""
    return all(
        ids[turn] in {id_ for sources, _ in hits[:NEAR] for id_ in sources}
        for hits, (_, turn) in zip(answers(memory), QUESTIONS, strict=True)
    )
