"""The tasks about shared contexts: one answer each, found by the solver, judged as it should be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.bench.context import cases
from combray.bench.scbench import TASKS, Shape, make, scores
from combray.bench.scbench.symbols import symbol_kv, symbol_mf
from combray.core.errors import InputError, UnknownName

SHAPES = st.builds(Shape, length=st.integers(1600, 6000), questions=st.integers(1, 5))


@given(st.sampled_from(sorted(TASKS)), SHAPES, st.integers(0, 999))
@settings(max_examples=120, deadline=None)
def test_every_answer_is_the_only_one(task: str, shape: Shape, seed: int) -> None:
    """The solver finds the answer and no other, and the scorer gives the answer full marks."""
    case = make(task, shape, seed)
    assert len(case.questions) == shape.questions
    for question in case.questions:
        assert list(case.solve(case.context, question.text)) == [question.answer]
        assert question.score(question.answer, question.answer) == pytest.approx(1)
        assert question.score("", question.answer) == 0


@given(st.sampled_from(sorted(TASKS)), SHAPES, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_case_is_made_again_from_its_seed(task: str, shape: Shape, seed: int) -> None:
    """The same seed gives the same context and questions, another seed another context."""
    case, again = make(task, shape, seed), make(task, shape, seed)
    assert case.context == again.context
    assert [q.text for q in case.questions] == [q.text for q in again.questions]
    assert make(task, shape, seed + 1).context != case.context


@pytest.mark.parametrize("task", sorted(TASKS))
def test_contexts_have_the_length_asked(task: str) -> None:
    """A context is as long as asked, within its last passage."""
    for length in (2000, 8000):
        found = len(make(task, Shape(length=length)).context)
        assert 0.8 * length <= found <= 1.1 * length


@given(st.integers(0, 999), st.integers(64, 256))
@settings(max_examples=40, deadline=None)
def test_words_of_small_models_have_one_answer_too(seed: int, length: int) -> None:
    """Needles and runs in single words are solved by their solver."""
    for case in (symbol_kv(seed, length), symbol_mf(seed, length)):
        assert len(case.context.split()) == length
        for question in case.questions:
            assert list(case.solve(case.context, question.text)) == [question.answer]


@pytest.mark.parametrize(
    ("scorer", "reply", "answer", "wanted"),
    [
        (scores.contains, "It is Lisbon, surely.", "lisbon", 1),
        (scores.contains, "It is Oslo.", "lisbon", 0),
        (scores.share, "ABCDE and XYZZY", "ABCDE, FGHIJ, XYZZY", 0.67),
        (scores.share, "ABCDEF", "ABCDE", 0),
        (scores.number, "about -12.0 or 13", "-12", 1),
        (scores.number, "none", "12", 0),
        (scores.letter, "Answer: B) Oslo", "B", 1),
        (scores.letter, "Because of that, C", "C", 1),
        (scores.first_word, "jade, I think", "jade", 0),
        (scores.first_word, "jade I think", "jade", 1),
        (scores.characters, "北京", "北京", 1),
        (scores.characters, "北方", "北京", 0.5),
        (scores.code, "def f(x): return x + 2", "def f(x):\n    return x + 2", 1),
        (scores.code, "def f(x):\n    return x + 1", "def f(x):\n    return x + 2", 0),
        (scores.rouge_lsum, "the cat sat. a dog ran.", "the cat sat. a dog ran.", 1),
        (scores.rouge_lsum, "the cat", "the cat sat down", 2 / 3),
        (scores.rouge_lsum, "", "the cat", 0),
    ],
)
def test_scorers_on_cases_by_hand(scorer: object, reply: str, answer: str, wanted: float) -> None:
    """Each scorer gives what its rule says."""
    assert scorer(reply, answer) == pytest.approx(wanted)


class Oracle:
    """Answers with the solver from all of the context; counts how it was used."""

    name = "oracle"

    def open(self, case: cases.Case) -> Oracle:
        """Take the case."""
        self.case, self.forks, self.settled = case, 0, False
        return self

    def prefill(self) -> None:
        """Note it."""
        self.settled = True

    def ask(self, question: str, answer: str) -> str:
        """What the solver says."""
        return self.case.solve(self.case.context, question)[0]

    def fork(self) -> Oracle:
        """Count it."""
        self.forks += 1
        return self

    @property
    def nbytes(self) -> int:
        """All of the context."""
        return len(self.case.context.encode())


@pytest.mark.parametrize("mode", cases.MODES)
def test_an_oracle_answers_everything(mode: str) -> None:
    """In both modes the solver scores 1; requests settle once and fork for every question."""
    oracle = Oracle()
    replies = cases.run_cases([make(task) for task in TASKS], oracle, mode)
    assert all(reply.score == pytest.approx(1) for reply in replies)
    assert oracle.settled is (mode == cases.REQUESTS)
    assert oracle.forks == (5 if mode == cases.REQUESTS else 0)
    rows = cases.table(replies)
    assert [row.of for row in rows] == list(TASKS)
    assert all(row.n == 5 and row.score == pytest.approx(1) for row in rows)


def test_effective_length_stops_at_the_first_failure() -> None:
    """The longest length up to which the lower Wilson bound stays at three quarters."""
    replies = []
    for length, right in ((100, 30), (200, 30), (400, 10), (800, 30)):
        for i in range(30):
            replies.append(
                cases.Reply(
                    answerer="x",
                    task="t",
                    case="c",
                    turn=1,
                    depth=0.5,
                    length=length,
                    text="",
                    score=float(i < right),
                    read_ms=0,
                    ms=0,
                    nbytes=0,
                )
            )
    assert cases.effective_length(replies) == 200
    assert cases.effective_length(replies[60:]) == 0
    assert cases.wilson(1, 10) == pytest.approx((0.7225, 1), abs=1e-3)


def test_bad_shapes_are_refused() -> None:
    """An unknown task and a context too short for its questions say so."""
    with pytest.raises(UnknownName, match="prefix_suffix"):
        make("prefix_sufix")
    with pytest.raises(InputError, match="at least 400"):
        Shape(length=100)
    with pytest.raises(InputError, match="Make it longer"):
        make("repoqa", Shape(length=400, questions=10))
