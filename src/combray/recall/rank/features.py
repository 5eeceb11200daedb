"""Signals: the few dozen cheap numbers by which the default memory judges a candidate.

    n rows, c candidates, f signals

Seven channels score every row; each gives a candidate two numbers: its score and 1 / (rank + 3).
The other signals come from the cues, from the row itself, and from its company.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from combray.core.items import ROLES
from combray.index.view import IMAGE, OWN, QUESTION, TIMED, Mask
from combray.recall.query import scores as row_scores
from combray.recall.query.query_context import Ask
from combray.recall.query.scores import Scores
from combray.recall.rank.density import COMPANY, company_signals
from combray.recall.rank.fusion import Rows, ranks, rrf, top
from combray.recall.rank.linear import Rule
from combray.recall.rank.walk import Neighbourhood, bridges, neighbourhood

DEPTH, THEN = 200, 50
RANK_OFFSET = 3
DAY = 86_400_000_000
NEARNESS, BEST = 0.04, 5
LONG, OPENING = 30, 6
"""Turns after which the place in a conversation, or being of its opening, tells no more."""
CHANNELS = (
    "dense", "window", "session_dense", "bm25", "bm25_before", "bm25_around", "bm25_session",
)  # fmt: skip
REGIMES = ("dialogue", "chat", "passages", "notes")
WALK = (
    "fused", "walk_names", "walk_names_rank", "walk_best_rank", "bridge", "title_asked",
)  # fmt: skip
NAMES = (
    *(f"{channel}{part}" for channel in CHANNELS for part in ("", "_rank")),
    "coverage", "people", "speaker_asked", "assistant", "assistant_asked", "length", "question",
    "answers", "own", "position", "opening", "last", "image", "date_in", "when_timed",
    *WALK, *COMPANY,
)  # fmt: skip
FREE = (
    "assistant", "length", "question", "answers", "own", "position", "opening", "last", "image",
    "density",
)  # fmt: skip
"""Signals that say what kind of row it is; all others can only speak for a candidate."""
RISING = tuple(name for name in NAMES if name not in FREE)


@dataclass(frozen=True)
class Judged:
    """Candidates with their signals: rows (c,), values (c f), and each channel's ranking.

    `regime` (c,) says by number which of REGIMES a row is judged by: talk between people with
    names, a chat of roles, passages with a title, or notes that stand alone.
    """

    rows: Rows
    values: NDArray[np.float32]
    regime: NDArray[np.int64]
    rankings: dict[str, Rows]


def score_channels(ask: Ask) -> dict[str, Scores]:
    """Every channel's score of every row, by name; each (n,)."""
    view, corpus, postings = ask.view, ask.corpus, ask.told_postings
    products = ask.told_dense
    return {
        "dense": products,
        "window": row_scores.window(view, products),
        "session_dense": row_scores.session_best(view, products, corpus),
        "bm25": row_scores.bm25(corpus, postings),
        "bm25_before": row_scores.bm25_before(view, corpus, postings),
        "bm25_around": row_scores.bm25_around(view, corpus, postings),
        "bm25_session": row_scores.bm25_session(view, corpus, postings),
    }


def judge(ask: Ask, *, depth: int = DEPTH) -> Judged:
    """The best candidates of all channels together, with their signals."""
    scores = score_channels(ask)
    rankings = {
        name: top(values, depth, ask.allowed, positive=name.startswith("bm25"))
        for name, values in scores.items()
    }
    fused = rrf(list(rankings.values()), k=RANK_OFFSET, size=len(ask.view))
    best = top(fused, depth, ask.allowed, positive=True)
    if ask.cues.dates:
        best = np.concatenate([best, np.setdiff1d(_then(ask, scores["dense"]), best)])
    asked = ask.names
    hood = neighbourhood(ask, best, asked) if _stand_alone(ask, best).any() else _only(best)
    rows = hood.rows
    columns: list[NDArray[np.float32]] = []
    for name in CHANNELS:
        columns += _channel_signals(scores[name], rankings[name], rows)
    columns += _row_signals(ask, rows)
    columns += _walk_signals(ask, hood, best, asked, fused)
    columns += company_signals(ask, rows, best)
    values = np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")
    return Judged(rows=rows, values=values, regime=_regime(ask, rows), rankings=rankings)


def scored(found: Judged, rules: Mapping[str, Rule]) -> NDArray[np.float64]:
    """z of each candidate by the rule of its regime; (c,)."""
    z = np.zeros(len(found.rows))
    for number, regime in enumerate(REGIMES):
        mine, by = np.flatnonzero(found.regime == number), rules[regime]
        if len(mine):
            z[mine] = by.score(found.values[mine][:, by.places(NAMES)])
    return z


def _stand_alone(ask: Ask, rows: Rows) -> Mask:
    chains = ask.view.chains
    alone: Mask = (chains.before.values[rows] < 0) & (chains.after.values[rows] < 0)
    return alone


def _regime(ask: Ask, rows: Rows) -> NDArray[np.int64]:
    roles = [ask.view.speakers.find(role) for role in ROLES]
    named = ~np.isin(ask.view.speaker.values[rows], [-1, *roles])
    talk = np.where(named, REGIMES.index("dialogue"), REGIMES.index("chat"))
    titled = ask.view.title.values[rows] >= 0
    alone = np.where(titled, REGIMES.index("passages"), REGIMES.index("notes"))
    return np.where(_stand_alone(ask, rows), alone, talk)


def _only(rows: Rows) -> Neighbourhood:
    """Candidates without a walk: turns of a conversation are reached through their neighbours."""
    nothing = np.zeros(0, np.int64)
    return Neighbourhood(rows, {}, nothing, nothing, np.zeros(0))


def _walk_signals(
    ask: Ask, hood: Neighbourhood, best: Rows, asked: Mapping[int, float], fused: Scores
) -> list[NDArray[np.float32]]:
    """Where two walks arrive (from the question's names, from the best rows), and short cuts."""
    near = row_scores.dense_at(ask.view, ask.vector, hood.rows).astype(np.float64)
    spread = (near - near.min(initial=0)) / max(float(np.ptp(near)) if len(near) else 0, 1e-9)
    total = sum(asked.values()) or 1.0
    from_names = hood.pagerank(NEARNESS * spread**3, {c: w / total for c, w in asked.items()})
    seeds = np.zeros(len(hood.rows))
    places = {row: place for place, row in enumerate(hood.rows.tolist())}
    for rank, row in enumerate(best[:BEST].tolist(), start=1):
        if row in places:
            seeds[places[row]] = 1 / rank
    from_best = hood.pagerank(seeds, {})
    titles = ask.view.title.values[hood.rows]
    columns = [
        fused[hood.rows],
        *_walked(from_names),
        _walked(from_best)[1],
        bridges(ask.view, hood, best),
        np.isin(titles, list(asked)),
    ]
    return [np.asarray(column, np.float32) for column in columns]


def _walked(mass: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The share of the greatest mass, and 1 / (rank + 3)."""
    place = np.empty(len(mass))
    place[np.argsort(-mass, kind="stable")] = np.arange(len(mass))
    return [mass / max(float(mass.max(initial=0)), 1e-12), 1 / (place + RANK_OFFSET)]


def _channel_signals(scores: Scores, ranking: Rows, rows: Rows) -> list[NDArray[np.float32]]:
    """The score and 1 / (rank + 3) of each candidate."""
    place = ranks(ranking, rows, missing=DEPTH)
    return [scores[rows], (1 / (place + RANK_OFFSET)).astype(np.float32)]


def _row_signals(ask: Ask, rows: Rows) -> list[NDArray[np.float32]]:
    view, cues = ask.view, ask.cues
    traits, turn = view.traits.values[rows], view.chains.turn.values[rows]
    assistant = view.speaker.values[rows] == view.speakers.find("assistant")
    columns = [
        _coverage(ask)[rows],
        _people(ask, rows),
        _speaks(ask, rows),
        assistant,
        assistant & cues.asks_assistant,
        np.log1p(view.length.values[rows]),
        (traits & QUESTION) > 0,
        _answers(ask, rows),
        (traits & OWN) > 0,
        np.log1p(np.minimum(turn, LONG)),
        _opening(ask, rows),
        (view.chains.after.values[rows] < 0) & (view.chains.before.values[rows] >= 0),
        (traits & IMAGE) > 0,
        _dated(ask, rows),
        ((traits & TIMED) > 0) & cues.asks_when,
    ]
    return [np.asarray(column, np.float32) for column in columns]


def _opening(ask: Ask, rows: Rows) -> NDArray[np.float64]:
    """How near a candidate is to the opening of its conversation, as far as there are others; (c,).

    It tells what a conversation is about; where all candidates are of one it says nothing.
    """
    chains = ask.view.chains
    near = np.log1p(OPENING) - np.log1p(np.minimum(chains.turn.values[rows], OPENING))
    _, mine, sizes = np.unique(chains.head.values[rows], return_inverse=True, return_counts=True)
    opening: NDArray[np.float64] = near * (1 - sizes[mine] / max(len(rows), 1))
    return opening


def _speaks(ask: Ask, rows: Rows) -> NDArray[np.bool_]:
    """Whether a candidate was said by somebody whom the question names."""
    codes = [ask.view.speakers.find(name) for name in ask.cues.speakers]
    return np.isin(ask.view.speaker.values[rows], codes)


def _people(ask: Ask, rows: Rows) -> Scores:
    """The share of the people named in the question who speak in a candidate's conversation."""
    view = ask.view
    heads = view.chains.head.values
    share = np.zeros(len(rows), np.float32)
    for name in ask.cues.speakers:
        theirs = view.alive.values & (view.speaker.values == view.speakers.find(name))
        speaks = np.zeros(len(view), np.bool_)
        speaks[heads[theirs]] = True
        share += speaks[heads[rows]]
    return share / np.float32(max(len(ask.cues.speakers), 1))


def _coverage(ask: Ask) -> Scores:
    """The share of the question's words, weighted by rarity, that a row holds; (n,)."""
    total, covered = 1e-6, np.zeros(len(ask.view), np.float32)
    for found, _counts in ask.told_postings:
        weight = float(np.log1p(ask.corpus.size / len(found)))
        covered[found] += weight
        total += weight
    unseen = len(set(ask.told_terms)) - len(ask.told_postings)
    return covered / np.float32(total + unseen * np.log1p(max(ask.corpus.size, 1)))


def _answers(ask: Ask, rows: Rows) -> Mask:
    """Whether a candidate follows somebody else's question; (c,)."""
    view = ask.view
    before = view.chains.before.values[rows]
    asked = (view.traits.values[before] & QUESTION) > 0
    other = view.speaker.values[before] != view.speaker.values[rows]
    answers: Mask = (before >= 0) & asked & other
    return answers


def _dated(ask: Ask, rows: Rows) -> Scores:
    """1 inside a date range of the question, falling to 0 over ten days; 0 without dates; (c,)."""
    near = np.zeros(len(rows), np.float32)
    said = ask.view.first_at.values[rows]
    for start, end in ask.cues.dates:
        apart = np.maximum(np.maximum(start - said, said - end), 0) / (10 * DAY)
        near = np.maximum(near, np.exp(-apart).astype(np.float32))
    return near


def _then(ask: Ask, products: Scores) -> Rows:
    """The most alike of what was said in the date ranges of the question, as further candidates."""
    said, inside = ask.view.first_at.values, np.zeros(len(ask.view), np.bool_)
    for start, end in ask.cues.dates:
        inside |= (start <= said) & (said < end)
    return top(products, THEN, ask.allowed & inside)
