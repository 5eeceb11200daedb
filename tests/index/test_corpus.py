"""The corpus: whose rows count, how long they are, and BM25 over them by its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from combray import Memory
from combray.core.text import terms
from combray.index.corpus import K1, B, Corpus, corpus_of, corpus_over, members, rows_of
from combray.index.view import View
from combray.recall.query import scores
from tests.recall.contexts import derive, filled, talked
from tests.words import Words

TALK = (
    ("Ann", "The grey heron stands by the grey river."),
    ("Bob", "A heron? By the river bridge?"),
    ("Ann", "Yes."),
)
MORE = (("Cleo", "The river bridge is old, the mill is older and the river oldest."),)


def view_of(memory: Memory, user: str = "") -> View:
    """A user's view as it is now."""
    return memory._runtime.view(user)


def lengths(*groups: list[int]) -> list[float]:
    """K = k1 (1 - b + b L) of lengths, L each over their mean."""
    values = [length for group in groups for length in group]
    mean = sum(values) / len(values)
    return [K1 * (1 - B + B * length / mean) for length in values]


def test_the_length_norm_of_a_row_is_that_of_bm25() -> None:
    """k1 (1 - b + b · length / mean length), lengths in terms."""
    view = view_of(talked(TALK, MORE))
    sizes = [len(terms(text)) for _, text in (*TALK, *MORE)]
    assert (K1, B) == (1.2, 0.75)
    corpus = corpus_of(view)
    assert corpus.turn.tolist() == pytest.approx(lengths(sizes), rel=1e-5)
    assert (corpus.size, corpus.sessions, corpus.chained) == (4, 2, True)


def test_windows_and_conversations_have_lengths_of_their_own() -> None:
    """Twice the row and the one before it; the row with both neighbours; all of the session."""
    view = view_of(talked(TALK, MORE))
    a, b, c, d = (len(terms(text)) for _, text in (*TALK, *MORE))
    corpus = corpus_of(view)
    assert corpus.before.tolist() == pytest.approx(
        lengths([2 * a, a + 2 * b, b + 2 * c, 2 * d]), rel=1e-5
    )
    assert corpus.around.tolist() == pytest.approx(lengths([a + b, a + b + c, b + c, d]), rel=1e-5)
    mean = (a + b + c + d) / 2
    norms = [K1 * (1 - B + B * length / mean) for length in (a + b + c, d)]
    heads = view.conversations.head.values.tolist()
    assert corpus.session[heads[0]] == pytest.approx(norms[0], rel=1e-5)
    assert corpus.session[heads[3]] == pytest.approx(norms[1], rel=1e-5)


def test_notes_have_no_neighbours() -> None:
    """A collection of rows that stand alone is not chained: each is a conversation of one."""
    corpus = corpus_of(view_of(filled("a heron", "a river")))
    assert not corpus.chained
    assert corpus.sessions == corpus.size == 2


def test_an_empty_collection_has_a_norm() -> None:
    """No rows, or rows without words: sizes of nothing and no division by it."""
    empty = corpus_of(view_of(Memory(embedder=Words())))
    assert (empty.size, empty.sessions, empty.chained) == (0, 0, False)
    mute = corpus_of(view_of(filled("?", "!")))
    assert mute.size == 2
    assert np.isfinite(mute.turn).all()


def test_rows_outside_do_not_count() -> None:
    """The mean is over the rows inside, and a conversation without any is none."""
    view = view_of(talked(TALK, MORE))
    inside = np.array([True, False, True, False])
    corpus = corpus_over(view, inside)
    a, _, c, _ = (len(terms(text)) for _, text in (*TALK, *MORE))
    assert (corpus.size, corpus.sessions) == (2, 1)
    assert corpus.turn[[0, 2]].tolist() == pytest.approx(lengths([a, c]), rel=1e-5)


def test_members_are_live_rows_of_the_kinds_asked_for() -> None:
    """Without kinds the user's own words; of one creator or of all; deleted ones only as made."""
    memory = filled("one", "two")
    raw = memory.list(limit=9)
    derive(memory, "fact", "three", raw[0])
    derive(memory, "fact", "four", raw[0], created_by="somebody")
    memory.delete(raw[0].id)
    view = view_of(memory)
    gone = view.row_of[raw[0].id]
    live = [row != gone and row < 2 for row in range(4)]
    assert members(view).tolist() == live
    assert rows_of(view).tolist() == [True, True, False, False]
    assert not members(view, ("fact",)).any(), "what rests on a deleted row goes with it"
    assert rows_of(view, ("fact",)).tolist() == [False, False, True, True]
    assert rows_of(view, ("fact",), "somebody").tolist() == [False, False, False, True]
    assert rows_of(view, ("fact", "text")).all()
    assert not rows_of(view, ("fact",), "nobody").any()
    assert not rows_of(view, ("summary",)).any()


def test_a_collection_is_measured_once_for_each_state() -> None:
    """The same object until the memory changes; others for other kinds."""
    memory = filled("one")
    view = view_of(memory)
    assert corpus_of(view) is corpus_of(view)
    assert corpus_of(view, ("fact",)) is not corpus_of(view)
    assert corpus_of(view, None, "user") is not corpus_of(view)
    memory.add("two")
    assert corpus_of(view_of(memory)).size == 2


# ── BM25 by its formula ──────────────────────────────────────────────────────────────────────────


def bm25(documents: list[list[str]], query: list[str]) -> list[float]:
    """Robertson and Zaragoza's formula, term by term and document by document."""
    mean = sum(map(len, documents)) / max(len(documents), 1)
    found = [0.0] * len(documents)
    for term in dict.fromkeys(query):
        df = sum(term in document for document in documents)
        idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
        for row, document in enumerate(documents):
            tf = document.count(term)
            norm = 1.2 * (1 - 0.75 + 0.75 * len(document) / mean)
            found[row] += idf * tf * (1.2 + 1) / (tf + norm) if tf else 0
    return found


def found_by(view: View, corpus: Corpus, query: list[str]) -> list[float]:
    """BM25 from the postings."""
    return scores.bm25(corpus, scores.query_postings(view, corpus, query)).tolist()


@pytest.mark.parametrize("question", ["grey heron", "river river bridge", "nowhere", "mill old"])
def test_bm25_over_postings_is_the_naive_formula(question: str) -> None:
    """Every row scores as counting its own words says."""
    view = view_of(talked(TALK, MORE))
    query = terms(question)
    exact = bm25([terms(text) for _, text in (*TALK, *MORE)], query)
    assert found_by(view, corpus_of(view), query) == pytest.approx(exact, rel=1e-4)


def test_bm25_is_that_of_the_collection_alone() -> None:
    """Rows of another kind change neither the rarity of a word nor the mean length."""
    memory = talked(TALK, MORE)
    view = view_of(memory)
    query = terms("heron river")
    alone = found_by(view, corpus_of(view), query)
    derive(memory, "fact", "heron heron heron river", memory.list()[0])
    view = view_of(memory)
    assert found_by(view, corpus_of(view), query) == pytest.approx([*alone, 0])
    derived = found_by(view, corpus_of(view, ("fact",)), query)
    assert derived[:4] == [0, 0, 0, 0]
    assert derived[4] > 0


def test_words_of_any_script_are_counted() -> None:
    """Chinese text is found by its pairs, and an emoji by itself."""
    memory = filled("我昨天去了巴黎", "a fox 🦊 ran", "plain")
    view = view_of(memory)
    assert found_by(view, corpus_of(view), terms("巴黎"))[1:] == [0, 0]
    assert found_by(view, corpus_of(view), terms("巴黎"))[0] > 0
    assert found_by(view, corpus_of(view), ["🦊"])[1] > 0
