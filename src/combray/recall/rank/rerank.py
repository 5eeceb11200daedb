"""A reranker over the first candidates: a cross-encoder, or whatever reads question and text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from combray.core.errors import InputError, ModelError
from combray.core.ports import Reranker
from combray.core.text import index_text
from combray.recall.query.query_context import QueryContext

FIRST = 50
"""How many candidates are read."""


def checked(reranker: Reranker | None) -> Reranker | None:
    """The reranker itself; InputError when it has no `score` to call."""
    if reranker is not None and not callable(getattr(reranker, "score", None)):
        raise InputError(
            "rerank must be an object with score(query, texts) -> (n,), not "
            f"{type(reranker).__name__}."
        )
    return reranker


def reranked(
    context: QueryContext, rows: Sequence[int], reranker: Reranker, *, first: int = FIRST
) -> tuple[list[int], dict[int, float]]:
    """All rows, the first ones in the reranker's order, and the score of each that it read.

    Equal scores keep their order. ModelError when it does not give one finite number a text.
    """
    read = list(rows[:first])
    found = context.store.get(context.query.scope.tenant, [context.view.ids[row] for row in read])
    items = [found[context.view.ids[row]] for row in read]
    texts = [index_text(item.text, item.metadata) for item in items]
    scores = _scores(reranker, context.query.text, texts)
    order = np.argsort(-scores, kind="stable")
    known = dict(zip(read, scores.tolist(), strict=True))
    return [read[i] for i in order] + list(rows[first:]), known


def _scores(reranker: Reranker, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
    scores = np.asarray(reranker.score(query, texts) if texts else [], np.float64)
    if scores.shape != (len(texts),) or not np.isfinite(scores).all():
        raise ModelError(
            f"The reranker gave an array of shape {scores.shape} for {len(texts)} texts; it must "
            "be one finite number for each."
        )
    return scores
