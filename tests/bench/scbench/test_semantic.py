"""Semantic retrieval: functions by what they do, people by what is told of them."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from combray.bench.scbench import semantic
from combray.bench.scbench.parts import CaseShape

SHAPE = CaseShape(length=3000, questions=5)
FUNCTION = 'def bado(rows):\n    return [r["age"] - 7 for r in rows if r["rank"] > 3]'


def drawn(seed: int = 0) -> random.Random:
    """A source of chance."""
    return random.Random(seed)


def ran(function: str, rows: list[dict[str, int]]) -> list[int]:
    """What a function of the context returns, by running it."""
    space: dict[str, Any] = {}
    exec(function, space)
    return next(v for k, v in space.items() if k != "__builtins__")(rows)  # type: ignore[no-any-return]


def test_a_function_does_what_is_said_of_it() -> None:
    """Run on rows, it gives what the words of its question say."""
    rows = [{f: 3 * i + j for j, f in enumerate(semantic._FIELDS)} for i in range(40)]
    for question in semantic.repoqa(SHAPE, drawn()).questions:
        found = re.search(
            r"(adds|subtracts|multiplies by) (\d+) (?:to |from )?the (\w+) of each row whose (\w+) "
            r"(is below|is above|equals) (\d+)\.",
            question.text,
        )
        assert found is not None
        do, n, field, other, if_, m = found.groups()
        keeps = {"is below": int.__lt__, "is above": int.__gt__, "equals": int.__eq__}[if_]
        makes = {"adds": int.__add__, "subtracts": int.__sub__, "multiplies by": int.__mul__}[do]
        wanted = [makes(r[field], int(n)) for r in rows if keeps(r[other], int(m))]
        assert ran(question.answer, rows) == wanted


def test_functions_differ_in_name_and_body() -> None:
    """So that one description fits one function, and only the function itself is right."""
    made = semantic.repoqa(SHAPE, drawn())
    bodies = [passage.split("\n")[1] for passage in made.passages]
    names = [passage.split("(")[0] for passage in made.passages]
    assert len(set(bodies)) == len(set(names)) == len(bodies)
    question = made.questions[0]
    others = [p for p in made.passages if p != question.answer]
    assert question.score(f"```\n{question.answer}\n```", question.answer) == 1
    assert not any(question.score(other, question.answer) for other in others)


def test_a_description_finds_its_function() -> None:
    """And none where there is none."""
    asked = (
        "Write out the function that subtracts 7 from the age of each row whose rank is above 3."
    )
    assert semantic._described(FUNCTION, asked) == [FUNCTION]
    assert semantic._described(FUNCTION, asked.replace("3", "4")) == []
    assert semantic._description("def broken(rows): pass") == ""


@pytest.mark.parametrize("maker", [semantic.qa_eng, semantic.choice_eng])
def test_people_are_told_of_once(maker: Any) -> None:
    """Each passage is of another person; a question's answer stands in that person's passage."""
    made = maker(SHAPE, drawn())
    names = [passage.split()[0] for passage in made.passages]
    assert len(set(names)) == len(names)
    for question in made.questions:
        (passage,) = [p for p in made.passages if f" {p.split()[0]} " in question.text]
        answer = question.answer
        if maker is semantic.choice_eng:
            answer = re.search(rf"{answer}\) (\w+)", question.text)[1]  # type: ignore[index]
        assert answer in passage


def test_a_choice_has_four_cities_and_one_is_right() -> None:
    """All different; the right one stands at every letter in time."""
    letters = set()
    for seed in range(12):
        for question in semantic.choice_eng(SHAPE, drawn(seed)).questions:
            options = re.findall(r"([A-D])\) (\w+)", question.text)
            assert [letter for letter, _ in options] == list("ABCD")
            assert len({city for _, city in options}) == 4
            letters.add(question.answer)
            assert question.score(f"{question.answer}.", question.answer) == 1
    assert letters == set("ABCD")


def test_the_story_is_read_by_city_and_by_work() -> None:
    """The solver tells the two questions apart, and names by whole words."""
    text = "Ada moved to Oslo and works there as a baker."
    text += "\nAdam moved to Lima and works there as a cook."
    assert semantic._lives(text, "To which city did Ada move?") == ["Oslo"]
    assert semantic._lives(text, "What does Adam work as?") == ["cook"]
    assert semantic._lives(text, "To which city did Eve move?") == []
    asked = "To which city did Adam move? A) Oslo B) Lima C) Bergen D) Perth"
    assert semantic._chosen(text, asked) == ["B"]


def test_the_same_in_chinese() -> None:
    """The town of a person whose name is in no other passage, judged by characters."""
    made = semantic.qa_chn(SHAPE, drawn())
    for question in made.questions:
        name = question.text.removesuffix("搬到了哪里？")
        (passage,) = [p for p in made.passages if p.startswith(f"{name}搬到了")]
        assert passage.startswith(f"{name}搬到了{question.answer}，")
        assert question.score(question.answer, question.answer) == 1
        assert question.score(f"{question.answer}市", question.answer) == pytest.approx(0.8)
    assert semantic._moved("赵伟芳搬到了北京，在那里当医生。", "赵伟芳搬到了哪里？") == ["北京"]
    assert semantic._moved("赵伟芳搬到了北京，在那里当医生。", "李伟芳搬到了哪里？") == []
