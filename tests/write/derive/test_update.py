"""New statements against what a system holds: stored and just drafted, the nearest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from combray import Memory
from combray.core.items import Item
from combray.recall.runtime.neighbours import Neighbour
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
from combray.write.derive.update import Updater, spoken
from combray.write.extract.base import ADD, NONE, UPDATE, Decision, Statement
from combray.write.extract.rules import RulesExtractor
from tests.words import Words

ACTOR, KIND = "test/1", "memory"


class Watched(RulesExtractor):
    """Rules that keep what they were shown for each statement."""

    def __init__(self) -> None:
        super().__init__(Words())
        self.shown: list[tuple[str, list[str]]] = []

    def decide(self, new: Statement, near: Sequence[Neighbour], /) -> Decision:
        """As the rules do."""
        self.shown.append((new.text, [each.item.text for each in near]))
        return super().decide(new, near)


def updated(memory: Memory, *texts: str, k: int = 5, second: Any = None) -> tuple[Draft, Watched]:
    """The draft that follows from turns of Ann's, applied."""
    turns = [{"role": "user", "name": "Ann", "content": text} for text in texts]
    items = memory.add(turns, user_id="u")
    draft, extractor = Draft("u", ACTOR), Watched()
    updater = Updater(runtime=memory._runtime, kind=KIND, k=k, second=second)
    updater.derive(draft, extractor, items)
    derive(memory._runtime, draft.change())
    return draft, extractor


def held(memory: Memory) -> list[str]:
    """What stands."""
    items: list[Item] = memory.list(user_id="u", kinds=[KIND])
    return sorted(item.text for item in items)


def test_a_statement_becomes_an_item_of_the_kind() -> None:
    """It cites the turn it was read from, under the speaker's name, and marks who made it."""
    with Memory(embedder=Words()) as memory:
        draft, _ = updated(memory, "I adopted a grey cat.")
        (item,) = draft.puts.values()
        assert (item.kind, item.name, item.created_by) == (KIND, "Ann", ACTOR)
        assert len(item.sources) == 1


def test_what_stands_is_shown_the_nearest_first_and_no_more_than_k() -> None:
    """Of what is stored, the k nearest by the vectors of the same words."""
    with Memory(embedder=Words()) as memory:
        updated(memory, "My cat sleeps here.", "My dog barks loudly.", "My boat leaks oil.")
        _, extractor = updated(memory, "My cat sleeps here often.", k=2)
        ((_, near),) = extractor.shown
        assert len(near) == 2
        assert near[0] == "My cat sleeps here."


def test_stored_and_drafted_together_are_no_more_than_k() -> None:
    """The nearest k of both, so that a prompt holds them."""
    with Memory(embedder=Words()) as memory:
        updated(memory, "My cat sleeps here.", "My dog barks loudly.")
        _, extractor = updated(memory, "My boat leaks oil.", "My boat leaks oil badly.", k=2)
        (_, near) = extractor.shown[1]
        assert len(near) == 2
        assert near[0] == "My boat leaks oil."


def test_a_statement_sees_what_those_before_it_in_the_batch_made() -> None:
    """The same words twice in one batch are one item."""
    with Memory(embedder=Words()) as memory:
        draft, extractor = updated(memory, "I adopted a cat.", "I adopted a cat.")
        assert extractor.shown[1] == ("I adopted a cat.", ["I adopted a cat."])
        assert len(draft.puts) == 1


def test_what_was_replaced_in_the_batch_is_not_shown_again() -> None:
    """An older item that this draft patches is out; what took its place stands for it."""
    with Memory(embedder=Words()) as memory:
        first = "I adopted a small grey cat called Misty."
        second = "I adopted a small grey cat called Misty in Rome."
        third = "I adopted a small grey cat called Misty in Rome yesterday."
        updated(memory, first)
        _, extractor = updated(memory, second, third)
        assert [near for _, near in extractor.shown] == [[first], [second]]
        assert held(memory) == [third]


def test_nothing_new_is_said_of_what_stands() -> None:
    """The same words later change nothing."""
    with Memory(embedder=Words()) as memory:
        updated(memory, "I adopted a cat.")
        draft, _ = updated(memory, "I adopted a cat.")
        assert not draft.change()
        assert held(memory) == ["I adopted a cat."]


def test_second_has_the_last_word() -> None:
    """It is given the decision, the statement and what is near, and its answer is done."""
    heard: list[tuple[str, str, int]] = []

    def second(decision: Decision, said: Statement, near: Sequence[Neighbour]) -> Decision:
        heard.append((decision.op, said.text, len(near)))
        if not near:
            return decision
        return Decision(op=UPDATE, text="both", target=near[0].item)

    with Memory(embedder=Words()) as memory:
        updated(memory, "I sold my boat.", "I adopted a cat.", second=second)
        assert heard == [(ADD, "I sold my boat.", 0), (ADD, "I adopted a cat.", 1)]
        assert held(memory) == ["both"]


def test_second_may_refuse() -> None:
    """NONE from it keeps everything out."""
    with Memory(embedder=Words()) as memory:
        updated(memory, "I sold my boat.", second=lambda d, s, n: Decision(op=NONE, text=""))
        assert held(memory) == []


def test_a_statement_is_embedded_as_its_item_will_be() -> None:
    """The vector of what is said is that of the stored item, so that it finds itself."""
    with Memory(embedder=Words()) as memory:
        draft, extractor = updated(memory, "I live in Rome.")
        (item,) = draft.puts.values()
        (said,) = extractor.extract([memory.get(item.sources[0])])
        view = memory._runtime.view("u")
        assert view.embeddings.vectors is not None
        stored = view.embeddings.vectors.values[view.row_of[item.id]]
        assert float(stored @ Words().embed([spoken(said)])[0]) > 0.999
