"""MuSiQue, HotpotQA and 2Wiki: passages of each sample, split by where the sample comes from."""

from __future__ import annotations

import pytest

from combray.bench.datasets import multihop
from combray.bench.datasets.form import Benchmark
from tests.bench.datasets.data import Write


@pytest.fixture
def found(write: Write) -> Benchmark:
    """Every sample with two passages, one of them empty, and a question."""
    for name in multihop.SAMPLES:
        corpus = [
            {"id": "p1", "title": "Oslo", "text": "A city."},
            {"id": "p2", "title": "", "text": " "},
        ]
        write(f"multihop/{name}/corpus.jsonl.gz", corpus)
        asked = [{"id": "q", "question": "Where?", "supporting": ["p1", "p1"], "answer": "Oslo"}]
        write(f"multihop/{name}/questions.jsonl.gz", asked)
    return multihop.load()


def test_passages_have_titles_and_stand_alone(found: Benchmark) -> None:
    """Each is a session without a time; empty ones are left out."""
    (only,) = found.histories[0].sessions
    assert only.content == ["A city."]
    assert only.units == [{"passage": "p1"}]
    assert only.metadata == {"title": "Oslo"}
    assert (only.id, only.timestamp) == (None, None)


def test_the_kind_is_the_source_and_the_split_that_of_the_sample(found: Benchmark) -> None:
    """Three sources, each with samples of the development and of the training set."""
    about = {(q.kind, q.split) for h in found.histories for q in h.questions}
    assert about == {(s, p) for s in ("musique", "hotpotqa", "2wiki") for p in ("dev", "test")}
    assert {h.id for h in found.only("test").histories} == {
        "musique_dev200",
        "hotpotqa_dev200",
        "2wiki_dev164",
    }


def test_gold_passages_are_a_set(found: Benchmark) -> None:
    """One that supports twice counts once; ids are told apart by sample."""
    asked = [q for h in found.histories for q in h.questions]
    assert all(q.gold == {"passage": {"p1"}} and q.answer == "Oslo" for q in asked)
    assert len({q.id for q in asked}) == len(multihop.SAMPLES)
