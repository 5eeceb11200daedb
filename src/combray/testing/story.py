"""The story that text memories are told by their laws, the questions about it, and a session of it.

Two people speak in three conversations, on days of which nothing else depends than the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from combray.core.items import Scope
from combray.core.ports import Query
from combray.core.time import to_micros
from combray.memory import Memory

Turn = tuple[str, str, str, str]
"""(session, time, speaker, words)."""

STORY: tuple[Turn, ...] = (
    ("s1", "2024-03-02T10:00:00Z", "Ann", "I adopted a grey cat called Misty last weekend."),
    ("s1", "2024-03-02T10:01:00Z", "Bob", "How lovely! My sister is allergic to cats."),
    ("s1", "2024-03-02T10:02:00Z", "Ann", "Oh no. Does she live with you in Lisbon?"),
    ("s2", "2024-04-11T09:00:00Z", "Bob", "I started a pottery class on Thursdays."),
    (
        "s2",
        "2024-04-11T09:01:00Z",
        "Ann",
        "Pottery sounds fun, I would rather paint the mountains.",
    ),
    ("s3", "2024-05-20T18:30:00Z", "Bob", "The marathon in Porto was rainy, but I finished it."),
)
"""Six turns of three conversations."""

QUESTIONS = (
    ("What is the name of the grey cat?", 0),
    ("Who is allergic to cats?", 1),
    ("What class did Bob start?", 3),
    ("Was the marathon in Porto rainy?", 5),
)
"""(question, number of the turn that answers it)."""

_ASKED = tuple(question for question, _ in QUESTIONS)
ASKED_AT = "2024-08-01"
"""When the questions are put: a clock that does not move between two of them."""
NEAR = 3
"""The turn that answers a question is among what so many first hits rest on."""


def messages(session: str, story: Sequence[Turn] = STORY) -> list[Any]:
    """The turns of one conversation as messages."""
    return [
        {"role": "user", "name": name, "content": text, "timestamp": moment}
        for each, moment, name, text in story
        if each == session
    ]


def tell(memory: Memory, user: str = "u1", story: Sequence[Turn] = STORY) -> list[str]:
    """Tell a memory the story, one conversation after another; the ids of its turns."""
    ids = []
    for session in dict.fromkeys(turn[0] for turn in story):
        items = memory.add(messages(session, story), user_id=user, session_id=session)
        ids += [item.id for item in items]
    return ids


def answers(memory: Memory, user: str = "u1") -> list[list[tuple[tuple[str, ...], float]]]:
    """What a memory answers to every question: the ids that hits rest on, and their scores."""
    return [
        [
            (hit.evidence, round(hit.score, 5))
            for hit in memory.search(question, user_id=user, limit=5, asked_at=ASKED_AT)
        ]
        for question, _ in QUESTIONS
    ]


class StorySession:
    """A memory of one user that is told a story and asked about it."""

    def __init__(self, memory: Memory, story: Sequence[Turn] = STORY) -> None:
        self.memory, self._story = memory, story

    def write(self) -> None:
        """Tell the story, one conversation after another."""
        tell(self.memory, story=self._story)

    def ask(self, asked: Sequence[str] = _ASKED) -> Any:
        """For each question the numbers of the turns that hits rest on, and their scores."""
        number = self.numbers()
        return [
            [
                (sorted(number[id_] for id_ in hit.evidence), round(hit.score, 5))
                for hit in self.memory.search(question, user_id="u1", limit=5, asked_at=ASKED_AT)
            ]
            for question in asked
        ]

    def numbers(self) -> dict[str, int]:
        """The number of each turn, by its id."""
        turns = self.memory.list(user_id="u1", kinds=["turn"], limit=1000)
        ordered = sorted(turns, key=lambda item: (item.timestamp, item.seq))
        return {item.id: number for number, item in enumerate(ordered)}

    def recalled(self) -> bool:
        """The turn that answers a question is among what the first three hits rest on."""
        return all(
            turn in {source for sources, _ in hits[:NEAR] for source in sources}
            for hits, (_, turn) in zip(self.ask(), QUESTIONS, strict=True)
        )

    def empty(self) -> bool:
        """No hit and no context."""
        context = self.memory.context("anything", user_id="u1", tokens=50)
        hits = [self.memory.search(question, user_id="u1") for question, _ in QUESTIONS]
        return not any(hits) and context.items == []

    def spent(self) -> list[tuple[float, float]]:
        """The hits of limits, of the memory and of its system alone, and the tokens of contexts."""
        words, scope, moment = "cat pottery marathon", Scope("u1"), to_micros(ASKED_AT)
        asked = [Query(text=words, scope=scope, limit=n, asked_at=moment) for n in (1, 2, 4)]
        return [
            *((len(self.memory.search(words, user_id="u1", limit=n)), n) for n in (1, 2, 4)),
            *((len(self.memory._system.recall(query)), query.limit) for query in asked),
            *(
                (self.memory.context(words, user_id="u1", tokens=n).tokens, n)
                for n in (1, 20, 60, 200)
            ),
        ]
