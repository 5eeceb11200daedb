"""String retrieval: keys, ends of strings, variables through assignments."""

from __future__ import annotations

import random
import re

import pytest

from combray.bench.scbench import strings
from combray.bench.scbench.parts import CaseShape

SHAPE = CaseShape(length=3000, questions=5)


def drawn(seed: int = 0) -> random.Random:
    """A source of chance."""
    return random.Random(seed)


def test_a_key_has_one_value() -> None:
    """Each question names a key of the context; any reply that has its value counts."""
    made = strings.kv(SHAPE, drawn())
    text = "\n".join(made.passages)
    for question in made.questions:
        (key,) = re.findall(r'"(.+)"', question.text)
        assert f'"{key}": "{question.answer}"' in text
        assert question.score(f"I think it is {question.answer}.", question.answer) == 1
        assert question.score(question.answer[:-1], question.answer) == 0


def test_the_depth_of_a_key_is_where_it_stands() -> None:
    """From 0 to 1 over the pairs."""
    made = strings.kv(SHAPE, drawn())
    pairs = [p for p in made.passages if ":" in p]
    for question in made.questions:
        place = next(i for i, p in enumerate(pairs) if question.answer in p)
        assert question.depth == pytest.approx(place / (len(pairs) - 1))


def test_one_string_has_both_ends() -> None:
    """Sixteen letters, of which the first and last three are told and fit no other string."""
    made = strings.prefix_suffix(SHAPE, drawn())
    assert all(re.fullmatch("[a-z]{16}", line) for line in made.passages)
    for question in made.questions:
        start, end = re.findall(r"with (\w+)", question.text)
        fitting = [x for x in made.passages if x[:3] == start and x[-3:] == end]
        assert fitting == [question.answer]
        assert made.passages[round((question.depth or 0) * (len(made.passages) - 1))] == fitting[0]


def test_a_solver_of_ends_needs_both() -> None:
    """A string with one of the ends is not the answer, and another question has none."""
    text = "abcxxxxxxxxxxdef\nabcxxxxxxxxxxzzz\nzzzxxxxxxxxxxdef\nabcxdef"
    asked = "Which string starts with abc and ends with def?"
    assert strings._affixed(text, asked) == ["abcxxxxxxxxxxdef"]
    assert strings._affixed(text, "Which string is longest?") == []


def follow(lines: list[str], value: str) -> list[str]:
    """The variables that get a value, by running the assignments one by one."""
    held: dict[str, str] = {}
    for line in lines:
        name, source = re.fullmatch(r"VAR (\w+) = (?:VAR )?(\w+)", line).groups()  # type: ignore[union-attr]
        held[name] = held.get(source, source)
    return [name for name, got in held.items() if got == value]


@pytest.mark.parametrize("hops", [1, 3, 5])
def test_variables_are_followed_through_assignments(hops: int) -> None:
    """Run line by line, exactly the answer's variables hold the value, in that order."""
    made = strings.vt(SHAPE, drawn(), hops)
    for question in made.questions:
        (value,) = re.findall(r"\d+", question.text)
        names = question.answer.split(", ")
        assert len(names) == hops
        assert follow(list(made.passages), value) == names
        assert strings._traced("\n".join(made.passages), question.text) == [question.answer]


def test_chains_are_interleaved() -> None:
    """Lines of one chain stand apart more often than not, and every source before its use."""
    made = strings.vt(SHAPE, drawn())
    neighbours = sum(
        one.split()[1] == two.split()[-1]
        for one, two in zip(made.passages, made.passages[1:], strict=False)
    )
    assert neighbours < len(made.passages) / 4
    known: set[str] = set()
    for line in made.passages:
        source = line.split()[-1]
        assert source.isdigit() or source in known
        known.add(line.split()[1])


def test_half_of_the_variables_are_half_an_answer() -> None:
    """What is traced from a part of the context is scored by its share."""
    text = "VAR AAAAA = 12345\nVAR BBBBB = VAR AAAAA\nVAR CCCCC = 54321"
    asked = "Which variables have the value 12345?"
    assert strings._traced(text, asked) == ["AAAAA, BBBBB"]
    assert strings._traced(text, "Which variables have the value 99999?") == []
    assert strings._traced(text, "Which?") == []
    assert strings.share("AAAAA", "AAAAA, BBBBB") == 0.5
