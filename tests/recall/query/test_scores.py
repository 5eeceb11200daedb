"""Each channel is its formula: checked against one that counts words text by text."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.core.text import terms
from combray.index.corpus import K1, B, corpus_of
from combray.index.view import View
from combray.recall.query import scores
from combray.recall.query.scores import SPARSE, Scores, query_postings
from tests.recall.asking import USER, opened, said
from tests.words import Words

WORDS = ("heron", "boat", "bread", "garden", "violin", "zebra")
TALK = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), min_size=1, max_size=5)
TALKS = st.lists(TALK, min_size=1, max_size=4)


def talked(talks: list[list[list[str]]]) -> Memory:
    """A memory of conversations, each of turns of words."""
    memory = Memory(embedder=Words())
    for number, turns in enumerate(talks):
        messages = [{"role": "user", "content": " ".join(turn)} for turn in turns]
        memory.add(messages, user_id=USER, session_id=f"s{number}")
    return memory


def formula(documents: list[list[str]], question: list[str]) -> np.ndarray:
    """BM25 of documents, one at a time."""
    size, total = len(documents), sum(map(len, documents))
    mean = total / size
    found = np.zeros(size)
    for term in dict.fromkeys(question):
        df = sum(term in document for document in documents)
        idf = math.log(1 + (size - df + 0.5) / (df + 0.5))
        for place, document in enumerate(documents):
            tf, norm = Counter(document)[term], K1 * (1 - B + B * len(document) / mean)
            found[place] += idf * tf * (K1 + 1) / (tf + norm) if tf else 0
    return found


def documents(talks: list[list[list[str]]]) -> dict[str, list[list[str]]]:
    """What each channel takes for the text of a turn."""
    made: dict[str, list[list[str]]] = {"bm25": [], "bm25_before": [], "bm25_around": []}
    for turns in talks:
        said_ = [terms(" ".join(turn)) for turn in turns]
        for at, turn in enumerate(said_):
            before = said_[at - 1] if at else []
            after = said_[at + 1] if at + 1 < len(said_) else []
            made["bm25"].append(turn)
            made["bm25_before"].append([*turn, *turn, *before])
            made["bm25_around"].append([*before, *turn, *after])
    return made


def channels(memory: Memory, question: str) -> tuple[View, Scores]:
    """The scores of a question about all that was said."""
    view = memory._runtime.view(USER)
    vector = Words().embed([question])[0]
    return view, Scores(view, corpus_of(view), terms(question), lambda: vector)


@settings(max_examples=50, deadline=None)
@given(TALKS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
def test_keyword_channels_are_bm25_of_a_turn_in_its_surroundings(
    talks: list[list[list[str]]], question: list[str]
) -> None:
    """The turn alone, twice with the one before, once with both neighbours, and the whole talk."""
    _, found = channels(talked(talks), " ".join(question))
    wanted = terms(" ".join(question))
    if max(map(len, talks)) == 1:
        alone = formula(documents(talks)["bm25"], wanted)
        assert found.bm25_around == pytest.approx(alone, abs=1e-5)
        assert found.bm25_session == pytest.approx(alone, abs=1e-5)
        return
    for name, texts in documents(talks).items():
        assert getattr(found, name) == pytest.approx(formula(texts, wanted), abs=1e-5), name
    whole = formula([terms(" ".join(" ".join(t) for t in talk)) for talk in talks], wanted)
    by_turn = [score for score, talk in zip(whole, talks, strict=True) for _ in talk]
    assert found.bm25_session == pytest.approx(by_turn, abs=1e-5)


def test_a_rare_word_in_a_long_talk_scores_the_same() -> None:
    """Few rows are added up another way than many; the formula is one."""
    talk = [["boat", "bread"] for _ in range(4 * SPARSE)]
    for at in (0, 1, 50, 4 * SPARSE - 1):
        talk[at] = ["heron"] * (at % 3 + 1)
    _, found = channels(talked([talk, [["garden"]]]), "heron boat")
    wanted = terms("heron boat")
    for name, texts in documents([talk, [["garden"]]]).items():
        assert getattr(found, name) == pytest.approx(formula(texts, wanted), abs=1e-4), name
    assert found.bm25_session[0] == found.bm25_session[7] > found.bm25_session[-1] == 0


def test_without_talks_there_are_no_neighbours() -> None:
    """Texts that stand alone are scored alone; twice the same text is the same."""
    items = [said(word) for word in ("heron boat", "heron heron", "bread")]
    apart = [each.with_fields({"kind": "passage"}) for each in items]
    view, found = channels(opened(*apart), "heron")
    alone = formula([["heron", "boat"], ["heron", "heron"], ["bread"]], ["heron"])
    assert not corpus_of(view).chained
    assert found.bm25 == pytest.approx(alone, abs=1e-5)
    assert (found.bm25_around == found.bm25).all()
    assert (found.bm25_session == found.bm25).all()
    twice = formula([["heron", "boat"] * 2, ["heron"] * 4, ["bread"] * 2], ["heron"])
    assert found.bm25_before == pytest.approx(twice, abs=1e-5)


def test_what_does_not_count_scores_nothing_by_words() -> None:
    """A deleted turn gets no score from its own words, nor from its neighbours' or its talk's."""
    memory = talked([[["heron"], ["heron"], ["heron"], ["boat"]]])
    memory.delete(memory.list(user_id=USER)[1].id)
    view, found = channels(memory, "heron")
    gone = int(np.flatnonzero(~view.rows.alive.values)[0])
    for name in ("bm25", "bm25_before", "bm25_around", "bm25_session"):
        scored = getattr(found, name)
        assert scored[gone] == 0, name
        assert scored.max() > 0, name


# ── vectors ──────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=30, deadline=None)
@given(TALKS, st.sampled_from(WORDS))
def test_vector_channels_are_cosines(talks: list[list[list[str]]], question: str) -> None:
    """Of a row, of the sum of a row and its neighbours, and the best of a talk."""
    view, found = channels(talked(talks), question)
    assert view.embeddings.vectors is not None
    vectors, query = view.embeddings.vectors.values, Words().embed([question])[0]
    assert found.dense == pytest.approx(vectors @ query, abs=1e-5)
    at, window, best = 0, [], []
    for talk in talks:
        mine = vectors[at : at + len(talk)]
        for place in range(len(talk)):
            near = mine[max(place - 1, 0) : place + 2].sum(axis=0)
            window.append(near @ query / np.linalg.norm(near))
        best += [(mine @ query).max()] * len(talk)
        at += len(talk)
    assert found.window == pytest.approx(window, abs=1e-5)
    assert found.session_dense == pytest.approx(best, abs=1e-5)
    rows = np.arange(len(view))[::-1]
    assert scores.dense_at(view, query, rows) == pytest.approx(found.dense[::-1], abs=1e-5)


def test_the_best_of_a_talk_is_of_those_that_count() -> None:
    """A deleted turn lends its cosine to nobody; where none counts there is none."""
    memory = talked([[["heron"], ["boat"]], [["heron"]]])
    for each in memory.list(user_id=USER):
        if each.text == "heron":
            memory.delete(each.id)
    _, found = channels(memory, "heron")
    assert found.session_dense == pytest.approx([found.dense[1]] * 2 + [0], abs=1e-6)
    assert found.session_dense[0] < found.dense[0]


def test_alone_the_best_of_a_talk_is_ones_own_and_counts_only_inside() -> None:
    """Without talks the channel is the cosine, and 0 for what does not count."""
    document = said("heron").with_fields({"kind": "passage"})
    memory = opened(document, said("heron").with_fields({"kind": "passage"}))
    memory._heal(USER)
    memory.delete(document.id)
    _, found = channels(memory, "heron")
    assert found.session_dense.tolist() == [0, found.dense[1]]
    assert found.dense[0] > 0


def test_without_vectors_every_cosine_is_zero() -> None:
    """Before anything was embedded there is one zero for each row asked for."""
    view = opened(said("heron"), said("boat"))._runtime.view(USER)
    query = Words().embed(["heron"])[0]
    assert view.embeddings.vectors is None
    assert scores.dense(view, query).tolist() == [0, 0]
    assert scores.dense_at(view, query, np.array([1])).tolist() == [0]
    empty = opened()._runtime.view(USER)
    assert scores.dense(empty, query).tolist() == []


# ── words ────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=30, deadline=None)
@given(TALKS, st.sampled_from((*WORDS, "nowhere", "aardvark")), st.randoms())
def test_holds_says_which_of_some_rows_have_a_word(
    talks: list[list[list[str]]], word: str, random: object
) -> None:
    """For rows in any order, and for a word that stands nowhere too."""
    view = talked(talks)._runtime.view(USER)
    rows = list(range(len(view)))
    random.shuffle(rows)  # type: ignore[attr-defined]
    turns = [turn for talk in talks for turn in talk]
    held = scores.holds(view, terms(word)[0], np.array(rows, np.int64))
    assert held.tolist() == [word in turns[row] for row in rows]


def test_postings_come_rarest_first_and_once() -> None:
    """Each distinct word that some counted row holds, with the counts there."""
    memory = talked([[["heron", "heron", "boat"], ["boat"], ["bread"]]])
    view = memory._runtime.view(USER)
    found = query_postings(view, corpus_of(view), ["boat", "heron", "heron", "nowhere"])
    assert [(rows.tolist(), counts.tolist()) for rows, counts in found] == [
        ([0], [2.0]),
        ([0, 1], [1.0, 1.0]),
    ]
    gone = next(each for each in memory.list(user_id=USER) if "heron" in each.text)
    memory.delete(gone.id)
    view = memory._runtime.view(USER)
    (left,) = query_postings(view, corpus_of(view), ["boat", "heron"])
    assert left[0].tolist() == [1]


def test_of_a_very_long_question_the_rarest_words_count() -> None:
    """At most 48, and what is left out is the commonest."""
    rare = [f"q{number}x" for number in range(48)]
    view = opened(said(f"common {' '.join(rare)}"), said("common"))._runtime.view(USER)
    found = query_postings(view, corpus_of(view), ["common", *rare])
    assert len(found) == 48
    assert all(len(rows) == 1 for rows, _ in found)


# ── once ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_channel_is_computed_once_and_the_vector_only_when_needed() -> None:
    """Keywords need no embedding; all channels of vectors share one."""
    view = talked([[["heron"], ["boat"]]])._runtime.view(USER)
    made: list[int] = []

    def embed() -> np.ndarray:
        made.append(1)
        return Words().embed(["heron"])[0]

    found = Scores(view, corpus_of(view), ["heron"], embed)
    assert found.bm25 is found.bm25
    assert found.bm25_session is not None
    assert made == []
    named = found.channels()
    assert made == [1]
    assert list(named) == [
        "dense", "window", "session_dense", "bm25", "bm25_before", "bm25_around", "bm25_session",
    ]  # fmt: skip
    assert all(named[name] is getattr(found, name) for name in named)
