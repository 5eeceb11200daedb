"""Why a memory was found: what of the question it matched, for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

import numpy as np

from combray.core.dates.spans import Span
from combray.core.dates.zones import to_wall
from combray.core.items import Hit, Json
from combray.core.time import to_datetime
from combray.recall.query.days import inside
from combray.recall.query.query_context import QueryContext
from combray.recall.query.scores import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a question was understood and answered.

    `words` are its content words with the number of memories that hold each; `dates` the days it
    means, first and last; `confidence` is how likely the memory holds an answer.
    """

    question: str
    words: Mapping[str, int]
    speakers: tuple[str, ...]
    entities: Mapping[str, int]
    dates: tuple[tuple[date, date], ...]
    memories: int
    confidence: float
    hits: Sequence[Hit]

    def as_dict(self) -> Json:
        """Plain data, as `--json` prints it."""
        return {
            "question": self.question,
            "words": dict(self.words),
            "speakers": list(self.speakers),
            "entities": dict(self.entities),
            "dates": [_written(span) for span in self.dates],
            "memories": self.memories,
            "confidence": round(self.confidence, 4),
            "hits": [hit.as_dict() for hit in self.hits],
        }


def explain(context: QueryContext, hits: Sequence[Hit], confidence: float) -> Explanation:
    """How a question was read, with its hits."""
    view = context.view
    names = {view.names.codes.names[code]: len(view.names.mentions[code]) for code in context.names}
    return Explanation(
        question=context.query.text,
        words={
            term: len(view.words.postings.find(term)[0]) for term in dict.fromkeys(context.terms)
        },
        speakers=tuple(sorted(context.cues.speakers)),
        entities=names,
        dates=tuple(_days(span, context.time.zone_info) for span in context.cues.dates),
        memories=context.corpus.size,
        confidence=confidence,
        hits=hits,
    )


def matches(context: QueryContext, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """For each row: the words, names, speakers and dates of the question that it matches."""
    view = context.view
    mine = np.asarray(rows, np.int32)
    found: dict[int, dict[str, Any]] = {
        row: {"words": [], "entities": [], "speakers": [], "dates": []} for row in rows
    }
    for term in dict.fromkeys(context.terms):
        for at in np.flatnonzero(holds(view, term, mine)).tolist():
            found[rows[at]]["words"].append(term)
    spoken = {view.who.speaker.find(name): name for name in context.cues.speakers}
    dates = [
        (_written(_days(span, context.time.zone_info)), inside(context.time, span, mine))
        for span in context.cues.dates
    ]
    speakers = view.who.speaker.values[mine].tolist()
    for at, (row, speaker) in enumerate(zip(rows, speakers, strict=True)):
        codes = (
            [code for code in view.names.named[row] if code in context.names]
            if context.names
            else []
        )
        found[row]["entities"] = [view.names.codes.names[code] for code in codes]
        found[row]["speakers"] = [spoken[speaker]] if speaker in spoken else []
        found[row]["dates"] = [days for days, then in dates if then[at]]
    return found


def _days(span: Span, zone: tzinfo) -> tuple[date, date]:
    """The first and the last day of a span, whose end is outside of it, in a zone."""
    first, last = to_wall(span.start, zone), to_wall(span.end - 1, zone)
    return to_datetime(first).date(), to_datetime(last).date()


def _written(days: tuple[date, date]) -> list[str]:
    return [day.isoformat() for day in days]
