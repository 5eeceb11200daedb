"""A reranker of the user's own: it orders the first candidates and is held to its contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError, ModelError
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
