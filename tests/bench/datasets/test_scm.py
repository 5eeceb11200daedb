"""SCM's dialogues: gold turns are those that hold the words of the answer."""

from __future__ import annotations

import pytest

from combray.bench.datasets import scm
from combray.bench.datasets.form import Benchmark, split_of
from tests.bench.datasets.data import Write

SAID = [
    "I visited Lisbon with my sister Ada in May.",
    "Lovely, how was it?",
    "   ",
    "She plays the cello in an orchestra there.",
]


@pytest.fixture
def found(write: Write) -> Benchmark:
    """Two dialogues and three questions."""
    write(
        "scm/dialogue_en.json.gz",
        [{"id": "d1", "dialogue": SAID}, {"id": "d2", "dialogue": ["Hi."]}],
    )
    asked = [
        {
            "id": "d1",
            "question_id": 1,
            "question": "Which city?",
            "answer": "Lisbon",
            "mode": "long",
        },
        {
            "id": "d1",
            "question_id": 2,
            "question": "Which instrument?",
            "answer": "the cello",
            "mode": "long",
        },
        {
            "id": "d1",
            "question_id": 3,
            "question": "Which car?",
            "answer": "a red Volvo estate",
            "mode": "short",
        },
    ]
    write("scm/questions_en.json.gz", asked)
    return scm.load()


def test_turns_alternate_and_keep_their_numbers(found: Benchmark) -> None:
    """User and assistant by place; an empty turn is left out and still counts."""
    (session,) = found.histories[0].sessions
    assert [m["role"] for m in session.content] == ["user", "assistant", "assistant"]  # type: ignore[index]
    assert [u["turn"] for u in session.units] == ["0", "1", "3"]


def test_gold_holds_the_answer_s_words(found: Benchmark) -> None:
    """A turn that has them is gold; where no turn has half of them nothing is."""
    city, instrument, car = found.histories[0].questions
    assert city.gold["turn"] == {"0"}
    assert instrument.gold["turn"] == {"3"}
    assert car.gold["turn"] == frozenset()
    assert [q.id for q in found.only("all").histories[0].questions] == ["scm:1", "scm:2"]


@pytest.mark.parametrize(
    ("turns", "gold"),
    [
        ({0: {"cat", "dog"}, 1: {"cat", "dog", "owl"}}, {"0", "1"}),
        ({0: {"cat", "dog"}, 1: {"cat"}}, {"0"}),
        ({0: {"cat"}, 1: {"dog"}}, {"0", "1"}),
        ({0: {"owl"}, 1: set()}, set()),
        ({}, set()),
    ],
)
def test_nearly_as_much_as_the_best_is_gold(turns: dict[int, set[str]], gold: set[str]) -> None:
    """Of an answer of two words: at least half in the best turn, and 90 % of what that has."""
    assert scm._gold("cat dog", turns) == gold


def test_questions_go_with_their_dialogue(found: Benchmark) -> None:
    """A dialogue without questions has none; the split is by dialogue."""
    assert [len(h.questions) for h in found.histories] == [3, 0]
    assert {q.kind for q in found.histories[0].questions} == {"long", "short"}
    assert {q.split for q in found.histories[0].questions} == {split_of("scm", "d1")}
