"""Channels: each gives every row of a view one number that says how well it fits the question.

n rows, d width, q query vector (d), V row vectors (n d), p and n the neighbouring rows

dense     V q
window    (s[p] + s + s[n]) / |V[p] + V + V[n]|   with s = V q
bm25      Σ_t idf(t) · tf (k1 + 1) / (tf + k1 (1 - b + b·length / average))
          idf(t) = ln(1 + (N - df + ½) / (df + ½))     Robertson and Zaragoza, 2009
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recollect.core.ports import FloatArray
from recollect.recall.corpus import Corpus, Lengths
from recollect.store.view import Mask, View

Scores = NDArray[np.float32]
Postings = tuple[NDArray[np.int32], NDArray[np.float32]]
K1, B = 1.2, 0.75
MAX_TERMS = 48


def dense(view: View, vector: FloatArray) -> Scores:
    """The cosine of every row with the query vector (d); 0 for rows without a vector; (n,)."""
    if view.vectors is None or not len(view.vectors):
        return np.zeros(len(view), np.float32)
    return view.scan.products(view.vectors.values, vector)


def window(view: View, products: Scores) -> Scores:
    """The cosine of every row's window (itself and its two neighbours) with the query; (n,)."""
    chains = view.chains
    near = chains.shifted(products, chains.before) + chains.shifted(products, chains.after)
    cosines: Scores = (products + near) / chains.norm.values
    return cosines


def session_best(view: View, scores: Scores, inside: Mask) -> Scores:
    """The best score inside every row's conversation; (n,)."""
    head = view.chains.head.values
    best = np.full(len(scores), -np.inf, np.float32)
    np.maximum.at(best, head[inside], scores[inside])
    found: Scores = np.where(np.isfinite(best[head]), best[head], np.float32(0))
    return found


def query_postings(view: View, corpus: Corpus, query_terms: Sequence[str]) -> list[Postings]:
    """Rows and counts of each distinct query term, rarest first, at most MAX_TERMS."""
    found: list[Postings] = []
    for term in dict.fromkeys(query_terms):
        rows, counts = view.postings.find(term)
        keep = corpus.inside[rows]
        if keep.any():
            found.append((rows[keep], counts[keep]))
    return sorted(found, key=lambda posting: len(posting[0]))[:MAX_TERMS]


def bm25(corpus: Corpus, postings: Sequence[Postings]) -> Scores:
    """BM25 of every row's own text; (n,)."""
    return _bm25(postings, corpus.turn, corpus.size)


def bm25_before(view: View, corpus: Corpus, postings: Sequence[Postings]) -> Scores:
    """BM25 of the row's text twice and the text before it once; (n,)."""
    after = view.chains.after.values
    spread = [_gather(len(view), (r, 2 * c), (after[r], c)) for r, c in postings]
    return _bm25(spread, corpus.before, corpus.size) * corpus.inside


def bm25_around(view: View, corpus: Corpus, postings: Sequence[Postings]) -> Scores:
    """BM25 of the row's text with the texts before and after it; (n,)."""
    before, after = view.chains.before.values, view.chains.after.values
    spread = [_gather(len(view), (r, c), (after[r], c), (before[r], c)) for r, c in postings]
    return _bm25(spread, corpus.around, corpus.size) * corpus.inside


def bm25_session(view: View, corpus: Corpus, postings: Sequence[Postings]) -> Scores:
    """BM25 of the row's whole conversation; (n,)."""
    head = view.chains.head.values
    spread = [_gather(len(view), (head[r], c)) for r, c in postings]
    heads = _bm25(spread, corpus.session, int(corpus.heads.sum()))
    scores: Scores = heads[head] * corpus.inside
    return scores


def _gather(size: int, *parts: Postings) -> Postings:
    """Add up counts that fall on the same row; negative rows are dropped."""
    rows = np.concatenate([r for r, _ in parts])
    counts = np.concatenate([c for _, c in parts])
    total = np.bincount(rows[rows >= 0], weights=counts[rows >= 0], minlength=size)
    touched = np.flatnonzero(total).astype(np.int32)
    return touched, total[touched].astype(np.float32)


def _bm25(postings: Sequence[Postings], lengths: Lengths, size: int) -> Scores:
    scores = np.zeros(len(lengths), np.float32)
    if not size:
        return scores
    average = max(float(lengths.sum()) / size, 1e-6)
    for rows, counts in postings:
        df = len(rows)
        idf = np.float32(np.log1p((size - min(df, size) + 0.5) / (df + 0.5)))
        norm = K1 * (1 - B + B * lengths[rows] / average)
        scores[rows] += idf * counts * (K1 + 1) / (counts + norm)
    return scores
