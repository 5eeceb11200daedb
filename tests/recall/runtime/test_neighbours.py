"""The nearest of what was derived before are those of the greatest cosine, within one tenant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.recall.runtime.neighbours import FEW, Neighbour, nearest
from tests.recall.asking import USER, opened, patch, said
from tests.words import Words

WORDS = st.lists(st.sampled_from("heron boat bread garden violin".split()), min_size=1, max_size=3)


def filled(told: list[str]) -> Memory:
    """A memory of turns with their vectors."""
    memory = opened(*(said(text) for text in told))
    memory._heal(USER)
    return memory


def near(memory: Memory, questions: list[str], k: int = 2, **asked: Any) -> list[list[Neighbour]]:
    """The neighbours of some texts among the turns."""
    vectors = Words().embed(questions) if questions else np.zeros((0, 64), np.float32)
    given_ = {"kinds": ("turn",), "created_by": None, **asked}
    return nearest(memory._runtime, USER, vectors, k=k, **given_)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(WORDS, min_size=1, max_size=6),
    st.lists(WORDS, min_size=1, max_size=2 * FEW),
    st.integers(1, 8),
)
def test_neighbours_are_the_k_of_the_greatest_cosine(
    told: list[list[str]], asked: list[list[str]], k: int
) -> None:
    """The nearest first, whether few are asked for or many."""
    texts, questions = [" ".join(t) for t in told], [" ".join(q) for q in asked]
    found = near(filled(texts), questions, k)
    assert len(found) == len(questions)
    for question, line in zip(questions, found, strict=True):
        cosines = Words().embed(texts) @ Words().embed([question])[0]
        best = np.sort(cosines)[::-1][:k]
        assert [each.cosine for each in line] == pytest.approx(best, abs=1e-5)
        for each in line:
            at = texts.index(each.item.text)
            assert each.cosine == pytest.approx(cosines[at], abs=1e-5)


@pytest.mark.parametrize("many", [1, FEW + 1])
def test_only_live_items_of_the_kinds_and_the_creator_are_neighbours(many: int) -> None:
    """A deleted one, one of another kind or creator is nobody's neighbour."""
    memory = opened(
        said("heron a"),
        said("heron b", created_by="notes/1"),
        said("heron c").with_fields({"kind": "text"}),
        said("heron d"),
    )
    memory._heal(USER)
    patch(memory, memory._store.items(USER)[3], status="deleted")

    def texts(**asked: Any) -> list[str]:
        lines = near(memory, ["heron"] * many, 9, **asked)
        assert all(line == lines[0] for line in lines)
        return sorted(each.item.text for each in lines[0])

    assert texts() == ["heron a", "heron b"]
    assert texts(created_by="notes/1") == ["heron b"]
    assert texts(kinds=("text",)) == ["heron c"]
    assert texts(kinds=("turn", "text")) == ["heron a", "heron b", "heron c"]


def test_without_vectors_rows_or_questions_there_are_no_neighbours() -> None:
    """One empty line for each question."""
    assert near(opened(said("heron")), ["heron", "boat"]) == [[], []]
    assert near(filled(["heron"]), ["heron"], kinds=("fact",)) == [[]]
    assert near(filled(["heron"]), []) == []
    assert nearest(
        filled(["heron"])._runtime, "other", Words().embed(["heron"]),
        kinds=("turn",), created_by=None, k=1,
    ) == [[]]  # fmt: skip


def test_what_was_erased_meanwhile_is_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of the view whose item is gone is left out."""
    memory = filled(["heron a", "heron b"])
    held = memory._runtime.view(USER)
    memory.erase(memory._store.items(USER)[0].id)
    monkeypatch.setattr(memory._runtime, "view", lambda _tenant: held)
    assert [each.item.text for each in near(memory, ["heron"], 9)[0]] == ["heron b"]
