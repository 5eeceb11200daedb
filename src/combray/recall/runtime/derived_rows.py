"""The rows that a deriving system may answer with, under the walls and filters of the question.

A derived row may be answered when everything it rests on may. So scopes, metadata filters, times
and deletions, which are about the user's own words, hold for what was made of them too. A raw row
from which the system made nothing stands for itself: no memory is lost to an extraction that
found nothing in it.
"""

from __future__ import annotations

import numpy as np

from combray.core.arrays import Mask, RowScores
from combray.index.corpus import made, measured, members
from combray.recall.query import scores
from combray.recall.query.query_context import QueryContext


def derived_rows(
    context: QueryContext, kinds: tuple[str, ...], created_by: str | None, *, ended: bool = False
) -> Mask:
    """Live rows of some kinds by one creator, or any, whose sources may all be answered; (n,).

    Those that something took the place of by the moment asked about only when `ended`.
    """
    view = context.view
    rows = made(view, kinds, created_by) & context.time.known
    citing, cited = view.graph.citing.values, view.graph.cited.values
    rows[citing[~context.allowed[cited]]] = False
    return rows if ended else rows & context.time.current


def answerable(context: QueryContext, kinds: tuple[str, ...], created_by: str) -> Mask:
    """`derived_rows`, and the raw rows that no live row of this creator rests on; shape (n,).

    When the question names kinds itself, the rows of those.
    """
    if context.query.kinds is not None:
        return context.allowed
    view = context.view
    mine = members(view, kinds, created_by)
    bare = context.allowed.copy()
    bare[view.graph.cited.values[mine[view.graph.citing.values]]] = False
    rows: Mask = np.logical_or(bare, derived_rows(context, kinds, created_by))
    return rows


def keywords(context: QueryContext, rows: Mask) -> RowScores:
    """BM25 of each of some rows in the collection that they are; (n,)."""
    alone = measured(context.view, rows)
    return scores.bm25(alone, scores.query_postings(context.view, alone, context.terms))
