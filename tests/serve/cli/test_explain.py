"""combray explain: how an answer was found, drawn and as data."""

from __future__ import annotations

import pytest

from combray.serve.cli import explain
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


@pytest.mark.parametrize(
    "words",
    [
        ("--limit", "0"), ("--filters", "{"), ("--as-of", "then"), ("--known-at", "never"),
        ("--asked-at", "soon"), ("--system", "bm52"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(run: Run, told: list[str], words: tuple[str, ...]) -> None:
    """In one line or as wrong usage, without an answer."""
    refused = run("explain", "drums", "-u", "u1", *words)
    assert refused.code in (1, 2)
    assert refused.out == ""
    assert words[0].strip("-").replace("-", "_") or refused.err


def test_explain_shows_as_many_as_it_is_told(run: Run, told: list[str]) -> None:
    """Numbered from 1, best first."""
    found = run("explain", "Ann Bob bakery", "-u", "u1", "--limit", "2", "--json").json["hits"]
    assert len(found) == 2
    assert found[0]["score"] >= found[1]["score"]
    out = run("explain", "Ann Bob bakery", "-u", "u1", "--limit", "1").out
    assert "\n 1  " in out
    assert "\n 2  " not in out


def test_explain_reads_dates_and_speakers(run: Run) -> None:
    """What was understood of the question is told before the answers."""
    words = ("--name", "Ann", "-u", "u1", "--session", "s")
    run("add", "I played the cello in the attic.", *words, "--timestamp", "2024-05-03T10:00:00Z")
    asked = ("What did Ann play last week?", "-u", "u1", "--asked-at", "2024-05-08")
    out = run("explain", *asked).out
    assert "Ann" in out
    data = run("explain", *asked, "--json").json
    ((first, last),) = data["dates"]
    assert first <= "2024-05-03" <= last < "2024-05-08"
    assert f"{first} to {last}" in out
    assert data["speakers"] == ["Ann"]
    assert data["memories"] >= 1


def test_what_is_past_is_marked(run: Run) -> None:
    """Beside its id, in red; the newer one is not."""
    run("add", "I live in Rome.", "-u", "u1", "--timestamp", "2024-03-01")
    run("add", "I moved to Paris.", "-u", "u1", "--timestamp", "2024-06-10")
    out = run("explain", "Where do I live?", "-u", "u1").out
    assert out.count("superseded") >= 1
    early = run("explain", "Where do I live?", "-u", "u1", "--as-of", "2024-04-01").out
    assert "superseded" not in early.partition("Rome")[0]


def test_remembered_words_cannot_drive_the_terminal(run: Run) -> None:
    """Neither in an answer nor where it is said why one is missing."""
    (item,) = run("add", "tea \x1b[2J [red]cup[/red]", "-u", "u1", "--json").json
    asked = ("explain", "tea", "-u", "u1")
    for out in (run(*asked).out, run(*asked, "--id", item["id"]).out):
        assert "\x1b" not in out
        assert "[red]cup[/red]" in out


@pytest.mark.parametrize(
    ("value", "most", "full"), [(1.0, 1.0, 24), (0.5, 1.0, 12), (9.0, 1.0, 24), (0.0, 0.0, 0)]
)
def test_a_bar_is_as_long_as_its_share(value: float, most: float, full: int) -> None:
    """Never longer than the whole, always as wide; below zero in another colour."""
    (bar, colour), (rest, _) = explain._bar(value, most)
    assert (len(bar), len(bar) + len(rest)) == (full, explain.WIDTH)
    (negative, other), _ = explain._bar(-value, most)
    assert negative == bar
    assert (other != colour) == (value > 0)


def test_features_of_one_kind_are_told_together() -> None:
    """A score's many small parts are added up by what they are about."""
    told = explain._families({"bm25_rank": 0.5, "bm25_gap": 0.25, "walk_2": 0.1, "bridge": 0.2})
    assert told["bm25"] == 0.75
    assert told["walk"] == pytest.approx(0.3)
    assert len(told) == 2
