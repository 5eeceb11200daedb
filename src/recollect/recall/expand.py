"""Cues: other words under which an answer may stand. They add candidates and never drop one.

`rules` is the relevance model RM3 (Lavrenko and Croft, 2001; Abdul-Jaleel et al., 2004): terms of
the best rows for the question, weighted Σ_d P(t | d) · P(d | q). It can only give words that stand
in the memory. `llm` asks a model what an answer could say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from recollect.core.text import index_text, terms
from recollect.models.structured import Asker
from recollect.recall.ask import Ask
from recollect.recall.fuse import top

FEEDBACK, TERMS = 10, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Words to look for beside the question, their weight (0…1], and what kind they are."""

    text: str
    weight: float
    kind: str


def rules_cues(ask: Ask, *, feedback: int = FEEDBACK, limit: int = TERMS) -> list[Cue]:
    """The terms that the best rows by keyword share, without those of the question itself."""
    rows = top(ask.bm25, feedback, ask.allowed, positive=True).tolist()
    total = sum(float(ask.bm25[row]) for row in rows)
    found = ask.store.get(ask.query.scope.tenant, [ask.view.ids[row] for row in rows])
    model: Counter[str] = Counter()
    for row in rows:
        item = found.get(ask.view.ids[row])
        words = terms(index_text(item.text, item.metadata)) if item is not None else []
        for term, count in Counter(words).items():
            model[term] += count / len(words) * float(ask.bm25[row]) / total  # type: ignore[assignment]
    asked = set(ask.terms)
    best = sorted((t for t in model if t not in asked), key=lambda t: (-model[t], t))[:limit]
    return [Cue(text=t, weight=model[t] / model[best[0]], kind="term") for t in best]


def llm_cues(asker: Asker, question: str) -> list[Cue]:
    """What a model expects an answer to say; raises ModelError when it answers nonsense."""
    answer = asker.ask("recollect.recall", "expand", {"question": question}, max_tokens=300)
    clues = dict.fromkeys(str(clue).strip() for clue in answer["clues"])
    return [Cue(text=clue, weight=1.0, kind="clue") for clue in clues if clue]
