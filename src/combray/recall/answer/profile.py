"""Who somebody is, as the memory knows it: lines that each cite live evidence, as of any moment.

Lines are made when they are asked for, from the facts that hold then; so a line goes with its
evidence. How sure a line is depends on how often and over how long a time it was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np

from combray.core.facts import ENDED, Fact
from combray.core.items import Item, Json, shown
from combray.core.ports import Query
from combray.core.text import words
from combray.core.time import DAY, iso, maybe_datetime
from combray.models.structured import Asker
from combray.recall.query.query_context import QueryContext
from combray.recall.runtime.derived_rows import derived_rows
from combray.recall.runtime.runtime import Runtime

LEVELS = ("very low", "low", "medium", "high", "very high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a profile: about whom, which aspect, what, on which raw items it rests.

    `since` is when it began to hold, None when that is not known.
    """

    about: str
    aspect: str
    text: str
    value: str
    evidence: tuple[str, ...]
    confidence: str
    since_us: int | None = None

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def since(self) -> datetime | None:
        """When it began to hold."""
        return maybe_datetime(self.since_us)

    def as_dict(self) -> Json:
        """Plain data with an ISO time."""
        return {
            "about": self.about,
            "aspect": self.aspect,
            "text": self.text,
            "value": self.value,
            "evidence": list(self.evidence),
            "confidence": self.confidence,
            "since": iso(self.since_us),
        }


@runtime_checkable
class ProfileSource(Protocol):
    """A system that has more to say of somebody than the facts."""

    def profile(self, query: Query, /) -> list[Line]:
        """The lines of the profile at the moment asked about."""


def confidence(times: Sequence[int]) -> str:
    """How sure a line is, from the moments (microseconds) at which it was said."""
    spread = (max(times) - min(times)) / DAY if times else 0
    return LEVELS[(len(times) >= 2) + (len(times) >= 5) + (spread >= 7) + (spread >= 60)]


def fact_lines(context: QueryContext) -> list[Line]:
    """The facts that hold at the moment asked about, the newest value of each, by person."""
    view, time = context.view, context.time
    rows = np.flatnonzero(derived_rows(context, ("fact",), None, ended=True) & time.held)
    found = time.believed(context.store.get(view.tenant, [view.ids[row] for row in rows]))
    facts = sorted(found.values(), key=lambda fact: (-fact.last_at_us, -fact.seq))
    groups: dict[tuple[str, ...], list[Item]] = {}
    for fact in facts:
        about = Fact.of(fact)
        # A damaged fact, which a repair puts right, may not say what it is about.
        if about.says != ENDED and about.subject and about.relation and about.object:
            key = (about.subject, about.relation, about.object)
            groups.setdefault(tuple(part.casefold() for part in key), []).append(fact)
    said_at = dict(zip(view.ids, view.times.first_at.values.tolist(), strict=False))
    return sorted(
        (_line(same, said_at) for same in groups.values()),
        key=lambda line: (line.about.casefold(), line.aspect, *_newest_first(line.since_us)),
    )


def _newest_first(since: int | None) -> tuple[bool, int]:
    """What sorts moments from the last to the first, and after them those that are not known."""
    return since is None, 0 if since is None else -since


def _line(same: Sequence[Item], said_at: Mapping[str, int]) -> Line:
    fact, about = same[0], Fact.of(same[0])
    evidence = tuple(dict.fromkeys(source for each in same for source in each.sources))
    starts = [each.valid_from_us for each in same if each.valid_from_us is not None]
    return Line(
        about=about.subject,
        aspect=about.relation,
        text=fact.text,
        value=about.object,
        evidence=evidence,
        confidence=confidence([said_at[id_] for id_ in evidence if id_ in said_at]),
        since_us=min(starts, default=None),
    )


def rules_fill(lines: Iterable[Line], fields: Mapping[str, str]) -> dict[str, Line]:
    """The line that answers each field, by its relation; fields that none answers are left out."""
    known: dict[str, Line] = {}
    for line in lines:
        known.setdefault(line.aspect, line)
    return {field: known[name] for field, name in fields.items() if name in known}


def llm_fill(
    runtime: Runtime, asker: Asker, query: Query, fields: Sequence[str]
) -> dict[str, Line]:
    """What a model reads for each field in the memories nearest to it, each citing those it used.

    A value whose words stand in no memory that it cites is not taken. Raises ModelError for
    nonsense.
    """
    shown: dict[str, Item] = {}
    for field in fields:
        context = runtime.query_context(replace(query, text=field, limit=5))
        best = np.argsort(-np.where(context.allowed, context.scores.dense, -np.inf), kind="stable")[
            : query.limit
        ]
        ids = [context.view.ids[row] for row in best.tolist() if context.allowed[row]]
        shown.update(context.store.get(query.scope.tenant, ids))
    memories = list(shown.values())
    told = [
        {"n": n, "who": item.name or item.role, "when": iso(item.first_at_us), "text": item.text}
        for n, item in enumerate(memories, start=1)
    ]
    data = {"fields": list(fields), "memories": told}
    answer = asker.ask("combray.recall", "fill", data, max_tokens=800)
    filled: dict[str, Line] = {}
    for entry in answer["values"]:
        cited = [memories[n - 1] for n in entry["sources"] if 1 <= n <= len(memories)]
        value, field = str(entry["value"]).strip(), str(entry["field"])
        if field in fields and value and cited and _stands(value, cited):
            filled[field] = _read(field, value, cited)
    return filled


def _stands(value: str, cited: Sequence[Item]) -> bool:
    """Whether every word of a value stands in what it cites: nothing is made up."""
    said = {word.casefold() for item in cited for word in words(item.text)}
    return all(word.casefold() in said for word in words(value))


def _read(field: str, value: str, cited: Sequence[Item]) -> Line:
    return Line(
        about=cited[0].name or "",
        aspect=field,
        text=f"{field}: {value}",
        value=value,
        evidence=tuple(item.id for item in cited),
        confidence=confidence([item.first_at_us for item in cited]),
        since_us=min(item.first_at_us for item in cited),
    )
