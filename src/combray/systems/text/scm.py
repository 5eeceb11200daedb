"""Self-controlled memory: is memory needed, which turns, and each in full or in short.

turn i with relevance c_i = cosine, costs w_i in full and v_i in short, budget B tokens

choose for each turn: in full worth c_i, in short worth c_i · a_i, or dropped; Σ cost ≤ B
a_i = the share of the question's words in turn i that its summary keeps
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from combray.core.errors import InputError, ModelError
from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.core.text import count_tokens, terms
from combray.index.corpus import members
from combray.recall.answer.knapsack import Option, choose
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import top
from combray.recall.runtime.gate import llm_needed, rules_needed
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.extract.base import Extractor
from combray.write.extract.factory import RULES

_log = logging.getLogger("combray")
ACTOR, KIND = "scm/1", "summary"
LONG, SHORT = 300, 80
"""Turns over LONG tokens get a summary of at most SHORT."""
SHORTER = 0.9
"""What a summary that keeps all of the question's words is worth of the turn."""


@dataclass(frozen=True, slots=True)
class _TurnForm:
    """One way to show a turn: in full, or by its summary."""

    item: Item
    option: Option


class SCM:
    """A stream of turns; a controller that fits what is relevant into a budget exactly.

    **Paper** Liang et al., 2023, Unleashing Infinite-Length Input Capacity for Large-scale Language
    Models with Self-Controlled Memory System; in later versions by Wang et al., Enhancing Large
    Language Model with Self-Controlled Memory Framework.
    **Kept** 1. A gate before recall. 2. The archived turns nearest to the input. 3. The turn just
    before as flash memory, when the question is asked inside a session. 4. Each in full or by its
    summary, under a budget.
    **Left** The loop that shortens, which need not end, and keeps the first hit raw: the choice
    is an exact knapsack. Answerability is asked of words, not of a model. Recency is not added to
    relevance, as it is not in the authors' code. Books and meetings are not summarised.
    **Law** Never over the budget; always ends; equal to trying everything for twelve turns.
    """

    def __init__(
        self, runtime: Runtime, extractor: str = RULES, tokens: int = 2500, gate: bool = True
    ) -> None:
        if tokens < 1:
            raise InputError(f"tokens must be at least 1, not {tokens}.")
        self._runtime, self._extractor = runtime, extractor
        self._tokens, self._gate = tokens, gate
        self.deriver = Deriver(runtime, ACTOR, self.derive, extractor=extractor, why="summaries")

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """A summary beside each long turn."""
        for item in items:
            if count_tokens(item.text) > LONG:
                text = extractor.summarise([item], SHORT).text
                if text:
                    draft.put(KIND, text, [item], name=item.name)

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """What fits the budget best of the nearest turns and the one before; none when unneeded."""
        context = self._runtime.query_context(query)
        flash = self._flash(context)
        rows = (
            top(context.scores.dense, query.limit, context.allowed).tolist()
            if self._needed(context)
            else []
        )
        if flash is not None and flash not in rows:
            rows = [*rows[: query.limit - 1], flash]
        hits = self._runtime.hits(context, rows, [float(context.scores.dense[row]) for row in rows])
        flash_id = None if flash is None else context.view.ids[flash]
        return self._fitted(context, hits, flash_id)

    def _needed(self, context: QueryContext) -> bool:
        if not self._gate or self._extractor == RULES:
            return not self._gate or rules_needed(context)
        asker = self._runtime.asker(ACTOR, context.query.scope.tenant)
        try:
            return bool(context.allowed.any()) and llm_needed(asker, context.query.text)
        except ModelError as error:
            # A gate that does not work stands open: too much memory is better than none.
            _log.warning("The gate did not answer, and stays open: %s", error)
            return True

    def _flash(self, context: QueryContext) -> int | None:
        """The row of the turn just before the question, in the session it is asked in."""
        if context.query.scope.session_id is None or not context.allowed.any():
            return None
        rows = np.flatnonzero(context.allowed)
        view = context.view
        return int(
            rows[np.lexsort((view.rows.seq.values[rows], view.times.first_at.values[rows]))[-1]]
        )

    def _fitted(self, context: QueryContext, hits: Sequence[Hit], flash: str | None) -> list[Hit]:
        """The hits in the forms that are worth most within the budget, the most relevant first."""
        short = self._summaries(context, [hit.id for hit in hits])
        asked = set(context.terms)
        floor = min((hit.score for hit in hits), default=0.0)
        forms = []
        for hit in hits:
            # Cosines may be negative; what was chosen as a candidate is worth something.
            worth = hit.score - floor + 0.01 + (hit.id == flash)
            forms.append(_forms(hit.item, short.get(hit.id), worth, asked))
        chosen = choose([[form.option for form in each] for each in forms], self._tokens)
        return [
            replace(hit, item=each[o].item, explain=_told(each, o, hit.id == flash))
            for hit, each, o in zip(hits, forms, chosen, strict=True)
            if o is not None
        ]

    def _summaries(self, context: QueryContext, ids: Sequence[str]) -> dict[str, Item]:
        """The summary of each turn that has one."""
        view = context.view
        mine = members(view, (KIND,), ACTOR)
        wanted = {view.row_of[id_] for id_ in ids if id_ in view.row_of}
        at = np.flatnonzero(
            mine[view.graph.citing.values] & np.isin(view.graph.cited.values, list(wanted))
        )
        rows = view.graph.citing.values[at].tolist()
        found = self._runtime.store.get(view.tenant, [view.ids[row] for row in rows])
        return {item.sources[0]: item for item in found.values()}


def _forms(item: Item, summary: Item | None, worth: float, asked: set[str]) -> list[_TurnForm]:
    forms = [_TurnForm(item, (count_tokens(item.text), worth))]
    if summary is not None:
        whole, kept = asked.intersection(terms(item.text)), asked.intersection(terms(summary.text))
        share = SHORTER * (len(kept & whole) + 1) / (len(whole) + 1)
        forms.append(_TurnForm(summary, (count_tokens(summary.text), worth * share)))
    return forms


def _told(forms: Sequence[_TurnForm], chosen: int, flash: bool) -> dict[str, object]:
    return {
        "form": ("full", "short")[chosen],
        "tokens": forms[chosen].option[0],
        "memory": "flash" if flash else "archived",
    }
