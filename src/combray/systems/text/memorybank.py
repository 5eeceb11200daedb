"""MemoryBank: a daily log, its summaries, and forgetting that recall slows down.

t days since a memory was last recalled (else said), S its strength, u its own chance in 0…1

R = exp(-t / S)        hidden while R < threshold, or at random while R < u
recalled               S := S + 1, t := 0
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Mask
from combray.core.changes import ChangeSet
from combray.core.dates.zones import day_of, place_of
from combray.core.errors import InputError, StoreError, quoted
from combray.core.items import Hit, Item, Scope
from combray.core.ports import Experience, Query
from combray.core.time import DAY, now, to_micros
from combray.index.corpus import members
from combray.recall.answer.profile import Line, confidence, fact_lines
from combray.recall.query.mark_ended import marked
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.fusion import top
from combray.recall.runtime.derived_rows import derived_rows
from combray.recall.runtime.runtime import Runtime
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.derive.forgetting import reinforced, retention
from combray.write.extract.base import Extractor
from combray.write.extract.factory import RULES, extractor_of

_log = logging.getLogger("combray")
ACTOR, KIND, RECALL = "memorybank/1", "summary", "memorybank"
TOKENS, DAYS = 80, 200
"""The length of a day's summary, and how many days an overview looks back."""
RANDOM = "random"


class MemoryBank:
    """Turns by day, a summary of each day and of all, and Ebbinghaus' curve over them.

    **Paper** Zhong et al., 2024, MemoryBank: Enhancing Large Language Models with Long-Term Memory.
    **Kept** 1. Dense recall over turns and daily summaries. 2. One summary a day, made anew as the
    day goes on, and a global one of them, in the profile. 3. Hidden while R = exp(-t / S) is under
    a threshold, or under a memory's own chance; off by default, as in the authors' code. 4. On
    recall t is 0 and S one more. 5. A fact that a summary tells and that ended since is marked with
    its end.
    **Left** Their code's exp(-t S / 5), where the strong fade first, and its deleting: what is
    forgotten here is hidden from answers, and is back when forgetting is off or a memory is
    restored. A summary fades from its day on, and no recall strengthens it. Chunks are not merged
    to 200 characters. Mood and reply strategy are not inferred; the portrait is that of the facts.
    By rule a summary is the day's most central sentences.
    **Law** R(0) = 1, falls in t, rises in S, halves in S ln 2 days; survivors lie within binomial
    bounds; hiding changes nothing that is stored.
    """

    def __init__(
        self,
        runtime: Runtime,
        extractor: str = RULES,
        forget: float | str | None = None,
        days: float = 1.0,
        prior: float = 0.0,
        summaries: bool = True,
        seed: int = 0,
    ) -> None:
        if isinstance(forget, str) and forget != RANDOM:
            raise InputError(f"forget must be a threshold, 'random' or None, not {quoted(forget)}.")
        self._runtime, self._extractor = runtime, extractor
        self._forget, self._days, self._prior, self._seed = forget, days, prior, seed
        self._summaries = summaries
        self.deriver = Deriver(runtime, ACTOR, self.derive, extractor=extractor, why="summaries")

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """The summary of each day that new turns belong to, in the place of the one before."""
        known = self._known(draft.tenant, {_day(item) for item in items})
        for day, group in groupby(items, key=_day):
            said, old = list(group), known.get(day)
            summary = extractor.summarise(said if old is None else [old, *said], TOKENS)
            about = {"day": day}
            if old is not None and summary.text:
                known[day] = draft.merge([old], summary.text, said, metadata=about)
            elif summary.text:
                known[day] = draft.put(KIND, summary.text, said, metadata=about)

    def profile(self, query: Query, /) -> list[Line]:
        """The facts that hold at the moment asked about, and the overview of the days till then."""
        context = self._runtime.query_context(query)
        lines = fact_lines(context)
        if not self._summaries:
            return lines
        extractor = extractor_of(self._runtime, self._extractor, ACTOR, query.scope.tenant)
        days = self._days_until(context)
        overview = extractor.summarise(days, 4 * TOKENS).text if days else ""
        return [*lines, _overview_line(overview, days)] if overview else lines

    def _days_until(self, context: QueryContext) -> list[Item]:
        """The last summaries that were whole by the moment asked about, what ended marked."""
        view, moment = context.view, context.time.moment
        mine = np.flatnonzero(derived_rows(context, (KIND,), ACTOR))
        found = context.items([view.ids[row] for row in mine]).values()
        over = [item for item in found if item.last_at_us <= moment]
        last = sorted(over, key=lambda item: item.first_at_us)[-DAYS:]
        return list(marked(context, {item.id: item for item in last}).values())

    def _known(self, tenant: str, days: Collection[str]) -> dict[str, Item]:
        """The live summaries of some days, by the day."""
        view = self._runtime.view(tenant)
        mine = members(view, (KIND,), ACTOR)
        # A day of some place begins up to a day before or after that of UTC.
        near = {to_micros(day) + away for day in days for away in (-DAY, 0, DAY)}
        mine &= np.isin(_midnight(view.times.first_at.values), list(near))
        found = self._runtime.store.get(tenant, [view.ids[row] for row in np.flatnonzero(mine)])
        by_day = {str(item.metadata["day"]): item for item in found.values()}
        return {day: item for day, item in by_day.items() if day in days}

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The nearest turns and summaries that are not forgotten; those found are strengthened."""
        context = self._runtime.query_context(query)
        at = context.time.asked_at
        kept = self.retention(context, at)
        rows = context.allowed.copy()
        if self._summaries and query.kinds is None:
            rows |= derived_rows(context, (KIND,), ACTOR)
        rows &= self._remembered(context, kept)
        scores = context.scores.dense + np.float32(self._prior) * kept.astype(np.float32)
        best = top(scores, query.limit, rows)
        hits = self._runtime.hits(
            context,
            best.tolist(),
            scores[best].tolist(),
            lambda row: {
                "retention": float(kept[row]),
                "strength": float(context.view.rows.strength.values[row]),
            },
        )
        if self._forget is not None:
            self._reinforce(query.scope.tenant, [hit.item for hit in hits if hit.item.is_raw], at)
        told = marked(context, {hit.id: hit.item for hit in hits if not hit.item.is_raw})
        return [replace(hit, item=told.get(hit.id, hit.item)) for hit in hits]

    def retention(self, context: QueryContext, at: int) -> NDArray[np.float64]:
        """R of every row at a moment; (n,)."""
        view = context.view
        return retention(at - view.times.recalled.values, view.rows.strength.values, self._days)

    def restore(self, scope: Scope, ids: Sequence[str]) -> None:
        """Recall memories by their ids, so that they are in answers again."""
        found = self._runtime.store.get(scope.tenant, ids)
        self._reinforce(scope.tenant, list(found.values()), now())

    def _remembered(self, context: QueryContext, kept: NDArray[np.float64]) -> Mask:
        if self._forget is None:
            return np.ones(len(kept), np.bool_)
        chance = _chances(context.view.rows.seq.values, self._seed)
        floor = chance if isinstance(self._forget, str) else self._forget
        mask: Mask = kept >= floor
        return mask

    def _reinforce(self, tenant: str, items: Sequence[Item], at: int) -> None:
        patches = [reinforced(item, at) for item in items]
        change = ChangeSet(tenant=tenant, actor=RECALL, why="recalled", patches=patches)
        try:
            derive(self._runtime, change)
        except StoreError as error:
            # A memory that cannot be written still answers; it only is not strengthened.
            _log.warning("Recalled %d items without strengthening them: %s", len(items), error)


def _midnight(moment: NDArray[np.int64]) -> NDArray[np.int64]:
    """The beginnings of the days (UTC) of moments; (n,)."""
    return moment // DAY * DAY


def _overview_line(text: str, days: Sequence[Item]) -> Line:
    """The overview of some days as a line that cites every turn which they rest on."""
    return Line(
        about="",
        aspect="overview",
        text=text,
        value=text,
        evidence=tuple(dict.fromkeys(source for day in days for source in day.sources)),
        confidence=confidence([day.first_at_us for day in days]),
        since_us=days[0].first_at_us,
    )


def _day(item: Item) -> str:
    """The day of a turn where it was said."""
    return day_of(item.first_at_us, place_of(item.metadata))


def _chances(seq: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """A fixed chance in 0…1 for each memory, so that what is forgotten stays so; (n,)."""
    mixed = seq.astype(np.uint64) + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53
