"""Scores: each channel gives every row of a view one number that says how well it fits a question.

n rows, d width, q query vector (d), V row vectors (n d), p and n the neighbouring rows

dense     V q
window    (s[p] + s + s[n]) / |V[p] + V + V[n]|   with s = V q
bm25      Σ_t idf(t) · tf (k1 + 1) / (tf + k1 (1 - b + b·length / average))
          idf(t) = ln(1 + (N - df + ½) / (df + ½))     Robertson and Zaragoza, 2009
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import FloatArray, Mask, RowScores
from combray.index.corpus import K1, Corpus
from combray.index.view import View

Postings = tuple[NDArray[np.int32], NDArray[np.float32]]
MAX_TERMS = 48
"""Terms of a question that are scored, the rarest first."""
SPARSE = 30
"""Where more than one row in SPARSE holds a term, a pass over all rows is quicker than sorting."""


class Scores:
    """The scores of every row for one wording of a question; every channel is computed once.

    `terms` are the content words of the wording, and `embed` gives its vector when one is needed.
    """

    def __init__(
        self, view: View, corpus: Corpus, terms: Sequence[str], embed: Callable[[], FloatArray]
    ) -> None:
        self.terms = terms
        self._view, self._corpus, self._embed = view, corpus, embed

    @cached_property
    def vector(self) -> FloatArray:
        """The embedding of the wording, shape (d,)."""
        return self._embed()

    @cached_property
    def postings(self) -> list[Postings]:
        """Where its words stand."""
        return query_postings(self._view, self._corpus, self.terms)

    @cached_property
    def dense(self) -> RowScores:
        """The cosine of every row."""
        return dense(self._view, self.vector)

    @cached_property
    def window(self) -> RowScores:
        """The cosine of every row together with its two neighbours."""
        return window(self._view, self.dense)

    @cached_property
    def session_dense(self) -> RowScores:
        """The best cosine in every row's conversation."""
        return session_best(self._view, self.dense, self._corpus)

    @cached_property
    def bm25(self) -> RowScores:
        """BM25 of every row."""
        return bm25(self._corpus, self.postings)

    @cached_property
    def bm25_before(self) -> RowScores:
        """BM25 of every row twice with the one before it."""
        return bm25_before(self._view, self._corpus, self.postings)

    @cached_property
    def bm25_around(self) -> RowScores:
        """BM25 of every row with the ones before and after it."""
        return bm25_around(self._view, self._corpus, self.postings)

    @cached_property
    def bm25_session(self) -> RowScores:
        """BM25 of every row's conversation."""
        return bm25_session(self._view, self._corpus, self.postings)

    def channels(self) -> dict[str, RowScores]:
        """The scores of all seven channels by name."""
        return {
            "dense": self.dense,
            "window": self.window,
            "session_dense": self.session_dense,
            "bm25": self.bm25,
            "bm25_before": self.bm25_before,
            "bm25_around": self.bm25_around,
            "bm25_session": self.bm25_session,
        }


def dense(view: View, vector: FloatArray) -> RowScores:
    """The cosine of every row with the query vector (d); 0 for rows without a vector; (n,)."""
    if view.embeddings.vectors is None or not len(view.embeddings.vectors):
        return np.zeros(len(view), np.float32)
    return view.embeddings.scan.products(view.embeddings.vectors.values, vector)


def window(view: View, products: RowScores) -> RowScores:
    """The cosine of every row's window (itself and its two neighbours) with the query; (n,)."""
    talk = view.conversations
    near = talk.shifted(products, talk.before) + talk.shifted(products, talk.after)
    cosines: RowScores = (products + near) / talk.norm.values
    return cosines


def dense_at(view: View, vector: FloatArray, rows: NDArray[np.integer]) -> RowScores:
    """The cosine of some rows (c,) with the query vector (d); (c,)."""
    if view.embeddings.vectors is None or not len(view.embeddings.vectors):
        return np.zeros(len(rows), np.float32)
    products: RowScores = np.vecdot(view.embeddings.vectors.values[rows], vector)
    return products


def session_best(view: View, scores: RowScores, corpus: Corpus) -> RowScores:
    """The best score inside every row's conversation; (n,)."""
    inside = corpus.inside
    if not corpus.chained:
        return np.where(inside, scores, np.float32(0))
    head = view.conversations.head.values
    best = np.full(len(scores), -np.inf, np.float32)
    np.maximum.at(best, head[inside], scores[inside])
    found: RowScores = np.where(np.isfinite(best[head]), best[head], np.float32(0))
    return found


def holds(view: View, term: str, rows: NDArray[np.integer]) -> Mask:
    """Which rows (c,) hold a term; (c,)."""
    holding = view.words.postings.find(term)[0]
    if not len(holding):
        return np.zeros(len(rows), np.bool_)
    place = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
    found: Mask = holding[place] == rows
    return found


def query_postings(view: View, corpus: Corpus, query_terms: Sequence[str]) -> list[Postings]:
    """Rows and counts of each distinct query term, rarest first, at most MAX_TERMS."""
    found: list[Postings] = []
    for term in dict.fromkeys(query_terms):
        rows, counts = view.words.postings.find(term)
        keep = corpus.inside[rows]
        if keep.any():
            found.append((rows[keep], counts[keep]))
    return sorted(found, key=lambda posting: len(posting[0]))[:MAX_TERMS]


def bm25(corpus: Corpus, postings: Sequence[Postings]) -> RowScores:
    """BM25 of every row's own text; (n,)."""
    return _bm25([[posting] for posting in postings], corpus.turn, corpus.size)


def bm25_before(view: View, corpus: Corpus, postings: Sequence[Postings]) -> RowScores:
    """BM25 of the row's text twice and the text before it once; (n,)."""
    if not corpus.chained:
        return _bm25([[(r, 2 * c)] for r, c in postings], corpus.before, corpus.size)
    after = view.conversations.after.values
    spread = [[(r, 2 * c), _there(after[r], c)] for r, c in postings]
    return _bm25(spread, corpus.before, corpus.size) * corpus.inside


def bm25_around(view: View, corpus: Corpus, postings: Sequence[Postings]) -> RowScores:
    """BM25 of the row's text with the texts before and after it; (n,)."""
    if not corpus.chained:
        return bm25(corpus, postings)
    before, after = view.conversations.before.values, view.conversations.after.values
    spread = [[(r, c), _there(after[r], c), _there(before[r], c)] for r, c in postings]
    return _bm25(spread, corpus.around, corpus.size) * corpus.inside


def bm25_session(view: View, corpus: Corpus, postings: Sequence[Postings]) -> RowScores:
    """BM25 of the row's whole conversation; (n,)."""
    if not corpus.chained:
        return bm25(corpus, postings)
    head = view.conversations.head.values
    spread = [[(head[r], c), (head[:0], c[:0])] for r, c in postings]
    scores: RowScores = _bm25(spread, corpus.session, corpus.sessions)[head] * corpus.inside
    return scores


def _there(rows: NDArray[np.int32], counts: NDArray[np.float32]) -> Postings:
    """Only the rows that exist: -1 is none."""
    there = rows >= 0
    return rows[there], counts[there]


def _bm25(spread: Sequence[Sequence[Postings]], norm: FloatArray, size: int) -> RowScores:
    """BM25 over terms, each of whose counts may come in parts that add up on the same row."""
    scores = np.zeros(len(norm), np.float32)
    for parts in spread:
        rows, counts = parts[0]
        if len(parts) > 1:
            rows = np.concatenate([r for r, _ in parts])
            counts = np.concatenate([c for _, c in parts])
            # Few rows are sorted; for many, a pass over all rows is cheaper.
            if len(rows) * SPARSE > len(norm):
                total = np.bincount(rows, counts, len(norm)).astype(np.float32)
                scores += _idf(int(np.count_nonzero(total)), size) * (total / (total + norm))
                continue
            rows, place = np.unique(rows, return_inverse=True)
            counts = np.bincount(place, counts).astype(np.float32)
        scores[rows] += _idf(len(rows), size) * (counts / (counts + norm[rows]))
    return scores


def _idf(df: int, size: int) -> np.float32:
    df = min(df, size)
    return np.float32(np.log1p((size - df + 0.5) / (df + 0.5)) * (K1 + 1))
