"""Reflective memory management: topics cite their turns, and citations teach the order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.testing.story import tell
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
        ids = set(tell(memory))
        topics = memory.list(user_id="u1", kinds=["topic"])
        assert topics
        assert {source for topic in topics for source in topic.sources} == ids


SAILING = (
    "We sailed the old boat to the harbour.",
    "The harbour was full of old boats that day.",
    "Our old boat lost its sail near the harbour.",
)
BAKING = (
    "My sourdough bread rose slowly this morning.",
    "I baked the sourdough bread with rye.",
    "The rye bread tasted of sourdough and salt.",
)


def say(memory: Memory, texts: Sequence[str], session: str) -> list[str]:
    """One conversation, a turn a minute; the ids of its turns."""
    turns = [{"role": "user", "name": "Ann", "content": text} for text in texts]
    for minute, turn in enumerate(turns):
        turn["timestamp"] = f"2024-05-01T10:{minute:02}:00Z"
    return [item.id for item in memory.add(turns, user_id="u1", session_id=session)]


def test_a_session_is_cut_where_its_subject_changes() -> None:
    """Three turns about a boat and three about bread are two topics, each of its own turns."""
    with opened() as memory:
        ids = say(memory, [*SAILING, *BAKING], "s1")
        topics = memory.list(user_id="u1", kinds=["topic"])
        assert {topic.sources for topic in topics} == {tuple(ids[:3]), tuple(ids[3:])}


def test_a_topic_that_goes_on_is_merged() -> None:
    """What the next session says of the same thing joins the topic; another thing is added."""
    with opened() as memory:
        before = say(memory, SAILING[:1], "s1")
        after = say(memory, ["Again we sailed the old boat to the harbour."], "s2")
        other = say(memory, BAKING[:1], "s3")
        topics = memory.list(user_id="u1", kinds=["topic"])
        assert {topic.sources for topic in topics} == {tuple(before + after), tuple(other)}


def test_a_turn_is_found_by_its_topic_as_well() -> None:
    """Untaught, the score is the cosine of the turn and 0.3 of that of its topic."""
    with opened() as memory:
        say(memory, [*SAILING, *BAKING], "s1")
        topics = memory.list(user_id="u1", kinds=["topic"])
        question = "Which rye bread tasted of salt?"
        view, [q] = memory._runtime.view("u1"), Words().embed([question])
        near = {id_: q @ view.embeddings.vectors.values[row] for id_, row in view.row_of.items()}
        for hit in memory.search(question, user_id="u1"):
            (topic,) = [topic.id for topic in topics if hit.id in topic.sources]
            assert hit.score == pytest.approx(near[hit.id] + 0.3 * near[topic], abs=1e-4)


def test_only_the_candidates_of_the_retriever_are_reordered(tmp_path: Path) -> None:
    """What citations would put first is not found when it is not among the K nearest."""
    with opened(tmp_path / "m.db") as memory:
        tell(memory)
        last = order(memory)[-1]
        taught(memory, last)
        assert order(memory)[0] == last
    with opened(tmp_path / "m.db", k=2) as memory:
        hits = memory.search(QUESTION, user_id="u1", limit=2)
        assert last not in [hit.id for hit in hits]


def test_what_was_shown_and_not_cited_falls() -> None:
    """Of all turns shown the cited one gains, and every other loses."""
    with opened() as memory:
        tell(memory)
        before = {hit.id: hit.score for hit in memory.search(QUESTION, user_id="u1", limit=6)}
        *others, last = before
        taught(memory, last)
        after = {hit.id: hit.score for hit in memory.search(QUESTION, user_id="u1", limit=6)}
        assert after[last] > before[last]
        assert all(after[id_] < before[id_] for id_ in others)


def test_untaught_it_is_the_retriever() -> None:
    """Without topics and citations the order is that of the cosine."""
    with opened(topics=0.0) as memory:
        tell(memory)
        mine = order(memory)
    with Memory(system="dense", embedder=Words()) as memory:
        ids = tell(memory)
        dense = [ids.index(hit.id) for hit in memory.search(QUESTION, user_id="u1", limit=6)]
    with opened(topics=0.0) as memory:
        ids = tell(memory)
        assert [ids.index(id_) for id_ in order(memory)] == dense
    assert len(mine) == 6


def test_what_is_cited_rises_and_stays_so_after_a_restart(tmp_path: Path) -> None:
    """A memory that is always cited comes first, before the file is closed and after."""
    with opened(tmp_path / "m.db") as memory:
        tell(memory)
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
        tell(memory)
        counts = []
        for _ in range(8):
            taught(memory, order(memory)[-1], times=1)
            hit = memory.search(QUESTION, user_id="u1", limit=1)[0]
            counts.append(hit.explain["lessons"])
        assert counts == [1, 2, 3, 4, 5, 4, 5, 4]


def test_erasing_a_memory_unlearns_it() -> None:
    """When what was shown is erased, the order is again as if nothing had been cited."""
    with opened() as memory:
        tell(memory)
        before = order(memory)
        taught(memory, before[-1], times=10)
        assert order(memory) != before
        memory.erase(before[-1])
        assert memory.list(user_id="u1", kinds=["feedback"]) == []
        assert order(memory) == before[:-1]


def test_an_answer_cites_what_it_uses() -> None:
    """Given the answer, the memories whose words it uses are cited."""
    with opened() as memory:
        ids = tell(memory)
        order(memory)
        assert memory.cite(answer="Bob's sister is allergic to cats.", user_id="u1") == [ids[1]]


def test_exploring_changes_only_with_what_is_learned() -> None:
    """With noise the order is another than without, and asking twice still answers the same."""
    orders = {}
    for explore in (False, True):
        with opened(explore=explore) as memory:
            ids = tell(memory)
            orders[explore] = [ids.index(id_) for id_ in order(memory)]
            assert [ids.index(id_) for id_ in order(memory)] == orders[explore]
    assert orders[True] != orders[False]


def test_citing_asks_for_something_found() -> None:
    """No search, no citation; an id that was not found is refused, and nothing is learned."""
    with opened() as memory:
        tell(memory)
        with pytest.raises(InputError, match="there was none"):
            memory.cite(["x"], user_id="u1")
        order(memory)
        with pytest.raises(InputError, match="not among"):
            memory.cite(["x"], user_id="u1")
        with pytest.raises(InputError, match="one of them"):
            memory.cite(user_id="u1")
        assert memory.list(user_id="u1", kinds=["feedback"]) == []
