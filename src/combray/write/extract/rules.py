"""The extractor by rule: deterministic, offline, no model.

What is lost against a model: a statement is a sentence as it was said, so pronouns stay unresolved
and nothing is inferred over several turns; contradictions are seen only in the functional relations
of `write.patterns`, in English and, a few of them, Chinese, Spanish and German; a summary is made
of the text's own sentences; topics are found by their words and vectors, and called by their words.

    n items, d width of a vector, s sentences
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.core import caches
from combray.core.entities import entities
from combray.core.facts import ALSO
from combray.core.items import ROLES, Item
from combray.core.ports import Embedder
from combray.core.text import count_tokens, embed_text, sentences, terms
from combray.recall.runtime.neighbours import Neighbour
from combray.store.tables.fact_keys import topic_of
from combray.write.extract.base import (
    ADD,
    NONE,
    SUPERSEDE,
    UPDATE,
    Decision,
    Gist,
    Mention,
    Statement,
    Summary,
    Topic,
)
from combray.write.extract.same_claim import said_in
from combray.write.facts.facts import facts_of
from combray.write.facts.same_value import may_be_one
from combray.write.facts.speaker import MUTE_ROLES, name_of

SAME, LIKE, RELATED, SHARED = 0.95, 0.8, 0.6, 0.4
"""Cosines: the same statement; like enough to be one; related; related when a name is shared."""
GAP = 30 * 60 * 1_000_000
"""A silence after which another topic begins, in microseconds."""
LEAST_WORDS = 2
_MARKS = ".,;:!?()[]\"'“”"


class RulesExtractor:
    """Extracts by rule."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def extract(self, items: Sequence[Item], /) -> list[Statement]:
        """Every sentence that states something, with the functional fact it holds if it does."""
        return [each for item in items for each in _statements(item)]

    def decide(self, new: Statement, near: Sequence[Neighbour], /) -> Decision:
        """SUPERSEDE for another value of a relation; else by words, beside the same speaker's.

        NONE when a near one holds all the words or has nearly the same vector, UPDATE when the new
        words hold all of a near one's, else ADD. What differs in a number, a name or a "not" is
        never the same.
        """
        fellows = [each.item for each in near if _about(new) and _about(new) == _about(each.item)]
        if fellows:
            return _beside(new, fellows)
        for each in near:
            one = new.speaker == each.item.name and not new.about
            if not one or each.cosine < LIKE:
                continue
            held, words = set(terms(each.item.text)), set(terms(new.text))
            same = held >= words or each.cosine >= SAME
            if same and said_in(new.text, each.item.text):
                return Decision(op=NONE, text=each.item.text, target=each.item, why="said before")
            if held < words and said_in(each.item.text, new.text):
                return Decision(op=UPDATE, text=new.text, target=each.item, why="says more")
        return Decision(op=ADD, text=new.text)

    def summarise(self, items: Sequence[Item], tokens: int, /) -> Summary:
        """The most central sentences that fit, in the order in which they were said."""
        told = [(item, words) for item in items for _, words in sentences(item.text)]
        lines = [f"{item.name}: {words}" if item.name else words for item, words in told]
        # Tokens of lines joined by spaces are those of the lines together.
        costs, left = [count_tokens(line) for line in lines], tokens
        chosen: list[int] = []
        order = np.argsort(-centrality([terms(words) for _, words in told]), kind="stable")
        for i in order.tolist():
            if costs[i] <= left:
                chosen.append(i)
                left -= costs[i]
        chosen.sort()
        text = " ".join(lines[j] for j in chosen)
        return Summary(
            text=text, sources=tuple({told[j][0].id: told[j][0] for j in chosen}.values())
        )

    def segment(self, items: Sequence[Item], /) -> list[Topic]:
        """Cuts where a long silence falls, or where the vectors before and after differ most."""
        if not items:
            return []
        vectors = self._embedder.embed([embed_text(i.text, i.metadata, i.name) for i in items])
        cuts = [0, *_cuts(vectors, [item.first_at_us for item in items]), len(items)]
        runs = [tuple(items[a:b]) for a, b in pairwise(cuts) if a < b]
        return [Topic(title=", ".join(_top_words(run, 3)), items=run) for run in runs]

    def gist(self, item: Item, /) -> Gist:
        """Names and the most frequent long words; the first sentence is the context."""
        first = next((words for _, words in sentences(item.text)), item.text)
        names = [name for name in entities(item.text) if name != (item.name or "").lower()]
        keywords = tuple(dict.fromkeys([*names, *_top_words([item], 6)]))[:6]
        return Gist(keywords=keywords, tags=keywords[:3], context=first)

    def related(self, text: str, near: Sequence[Neighbour], /) -> list[Item]:
        """Neighbours that are near, or less near and share a name."""
        names = set(entities(text))
        return [
            each.item
            for each in near
            if each.cosine >= RELATED
            or (each.cosine >= SHARED and names & set(entities(each.item.text)))
        ]

    def same(
        self, _new: Sequence[Mention], _known: Sequence[Mention], /
    ) -> list[tuple[Mention, Mention]]:
        """None: what spelling leaves apart no rule joins."""
        return []


def _beside(new: Statement, fellows: Sequence[Item]) -> Decision:
    """What becomes of a value of a relation beside others of it.

    NONE only for the same claim, or while the same value stands since before; all else is for the
    timeline to order.
    """
    for old in fellows:
        same = _value(old.metadata) == _value(new.about)
        weak = not old.metadata.get("ends", True) and new.about.get("ends", True)
        stands = old.valid_to_us is None and _start(old.valid_from_us) <= _start(new.start)
        stands = stands and not weak
        if same and (stands or old.valid_from_us == new.start):
            return Decision(op=NONE, text=old.text, target=old, why="it stands already")
    if new.about.get("says") == ALSO or not new.about.get("ends", True):
        return Decision(op=ADD, text=new.text)
    others = [
        old
        for old in fellows
        if old.metadata.get("says") != ALSO and not _one_value(old.metadata, new.about)
    ]
    if others:
        return Decision(op=SUPERSEDE, text=new.text, target=others[0], why="the same relation")
    return Decision(op=ADD, text=new.text)


def _start(moment: int | None) -> float:
    """A moment that comes after an open start, whenever it is."""
    return -math.inf if moment is None else moment


def _statements(item: Item) -> list[Statement]:
    if item.role in MUTE_ROLES:
        return []
    facts = facts_of(item)
    found: list[Statement] = []
    for start, words in sentences(item.text):
        inside = [f for f in facts if start <= f.metadata["at"][0] < start + len(words)]
        if inside:
            found += [
                Statement(
                    text=words,
                    sources=(item,),
                    speaker=name_of(item),
                    about=fact.metadata,
                    start=fact.valid_from_us,
                    end=fact.valid_to_us,
                )
                for fact in inside
            ]
        elif _states(words):
            found.append(
                Statement(
                    text=words,
                    sources=(item,),
                    speaker=name_of(item),
                    start=item.valid_from_us,
                    end=item.valid_to_us,
                )
            )
    return found


def _states(words: str) -> bool:
    """Whether a sentence states something: no question, and more than a greeting."""
    return not words.rstrip("\"”’')").endswith(("?", "？")) and len(terms(words)) >= LEAST_WORDS


def _about(of: Statement | Item) -> tuple[str, str] | None:
    """Subject and relation of what has one value at a time; None for anything else."""
    about = of.about if isinstance(of, Statement) else of.metadata
    if not about.get("functional") or (isinstance(of, Item) and topic_of(of) is None):
        return None
    return str(about.get("subject", "")).casefold(), str(about.get("relation", ""))


def _one_value(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two claims say the same of values that may be one."""
    (first, says), (second, also) = _value(one), _value(other)
    return says == also and may_be_one(first, second)


def _value(about: Mapping[str, Any]) -> tuple[str, str]:
    return str(about.get("object", "")).casefold(), str(about.get("says", ""))


def centrality(texts: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """How much each text, as terms, shares with all others: Σ of tf-idf cosines; shape (s,)."""
    # No set: its order, and with it the last bit of a sum, differs from process to process.
    rare = Counter(term for text in texts for term in dict.fromkeys(text))
    place = {term: i for i, term in enumerate(rare)}
    weights = np.zeros((len(texts), max(1, len(place))))
    for row, text in zip(weights, texts, strict=True):
        for term, count in Counter(text).items():
            row[place[term]] = count * np.log(1 + len(texts) / rare[term])
    weights /= np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    total: NDArray[np.float64] = weights @ weights.sum(axis=0)
    return total


def _cuts(vectors: NDArray[np.float32], times: Sequence[int]) -> list[int]:
    """Where a new topic begins, from vectors (n d) and times (n): TextTiling's depth scores."""
    count = len(vectors)
    near = np.ones(count)
    for i in range(1, count):
        before, after = vectors[max(0, i - 2) : i].sum(0), vectors[i : i + 2].sum(0)
        near[i] = before @ after / max(float(np.linalg.norm(before) * np.linalg.norm(after)), 1e-9)
    depth = np.zeros(count)
    for i in range(1, count):
        depth[i] = near[1 : i + 1].max() + near[i:].max() - 2 * near[i]
    deep = depth > (depth[1:].mean() + depth[1:].std() / 2 if count > 1 else np.inf)
    low = np.array([near[i] <= min(near[i - 1], near[min(i + 1, count - 1)]) for i in range(count)])
    silent = [i > 0 and times[i] - times[i - 1] > GAP for i in range(count)]
    return [i for i in range(1, count) if silent[i] or (deep[i] and low[i])]


@caches.words(20_000)
def _telling(word: str) -> tuple[tuple[str, str], ...]:
    """The terms of a lower-case word that may say what a text is about, and how each is shown."""
    bare = word.strip(_MARKS)
    return tuple(
        (term, bare if term.isascii() else term)
        for term in terms(word)
        if len(term) > 2 or not term.isascii()
    )


def _top_words(items: Sequence[Item], k: int) -> list[str]:
    """The k most frequent content words, the longer first among equals."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    speakers = {part for item in items for part in terms(item.name or "")}
    for item in items:
        for word in item.text.lower().split():
            for term, as_shown in _telling(word):
                counts[term] += 1
                shown.setdefault(term, as_shown)
    best = sorted(
        (term for term in counts if term not in speakers and term not in ROLES),
        key=lambda term: (-counts[term], -len(term), term),
    )
    return [shown[term] for term in best[:k]]
