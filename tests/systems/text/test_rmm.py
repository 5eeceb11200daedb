"""Reflective memory management: topics cite their turns, and citations teach the order."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray import Memory
from combray.core.errors import InputError
from tests.test_laws import told
from tests.words import Words

QUESTION = "What did they tell about cats?"


def opened(location: Path | str = ":memory:", **options: object) -> Memory:
    """A memory with a reranker."""
    return Memory(location, system="rmm", embedder=Words(), options=options)


def order(memory: Memory, question: str = QUESTION) -> list[str]:
    """The ids of all six turns as they are ranked for a question."""
    return [hit.id for hit in memory.search(question, user_id="u1", limit=6)]


def taught(memory: Memory, best: str, times: int = 40) -> None:
    """Ask and cite one memory so many times."""
    for _ in range(times):
        order(memory)
        memory.cite([best], user_id="u1")


def test_topics_cover_every_turn_and_cite_it() -> None:
    """Each turn is in a topic, and the topic's span is that of its turns."""
    with opened() as memory:
        ids = set(told(memory))
        topics = memory.list(user_id="u1", kinds=["topic"])
        assert topics
        assert {source for topic in topics for source in topic.sources} == ids


def test_untaught_it_is_the_retriever() -> None:
    """Without topics and citations the order is that of the cosine."""
    with opened(topics=0.0) as memory:
        told(memory)
        mine = order(memory)
    with Memory(system="dense", embedder=Words()) as memory:
        ids = told(memory)
        dense = [ids.index(hit.id) for hit in memory.search(QUESTION, user_id="u1", limit=6)]
    with opened(topics=0.0) as memory:
        ids = told(memory)
        assert [ids.index(id_) for id_ in order(memory)] == dense
    assert len(mine) == 6


def test_what_is_cited_rises_and_stays_so_after_a_restart(tmp_path: Path) -> None:
    """A memory that is always cited comes first, before the file is closed and after."""
    with opened(tmp_path / "m.db") as memory:
        told(memory)
        last = order(memory)[-1]
        taught(memory, last)
        after = [(hit.id, hit.score) for hit in memory.search(QUESTION, user_id="u1", limit=6)]
        assert after[0][0] == last
    with opened(tmp_path / "m.db") as memory:
        again = [(hit.id, hit.score) for hit in memory.search(QUESTION, user_id="u1", limit=6)]
        assert [id_ for id_, _ in again] == [id_ for id_, _ in after]
        assert [s for _, s in again] == pytest.approx([s for _, s in after], abs=1e-6)


def test_the_oldest_lessons_go_half_a_window_at_a_time() -> None:
    """A full window does not replay every lesson anew at each citation."""
    with opened(window=4) as memory:
        told(memory)
        counts = []
        for _ in range(8):
            taught(memory, order(memory)[-1], times=1)
            hit = memory.search(QUESTION, user_id="u1", limit=1)[0]
            counts.append(hit.explain["lessons"])
        assert counts == [1, 2, 3, 4, 5, 4, 5, 4]


def test_erasing_a_memory_unlearns_it() -> None:
    """When what was shown is erased, the order is again as if nothing had been cited."""
    with opened() as memory:
        told(memory)
        before = order(memory)
        taught(memory, before[-1], times=10)
        assert order(memory) != before
        memory.erase(before[-1])
        assert memory.list(user_id="u1", kinds=["feedback"]) == []
        assert order(memory) == before[:-1]


def test_an_answer_cites_what_it_uses() -> None:
    """Given the answer, the memories whose words it uses are cited."""
    with opened() as memory:
        ids = told(memory)
        order(memory)
        assert memory.cite(answer="Bob's sister is allergic to cats.", user_id="u1") == [ids[1]]


def test_exploring_changes_only_with_what_is_learned() -> None:
    """With noise in the order, asking twice still answers the same."""
    with opened(explore=True) as memory:
        told(memory)
        assert order(memory) == order(memory)


def test_citing_asks_for_something_found() -> None:
    """No search, no citation; an id that was not found is refused, and nothing is learned."""
    with opened() as memory:
        told(memory)
        with pytest.raises(InputError, match="there was none"):
            memory.cite(["x"], user_id="u1")
        order(memory)
        with pytest.raises(InputError, match="not among"):
            memory.cite(["x"], user_id="u1")
        with pytest.raises(InputError, match="one of them"):
            memory.cite(user_id="u1")
        assert memory.list(user_id="u1", kinds=["feedback"]) == []
