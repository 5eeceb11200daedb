"""Signals: the few dozen cheap numbers by which the default memory judges a candidate.

    n rows, c candidates, f signals

Seven channels score every row; each gives a candidate two numbers: its score and 1 / (rank + 3).
The other signals come from the cues, from the row itself, and from what stands near it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Mask, Rows, RowScores
from combray.core.items import ROLES
from combray.core.text import OWN, TIMED
from combray.index.groups import IMAGE, QUESTION
from combray.recall.query import scores as row_scores
from combray.recall.query.days import inside, nearness
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.density import DENSITY, density_signals
from combray.recall.rank.fusion import ranks, rrf, top
from combray.recall.rank.linear import LinearRanker
from combray.recall.rank.walk import Neighbourhood, bridges, neighbourhood

DEPTH, THEN = 200, 50
"""How many candidates there are, and how many more of the dates that are asked about."""
RANK_OFFSET = 3
NEARNESS, BEST = 0.04, 5
"""What the nearest row weighs among the starts of the walk from names, beside all names together,
and from how many of the best rows the other walk starts."""
LONG, OPENING = 30, 6
"""Turns after which the place in a conversation, or being of its opening, tells no more."""
CHANNELS = (
    "dense", "window", "session_dense", "bm25", "bm25_before", "bm25_around", "bm25_session",
)  # fmt: skip
DOMAINS = ("dialogue", "chat", "passages", "notes")
WALK = (
    "fused", "walk_names", "walk_names_rank", "walk_best_rank", "bridge", "title_asked",
)  # fmt: skip
NAMES = (
    *(f"{channel}{part}" for channel in CHANNELS for part in ("", "_rank")),
    "coverage", "people", "speaker_asked", "assistant", "assistant_asked", "length", "question",
    "answers", "own", "position", "opening", "last", "image", "date_in", "when_timed",
    *WALK, *DENSITY,
)  # fmt: skip
FREE = (
    "assistant", "length", "question", "answers", "own", "position", "opening", "last", "image",
    "density",
)  # fmt: skip
"""Signals that say what kind of row it is; all others can only speak for a candidate."""
RISING = tuple(name for name in NAMES if name not in FREE)


@dataclass(frozen=True)
class Candidates:
    """Candidates with their signals: rows (c,), values (c f), and each channel's ranking.

    `domain` (c,) says by number which of DOMAINS a row is judged by: talk between people with
    names, a chat of roles, passages with a title, or notes that stand alone.
    """

    rows: Rows
    values: NDArray[np.float32]
    domain: NDArray[np.int64]
    rankings: dict[str, Rows]


def score_candidates(context: QueryContext, *, depth: int = DEPTH) -> Candidates:
    """The best candidates of all channels together, with their signals; once for a question."""
    return context.compute_once(("candidates", depth), lambda: _candidates(context, depth))


def _candidates(context: QueryContext, depth: int) -> Candidates:
    scores = context.first_person.channels()
    rankings = {
        name: top(values, depth, context.allowed, positive=name.startswith("bm25"))
        for name, values in scores.items()
    }
    fused = rrf(list(rankings.values()), k=RANK_OFFSET, size=len(context.view))
    best = top(fused, depth, context.allowed, positive=True)
    if context.cues.dates:
        best = np.concatenate([best, np.setdiff1d(_then(context, scores["dense"]), best)])
    asked = context.names
    hood = neighbourhood(context, best, asked) if _stand_alone(context, best).any() else _only(best)
    rows = hood.rows
    columns: list[NDArray[np.float32]] = []
    for name in CHANNELS:
        columns += _channel_signals(scores[name], rankings[name], rows)
    columns += _row_signals(context, rows)
    columns += _walk_signals(context, hood, best, asked, fused)
    columns += density_signals(context, rows, best)
    values = np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")
    return Candidates(rows=rows, values=values, domain=_domain(context, rows), rankings=rankings)


def scored(found: Candidates, rules: Mapping[str, LinearRanker]) -> NDArray[np.float64]:
    """z of each candidate by the rule of its domain; (c,)."""
    z = np.zeros(len(found.rows))
    for number in np.flatnonzero(np.bincount(found.domain)).tolist():
        mine, by = found.domain == number, rules[DOMAINS[number]]
        values = found.values if mine.all() else found.values[mine]
        z[mine] = by.score(values[:, by.places(NAMES)])
    return z


def _stand_alone(context: QueryContext, rows: Rows) -> Mask:
    talk = context.view.conversations
    alone: Mask = (talk.before.values[rows] < 0) & (talk.after.values[rows] < 0)
    return alone


def _domain(context: QueryContext, rows: Rows) -> NDArray[np.int64]:
    roles = [context.view.who.speaker.find(role) for role in ROLES]
    named = ~np.isin(context.view.who.speaker.values[rows], [-1, *roles])
    talk = np.where(named, DOMAINS.index("dialogue"), DOMAINS.index("chat"))
    titled = context.view.names.title.values[rows] >= 0
    alone = np.where(titled, DOMAINS.index("passages"), DOMAINS.index("notes"))
    return np.where(_stand_alone(context, rows), alone, talk)


def _only(rows: Rows) -> Neighbourhood:
    """Candidates without a walk: turns of a conversation are reached through their neighbours."""
    nothing = np.zeros(0, np.int64)
    return Neighbourhood(rows, {}, nothing, nothing, np.zeros(0))


def _walk_signals(
    context: QueryContext,
    hood: Neighbourhood,
    best: Rows,
    asked: Mapping[int, float],
    fused: RowScores,
) -> list[NDArray[np.float32]]:
    """Where two walks arrive (from the question's names, from the best rows), and short cuts."""
    near = row_scores.dense_at(context.view, context.scores.vector, hood.rows).astype(np.float64)
    spread = (near - near.min(initial=0)) / max(float(np.ptp(near)) if len(near) else 0, 1e-9)
    total = sum(asked.values()) or 1.0
    from_names = hood.pagerank(NEARNESS * spread**3, {c: w / total for c, w in asked.items()})
    seeds = np.zeros(len(hood.rows))
    places = {row: place for place, row in enumerate(hood.rows.tolist())}
    for rank, row in enumerate(best[:BEST].tolist(), start=1):
        if row in places:
            seeds[places[row]] = 1 / rank
    from_best = hood.pagerank(seeds, {})
    titles = context.view.names.title.values[hood.rows]
    columns = [
        fused[hood.rows],
        *_walked(from_names),
        _walked(from_best)[1],
        bridges(context.view, hood, best),
        np.isin(titles, list(asked)),
    ]
    return [np.asarray(column, np.float32) for column in columns]


def _walked(mass: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The share of the greatest mass, and 1 / (rank + 3)."""
    place = np.empty(len(mass))
    place[np.argsort(-mass, kind="stable")] = np.arange(len(mass))
    return [mass / max(float(mass.max(initial=0)), 1e-12), 1 / (place + RANK_OFFSET)]


def _channel_signals(scores: RowScores, ranking: Rows, rows: Rows) -> list[NDArray[np.float32]]:
    """The score and 1 / (rank + 3) of each candidate."""
    place = ranks(ranking, rows, missing=DEPTH)
    return [scores[rows], (1 / (place + RANK_OFFSET)).astype(np.float32)]


def _row_signals(context: QueryContext, rows: Rows) -> list[NDArray[np.float32]]:
    view, cues = context.view, context.cues
    traits, turn = view.words.traits.values[rows], view.conversations.turn.values[rows]
    assistant = view.who.speaker.values[rows] == view.who.speaker.find("assistant")
    columns = [
        _coverage(context)[rows],
        _people(context, rows),
        _speaks(context, rows),
        assistant,
        assistant & cues.asks_assistant,
        np.log1p(view.words.length.values[rows]),
        (traits & QUESTION) > 0,
        _answers(context, rows),
        (traits & OWN) > 0,
        np.log1p(np.minimum(turn, LONG)),
        _opening(context, rows),
        (view.conversations.after.values[rows] < 0) & (view.conversations.before.values[rows] >= 0),
        (traits & IMAGE) > 0,
        nearness(context.time, cues.dates, rows, cues.date_weights),
        ((traits & TIMED) > 0) & cues.asks_when,
    ]
    return [np.asarray(column, np.float32) for column in columns]


def _opening(context: QueryContext, rows: Rows) -> NDArray[np.float64]:
    """How near a candidate is to the opening of its conversation, as far as there are others; (c,).

    It tells what a conversation is about; where all candidates are of one it says nothing.
    """
    talk = context.view.conversations
    near = np.log1p(OPENING) - np.log1p(np.minimum(talk.turn.values[rows], OPENING))
    _, mine, sizes = np.unique(talk.head.values[rows], return_inverse=True, return_counts=True)
    opening: NDArray[np.float64] = near * (1 - sizes[mine] / max(len(rows), 1))
    return opening


def _speaks(context: QueryContext, rows: Rows) -> NDArray[np.bool_]:
    """Whether a candidate was said by somebody whom the question names."""
    codes = [context.view.who.speaker.find(name) for name in context.cues.speakers]
    return np.isin(context.view.who.speaker.values[rows], codes)


def _people(context: QueryContext, rows: Rows) -> RowScores:
    """The share of the people named in the question who speak in a candidate's conversation."""
    view = context.view
    heads = view.conversations.head.values
    share = np.zeros(len(rows), np.float32)
    for name in context.cues.speakers:
        theirs = view.rows.alive.values & (view.who.speaker.values == view.who.speaker.find(name))
        speaks = np.zeros(len(view), np.bool_)
        speaks[heads[theirs]] = True
        share += speaks[heads[rows]]
    return share / np.float32(max(len(context.cues.speakers), 1))


def _coverage(context: QueryContext) -> RowScores:
    """The share of the question's words, weighted by rarity, that a row holds; (n,)."""
    total, covered = 1e-6, np.zeros(len(context.view), np.float32)
    for found, _counts in context.first_person.postings:
        weight = float(np.log1p(context.corpus.size / len(found)))
        covered[found] += weight
        total += weight
    unseen = len(set(context.first_person.terms)) - len(context.first_person.postings)
    return covered / np.float32(total + unseen * np.log1p(max(context.corpus.size, 1)))


def _answers(context: QueryContext, rows: Rows) -> Mask:
    """Whether a candidate follows somebody else's question; (c,)."""
    view = context.view
    before = view.conversations.before.values[rows]
    asked = (view.words.traits.values[before] & QUESTION) > 0
    other = view.who.speaker.values[before] != view.who.speaker.values[rows]
    answers: Mask = (before >= 0) & asked & other
    return answers


def _then(context: QueryContext, products: RowScores) -> Rows:
    """The most alike of what was said in the date ranges of the question, as further candidates."""
    then = np.zeros(len(context.view), np.bool_)
    for span in context.cues.dates:
        then |= inside(context.time, span)
    return top(products, THEN, context.allowed & then)
