"""A reranker of the user's own: it orders the first candidates and is held to its contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError, ModelError
from combray.recall.rank.rerank import FIRST, checked, reranked
from tests.recall.contexts import context_of
from tests.recall.contexts import filled as told
from tests.words import Words


class Shortest:
    """Prefers short texts, and remembers what it read."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.read: list[str] = []

    def score(self, query: str, texts: Sequence[str]) -> Any:
        """Minus the length of each text, or whatever was told to answer."""
        self.read = list(texts)
        return [-len(text) for text in texts] if self.answer is None else self.answer


def filled(reranker: Any) -> Memory:
    """Three memories about cats, the default first a long one."""
    memory = Memory(embedder=Words(), options={"rerank": reranker})
    memory.add(["The grey cat sleeps on the red sofa.", "A cat, grey.", "The dog barks at night."])
    return memory


def test_the_first_candidates_stand_in_its_order() -> None:
    """Hits come as the reranker scores them; their scores still fall, and say what it gave."""
    reranker = Shortest()
    hits = filled(reranker).search("grey cat sofa", limit=3)
    assert [hit.text for hit in hits] == sorted(reranker.read, key=len)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].explain["rerank"] == -12


def test_without_one_nothing_is_reranked() -> None:
    """The order is the rule's, and no hit speaks of a reranker."""
    hits = filled(None).search("grey cat sofa", limit=3)
    assert [hit.id for hit in hits]
    assert all("rerank" not in hit.explain for hit in hits)


@pytest.mark.parametrize("answer", [[1.0], [[1.0], [2.0], [3.0]], [np.nan, 0, 1]])
def test_an_answer_of_another_shape_is_an_error_of_ours(answer: Any) -> None:
    """One finite number for each text, or ModelError."""
    with pytest.raises(ModelError, match="one finite number"):
        filled(Shortest(answer)).search("cat")


def test_what_cannot_score_is_refused_at_opening() -> None:
    """An object without score, and an empty memory with one."""
    with pytest.raises(InputError, match="score"):
        filled("a cross-encoder")
    assert Memory(embedder=Words(), options={"rerank": Shortest()}).search("cat") == []


SAID = ("a heron", "two grey herons", "three", "one long note about geese", "five")


class Given:
    """Gives the scores it was made with, and keeps what it was asked."""

    def __init__(self, *scores: float) -> None:
        self.scores = scores
        self.asked: list[tuple[str, list[str]]] = []

    def score(self, query: str, texts: Sequence[str]) -> tuple[float, ...]:
        """The scores, whatever is read."""
        self.asked.append((query, list(texts)))
        return self.scores


def test_rows_are_ordered_by_the_score_given() -> None:
    """Greatest first; each row that was read has its score."""
    context = context_of(told(*SAID), "heron")
    rows, known = reranked(context, [4, 0, 2], Given(0.1, 0.9, 0.5))
    assert rows == [0, 2, 4]
    assert known == {4: 0.1, 0: 0.9, 2: 0.5}


def test_it_reads_the_question_and_the_texts_in_their_order() -> None:
    """The words as they are indexed: title and caption stand beside them."""
    memory = told(*SAID)
    memory.add("It was built in 1890.", metadata={"title": "The mill", "caption": "a mill"})
    context = context_of(memory, "Where is the mill?")
    reader = Given(0, 0, 0)
    reranked(context, [5, 3, 0], reader)
    titled = "The mill. It was built in 1890. [a mill]"
    assert reader.asked == [("Where is the mill?", [titled, SAID[3], SAID[0]])]


def test_equal_scores_keep_their_order() -> None:
    """A reranker that tells nothing changes nothing."""
    context = context_of(told(*SAID), "heron")
    assert reranked(context, [3, 1, 4, 0], Given(2, 2, 2, 2))[0] == [3, 1, 4, 0]
    assert reranked(context, [3, 1, 4, 0], Given(1, 2, 1, 2))[0] == [1, 0, 3, 4]


def test_only_the_first_rows_are_read() -> None:
    """What comes after them follows in its own order, without a score."""
    context = context_of(told(*SAID), "heron")
    rows, known = reranked(context, [4, 0, 2, 1, 3], Given(-5, -4), first=2)
    assert rows == [0, 4, 2, 1, 3]
    assert known == {4: -5, 0: -4}


def test_the_first_are_fifty() -> None:
    """One call reads fifty texts and no more."""
    memory = told(*(f"heron {n}" for n in range(52)))
    reader = Given(*range(50))
    rows, known = reranked(context_of(memory, "heron"), range(52), reader)
    assert FIRST == 50
    assert len(reader.asked[0][1]) == 50
    assert rows == [*range(49, -1, -1), 50, 51]
    assert sorted(known) == list(range(50))


def test_nothing_to_read_is_not_asked() -> None:
    """Without candidates the reranker is left alone."""
    reader = Given(1.0)
    assert reranked(context_of(told(*SAID), "heron"), [], reader) == ([], {})
    assert reader.asked == []


@pytest.mark.parametrize("scores", [(1.0,), (1.0, 2.0, 3.0), (np.inf, 0), (np.nan, 0)])
def test_scores_that_do_not_fit_are_refused(scores: tuple[float, ...]) -> None:
    """The error says how many texts there were."""
    context = context_of(told(*SAID), "heron")
    with pytest.raises(ModelError, match="for 2 texts"):
        reranked(context, [0, 1], Given(*scores))


def test_what_can_score_is_taken_as_it_is() -> None:
    """An object with `score`, or none; an attribute that cannot be called is no `score`."""
    reader = Given()
    assert checked(reader) is reader
    assert checked(None) is None

    class Number:
        score = 1

    with pytest.raises(InputError, match="not Number"):
        checked(Number())  # type: ignore[arg-type]
