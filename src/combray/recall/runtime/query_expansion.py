"""Cues: other words under which an answer may stand. They add candidates and never drop one.

`rules` is the relevance model RM3 (Lavrenko and Croft, 2001; Abdul-Jaleel et al., 2004): terms of
the best rows for the question, weighted Σ_d P(t | d) · P(d | q). It can only give words that stand
in the memory. `llm` asks a model what an answer could say.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from combray.core.entities import entities
from combray.core.text import index_text, terms
from combray.models.structured import Asker
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import top

FEEDBACK, TERMS, NAMES = 10, 10, 5
"""From how many of the best rows terms are taken, and how many terms and names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Words to look for beside the question, their weight (0…1], and what kind they are."""

    text: str
    weight: float
    kind: str


def rules_cues(context: QueryContext, *, feedback: int = FEEDBACK, limit: int = TERMS) -> list[Cue]:
    """The terms that the best rows by keyword share, without those of the question itself."""
    rows = top(context.scores.bm25, feedback, context.allowed, positive=True).tolist()
    total = sum(float(context.scores.bm25[row]) for row in rows)
    found = context.store.get(context.query.scope.tenant, [context.view.ids[row] for row in rows])
    model: Counter[str] = Counter()
    for row in rows:
        item = found.get(context.view.ids[row])
        words = terms(index_text(item.text, item.metadata)) if item is not None else []
        for term, count in Counter(words).items():
            model[term] += count / len(words) * float(context.scores.bm25[row]) / total  # type: ignore[assignment]
    asked = set(context.terms)
    best = sorted((t for t in model if t not in asked), key=lambda t: (-model[t], t))[:limit]
    return [Cue(text=t, weight=model[t] / model[best[0]], kind="term") for t in best]


def names_beside(context: QueryContext, *, limit: int = NAMES) -> list[Cue]:
    """The names that stand with those of the question more often than chance would have it.

    By pointwise mutual information, log(N · both / (one · other)), for names met together twice.
    """
    view, size = context.view, max(context.corpus.size, 1)
    found: dict[int, float] = {}
    for code in {view.names.codes.find(name) for name in entities(context.query.text)} - {-2}:
        rows = [row for row in view.names.mentions.get(code, ()) if context.allowed[row]]
        beside = Counter(other for row in rows for other in view.names.named[row] if other != code)
        for other, both in beside.items():
            alone = sum(bool(context.allowed[row]) for row in view.names.mentions[other])
            pmi = math.log(size * both / (len(rows) * alone))
            if both > 1 and pmi > 0:
                found[other] = max(found.get(other, 0), pmi)
    best = sorted(found, key=lambda code: (-found[code], code))[:limit]
    most = found[best[0]] if best else 1
    return [Cue(text=view.names.codes.names[c], weight=found[c] / most, kind="name") for c in best]


def llm_cues(asker: Asker, question: str, memory: Sequence[str] = ()) -> list[Cue]:
    """What a model expects an answer to say, knowing some summaries of the memory.

    Raises ModelError when it answers nonsense.
    """
    data = {"question": question, "memory": list(memory)}
    answer = asker.ask("combray.recall", "expand", data, max_tokens=300)
    clues = dict.fromkeys(str(clue).strip() for clue in answer["clues"])
    return [Cue(text=clue, weight=1.0, kind="clue") for clue in clues if clue]
