"""A model that answers from a memory's context, and token F1 against an independent count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import Memory
from combray.bench.datasets.form import Question
from combray.bench.measure.reader import LONGEST, TOKENS, Reader, f1
from combray.core.errors import BudgetExceeded, ModelError
from combray.core.ports import ChatRequest, Completion
from tests.words import Words


@pytest.mark.parametrize(
    ("answer", "gold", "wanted"),
    [
        ("the cello", "Cello!", 1.0),
        ("A cat, an owl and the dog.", "cat owl and dog", 1.0),
        ("cat dog", "cat bird", 0.5),
        ("cat", "cat dog bird", 0.5),
        ("cat cat cat", "cat", 0.5),
        ("cat cat", "cat cat dog", 0.8),
        ("it's", "its", 1.0),
        ("", "cat", 0.0),
        ("cat", "", 0.0),
        ("the", "a", 1.0),
        ("theatre", "atre", 0.0),
        ("7 May 2023", "May 7, 2023", 1.0),
    ],
)
def test_f1_by_hand(answer: str, gold: str, wanted: float) -> None:
    """Words as often as both have them; case, articles and signs do not count."""
    assert f1(answer, gold) == pytest.approx(wanted)


@given(
    st.lists(st.sampled_from(["cat", "dog", "owl"]), max_size=6),
    st.lists(st.sampled_from(["cat", "dog", "owl"]), max_size=6),
)
def test_f1_is_even_handed(one: list[str], other: list[str]) -> None:
    """It is the same both ways, 1 for the same words in any order, and 2 n / (a + b)."""
    left, right = " ".join(one), " ".join(other)
    assert f1(left, right) == pytest.approx(f1(right, left))
    assert f1(left, " ".join(reversed(one))) == 1
    pool, shared = list(other), 0
    for word in one:
        if word in pool:
            pool.remove(word)
            shared += 1
    if one or other:
        assert f1(left, right) == pytest.approx(2 * shared / (len(one) + len(other)))


class Answering:
    """A model that is told what to answer and notes what it is asked."""

    name = "answering"

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[ChatRequest]()

    def complete(self, request: ChatRequest, /) -> str:
        """The next answer, or its error."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Completion(json.dumps({"answer": answer}), 30, 4)


@pytest.fixture
def memory() -> Iterator[Memory]:
    """Somebody's cat."""
    with Memory(":memory:", system="bm25", embedder=Words()) as made:
        made.add("My cat is called Misty.", user_id="u", timestamp="2024-01-01")
        made.add("The tram was late.", user_id="other", timestamp="2024-01-01")
        yield made


def question(answer: str | None = "Misty", *, answerable: bool = True) -> Question:
    """About the cat."""
    return Question(
        id="q",
        text="What is my cat called?",
        kind="one",
        gold={},
        asked_at="2024-04-01T00:00:00Z",
        answer=answer,
        answerable=answerable,
    )


def test_only_what_has_an_answer_can_be_judged() -> None:
    """A question without one, or that nothing answers, is not put to a reader."""
    assert Reader.answers(question())
    assert not Reader.answers(question(None))
    assert not Reader.answers(question(answerable=False))


def test_a_reader_sees_the_memory_of_its_user(memory: Memory) -> None:
    """The question, its time and the context of that user alone; the answer is short."""
    model = Answering("It is Misty.")
    found = Reader(model).read(memory, question(), "u")
    assert found == {"f1": pytest.approx(0.5), "tokens": [(30, 4)]}
    (asked,) = model.asked
    data = json.loads(asked.messages[1]["content"])
    assert data["question"] == "What is my cat called?"
    assert data["asked"].startswith("2024-04-01")
    assert "Misty" in data["memories"]
    assert "tram" not in data["memories"]
    assert (asked.step, asked.tenant, asked.max_tokens) == ("answer", "u", LONGEST)


def test_a_model_that_never_answered_ends_with_its_error(memory: Memory) -> None:
    """No figures are made of a model that cannot be reached."""
    with pytest.raises(ModelError, match="no line"):
        Reader(Answering(*[ModelError("no line")] * 3)).read(memory, question(), "u")


def test_after_an_answer_one_failure_counts_as_nothing(memory: Memory) -> None:
    """The question scores 0, with the error and what it took; the next is asked as ever."""
    reader = Reader(Answering("Misty", *[ModelError("no line")] * 2, "Misty"))
    assert reader.read(memory, question(), "u")["f1"] == 1
    failed = reader.read(memory, question(), "u")
    assert failed["f1"] == 0
    assert "no line" in failed["error"]


def test_a_spent_budget_is_never_a_zero(memory: Memory) -> None:
    """It ends the run, whenever it comes."""
    reader = Reader(Answering("Misty", BudgetExceeded("spent")))
    reader.read(memory, question(), "u")
    with pytest.raises(BudgetExceeded, match="spent"):
        reader.read(memory, question(), "u")


def test_answers_depend_on_model_context_and_prompt() -> None:
    """All three are in the settings, so that a changed prompt is another run."""
    told = Reader(Answering()).settings()
    assert set(told) == {"reader", "tokens", "prompt"}
    assert told["tokens"] == TOKENS
    assert "Answering" in told["reader"]
    assert len(told["prompt"]) > 40
