"""The common form: splits, order, and what is said when the data are not there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from combray.bench.sets import SETS, lihua, load
from combray.bench.sets.form import Benchmark, split_of, stratified
from combray.core.errors import InputError, UnknownName
from combray.serve.cli.measure import SETS as TOLD


@pytest.mark.parametrize("name", list(SETS))
def test_without_data_the_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which variable to set."""
    monkeypatch.delenv("COMBRAY_DATA", raising=False)
    with pytest.raises(InputError, match="COMBRAY_DATA"):
        load(name)


def test_a_folder_without_the_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which file is missing."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    with pytest.raises(InputError, match="locomo"):
        load("locomo")


def test_an_unknown_set_suggests_the_nearest() -> None:
    """As every name of ours does."""
    with pytest.raises(UnknownName, match="locomo"):
        load("lokomo")


def test_every_set_is_a_command() -> None:
    """The command line offers exactly the sets there are."""
    assert set(TOLD) == set(SETS)


def test_splits_never_change() -> None:
    """They are a hash of names, the same on every machine and in every version."""
    names = [f"q{i}" for i in range(8)]
    splits = [split_of("small", name) for name in names]
    assert splits == ["dev", "dev", "dev", "dev", "test", "dev", "dev", "dev"]


def test_a_beginning_holds_every_kind_in_proportion(small: Benchmark) -> None:
    """Half of the questions have half of each kind."""
    asked = [q for history in small.histories for q in history.questions]
    kinds = [q.kind for q in stratified(asked)[:3]]
    assert sorted(kinds) == ["none", "one", "one"]


def test_only_keeps_what_is_asked(small: Benchmark) -> None:
    """A split, a limit and the answerable questions; histories without a question are dropped."""
    assert [h.id for h in small.only("test").histories] == ["ann"]
    assert small.only("all").size == 4
    assert small.only("all", unanswerable=True).size == 6
    assert small.only("all", limit=1).size == 1


def test_locomo_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns with captions and times; joined evidence is taken apart, the audit stands beside it."""
    sample = {
        "sample_id": "conv-1",
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ann", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a cat"},
                {"speaker": "Bob", "dia_id": "D1:2", "text": "Nice."},
            ],
        },
        "qa": [{"question": "What?", "answer": "x", "evidence": ["D1:01; D9:9"], "category": 1}],
    }
    folder = tmp_path / "locomo"
    folder.mkdir()
    with gzip.open(folder / "locomo_public8.json.gz", "wt") as file:
        json.dump([sample], file)
    with gzip.open(folder / "errata.jsonl.gz", "wt") as file:
        audit = {"sample_id": "conv-1", "qa_index": 0, "correct_evidence": ["D1:2"]}
        file.write(json.dumps(audit) + "\n")
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    (history,) = load("locomo").histories
    (asked,) = history.questions
    assert history.sessions[0].content[0]["metadata"] == {"caption": "a cat"}  # type: ignore[index]
    assert history.sessions[0].timestamp == "2023-05-08T13:56:00+00:00"
    assert asked.gold["turn"] == {"D1:1"}
    assert asked.gold["audited"] == {"D1:2"}
    assert asked.gold["session"] == {"D1"}


def test_lihua_lines_become_turns() -> None:
    """A line that no speaker opens belongs to the turn before it."""
    texts = ["Time: x\nAnn: Hi.\nQuick recipe: eggs\nBob: Yum.", "Time: y\nBob: Hello.\nAnn: Hey."]
    assert lihua.speakers(texts) == {"Ann", "Bob"}
