"""The baselines' laws, against the formulas written out."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from combray import Memory
from combray.core.text import terms
from tests.words import Words

TEXTS = (
    "The grey cat sleeps on the warm roof.",
    "A cat and a dog share the roof, the roof of the barn.",
    "Rain falls on the barn.",
    "My sister paints mountains and rivers.",
    "Rivers and mountains and a cat.",
)
QUESTION = "cat on the roof of the barn"


def scores(system: str, question: str = QUESTION, **options: float) -> dict[str, float]:
    """What a system gives each text."""
    with Memory(system=system, embedder=Words(), options=options) as memory:
        for text in TEXTS:
            memory.add(text)
        return {hit.text: hit.score for hit in memory.search(question)}


def by_hand(question: str = QUESTION) -> dict[str, float]:
    """BM25 written out: k1 = 1.2, b = 0.75."""
    documents = [Counter(terms(text)) for text in TEXTS]
    lengths = [sum(d.values()) for d in documents]
    mean, n = sum(lengths) / len(lengths), len(documents)
    found = {}
    for text, document, length in zip(TEXTS, documents, lengths, strict=True):
        total = 0.0
        for term in dict.fromkeys(terms(question)):
            df = sum(term in other for other in documents)
            tf = document[term]
            norm = 1.2 * (1 - 0.75 + 0.75 * length / mean)
            total += math.log1p((n - df + 0.5) / (df + 0.5)) * tf * 2.2 / (tf + norm)
        if total > 0:
            found[text] = total
    return found


def test_bm25_is_its_formula() -> None:
    """Scores are those of the formula, and a text without any word of the question is not found."""
    assert scores("bm25") == pytest.approx(by_hand(), rel=1e-4)
    assert "My sister paints mountains and rivers." not in scores("bm25")
    assert scores("bm25", "nothing of the kind") == {}


def test_dense_is_the_cosine() -> None:
    """The scores are the products of unit vectors, best first."""
    told = scores("dense")
    asked, *rows = Words().embed([QUESTION, *TEXTS])
    assert told == pytest.approx(dict(zip(TEXTS, np.vecdot(rows, asked), strict=True)), abs=1e-5)
    assert list(told.values()) == sorted(told.values(), reverse=True)


@pytest.mark.parametrize("system", ["hybrid", "convex"])
def test_first_in_both_is_first(system: str) -> None:
    """What keywords and vectors both put first, their fusion puts first."""
    best = {next(iter(scores(one))) for one in ("bm25", "dense")}
    assert len(best) == 1
    assert next(iter(scores(system))) == best.pop()


def test_convex_fusion_ends_at_its_parts() -> None:
    """With all the weight on one side the order is that of this side."""
    assert list(scores("convex", weight=1)) == list(scores("dense"))
    keywords = list(scores("bm25"))
    assert list(scores("convex", weight=0))[: len(keywords)] == keywords


def test_convex_fusion_is_its_formula() -> None:
    """Half of the scaled cosine and half of the scaled BM25."""
    parts = []
    for name in ("dense", "bm25"):
        found = scores(name)
        raw = np.array([found.get(text, 0.0) for text in TEXTS])
        parts.append((raw - raw.min()) / (raw.max() - raw.min()))
    wanted = dict(zip(TEXTS, np.mean(parts, axis=0), strict=True))
    assert scores("convex") == pytest.approx(wanted, abs=1e-4)


def test_fusion_by_reciprocal_rank_is_its_formula() -> None:
    """Each text gets Σ 1 / (3 + rank) over the rankings in which it stands."""
    wanted = dict.fromkeys(TEXTS, 0.0)
    for name in ("bm25", "dense"):
        for rank, text in enumerate(scores(name), start=1):
            wanted[text] += 1 / (3 + rank)
    assert scores("hybrid") == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("system", ["bm25", "evidence"])
def test_an_emoji_is_found(system: str) -> None:
    """A question that is an emoji finds the memory that holds it, whatever the skin tone."""
    with Memory(":memory:", embedder=Words(), system=system) as memory:
        memory.add(["We had a long walk.", "🎂 party 🎉", "Well done 👍🏽"], user_id="u")
        assert memory.search("🎂", user_id="u")[0].text == "🎂 party 🎉"
        assert memory.search("👍", user_id="u")[0].text == "Well done 👍🏽"
