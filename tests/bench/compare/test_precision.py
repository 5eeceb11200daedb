"""Figures of PrecisionMemBench: what is found beside what should be, uncut and cut by a score."""

from __future__ import annotations

from typing import Any

import pytest

from combray.bench.compare import precision
from combray.bench.datasets.precision import Belief, Case
from combray.core.errors import UnknownName
from tests.words import Words

TOLD = {
    "heron": "The heron stands by the mill pond.",
    "boat": "The boat leaks.",
    "cat": "The cat is grey.",
    "old": "The heron was once brown.",
}


def case(name: str, text: str, wanted: set[str], split: str = "dev") -> Case:
    """A question of one user in one scope."""
    return Case(id=name, user="u", text=text, scopes=("s",), wanted=frozenset(wanted), split=split)


CASES = [
    case("a", "Where does the heron stand?", {"heron"}),
    case("b", "heron boat", {"heron", "boat"}, "test"),
    case("c", "submarine", set()),
    case("d", "zeppelin", set(), "test"),
]


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four beliefs, of which one has ended, and four questions."""
    told = [
        Belief(
            id=name, user="u", text=text, begun="2026-01-01",
            ended="2026-02-01" if name == "old" else None,
            metadata={"id": name, "scope": ["s"], "type": "entity", "pinned": False},
        )
        for name, text in TOLD.items()
    ]  # fmt: skip
    monkeypatch.setattr(precision, "beliefs", lambda: told)
    monkeypatch.setattr(precision, "cases", lambda: CASES)


FOUND = {
    "a": [("heron", 0.9), ("cat", 0.4)],
    "b": [("heron", 0.8), ("old", 0.6)],
    "c": [("cat", 0.3)],
    "d": [],
}


def test_precision_and_recall_are_counted_as_the_set_does() -> None:
    """Nothing found where nothing is wanted counts for neither; anything found there is 0."""
    row = precision.figures(FOUND, CASES, 0.0)
    assert row["n"] == 4
    assert row["P"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3, abs=1e-3)
    assert row["R"] == pytest.approx((1 + 1 / 2) / 2)
    assert (row["nothing where nothing"], row["outdated"]) == ("1 of 2", 1)
    cut = precision.figures(FOUND, CASES, 0.7)
    assert (cut["P"], cut["R"]) == (1.0, 0.75)
    assert (cut["nothing where nothing"], cut["outdated"]) == ("2 of 2", 0)


def test_a_threshold_is_chosen_on_dev_alone() -> None:
    """The most precise of those that keep the recall wanted."""
    assert precision.chosen(FOUND, CASES) == 0.9
    assert precision.chosen({**FOUND, "a": [("cat", 0.9), ("heron", 0.4)]}, CASES) == 0.4
    both = [case("a", "heron and boat", {"heron", "boat"}), CASES[2]]
    less = {**FOUND, "a": [("heron", 0.9), ("cat", 0.5), ("boat", 0.4)]}
    assert precision.chosen(less, both) == 0.4, "half of what is wanted is too little"


def test_what_has_ended_is_never_found_and_other_scopes_are_not() -> None:
    """The memory is asked as of the day of the questions, through the filters of the set."""
    found = precision.answers("evidence", Words(), CASES)
    assert found["a"][0][0] == "heron"
    assert "old" not in {id_ for hits in found.values() for id_, _ in hits}
    elsewhere = [Case(**{**{f: getattr(CASES[0], f) for f in Case.__slots__}, "scopes": ("t",)})]
    assert precision.answers("evidence", Words(), elsewhere) == {"a": []}


def test_each_system_has_rows_uncut_and_cut_for_each_half() -> None:
    """`evidence` is cut by a score that is given, else each by its own; unknown are refused."""
    systems = ["evidence", "bm25"]
    found = precision.measure(systems=systems, least=0.03, embedder=Words(), command="it")
    (table,) = found["tables"]
    rows: list[dict[str, Any]] = table["rows"]
    assert table["command"] == "it"
    assert [row["half"] for row in rows] == ["dev", "test", "all"] * 4
    assert [row["least score"] for row in rows[:6:3]] == ["none", "0.03"]
    assert [row["n"] for row in rows[:3]] == [2, 2, 4]
    assert rows[5]["P"] > rows[2]["P"]
    (own,) = precision.measure(systems=systems, embedder=Words())["tables"]
    best = precision.chosen(precision.answers("evidence", Words(), CASES), CASES)
    assert own["rows"][3]["least score"] == f"{best:.4g}" != "0.03"
    assert own["rows"][9:] == rows[9:]
    with pytest.raises(UnknownName, match="evidense"):
        precision.measure(systems=["evidense"], embedder=Words())
