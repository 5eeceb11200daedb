"""The baselines that stand in every table: keywords, vectors, and their two fusions."""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.errors import InputError, quoted
from combray.core.items import Hit
from combray.core.ports import Experience, Query
from combray.recall.rank.fusion import convex, rrf, top
from combray.recall.runtime.runtime import Runtime

DEPTH = 200


class BM25:
    """Keyword search over the user's own words.

    **Paper** Robertson and Zaragoza, 2009, The Probabilistic Relevance Framework.
    **Kept** 1. Σ_t idf(t) · tf (k1 + 1) / (tf + k1 (1 - b + b · length / mean)), k1 = 1.2,
    b = 0.75.
    **Left** Field weights.
    **Law** A document without any word of the question is not found.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def write(self, experience: Experience, /) -> None:
        """Nothing to derive: the words are indexed as they are stored."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The items with the greatest BM25 scores."""
        context = self._runtime.query_context(query)
        rows = top(context.scores.bm25, query.limit, context.allowed, positive=True)
        return self._runtime.hits(context, rows.tolist(), context.scores.bm25[rows].tolist())


class Dense:
    """Vector search over the user's own words, exact.

    **Paper** Karpukhin et al., 2020, Dense Passage Retrieval for Open-Domain Question Answering.
    **Kept** 1. score = E(question) · E(text), both of unit length, over every item.
    **Left** Training the encoder; any embedder can be given.
    **Law** The order is that of the cosine, computed without an index.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def write(self, experience: Experience, /) -> None:
        """Nothing to derive: the vectors are stored with the items."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The items with the greatest cosines."""
        context = self._runtime.query_context(query)
        rows = top(context.scores.dense, query.limit, context.allowed)
        return self._runtime.hits(context, rows.tolist(), context.scores.dense[rows].tolist())


class Hybrid:
    """BM25 and vectors, fused by reciprocal rank.

    **Paper** Cormack, Clarke and Büttcher, 2009, Reciprocal Rank Fusion.
    **Kept** 1. score = Σ over both rankings of 1 / (k + rank), k = 3 (the paper's 60 is worse).
    **Left** Nothing.
    **Law** An item first in both rankings is first.
    """

    def __init__(self, runtime: Runtime, k: float = 3) -> None:
        self._runtime = runtime
        self._k = k

    def write(self, experience: Experience, /) -> None:
        """Nothing to derive."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The items with the greatest fused scores."""
        context = self._runtime.query_context(query)
        rankings = [
            top(context.scores.bm25, DEPTH, context.allowed, positive=True),
            top(context.scores.dense, DEPTH, context.allowed),
        ]
        fused = rrf(rankings, k=self._k, size=len(context.view))
        rows = top(fused, query.limit, context.allowed, positive=True)
        return self._runtime.hits(context, rows.tolist(), fused[rows].tolist())


class Convex:
    """BM25 and vectors, their scores scaled to 0…1 for each question and averaged.

    **Paper** Bruch, Gai and Ingber, 2023, An Analysis of Fusion Functions for Hybrid Retrieval.
    **Kept** 1. score = w · minmax(cosine) + (1 - w) · minmax(BM25).
    **Left** Other normalisations; the weight is one number, tuned by `combray bench tune`.
    **Law** With w = 1 the order is that of the cosine, with w = 0 that of BM25.
    """

    def __init__(self, runtime: Runtime, weight: float = 0.5) -> None:
        if not 0 <= weight <= 1:
            raise InputError(f"weight must be from 0 to 1, not {quoted(weight)}.")
        self._runtime = runtime
        self._weight = weight

    def write(self, experience: Experience, /) -> None:
        """Nothing to derive."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The items with the greatest fused scores."""
        context = self._runtime.query_context(query)
        channels = {"dense": context.scores.dense, "bm25": context.scores.bm25}
        weights = {"dense": self._weight, "bm25": 1 - self._weight}
        fused = convex(channels, weights, context.allowed)
        rows = top(fused, query.limit, context.allowed)
        return self._runtime.hits(context, rows.tolist(), fused[rows].tolist())
