"""Confidence: the probability that the memory holds an answer, from a question's candidates alone.

    confidence = σ(z of CONTENT) · σ(z of SPEAKER),  z = bias + Σ w (x - mean) / scale

An answer is there when what is asked about is there, and the person it is asked of says it. What
tells a question without one: nothing is near to it, its words, names and numbers are not among the
best candidates, what it asks about is not named there, no candidate stands out, or it is somebody
else who says what is asked. The second factor is 1 where the question names nobody who speaks, or
everybody.

`confidence.json` has the weights, made by `benchmarks/confidence.py`: those of MiniLM, those of
hashed vectors, and those without the signals that a cosine makes, for any other embedder.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Rows, RowScores, Weights
from combray.core.entities import entities
from combray.core.text import terms, words
from combray.recall.query.asked_things import asked_things
from combray.recall.query.query_context import QueryContext
from combray.recall.query.scores import dense_at, holds
from combray.recall.rank import linear
from combray.recall.rank.features import DOMAINS, NAMES, Candidates, score_candidates, scored
from combray.recall.rank.linear import LinearRanker

FIRST, READ = 5, 12
"""How many candidates are the first ones, and in how many the question's words are looked for."""
BACKGROUND, EXPECTED = 100, 10
"""How many texts a memory counts as having beside its own, and in how many of them each of COMMON
stands."""
COMMON = frozenset(
    terms(
        "accord amount answer ask call cause certain chat combine come conversation current date "
        "day decide describe detail different discuss discussion everything exact feel find get "
        "give go happen keep kind know let like long look main make many mean mention month much "
        "name need number often particular people person place plan previous propose put reason "
        "recommend regard related say see show sort specific start suggest suggestion take tell "
        "thing think time total try type use various want way week year said told"
    )
)
"""Words of questions, and verbs, that tell little, by hand; no names of things are among them."""
CONTENT = (
    "dense", "coverage", "rarest_found", "names_missing", "names_unknown", "unnamed",
    "unnamed_alone", "gap", "dated",
)  # fmt: skip
SPEAKER = ("speaker",)
OF_COSINES = ("dense", "gap")
"""Signals that mean something else for each embedder."""
SPOKEN = ("speaker_asked", "people")
"""Signals of who speaks, which the second factor leaves out: it is about just that."""
_SPOKEN = [NAMES.index(name) for name in SPOKEN]
ALONE = [DOMAINS.index(name) for name in ("passages", "notes")]
"""What stands alone names what it is about; what a turn is about may be named long before."""
OPEN, CLOSED = 0.995, 0.005
"""The greatest and the least share, so that log odds stay finite."""
_TIMES = frozenset(
    terms(
        "january february march april may june july august september october november december "
        "monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow day "
        "week weekend month year ago last next morning afternoon evening night"
    )
)
_MONTHS = frozenset(month.lower() for month in [*calendar.month_name, *calendar.month_abbr])


def confidence(context: QueryContext) -> float:
    """How likely the memory holds an answer to a question, 0…1; 0 for an empty memory."""
    found = score_candidates(context)
    if not len(found.rows):
        return 0.0
    name = context.embedder.name
    return likelihood(question_signals(context, found), weights(name))


def likelihood(signals: Mapping[str, float], rules: tuple[LinearRanker, LinearRanker]) -> float:
    """The product of both factors for the signals of a question."""
    content, speaker = rules
    there = _sigmoid(content, signals)
    return there * _sigmoid(speaker, signals) if "speaker" in signals else there


def weights(embedder: str) -> tuple[LinearRanker, LinearRanker]:
    """The rules of both factors for the vectors of an embedder."""
    rules = _shipped()
    kind = embedder.partition("-")[0]
    return rules.get(f"content-{kind}", rules["content"]), rules["speaker"]


@lru_cache(maxsize=1)
def _shipped() -> dict[str, LinearRanker]:
    with as_file(files("combray.recall.rank").joinpath("confidence.json")) as path:
        return linear.load(path)


def _sigmoid(rule: LinearRanker, signals: Mapping[str, float]) -> float:
    z = rule.score(np.array([[signals[name] for name in rule.names]], np.float32))[0]
    return float(1 / (1 + np.exp(-z)))


def question_signals(context: QueryContext, found: Candidates) -> dict[str, float]:
    """The signals of a question with candidates: those of CONTENT, and "speaker" where it says."""
    rules = linear.load(embedder=context.embedder.name)
    z = scored(found, rules)
    order = np.argsort(-z, kind="stable")[:READ]
    rarity = _rarity(context)
    held, around = _held(context, rarity, found.rows[order])
    share = np.array([*rarity.values()] or [1.0])
    first = dict(zip(rarity, _any(held[:, :FIRST]).tolist(), strict=False))
    named = dict(zip(rarity, _any(around[:, :FIRST]).tolist(), strict=False))
    cosines = dense_at(context.view, context.scores.vector, found.rows)
    values = {
        "dense": cosines.max(),
        "coverage": (share @ around).max() / share.sum(),
        "rarest_found": bool(rarity) and first[max(rarity, key=rarity.__getitem__)],
        "names_missing": sum(not first[name] for name in _names(context) & first.keys()),
        "names_unknown": _unknown_names(context),
        "unnamed": (unnamed := _unnamed(context, rarity, named)),
        "unnamed_alone": unnamed * (found.domain[order[0]] in ALONE),
        "gap": z[order[0]] - z[order[:FIRST][-1]],
        "dated": _column(found, "date_in")[order[0]] if context.cues.dates else 0.5,
    }
    said = _share_of_memory(context)
    if 0 < said < 1:
        told = _share_of_statements(found, z, _spoken(context.embedder.name))
        # Who talks most is not expected to say most of everything.
        equal = len(context.cues.speakers) / len(context.view.who.speaker.names)
        values["speaker"] = _log_odds(told) - _log_odds(min(said, equal))
    return {name: float(value) for name, value in values.items()}


def _column(found: Candidates, name: str) -> RowScores:
    return found.values[:, NAMES.index(name)]


def _rarity(context: QueryContext) -> dict[str, float]:
    """The question's content words with their rarity; one that stands nowhere is the rarest.

    A small memory does not show how common a word is. So it counts as if there were more texts, in
    a share of which each of the commonest words stands; in a large one that changes nothing.
    """
    size = context.corpus.size + BACKGROUND
    rarity = {}
    for term in dict.fromkeys(context.first_person.terms):
        count = len(context.view.words.postings.find(term)[0])
        count += EXPECTED * (term in COMMON)
        rarity[term] = float(np.log1p(size / max(count, 0.5)))
    return rarity


def _held(
    context: QueryContext, rarity: Mapping[str, float], rows: Rows
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows hold each word of the question, and which do or stand beside one; (words rows)."""
    talk = context.view.conversations
    beside = np.concatenate([rows, talk.before.values[rows], talk.after.values[rows]])
    held = np.zeros((max(len(rarity), 1), len(beside)), np.bool_)
    for place, word in enumerate(rarity):
        held[place] = holds(context.view, word, beside)
    parts = held.reshape(len(held), 3, len(rows))
    return parts[:, 0], _any(parts)


def _any(held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether some hold a word; (words rows) -> (words,), (words 3 rows) -> (words rows)."""
    found: NDArray[np.bool_] = np.logical_or.reduce(held, axis=1)
    return found


def _unnamed(
    context: QueryContext, rarity: Mapping[str, float], named: Mapping[str, bool]
) -> float:
    """The share, weighted by rarity, of what is asked about that none of the first names.

    Neither they nor what stands beside them. When it was is no part of what it is about.
    """
    asked = [
        term
        for term in asked_things(context.query.text, context.cues.name_words)
        if term in rarity and term not in COMMON and not (context.cues.dates and _dates(term))
    ]
    missing = sum(rarity[term] for term in asked if not named[term])
    return missing / (sum(rarity[term] for term in asked) or 1.0)


def _dates(term: str) -> bool:
    return any(map(str.isdigit, term)) or term in _TIMES


def _names(context: QueryContext) -> set[str]:
    """The terms of the question's names and numbers, without speakers and dates.

    A name is a word with a capital that does not open the question.
    """
    marked = []
    for place, word in enumerate(words(context.query.text)):
        number = not word.isalpha() and any(map(str.isdigit, word))
        if number or (place and not word.islower() and any(map(str.isupper, word))):
            if not (context.cues.dates and (number or word.lower() in _MONTHS)):
                marked.append(word)
    if not marked:
        return set()
    return set(terms(" ".join(marked))) - set(terms(" ".join(context.cues.name_words)))


def _unknown_names(context: QueryContext) -> float:
    """The share of the question's names that no memory mentions."""
    speakers = context.cues.name_words
    names = [n for n in entities(context.query.text) if not set(n.split()) <= speakers]
    unknown = [
        n for n in names if not context.view.names.mentions.get(context.view.names.codes.find(n))
    ]
    return len(unknown) / max(len(names), 1)


def _share_of_memory(context: QueryContext) -> float:
    """How much of all that is remembered the people said whom the question names."""
    who, inside = context.view.who.speaker, context.corpus.inside
    theirs = [
        np.count_nonzero((who.values == who.find(name)) & inside) for name in context.cues.speakers
    ]
    return sum(theirs) / max(context.corpus.size, 1)


def _share_of_statements(found: Candidates, z: Weights, spoken: Weights) -> float:
    """How much of what fits the question they say, by a rule that does not ask who speaks.

    A candidate weighs exp(z); more where it tells of its speaker and holds the question's words,
    less where it is a question itself.
    """
    weight, mean = spoken[:, found.domain]
    mine = ((found.values[:, _SPOKEN] - mean) * weight).sum(axis=1)
    told = _column(found, "own") + 2 * _column(found, "coverage") - _column(found, "question")
    mass = z - mine + told
    share = np.exp(mass - mass.max())
    return float(share[_column(found, "speaker_asked") > 0].sum() / share.sum())


@lru_cache(maxsize=4)
def _spoken(embedder: str) -> Weights:
    """The weight, as it is multiplied, and the mean of the signals of who speaks, by domain."""
    rules, spoken = linear.load(embedder=embedder), np.zeros((2, len(DOMAINS), len(SPOKEN)))
    for n, domain in enumerate(DOMAINS):
        rule = rules[domain]
        for m, name in enumerate(SPOKEN):
            if name in rule.names:
                place = rule.names.index(name)
                spoken[:, n, m] = rule.weights[place] / rule.scales[place], rule.means[place]
    return spoken


def _log_odds(share: float) -> float:
    bounded = min(max(share, CLOSED), OPEN)
    return float(np.log(bounded / (1 - bounded)))
