"""combray explain: how an answer was found, drawn and as data."""

from __future__ import annotations

import pytest

from tests.serve.conftest import Run


@pytest.fixture
def told(run: Run) -> list[str]:
    """The ids of three memories of u1."""
    lines = "Ann adopted a grey cat.\nBob plays the drums.\nThe bakery opens at seven."
    return [i["id"] for i in run("add", lines, "--lines", "-u", "u1", "--json").json]


def test_explain_draws_how_the_answers_were_found(run: Run, told: list[str]) -> None:
    """The question as it was read, then each answer with its channels, words and score."""
    out = run("explain", "Who plays the drums?", "-u", "u1").out
    assert "drum (1)" in out
    assert out.index("Bob plays the drums.") < out.index("Ann adopted")
    assert "found by" in out
    assert "bm25 #1" in out
    assert "━" in out
    data = run("explain", "Who plays the drums?", "-u", "u1", "--json").json
    assert data["words"] == {"play": 1, "drum": 1}
    assert data["hits"][0]["id"] == told[1]
    assert data["hits"][0]["explain"]["channels"]["bm25"] == 1


def test_explain_says_why_a_memory_is_no_answer(run: Run, told: list[str]) -> None:
    """With --id: where it was lost, its place in every channel, what would find it."""
    asked = ("explain", "Who plays the drums?", "-u", "u1", "--id", told[2], "--limit", "1")
    out = run(*asked).out
    assert "lost at: rank" in out
    assert "What would find it" in out
    assert "'bakery'" in out
    data = run(*asked, "--json").json
    assert data["lost_at"] == "rank"
    assert data["channels"]["bm25"]["rank"] == 2
    assert "lost at: kind" in run(*asked, "--kind", "fact").out
    assert "found" in run("explain", "drums", "-u", "u1", "--id", told[1]).out


def test_explain_over_nothing(run: Run, told: list[str]) -> None:
    """No memories, no answers, no error; an unknown id is refused in one line."""
    assert "Nothing found." in run("explain", "drums", "-u", "nobody").out
    refused = run("explain", "drums", "-u", "u1", "--id", "x")
    assert refused.code == 1
    assert "no memory 'x'" in refused.err
