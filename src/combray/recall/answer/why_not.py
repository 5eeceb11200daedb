"""Why a memory was not found: what filtered it, at which stage it was lost, what would find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from combray.core.items import RAW_KINDS, Hit, Item, Json, Status
from combray.core.ports import Query
from combray.core.text import counted, index_text, terms
from combray.core.time import iso
from combray.recall.query.query_context import QueryContext
from combray.recall.query.time import TimeFrame
from combray.recall.rank.features import DEPTH

DEEP = 1000
Recall = Callable[[Query], Sequence[Hit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why one memory is not among the answers to a question.

    `lost_at` is None when it is, else the first stage that lost it: `status`, `kind`, `scope`,
    `time`, `filter`, `candidates` (no channel ranks it high enough), `rank` (others scored
    better), `score` (less likely to answer than was asked) or `confidence` (nothing at all was sure
    enough). `score` is its own, when it was ranked. `channels` gives its score and rank in each, of
    `among` rows; `costs` the parts of the score by which it is below the last answer; `would` what
    would have found it.
    """

    id: str
    text: str
    lost_at: str | None
    reasons: tuple[str, ...]
    rank: int | None = None
    score: float | None = None
    limit: int = 0
    among: int = 0
    channels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    would: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        """Plain data, as `--json` prints it."""
        return {
            "id": self.id,
            "text": self.text,
            "lost_at": self.lost_at,
            "reasons": list(self.reasons),
            "rank": self.rank,
            "score": self.score,
            "limit": self.limit,
            "among": self.among,
            "channels": {name: dict(place) for name, place in self.channels.items()},
            "costs": dict(self.costs),
            "would": list(self.would),
        }


def unsure(found: WhyNot, likely: float, least: float) -> WhyNot:
    """Why nothing was answered: the memory is less sure to hold an answer than was asked."""
    return replace(
        found,
        lost_at="confidence",
        reasons=(f"confidence is {likely:.3f}, and at least {least} was asked", *found.reasons),
        would=("a lower min_confidence", *found.would),
    )


def unlikely(found: WhyNot, context: QueryContext, least: float) -> WhyNot:
    """Why an answer was left out: it is less likely than was asked, or holds no longer."""
    if found.score is None or found.lost_at is not None or not least:
        return found
    if found.score < least:
        reason = f"its score is {found.score:.3f}, and at least {least} was asked"
    elif context.time.superseded.rows[context.view.row_of[found.id]]:
        reason = "it was superseded, and min_score leaves out what holds no longer"
    else:
        return found
    return replace(
        found,
        lost_at="score",
        reasons=(reason, *found.reasons),
        would=("a lower min_score", *found.would),
    )


@dataclass(frozen=True, slots=True)
class _Barrier:
    stage: str
    reason: str
    remedy: str


def why_not(context: QueryContext, item: Item, recall: Recall) -> WhyNot:
    """Why an item is not among the answers; `recall` is the system's own."""
    item = context.time.believed({item.id: item})[item.id]
    row = context.view.row_of.get(item.id)
    barriers = list(_barriers(context, item, row))
    if barriers or row is None:
        return WhyNot(
            id=item.id,
            text=item.text,
            lost_at=barriers[0].stage,
            reasons=tuple(barrier.reason for barrier in barriers),
            would=tuple(barrier.remedy for barrier in barriers),
            limit=context.query.limit,
        )
    return _ranked(context, item, row, recall)


def _barriers(context: QueryContext, item: Item, row: int | None) -> Iterator[_Barrier]:
    """What keeps an item from being answered at all, in the order of the stages.

    There is one exactly when the row is not among those allowed.
    """
    query, scope = context.query, context.query.scope
    if row is None:
        yield _Barrier("status", "it was not there when the question was put", "asking again")
    if item.status != Status.LIVE:
        remedy = {Status.QUARANTINED: f"approve({item.id!r})"}.get(
            item.status, "undo of what ended it"
        )
        yield _Barrier("status", f"it is {item.status}", remedy)
    if item.kind not in (query.kinds or RAW_KINDS):
        wanted = ", ".join(query.kinds or RAW_KINDS)
        yield _Barrier(
            "kind", f"it is a {item.kind}, and asked were {wanted}", f"kinds=[{item.kind!r}]"
        )
    if query.created_by is not None and item.created_by != query.created_by:
        yield _Barrier(
            "kind",
            f"it is of {item.created_by}, and asked was for {query.created_by}",
            "no creator",
        )
    for name in ("agent_id", "session_id"):
        wanted, own = getattr(scope, name), getattr(item.scope, name)
        if wanted is not None and wanted != own:
            yield _Barrier("scope", f"its {name} is {own!r}, not {wanted!r}", f"no {name}")
    yield from _time_barriers(context.time, item, row)
    if query.matches is not None and not query.matches(item):
        yield _Barrier("filter", "the filter does not let it pass", "no filters, or another filter")


def _time_barriers(time: TimeFrame, item: Item, row: int | None) -> Iterator[_Barrier]:
    if time.known_at is not None and item.known_from_us > time.known_at:
        learned = iso(item.known_from_us)
        yield _Barrier("time", f"it was learned at {learned}", f"known_at from {learned}")
    if row is not None and time.as_of is not None and not time.standing[row]:
        start, end = iso(item.valid_from_us) or "…", iso(item.valid_to_us) or "…"
        yield _Barrier("time", f"it held from {start} to {end}", "as_of inside that time")


def _ranked(context: QueryContext, item: Item, row: int, recall: Recall) -> WhyNot:
    """Where an item that may be answered stands in every channel, and in the system's order."""
    limit = context.query.limit
    hits = recall(replace(context.query, limit=max(limit, DEEP)))
    rank = next((n for n, hit in enumerate(hits, 1) if hit.id == item.id), None)
    places = _places(context, row)
    found = rank is not None and rank <= limit
    if found:
        lost_at, reasons = None, [f"it is answer {rank}"]
    elif rank is not None:
        lost_at, reasons = (
            "rank",
            [f"{counted(rank - 1, 'memory')} with a better score; asked for were {limit}"],
        )
    else:
        best = min(places, key=lambda name: places[name]["rank"])
        lost_at = "candidates"
        reasons = [
            f"no channel ranks it among its first {DEPTH}; the nearest is {best}, "
            f"at {places[best]['rank']:.0f} of {int(context.allowed.sum())}"
        ]
    if context.time.superseded.rows[row]:
        reasons.append("what it states was superseded, so what took its place comes first")
    costs = {}
    if rank is not None and not found:
        costs = _costs(hits[rank - 1].explain, hits[limit - 1].explain)
    return WhyNot(
        id=item.id,
        text=item.text,
        lost_at=lost_at,
        reasons=tuple(reasons),
        rank=rank,
        score=None if rank is None else round(hits[rank - 1].score, 4),
        limit=limit,
        among=int(context.allowed.sum()),
        channels=places,
        costs=costs,
        would=() if found else tuple(_would(context, item, rank)),
    )


def _places(context: QueryContext, row: int) -> dict[str, dict[str, float]]:
    """Its score and rank in every channel, beside the best score."""
    places = {}
    for name, scores in context.first_person.channels().items():
        mine = scores[context.allowed]
        places[name] = {
            "rank": int((mine > scores[row]).sum()) + 1,
            "score": round(float(scores[row]), 4),
            "best": round(float(mine.max()), 4),
        }
    return places


def _costs(mine: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, float]:
    """The parts of the score in which it is below the last answer, the dearest first."""
    own, other = mine.get("parts", {}), last.get("parts", {})
    if not other:
        return {}
    apart = {name: own.get(name, 0.0) - other.get(name, 0.0) for name in {**own, **other}}
    dear = sorted((cost, name) for name, cost in apart.items() if cost < -0.005)
    return {name: round(cost, 3) for cost, name in dear}


def _would(context: QueryContext, item: Item, rank: int | None) -> Iterator[str]:
    if rank is not None:
        yield f"limit={rank}"
    asked = set(context.terms)
    rare = [
        (len(context.view.words.postings.find(term)[0]), term)
        for term in dict.fromkeys(terms(index_text(item.text, item.metadata)))
        if term not in asked
    ]
    if rare:
        words = ", ".join(repr(term) for _, term in sorted(rare)[:3])
        yield f"a question with its rarest words: {words}"
