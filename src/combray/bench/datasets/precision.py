"""PrecisionMemBench: beliefs of two users, and what each question must find and nothing else.

A belief is told as the set's own adapters tell it: its name, its other names, what it says and why
it matters, as one text. Its scope and type are metadata. What was superseded or resolved ended on
that day, and the questions are put after the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from combray.bench.datasets.form import read_json, split_of

ASKED_AT = "2026-11-01T00:00:00+00:00"
FOLDER = "precision_mem_bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """One belief as it is remembered; `ended` is when it held no longer."""

    id: str
    user: str
    text: str
    begun: str
    ended: str | None
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with the ids of all beliefs, and only those, that it should find."""

    id: str
    user: str
    text: str
    scopes: tuple[str, ...]
    wanted: frozenset[str]
    split: str

    @property
    def filters(self) -> dict[str, Any]:
        """What the set's adapters leave out too: other scopes, open questions, what is pinned."""
        return {
            "scope": {"in": list(self.scopes)},
            "type": {"ne": "open_question"},
            "pinned": False,
        }


def beliefs() -> list[Belief]:
    """All beliefs, in the order of the set."""
    return [_belief(record) for record in read_json(FOLDER, "beliefs.json.gz")]


def cases() -> list[Case]:
    """The questions in words that say all that they should find; some should find nothing.

    Left out are those that are empty, that ask for less than two beliefs, or whose user has none.
    """
    records = read_json(FOLDER, "retrieval.json.gz")
    users = {belief.user for belief in beliefs()}
    made = [_case(record) for record in records if _says_all(record)]
    return [case for case in made if case.user in users]


def _belief(record: Mapping[str, Any]) -> Belief:
    told = (record["canonical_name"], *record["aliases"], record["content"])
    superseded = record["updated_at"] if record["superseded_by"] else None
    return Belief(
        id=record["_id"],
        user=record["user_id"],
        text=" ".join(filter(None, [*told, record["why_it_matters"]])),
        begun=record["created_at"],
        ended=record["resolved_at"] or superseded,
        metadata={
            "id": record["_id"],
            "scope": record["scope"],
            "type": record["type"],
            "pinned": record["pinned"],
        },
    )


def _says_all(record: Mapping[str, Any]) -> bool:
    wanted = record["expect"].get("relevantBeliefs", {})
    most = (record.get("budget") or {}).get("maxBeliefs", 2)
    return "shouldOnlyInclude" in wanted and bool(record["query"].strip()) and most >= 2


def _case(record: Mapping[str, Any]) -> Case:
    return Case(
        id=record["caseId"],
        user=record.get("userId") or "test-user",
        text=record["query"],
        scopes=tuple(record["scope"]),
        wanted=frozenset(record["expect"]["relevantBeliefs"]["shouldOnlyInclude"]),
        split=split_of(FOLDER, record["caseId"]),
    )
