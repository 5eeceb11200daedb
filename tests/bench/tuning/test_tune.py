"""Fitting the rule from samples, and from a file of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from combray.bench.common.embedding import Clocked
from combray.bench.sets import SETS
from combray.bench.sets.form import Benchmark, plain
from combray.bench.tuning import custom, fusions, tune
from combray.bench.tuning.samples import gather
from combray.core.errors import InputError
from combray.recall.rank.features import DOMAINS, NAMES
from combray.recall.rank.linear import load
from tests.words import Words

OBJECTS = (
    "kettle lamp violin carpet ladder mirror pillow bucket candle hammer basket trumpet".split()
)
COLOURS = "red blue green grey".split()


def test_samples_hold_what_the_rule_would_see(small: Benchmark) -> None:
    """Every candidate with all its signals; the gold is numbered first and can be ranked."""
    samples = gather(small.only("all"), Clocked(Words()))
    assert len(samples) == 4
    for sample in samples:
        assert sample.values.shape == (len(sample.domain), len(NAMES))
        assert sample.right("turn").sum() == 1
        best = np.where(sample.right("turn"), 1.0, 0.0)
        assert sample.ranks(best, "turn") == [1]
        assert sample.ranks(best, "session") == [1]
        assert {DOMAINS[i] for i in sample.domain} == {"dialogue"}


def test_plain_notes_stand_alone(small: Benchmark) -> None:
    """The same words without sessions are judged as notes, told with their speaker."""
    notes = plain(small)
    assert notes.histories[0].sessions[0].content == [
        'Ann said, "I adopted a grey cat called Misty."'
    ]
    (sample, *_) = gather(notes.only("all"), Clocked(Words()))
    assert {DOMAINS[i] for i in sample.domain} == {"notes"}


def test_a_rule_is_learned_and_judged_in_folds(small: Benchmark) -> None:
    """What is learned ranks the questions of the other folds, and is no worse than plain fusion."""
    samples = gather(small.only("all"), Clocked(Words()))
    by = tune.folded("dialogue", samples)
    assert tune.mean(samples, by, "R@5") >= tune.mean(samples, tune.fusion, "R@5")


def test_where_only_sessions_are_marked_their_best_turn_counts() -> None:
    """The best turn of the gold session is right, its others are left out, the rest are wrong."""
    right, keep = tune._best_turns(np.array([0, 0, 1, 2]), np.array([0.1, 0.9, 0.5, 0.2]), gold=1)
    assert right.tolist() == [False, True, False, False]
    assert keep.tolist() == [False, True, True, True]


def test_every_set_of_a_domain_is_left_out(
    small: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One judgement for each set, with what fusion reaches and what the unseen rule reaches."""
    samples = gather(small.only("all"), Clocked(Words()))
    sources = {"dialogue": ("one", "two")}
    monkeypatch.setattr(tune, "SOURCES", sources)
    judged = tune.left_out({"one": samples, "two": samples})
    assert [(j.domain, j.set, j.n) for j in judged] == [
        ("dialogue", "one", 4),
        ("dialogue", "two", 4),
    ]
    assert all(0 <= j.left_out <= 1 for j in judged)


def own_lines() -> list[dict[str, Any]]:
    """Forty-eight notes of a colour and a thing, and as many marked questions."""
    lines: list[dict[str, Any]] = []
    for colour in COLOURS:
        for thing in OBJECTS:
            name = f"{colour}-{thing}"
            lines.append({"id": name, "text": f"The {colour} {thing} is in room {len(lines)}."})
    for line in list(lines):
        colour, thing = line["id"].split("-")
        lines.append({"question": f"Where is the {colour} {thing}?", "evidence": [line["id"]]})
    return lines


@pytest.fixture
def own(tmp_path: Path) -> Callable[[list[Any]], Path]:
    """Writes lines to a file of one's own."""

    def write(lines: list[Any]) -> Path:
        path = tmp_path / "mine.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        return path

    return write


def test_one_s_own_marks_refit_the_rule(own: Callable[[list[Any]], Path]) -> None:
    """Half of the questions teach, half judge; the other domains keep their rules."""
    made = custom.refit(own(own_lines()), Clocked(Words()))
    assert made.domains == ("notes",)
    assert made.fitted + made.held_out == 48
    assert made.after >= made.before - 0.05
    assert made.rules["dialogue"] is load()["dialogue"]
    assert made.rules["notes"] is not load()["notes"]


def test_too_few_marks_are_refused(own: Callable[[list[Any]], Path]) -> None:
    """Nothing could be held out."""
    with pytest.raises(InputError, match="20"):
        custom.read(own(own_lines()[:48] + own_lines()[48:60]))


def test_a_session_as_evidence_marks_no_message(own: Callable[[list[Any]], Path]) -> None:
    """Of a whole session nobody has said which message is right; its best one counts."""
    messages = [{"role": "user", "content": f"Room {n} is empty."} for n in range(3)]
    session = {"session": "s1", "messages": messages}
    asked = {"question": "Which rooms are empty?", "evidence": ["s1"]}
    one = {"question": "Is room 2 empty?", "evidence": ["s1#3"]}
    read = custom.read(own([session, *own_lines(), asked, one]))
    coarse, fine = read.histories[0].questions[-2:]
    assert coarse.gold == {"turn": frozenset(), "session": {"s1"}}
    assert fine.gold["turn"] == {"s1#3"}


def test_the_fusions_are_tuned_for_a_set(small: Benchmark) -> None:
    """The best of the options given, for each fusion; every set has some."""
    best = fusions.tune(small.only("all"), Clocked(Words()))
    assert best["hybrid"] in [options for name, options in fusions.OPTIONS if name == "hybrid"]
    assert 0 < best["convex"]["weight"] < 1
    assert set(fusions.tuned()) == set(SETS)
