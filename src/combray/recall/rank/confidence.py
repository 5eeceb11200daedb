"""Confidence: the probability that the memory holds an answer, from a question's candidates alone.

    k signals of a question x, z = bias + Σ w (x - mean) / scale, confidence = 1 / (1 + exp(-z))

What tells a question without an answer: its rarest words stand nowhere or never together, nothing
is near to it, or what is near was said by somebody else than the person it asks about. One set of
weights for each domain of `recall.rank.features`, in `confidence.json`, made by
`benchmarks/confidence.py`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import RowScores
from combray.core.entities import entities
from combray.recall.query.query_context import QueryContext
from combray.recall.query.scores import dense_at, holds
from combray.recall.rank import linear
from combray.recall.rank.features import DOMAINS, NAMES, Candidates, score_candidates, scored
from combray.recall.rank.linear import LinearRanker

FIRST = 5
SIGNALS = (
    "dense", "dense_mean", "dense_plain", "window", "coverage",
    "coverage_first", "coverage_joint", "unseen", "rarest_seen", "rarest_found", "names_unknown",
    "bm25_share", "speaker", "speaker_first", "speaker_dense", "speaker_coverage", "dated",
)  # fmt: skip


def confidence(context: QueryContext) -> float:
    """How likely the memory holds an answer to a question, 0…1; 0 for an empty memory."""
    found = score_candidates(context)
    if not len(found.rows):
        return 0.0
    z = scored(found, linear.load(embedder=context.embedder.name))
    mine = _weights()[domain_of(found, z)]
    values = question_signals(context, found, z)[None, mine.places(SIGNALS)]
    return float(1 / (1 + np.exp(-mine.score(values)[0])))


def domain_of(found: Candidates, z: NDArray[np.float64]) -> str:
    """The domain of most of the first candidates."""
    first = found.domain[np.argsort(-z, kind="stable")[:FIRST]]
    return DOMAINS[int(np.bincount(first).argmax())]


@lru_cache(maxsize=1)
def _weights() -> dict[str, LinearRanker]:
    with as_file(files("combray.recall.rank").joinpath("confidence.json")) as path:
        return linear.load(path)


def question_signals(context: QueryContext, found: Candidates, z: NDArray[np.float64]) -> RowScores:
    """The signals of a question from its candidates and their z (c,); shape (k,)."""
    if not len(found.rows):
        return np.zeros(len(SIGNALS), np.float32)
    order = np.argsort(-z, kind="stable")[:FIRST]
    column = {name: found.values[:, NAMES.index(name)] for name in _USED}
    words = _words(context)
    held = _holds(context, found, order, list(words))
    weights = np.array(list(words.values()))
    total = max(float(weights.sum()), 1e-9)
    rare = int(np.argmax(weights)) if len(weights) else 0
    plain = dense_at(context.view, context.scores.vector, found.rows)
    values = {
        "dense": column["dense"].max(),
        "dense_mean": column["dense"][order].mean(),
        "dense_plain": plain.max(),
        "window": column["window"].max(),
        "coverage": column["coverage"].max(),
        "coverage_first": column["coverage"][order[0]],
        "coverage_joint": float(weights @ held.any(axis=1)) / total if len(weights) else 0.0,
        "unseen": 1
        - len(context.first_person.postings) / max(len(set(context.first_person.terms)), 1),
        "rarest_seen": float(held.shape[0] > 0 and _seen(context, list(words)[rare])),
        "rarest_found": float(held[rare].any()) if len(weights) else 0.0,
        "names_unknown": _unknown_names(context),
        "bm25_share": column["bm25"].max() / (2.2 * total),
        "speaker": float(bool(context.cues.speakers)),
        "speaker_first": column["speaker_asked"][order].mean(),
        "speaker_dense": _apart(column["dense"], column["speaker_asked"], context),
        "speaker_coverage": _apart(column["coverage"], column["speaker_asked"], context),
        "dated": column["date_in"][order].max() if context.cues.dates else 0.5,
    }
    return np.array([values[name] for name in SIGNALS], np.float32)


_USED = ("dense", "window", "coverage", "bm25", "speaker_asked", "date_in")


def _words(context: QueryContext) -> dict[str, float]:
    """The question's content words with their rarity; one that stands nowhere is the rarest."""
    size = max(context.corpus.size, 1)
    held = {
        term: len(context.view.words.postings.find(term)[0])
        for term in dict.fromkeys(context.first_person.terms)
    }
    return {term: float(np.log1p(size / max(count, 0.5))) for term, count in held.items()}


def _holds(
    context: QueryContext, found: Candidates, order: NDArray[np.intp], words: list[str]
) -> NDArray[np.bool_]:
    """Which words the first candidates hold; (words, first)."""
    rows = found.rows[order]
    return np.array([holds(context.view, w, rows) for w in words]).reshape(len(words), len(rows))


def _seen(context: QueryContext, word: str) -> bool:
    return len(context.view.words.postings.find(word)[0]) > 0


def _unknown_names(context: QueryContext) -> float:
    """The share of the question's names that no memory mentions."""
    speakers = context.cues.name_words
    names = [n for n in entities(context.query.text) if not set(n.split()) <= speakers]
    unknown = [
        n for n in names if not context.view.names.mentions.get(context.view.names.codes.find(n))
    ]
    return len(unknown) / max(len(names), 1)


def _apart(values: RowScores, asked: RowScores, context: QueryContext) -> float:
    """How much better the best of the asked speaker is than the best of anybody else."""
    own, other = values[asked > 0], values[asked == 0]
    if not context.cues.speakers or not len(own) or not len(other):
        return 0.0
    return float(own.max() - other.max())
