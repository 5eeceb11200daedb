"""Signals: the few dozen cheap numbers by which the default memory judges a candidate.

    n rows, c candidates, f signals

Seven channels score every row; each gives a candidate three numbers: its score, 1 / (rank + 3), and
how far it is below the question's best. The other signals come from the cues and the row itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recollect.recall import channels
from recollect.recall.ask import Ask
from recollect.recall.channels import Scores
from recollect.recall.fuse import Rows, ranks, rrf, top
from recollect.store.view import IMAGE, NUMBER, QUESTION, TIMED, Mask

DEPTH = 200
RANK_OFFSET = 3
DAY = 86_400_000_000
CHANNELS = (
    "dense", "window", "session_dense", "bm25", "bm25_before", "bm25_around", "bm25_session",
)  # fmt: skip
NAMES = (
    *(f"{channel}{part}" for channel in CHANNELS for part in ("", "_rank", "_gap")),
    "coverage", "speaker_asked", "speaker_other", "assistant", "assistant_asked", "length",
    "question", "image", "date_in", "date_out", "when_timed", "how_many_number", "recency",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Candidates with their signals: rows (c,), values (c f), and each channel's ranking.

    `alone` (c,) marks rows without neighbours in a conversation.
    """

    rows: Rows
    values: NDArray[np.float32]
    alone: Mask
    rankings: dict[str, Rows]


def score_channels(ask: Ask) -> dict[str, Scores]:
    """Every channel's score of every row, by name; each (n,)."""
    view, corpus, postings = ask.view, ask.corpus, ask.told_postings
    products = channels.dense(view, ask.told)
    return {
        "dense": products,
        "window": channels.window(view, products),
        "session_dense": channels.session_best(view, products, corpus.inside),
        "bm25": channels.bm25(corpus, postings),
        "bm25_before": channels.bm25_before(view, corpus, postings),
        "bm25_around": channels.bm25_around(view, corpus, postings),
        "bm25_session": channels.bm25_session(view, corpus, postings),
    }


def judge(ask: Ask, *, depth: int = DEPTH) -> Judged:
    """The best candidates of all channels together, with their signals."""
    scores = score_channels(ask)
    rankings = {
        name: top(values, depth, ask.allowed, positive=name.startswith("bm25"))
        for name, values in scores.items()
    }
    fused = rrf(list(rankings.values()), k=RANK_OFFSET, size=len(ask.view))
    rows = top(fused, depth, ask.allowed, positive=True)
    columns: list[NDArray[np.float32]] = []
    for name in CHANNELS:
        columns += _channel_signals(scores[name], rankings[name], rows)
    columns += _row_signals(ask, rows)
    values = np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")
    chains = ask.view.chains
    alone = (chains.before.values[rows] < 0) & (chains.after.values[rows] < 0)
    return Judged(rows=rows, values=values, alone=alone, rankings=rankings)


def _channel_signals(scores: Scores, ranking: Rows, rows: Rows) -> list[NDArray[np.float32]]:
    """The score, 1 / (rank + 3) and distance from the best, of each candidate."""
    mine = scores[rows]
    best = float(scores[ranking[0]]) if len(ranking) else 0.0
    place = ranks(ranking, rows, missing=DEPTH)
    closeness: Scores = (1 / (place + RANK_OFFSET)).astype(np.float32)
    return [mine, closeness, mine - np.float32(best)]


def _row_signals(ask: Ask, rows: Rows) -> list[NDArray[np.float32]]:
    view, cues = ask.view, ask.cues
    traits = view.traits.values[rows]
    asked = _speaks(ask, rows)
    assistant = view.speaker.values[rows] == view.speakers.find("assistant")
    inside, outside = _dated(ask, rows)
    many = "how many" in ask.query.text.lower() or "how much" in ask.query.text.lower()
    columns = [
        _coverage(ask)[rows],
        asked,
        ~asked if cues.speakers else np.zeros(len(rows)),
        assistant,
        assistant & cues.asks_assistant,
        np.log1p(view.length.values[rows]),
        (traits & QUESTION) > 0,
        (traits & IMAGE) > 0,
        inside,
        outside,
        ((traits & TIMED) > 0) & cues.asks_when,
        ((traits & NUMBER) > 0) & many,
        _recency(ask, rows),
    ]
    return [np.asarray(column, np.float32) for column in columns]


def _speaks(ask: Ask, rows: Rows) -> NDArray[np.bool_]:
    """Whether a candidate was said by somebody whom the question names."""
    codes = [ask.view.speakers.find(name) for name in ask.cues.speakers]
    return np.isin(ask.view.speaker.values[rows], codes)


def _coverage(ask: Ask) -> Scores:
    """The share of the question's words, weighted by rarity, that a row holds; (n,)."""
    total, covered = 1e-6, np.zeros(len(ask.view), np.float32)
    for found, _counts in ask.told_postings:
        weight = float(np.log1p(ask.corpus.size / len(found)))
        covered[found] += weight
        total += weight
    unseen = len(set(ask.told_terms)) - len(ask.told_postings)
    return covered / np.float32(total + unseen * np.log1p(max(ask.corpus.size, 1)))


def _dated(ask: Ask, rows: Rows) -> tuple[Scores, Scores]:
    """1 inside a date range of the question, falling to 0 over ten days; and 1 - that."""
    said = ask.view.first_at.values[rows]
    if not ask.cues.dates:
        return np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    near = np.zeros(len(rows), np.float32)
    for start, end in ask.cues.dates:
        apart = np.maximum(np.maximum(start - said, said - end), 0) / (10 * DAY)
        near = np.maximum(near, np.exp(-apart).astype(np.float32))
    return near, 1 - near


def _recency(ask: Ask, rows: Rows) -> Scores:
    """0 for the oldest allowed row, 1 for the newest."""
    said = ask.view.first_at.values
    span = said[ask.allowed] if ask.allowed.any() else said[:1]
    low, high = int(span.min(initial=0)), int(span.max(initial=1))
    if len(span):
        low, high = int(span.min()), int(span.max())
    return ((said[rows] - low) / max(high - low, 1)).astype(np.float32)
