"""The rows that a deriving system may answer with, under the walls and filters of the question.

A derived row may be answered when everything it rests on may. So scopes, metadata filters, times
and deletions, which are about the user's own words, hold for what was made of them too. A raw row
stands for itself unless an answer shows what was made of it: no memory is lost to an extraction
that found nothing in it, or made something that this question does not find or may not see.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from combray.core.arrays import Mask, Rows, RowScores
from combray.index.corpus import corpus_over, rows_of
from combray.recall.query import scores
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import top


def derived_rows(
    context: QueryContext, kinds: tuple[str, ...], created_by: str | None, *, ended: bool = False
) -> Mask:
    """Live rows of some kinds by one creator, or any, whose sources may all be answered; (n,).

    Those that something took the place of by the moment asked about only when `ended`.
    """
    view = context.view
    rows = rows_of(view, kinds, created_by) & context.time.known
    citing, cited = view.graph.citing.values, view.graph.cited.values
    rows[citing[~context.allowed[cited]]] = False
    return rows if ended else rows & context.time.current


def answerable(context: QueryContext, kinds: tuple[str, ...], created_by: str) -> Mask:
    """`derived_rows`, and the raw rows but those that only ended rows rest on; shape (n,).

    `shown` chooses between a derived row and its sources. When the question names kinds itself, the
    rows of those.
    """
    if context.query.kinds is not None:
        return context.allowed
    current = derived_rows(context, kinds, created_by)
    over = derived_rows(context, kinds, created_by, ended=True) & ~current
    stale = _cited(context, over) & ~_cited(context, current)
    rows: Mask = np.logical_or(context.allowed & ~stale, current)
    return rows


def _cited(context: QueryContext, rows: Mask) -> Mask:
    """The rows that some rows rest on; (n,)."""
    found = np.zeros(len(rows), np.bool_)
    found[context.view.graph.cited.values[rows[context.view.graph.citing.values]]] = True
    return found


def shown(context: QueryContext, ranked: Sequence[int], limit: int) -> list[int]:
    """The first `limit` of ranked rows, without raw rows that a derived one among them rests on.

    What is derived and not among them hides nothing.
    """
    graph = context.view.graph
    sources: dict[int, set[int]] = {}
    if not context.view.rows.raw.values[list(ranked)].all():
        mine = np.isin(graph.citing.values, ranked)
        edges = graph.citing.values[mine].tolist(), graph.cited.values[mine].tolist()
        for citing, cited in zip(*edges, strict=True):
            sources.setdefault(citing, set()).add(cited)
    hidden: set[int] = set()
    while True:
        chosen = [row for row in ranked if row not in hidden][:limit]
        rested = set[int]().union(*(sources.get(row, ()) for row in chosen))
        if rested <= hidden:
            return chosen
        hidden |= rested


def best_shown(context: QueryContext, scores: RowScores, rows: Mask, limit: int) -> Rows:
    """The rows of the best scores that an answer shows, best first; at most `limit`."""
    depth = 2 * limit
    while True:
        ranked = top(scores, depth, rows)
        chosen = shown(context, ranked.tolist(), limit)
        if len(chosen) == limit or len(ranked) < depth:
            return np.array(chosen, np.int64)
        depth *= 4


def keywords(context: QueryContext, rows: Mask) -> RowScores:
    """BM25 of each of some rows in the collection that they are; (n,)."""
    alone = corpus_over(context.view, rows)
    return scores.bm25(alone, scores.query_postings(context.view, alone, context.terms))
