"""PrecisionMemBench: beliefs as they are told, and questions with all that they should find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.bench.datasets.precision import beliefs, cases
from tests.bench.datasets.data import writer


def belief(name: str, **more: Any) -> dict[str, Any]:
    """A belief as the set writes it."""
    return {
        "_id": name, "user_id": "u", "canonical_name": name, "aliases": ["alias"],
        "content": "says so.", "why_it_matters": "", "scope": ["code"], "type": "entity",
        "pinned": False, "created_at": "2026-01-01", "updated_at": "2026-02-01",
        "resolved_at": None, "superseded_by": None, **more,
    }  # fmt: skip


def case(name: str, wanted: list[str] | None, query: str = "what?", **more: Any) -> dict[str, Any]:
    """A question as the set writes it; without `wanted` it does not say what it should find."""
    relevant = {} if wanted is None else {"shouldOnlyInclude": wanted}
    expect = {"relevantBeliefs": relevant}
    return {"caseId": name, "scope": ["code"], "query": query, "expect": expect, **more}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three beliefs and seven questions, of which two can be asked."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    write = writer(tmp_path)
    told = [
        belief("a", why_it_matters="It matters."),
        belief("b", superseded_by="a"),
        belief("c", resolved_at="2026-03-01", pinned=True),
    ]
    write("precision_mem_bench/beliefs.json.gz", told)
    asked = [
        case("one", ["a"], userId="u"), case("none", [], userId="u"),
        case("free", None, userId="u"),
        case("blank", [], "  ", userId="u"), case("stranger", [], userId="v"),
        case("nobody", []), case("little", ["a"], budget={"maxBeliefs": 1}, userId="u"),
    ]  # fmt: skip
    write("precision_mem_bench/retrieval.json.gz", asked)


def test_a_belief_is_one_text_and_ends_when_it_was_superseded_or_resolved() -> None:
    """Name, other names, what it says and why; the day it ended, and what the filters read."""
    one, two, three = beliefs()
    assert one.text == "a alias says so. It matters."
    assert two.text == "b alias says so."
    assert [each.ended for each in (one, two, three)] == [None, "2026-02-01", "2026-03-01"]
    assert three.metadata == {"id": "c", "scope": ["code"], "type": "entity", "pinned": True}


def test_only_questions_that_say_all_they_should_find_are_asked() -> None:
    """Not those that are empty, may find one belief only, or are of a user without beliefs."""
    one, none = cases()
    assert (one.id, one.wanted) == ("one", {"a"})
    assert (none.id, none.wanted) == ("none", frozenset())
    assert one.filters["scope"] == {"in": ["code"]}
    assert {one.split, none.split} <= {"dev", "test"}
