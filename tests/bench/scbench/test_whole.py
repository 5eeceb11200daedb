"""Global information: a rule from examples, statistics of numbers, findings of chapters."""

from __future__ import annotations

import random
import re
import statistics
from collections import Counter

import pytest

from combray.bench.scbench import whole
from combray.bench.scbench.parts import CaseShape

SHAPE = CaseShape(length=3000, questions=5)


def drawn(seed: int = 0) -> random.Random:
    """A source of chance."""
    return random.Random(seed)


def test_examples_tell_the_rule_by_endings() -> None:
    """Words of one ending have one label; the word asked about is new, its ending is not."""
    made = whole.many_shot(SHAPE, drawn())
    labels: dict[str, set[str]] = {}
    for line in made.passages:
        word, label = line.split(" -> ")
        labels.setdefault(word[-3:], set()).add(label)
    assert all(len(found) == 1 for found in labels.values())
    known = {line.split()[0] for line in made.passages}
    for question in made.questions:
        new = question.text.split()[-1].rstrip("?")
        assert new not in known
        assert labels[new[-3:]] == {question.answer}
        assert question.score(f"{question.answer} it is", question.answer) == 1
        assert question.score(f"not {question.answer}", question.answer) == 0


def test_a_rule_that_is_not_shown_has_no_answer() -> None:
    """The solver knows endings of the text alone, and says when they disagree."""
    assert whole._labelled("mabor -> jade", "Which label has tubor?") == ["jade"]
    assert whole._labelled("mabor -> jade", "Which label has tudil?") == []
    assert whole._labelled("mabor -> jade\ntobor -> onyx", "Which label has x-bor?") == [
        "jade",
        "onyx",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_statistics_by_another_way(seed: int) -> None:
    """Each answer is what the standard library says; kinds come once before they repeat."""
    made = whole.mf(SHAPE, drawn(seed))
    numbers = [int(x) for x in re.findall(r"\d+", "\n".join(made.passages))]
    ordered = sorted(numbers)
    wanted = {
        "largest": max(numbers),
        "smallest": min(numbers),
        "second largest": ordered[-2],
        "median": statistics.median_low(numbers),
        "most frequent": statistics.mode(numbers),
    }
    kinds = [re.search("the (.+) of the", q.text)[1] for q in made.questions]  # type: ignore[index]
    assert sorted(kinds) == sorted(wanted)
    assert [q.answer for q in made.questions] == [str(wanted[kind]) for kind in kinds]
    (_, first), (_, second) = Counter(numbers).most_common(2)
    assert first > second


def test_a_list_with_two_most_frequent_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its question would have two answers."""
    assert whole._tied([5, 5, 7, 7, 9])
    assert not whole._tied([5, 5, 7])
    verdicts = [True, True, False]
    monkeypatch.setattr(whole, "_tied", lambda _: verdicts.pop(0))
    whole.mf(SHAPE, drawn())
    assert verdicts == []


def test_the_solver_of_statistics_shows_ties() -> None:
    """Several most frequent numbers are several answers; one number is too few for any."""
    asked = "What is the {} of the numbers?"
    assert whole._computed("5 5 7 7 9", asked.format("most frequent")) == ["5", "7"]
    assert whole._computed("5 7 9 9", asked.format("second largest")) == ["9"]
    assert whole._computed("1 2 3 4", asked.format("median")) == ["2"]
    assert whole._computed("4", asked.format("largest")) == []


def test_more_questions_than_kinds_repeat_some() -> None:
    """Ten questions have all five kinds."""
    made = whole.mf(CaseShape(length=3000, questions=10), drawn())
    assert len(made.questions) == 10
    assert len({q.text for q in made.questions}) == 5


def test_a_summary_is_of_the_chapters_asked() -> None:
    """The gold is their findings in order, found by splitting the text another way."""
    made = whole.summary(SHAPE, drawn())
    findings = [re.search("Finding: .+?\\.", p)[0] for p in made.passages]  # type: ignore[index]
    assert [p.split(".")[0] for p in made.passages] == [
        f"Chapter {i + 1}" for i in range(len(made.passages))
    ]
    for question in made.questions:
        first, last = map(int, re.findall(r"\d+", question.text))
        assert 1 <= first
        assert last == min(len(findings), first + 2)
        assert question.answer == " ".join(findings[first - 1 : last])
        assert question.depth == (first - 1) / (len(findings) - 1)


def test_summaries_are_judged_by_overlap() -> None:
    """All findings are full marks, some are part, the talk around them is little."""
    made = whole.summary(SHAPE, drawn(1))
    question = next(q for q in made.questions if q.answer.count("Finding") >= 2)
    part = question.answer.split(". ")[0] + "."
    talk = "We looked at the weather for many days."
    assert question.score(question.answer, question.answer) == 1
    assert 0.3 < question.score(part, question.answer) < 1
    assert question.score(talk, question.answer) < 0.3


def test_a_summary_without_its_chapters_has_no_answer() -> None:
    """Nor has a question of no chapters."""
    text = "Chapter 2. Talk. Finding: the ba raises the bo. More."
    assert whole._summed(text, "Summarise the findings of chapters 1 to 3.") == [
        "Finding: the ba raises the bo."
    ]
    assert whole._summed(text, "Summarise the findings of chapters 3 to 4.") == []
    assert whole._summed(text, "Summarise.") == []
