"""FactConsolidation: the current fact of a question, and those that it corrects."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray.bench.datasets import fact_consolidation
from combray.bench.datasets.form import Benchmark, Question
from tests.bench.datasets.data import Write, writer

FACTS = [
    "The capital of Utopia is Amaurot.", "The capital of Arcadia is Tripoli.",
    "Amaurot was founded by Utopus.", "The capital of Utopia is Rome.",
    "The capital of Arcadia is Rome.",
]  # fmt: skip
ASKED = {"sh": "What is the capital of Utopia?", "mh": "What is the capital of the island?"}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A folder of data with five facts and a question of each kind."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    write = writer(tmp_path)
    facts = [{"n": n, "text": text} for n, text in enumerate(FACTS)]
    write("fact_consolidation/facts_6k.jsonl.gz", facts)
    for hop, question in ASKED.items():
        record = {"id": f"q_{hop}", "question": question, "answers": ["Rome"]}
        write(f"fact_consolidation/questions_{hop}_6k.jsonl.gz", [record])
    return write


def questions(benchmark: Benchmark) -> dict[str, Question]:
    """The questions by their kind."""
    return {question.kind: question for question in benchmark.histories[0].questions}


def test_one_hop_asks_for_the_newest_of_its_facts(write: Write) -> None:
    """The fact with the answer and the words of the question; earlier ones of it are outdated."""
    asked = questions(fact_consolidation.load("6k"))["sh"]
    assert asked.gold == {"current": {"3"}, "outdated": {"0"}}
    assert (asked.answer, asked.text) == ("Rome", ASKED["sh"])


def test_the_fact_of_a_question_is_that_of_its_rare_words(write: Write) -> None:
    """A fact that shares only common words, or has rare ones of its own, is another."""
    write(
        "fact_consolidation/facts_6k.jsonl.gz",
        [
            {"text": text}
            for text in ("Tom Simpson is of Peru.", "The Simpsons was of the land of Peru.")
        ],
    )
    record = {"id": "q", "question": "What is the land of Tom Simpson?", "answers": ["Peru"]}
    write("fact_consolidation/questions_sh_6k.jsonl.gz", [record])
    assert questions(fact_consolidation.load("6k"))["sh"].gold["current"] == {"0"}


def test_several_hops_are_answered_by_any_fact_with_the_answer(write: Write) -> None:
    """Which of them the chain ends in, the set does not say."""
    asked = questions(fact_consolidation.load("6k"))["mh"]
    assert asked.gold == {"current": {"3", "4"}, "outdated": set()}


def test_facts_are_told_in_order(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some at once without times, or one by one with later and later times."""
    monkeypatch.setattr(fact_consolidation, "BATCH", 2)
    (plain,) = fact_consolidation.load("6k").histories
    (dated,) = fact_consolidation.load("6k", dated=True).histories
    assert [len(session.content) for session in plain.sessions] == [2, 2, 1]
    assert {session.timestamp for session in plain.sessions} == {None}
    times = [str(session.timestamp) for session in dated.sessions]
    assert len(times) == 5
    assert times == sorted(set(times))
    for history in (plain, dated):
        assert [text for session in history.sessions for text in session.content] == FACTS
        units = [unit["current"] for session in history.sessions for unit in session.units]
        assert units == ["0", "1", "2", "3", "4"]


def test_halves_are_fixed_by_the_question(write: Write) -> None:
    """About half of the questions are of each."""
    halves = [fact_consolidation.half_of(f"q{n}") for n in range(400)]
    assert halves == [fact_consolidation.half_of(f"q{n}") for n in range(400)]
    assert 150 < halves.count("dev") < 250
    asked = questions(fact_consolidation.load("6k"))["sh"]
    assert asked.split == fact_consolidation.half_of(asked.id)
