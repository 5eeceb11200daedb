"""A rule for one's own memory: marked questions teach, held-out ones judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from combray.bench.common.embedding import Clocked
from combray.bench.tuning import custom
from combray.bench.tuning.custom import Refit, read, refit
from combray.core.errors import InputError
from combray.recall.rank.linear import load
from tests.bench.tuning.made import samples
from tests.words import Words

OBJECTS = "kettle lamp violin carpet ladder mirror".split()
COLOURS = "red blue green grey".split()
Own = Callable[[list[Any]], Path]


def lines() -> list[dict[str, Any]]:
    """Twenty-four notes of a colour and a thing, and as many marked questions."""
    notes = [
        {"id": f"{colour}-{thing}", "text": f"The {colour} {thing} stands in room {n}{m}."}
        for n, colour in enumerate(COLOURS)
        for m, thing in enumerate(OBJECTS)
    ]
    asked = [
        {"question": f"Where is the {note['id'].replace('-', ' ')}?", "evidence": [note["id"]]}
        for note in notes
    ]
    return [*notes, *asked]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Writes lines to a file of one's own."""

    def write(told: list[Any]) -> Path:
        path = tmp_path / "mine.jsonl"
        path.write_text("\n".join(map(json.dumps, told)), encoding="utf-8")
        return path

    return write


def test_half_teaches_and_half_judges(own: Own) -> None:
    """Every question is in one half, other domains keep the rules that are shipped."""
    made = refit(own(lines()), Clocked(Words()))
    assert made.domains == ("notes",)
    assert made.fitted + made.held_out == 24
    assert min(made.fitted, made.held_out) > 5
    assert made.drafts == 0
    shipped = load(embedder="words")
    assert made.rules["dialogue"] is shipped["dialogue"]
    assert made.rules["notes"] is not shipped["notes"]
    assert made.low <= made.after - made.before <= made.high


def test_only_what_found_more_is_better() -> None:
    """As much is not more."""
    base: dict[str, Any] = {
        "domains": ("notes",), "fitted": 1, "held_out": 1, "low": 0.0, "high": 0.0, "drafts": 0,
        "rules": {},
    }  # fmt: skip
    assert Refit(before=0.5, after=0.6, **base).better
    assert not Refit(before=0.5, after=0.5, **base).better
    assert not Refit(before=0.6, after=0.5, **base).better


def test_the_judges_never_teach(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held-out questions are judged by a rule of the others; what is given at last has all."""
    taught: list[int] = []
    learn = custom.learn

    def noted(domain: str, given: Any, **more: Any) -> Any:
        taught.append(len(given))
        assert len(taught) > 1 or {s.split for s in given} == {"dev"}
        return learn(domain, given, **more)

    monkeypatch.setattr(custom, "learn", noted)
    made = refit(own(lines()), Clocked(Words()))
    assert taught == [made.fitted, 24]


def test_a_rule_that_is_taught_the_right_signal_wins(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one signal alone tells the right answer, the refitted rule goes by it."""
    monkeypatch.setattr(custom, "gather", lambda *_: samples(60, best="when_timed"))
    monkeypatch.setattr(custom, "METRIC", "R@1")
    made = refit(own(lines()), Clocked(Words()))
    assert made.before <= 0.5
    assert made.after >= 0.9
    assert made.low > 0
    assert made.better


def test_too_few_marks_are_refused(own: Own) -> None:
    """At least twenty with evidence, in both halves; the message says how to get some."""
    few = lines()
    with pytest.raises(InputError, match=r"has 19 questions.*at least 20.*--make-questions 20"):
        read(own(few[: 24 + 19]))
    one_half = [{**line, "split": "dev"} if "question" in line else line for line in few]
    with pytest.raises(InputError, match=r"half of them can be held out"):
        read(own(one_half))


def test_a_whole_session_marks_no_message(own: Own) -> None:
    """Named by itself or by all of its messages; one message of it, or one of one, is marked."""
    messages = [{"role": "user", "content": f"Room {n} is empty."} for n in range(2)]
    told: list[Any] = [
        {"session": "s1", "messages": messages},
        {"session": "s2", "messages": messages[:1]},
        *lines(),
    ]
    asked = [["s1"], ["s1#1", "s1#2"], ["s1#1"], ["s2"], ["s1", "s2"]]
    told += [{"question": f"Which {n}?", "evidence": e} for n, e in enumerate(asked)]
    gold = [q.gold for q in read(own(told)).histories[0].questions[-5:]]
    assert [sorted(g["turn"]) for g in gold] == [[], [], ["s1#1"], ["s2#1"], []]
    assert all(g["session"] for g in gold)


def test_unchecked_drafts_are_counted(own: Own) -> None:
    """So that nobody takes them for a judgement."""
    told = [{**line, "draft": True} if "question" in line else line for line in lines()]
    assert refit(own(told), Clocked(Words())).drafts == 24
