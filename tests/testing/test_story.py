"""The story that the laws of a text memory tell."""

from __future__ import annotations

from combray import Memory
from combray.testing.story import QUESTIONS, STORY, StorySession, answers, messages, tell
from tests.words import Words


def memory() -> Memory:
    """A memory that finds by words."""
    return Memory(system="bm25", embedder=Words())


def test_a_conversation_is_its_turns() -> None:
    """In order, with who said what when."""
    first, second = messages("s2")
    assert (first["name"], second["name"]) == ("Bob", "Ann")
    assert first["timestamp"] < second["timestamp"]
    assert messages("s9") == []


def test_the_story_is_told_to_one_user() -> None:
    """The ids are those of its turns, in its order; each question is answered from its turn."""
    with memory() as told:
        ids = tell(told)
        assert [told.get(id_).text for id_ in ids] == [words for *_, words in STORY]
        for hits, (_, turn) in zip(answers(told), QUESTIONS, strict=True):
            assert hits[0][0] == (ids[turn],)
        assert answers(told, user="u2") == [[]] * len(QUESTIONS)


def test_a_session_says_turns_by_their_numbers() -> None:
    """Two memories with other ids give the same answers, which name the turns of the story."""
    found = []
    for _ in range(2):
        with memory() as told:
            session = StorySession(told)
            assert session.empty()
            session.write()
            assert not session.empty()
            assert sorted(session.numbers().values()) == list(range(len(STORY)))
            assert [hits[0][0] for hits in session.ask()] == [[turn] for _, turn in QUESTIONS]
            assert session.recalled()
            found.append(session.ask())
    assert found[0] == found[1]


def test_what_is_not_told_is_not_recalled() -> None:
    """A session of another story has no answer to the questions of this one."""
    with memory() as told:
        session = StorySession(told, STORY[:3])
        session.write()
        assert not session.recalled()


def test_what_was_spent_is_of_hits_and_tokens() -> None:
    """Three limits of the memory, the same of its system, and four of a context."""
    with memory() as told:
        session = StorySession(told)
        session.write()
        spent = session.spent()
        assert [given for _, given in spent] == [1, 2, 4, 1, 2, 4, 1, 20, 60, 200]
        assert [used for used, _ in spent[:6]] == [1, 2, 4, 1, 2, 4]
        assert 0 < spent[-1][0] <= 200
