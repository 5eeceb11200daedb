"""The default memory: the user's own words, found by many cheap signals and one learned rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.core.items import Hit
from combray.core.ports import Experience, Query, Reranker
from combray.recall.answer.explain import matches
from combray.recall.query.query_context import QueryContext
from combray.recall.query.superseded import reorder
from combray.recall.rank import linear
from combray.recall.rank.features import (
    CHANNELS,
    DEPTH,
    DOMAINS,
    NAMES,
    Candidates,
    score_candidates,
    scored,
)
from combray.recall.rank.fusion import ranks
from combray.recall.rank.recency import find_updates, newer_first
from combray.recall.rank.rerank import checked, reranked
from combray.recall.runtime.runtime import Runtime

Observer = Callable[[QueryContext, Candidates], None]


class Evidence:
    """Verbatim items, seven channels with their conversation around them, one linear rule.

    **Paper** Our own; the channels are BM25 and dense retrieval, the rule logistic regression.
    **Kept** 1. Seven channels: vectors and keywords of a turn, of the turns around it and of its
    conversation. 2. z = bias + Σ w (x - mean) / scale over the signals of `recall.rank.features`.
    3. Weights of their own for dialogues, chats, passages and notes. 4. What took the place of
    something is lifted before it. 5. Of two statements that contradict each other the newer is
    lifted before the older, by `recall.rank.updates`; both stay.
    **Left** Language models: facts and revisions are added when one is configured.
    **Law** What is answered is what the user said: every hit is a raw item, its own evidence.
    What was superseded never ranks above what took its place, nor a statement above one that
    says it anew. The score of a hit is the probability that it answers.
    """

    calibrated = True

    def __init__(
        self,
        runtime: Runtime,
        rule_path: str | None = None,
        *,
        rules: Mapping[str, linear.LinearRanker] | None = None,
        observe: Observer | None = None,
        rerank: Reranker | None = None,
    ) -> None:
        """`rules` stand for those in a file; `observe` sees every question with its candidates.

        `rerank`, an object with `score(query, texts) -> (n,)`, orders the first candidates anew.
        """
        self._runtime = runtime
        path = None if rule_path is None else Path(rule_path)
        self._rules = rules or linear.load(path, embedder=runtime.embedder.name)
        self._observe = observe
        self._rerank = checked(rerank)
        self._places = {name: each.places(NAMES) for name, each in self._rules.items()}

    def write(self, experience: Experience, /) -> None:
        """Nothing to derive: words, vectors and neighbours are kept as the items are stored."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The candidates that the rule scores highest."""
        context = self._runtime.query_context(query)
        found = score_candidates(context)
        if self._observe is not None:
            self._observe(context, found)
        z = scored(found, self._rules) + _prior(len(found.rows))
        order = np.argsort(-z, kind="stable")
        scores = 1 / (1 + np.exp(-np.clip(z[order], -700, 700)))
        first, read = found.rows[order].tolist(), dict[int, float]()
        if self._rerank is not None:
            # The scores stay with the places, so that they fall from first to last.
            first, read = reranked(context, first, self._rerank)
        rows, values = reorder(
            first, scores.tolist(), context.time.superseded, context.allowed, query.limit
        )
        updates = find_updates(context, rows, first)
        rows, values = newer_first(rows, values, updates, query.limit)
        told = self._explain(context, found, rows)
        for row in read.keys() & told.keys():
            told[row]["rerank"] = round(read[row], 4)
        for each in updates:
            if each.new in told:
                told[each.new].setdefault("updates", {})[context.view.ids[each.old]] = each.why
        return self._runtime.hits(context, rows, values, lambda row: told[row])

    def _explain(
        self, context: QueryContext, found: Candidates, rows: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        """For each row: ranks (from 1) by channel, what matched, and what each signal added.

        A row that no channel named was lifted: it holds the value that replaced a past one.
        """
        told = matches(context, rows)
        for explanation in told.values():
            explanation.update(channels={}, parts={})
        asked = np.asarray(rows, np.int64)
        for name in CHANNELS:
            for row, rank in zip(rows, ranks(found.rankings[name], asked, missing=-1), strict=True):
                if rank >= 0:
                    told[row]["channels"][name] = int(rank) + 1
        mine = np.flatnonzero(np.isin(found.rows, rows))
        for number, domain in enumerate(DOMAINS):
            here = mine[found.domain[mine] == number]
            values = found.values[here][:, self._places[domain]]
            parted = _parts(self._rules[domain], values, _prior(len(found.rows)))
            for i, parts in zip(here.tolist(), parted, strict=True):
                told[int(found.rows[i])]["parts"] = parts
        return told


def _prior(candidates: int) -> float:
    """What is added to every z where candidates are few: one of ten is likelier than of DEPTH.

    The rules are fitted on full sets of candidates, ln(odds) = z; each of n has DEPTH / n times
    the odds. The order is not changed.
    """
    return float(np.log(DEPTH / max(1, min(candidates, DEPTH))))


def _parts(
    by: linear.LinearRanker, values: NDArray[np.float32], prior: float
) -> list[dict[str, float]]:
    """What each signal adds to the score of each candidate, (h f); zeros are left out."""
    parts = np.round((values - by.means) / by.scales * by.weights, 3).tolist()
    bias = {"bias": round(by.bias, 3)} | ({"few": round(prior, 3)} if prior else {})
    return [bias | {n: p for n, p in zip(by.names, row, strict=True) if p} for row in parts]
