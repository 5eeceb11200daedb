"""What was cited teaches a reranker; what is erased is unlearned."""

from __future__ import annotations

from typing import Any

import numpy as np

from combray import Memory
from combray.core.items import Item, Scope
from combray.core.ports import Citation
from combray.recall.rank.bilinear import LearningRule
from combray.write.derive.feedback import KIND, Learned, Lessons
from tests.words import Words

ACTOR = "test-citations/1"


def lessons(memory: Memory, window: int = 100) -> Lessons:
    """Over a memory."""
    return Lessons(memory._runtime, ACTOR, LearningRule(), window)


def told(memory: Memory, *texts: str) -> list[Item]:
    """Words of one user."""
    return memory.add(list(texts), user_id="u")


def cite(taught: Lessons, query: str, shown: list[Item], cited: list[Item]) -> None:
    """Say which of what was shown was of use."""
    ids = tuple(item.id for item in shown), tuple(item.id for item in cited)
    taught.cite(Citation(query=query, shown=ids[0], cited=ids[1], scope=Scope("u")))


def learned(memory: Memory, taught: Lessons) -> Learned:
    """The scorer as of now."""
    view = memory._runtime.view("u")
    assert view.embeddings.vectors is not None
    return taught.learned(view, view.embeddings.vectors.values)


def kept(memory: Memory) -> list[Item]:
    """The lessons, the oldest first."""
    found = memory.list(user_id="u", kinds=[KIND], limit=1000)
    return sorted(found, key=lambda item: item.seq)


def scores(memory: Memory, taught: Lessons, query: str, items: list[Item]) -> list[float]:
    """What the scorer gives some items for a question."""
    rows = Words().embed([item.text for item in items])
    found: Any = learned(memory, taught).scorer.scores(Words().embed([query])[0], rows)
    return [float(x) for x in found]


def test_a_lesson_is_an_item_that_cites_what_was_shown() -> None:
    """The question is its text; it keeps the order shown and what was of use."""
    with Memory(embedder=Words()) as memory:
        tea, jam = told(memory, "I like tea.", "I like jam.")
        cite(lessons(memory), "what do I like", [jam, tea], [tea])
        (lesson,) = kept(memory)
        assert lesson.text == "what do I like"
        assert set(lesson.sources) == {tea.id, jam.id}
        assert (lesson.metadata["order"], lesson.metadata["cited"]) == ([jam.id, tea.id], [tea.id])


def test_what_was_of_use_scores_higher_afterwards() -> None:
    """The cited one gains on the one that was shown and not cited, and more with each lesson."""
    with Memory(embedder=Words()) as memory:
        tea, jam = told(memory, "drinking tea", "eating jam")
        taught, query, gaps = lessons(memory), "breakfast things", []
        for _ in range(3):
            one, other = scores(memory, taught, query, [tea, jam])
            gaps.append(one - other)
            cite(taught, query, [tea, jam], [tea])
        assert gaps == sorted(gaps)
        assert gaps[-1] > gaps[0]


def test_nothing_derived_and_nothing_unknown_is_a_lesson() -> None:
    """Ids that are gone, or of what a system made, teach nothing; without any left none is kept."""
    with Memory(embedder=Words()) as memory:
        (home,) = told(memory, "I live in Rome.")
        facts = memory.list(user_id="u", kinds=["fact"])
        assert facts
        taught = lessons(memory)
        cite(taught, "where", facts, facts)
        taught.cite(Citation(query="where", shown=("gone",), cited=("gone",), scope=Scope("u")))
        assert kept(memory) == []
        cite(taught, "where", [*facts, home], [home])
        assert kept(memory)[0].sources == (home.id,)


def test_the_same_lessons_make_the_same_scorer() -> None:
    """One that was taught along the way and one that replays everything agree to the bit."""
    with Memory(embedder=Words()) as memory:
        items = told(memory, "drinking tea", "eating jam", "riding bikes")
        along = lessons(memory)
        for n in range(4):
            cite(along, f"question {n}", items, [items[n % 3]])
            learned(memory, along)
        one = scores(memory, along, "question 1", items)
        assert one == scores(memory, lessons(memory), "question 1", items)


def test_an_erased_memory_is_unlearned() -> None:
    """When what it rests on is erased, the lesson goes, and the scorer is as if never taught."""
    with Memory(embedder=Words()) as memory:
        tea, jam = told(memory, "drinking tea", "eating jam")
        taught = lessons(memory)
        cite(taught, "breakfast", [tea], [tea])
        assert len(learned(memory, taught).lessons) == 1
        memory.erase(tea.id)
        assert kept(memory) == []
        found = learned(memory, taught)
        assert found.lessons == []
        plain = scores(memory, lessons(memory), "breakfast", [jam])
        assert scores(memory, taught, "breakfast", [jam]) == plain


def test_a_lesson_is_replayed_only_when_it_is_new() -> None:
    """Nothing new gives the very scorer; one more lesson goes on from it, not from the start."""
    with Memory(embedder=Words()) as memory:
        items = told(memory, "drinking tea", "eating jam")
        taught = lessons(memory)
        cite(taught, "one", items, items[:1])
        first = learned(memory, taught)
        assert learned(memory, taught) is first
        cite(taught, "two", items, items[:1])
        second = learned(memory, taught)
        assert second is not first
        assert second.scorer is first.scorer
        assert [len(each.rewards) for each in second.lessons] == [2, 2]


def test_only_the_last_lessons_count() -> None:
    """The last `window`, or up to half as many more: older ones go half a window at once."""
    with Memory(embedder=Words()) as memory:
        items = told(memory, "drinking tea", "eating jam")
        taught, counts = lessons(memory, window=4), []
        for n in range(9):
            cite(taught, f"question {n}", items, items[:1])
            counts.append(len(learned(memory, taught).lessons))
        assert counts == [1, 2, 3, 4, 5, 4, 5, 4, 5]


def test_when_old_lessons_go_the_rest_are_replayed_from_the_start() -> None:
    """A scorer that was taught what is past the window is as one that never was."""
    with Memory(embedder=Words()) as memory:
        items = told(memory, "drinking tea", "eating jam")
        taught = lessons(memory, window=4)
        for n in range(6):
            cite(taught, f"question {n}", items, [items[n % 2]])
            learned(memory, taught)
        fresh = scores(memory, lessons(memory, window=4), "question 5", items)
        assert scores(memory, taught, "question 5", items) == fresh
        assert fresh != scores(memory, lessons(memory, window=100), "question 5", items)


def test_rewards_are_plus_and_minus_one() -> None:
    """What was cited is rewarded, what was shown and not cited punished, in the order shown."""
    with Memory(embedder=Words()) as memory:
        items = told(memory, "drinking tea", "eating jam", "riding bikes")
        taught = lessons(memory)
        cite(taught, "what", items, [items[1]])
        (lesson,) = learned(memory, taught).lessons
        assert np.allclose(lesson.rewards, [-1, 1, -1])
        view = memory._runtime.view("u")
        assert [view.ids[row] for row in lesson.shown] == [item.id for item in items]
