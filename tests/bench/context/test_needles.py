"""Haystacks: the answer is the only one, the shape is the one asked for, the scorers are just."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.bench.context.needles import TASKS, Haystack, make, pairs_of, solve, strict
from combray.core.errors import InputError, UnknownName

SHAPES = st.builds(
    Haystack,
    length=st.integers(6000, 9000),
    questions=st.integers(1, 3),
    needles=st.integers(1, 5),
    hops=st.integers(2, 6),
    threads=st.integers(1, 3),
    branches=st.integers(1, 3),
    placement=st.sampled_from(["random", "clustered"]),
    direction=st.sampled_from(["forward", "backward", "random"]),
)


@given(st.sampled_from(sorted(TASKS)), SHAPES, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_answer_is_the_only_one(task: str, shape: Haystack, seed: int) -> None:
    """Walking the pairs of the haystack finds the answer and no other."""
    case = make(task, shape, seed)
    for question in case.questions:
        assert solve(case.context, question.text) == [question.answer]


@given(st.sampled_from(sorted(TASKS)), SHAPES)
@settings(max_examples=40, deadline=None)
def test_the_haystack_is_json_of_the_length_asked(task: str, shape: Haystack) -> None:
    """It parses, no key comes twice, and the length is met within one pair."""
    case = make(task, shape)
    read = json.loads(case.context)
    assert len(read) == len(case.passages) - 2
    assert shape.length - 84 <= len(case.context) <= shape.length
    assert make(task, shape) == case
    assert make(task, shape, 1).context != case.context


@given(SHAPES, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_no_thread_arises_by_accident(shape: Haystack, seed: int) -> None:
    """The only values that are keys are those on the threads."""
    case = make("branched", shape, seed)
    links = pairs_of(case.context)
    joined = [v for values in links.values() for v in values if v in links]
    assert len(joined) == shape.questions * (shape.hops - 1)
    wide = [k for k, values in links.items() if len(values) == shape.branches > 1]
    assert len(wide) == (shape.questions * (shape.hops - 1) if shape.branches > 1 else 0)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_a_thread_runs_in_its_direction(direction: str) -> None:
    """Keys of a forward thread stand in order, those of a backward one against it."""
    case = make("thread", Haystack(direction=direction, hops=5, questions=1))
    links = pairs_of(case.context)
    order = {key: i for i, key in enumerate(links)}
    key = next(k for k in links if k in case.questions[0].text)
    places = []
    while key in links:
        places.append(order[key])
        key = links[key][0]
    assert len(places) == 5
    assert places == sorted(places, reverse=direction == "backward")


def test_clustered_needles_stand_side_by_side() -> None:
    """The keys asked for follow one another; without clustering they do not."""
    spans = {}
    for placement in ("clustered", "random"):
        case = make("multiple", Haystack(placement=placement, questions=1))
        keys = list(pairs_of(case.context))
        places = [i for i, key in enumerate(keys) if key in case.questions[0].text]
        spans[placement] = places[-1] - places[0]
    assert spans["clustered"] == 3 < spans["random"]


def test_too_little_text_allows_no_answer() -> None:
    """Without a needle the solver finds nothing, and a thread cut short ends elsewhere."""
    case = make("single")
    question = case.questions[0]
    rest = "\n".join(line for line in case.passages if question.answer not in line)
    assert solve(rest, question.text) == []
    thread = make("thread").questions[0]
    rest = "\n".join(line for line in make("thread").passages if thread.answer not in line)
    assert solve(rest, thread.text) != [thread.answer]


@pytest.mark.parametrize(
    ("reply", "answer", "right"),
    [
        ("ab-1", "ab-1", 1),
        ('"ab-1".', "ab-1", 1),
        ("['ab-1', 'cd-2']", "ab-1, cd-2", 1),
        ("ab-1, cd-2", "ab-1, cd-2", 1),
        ("cd-2, ab-1", "ab-1, cd-2", 0),
        ("The value is ab-1, I think", "ab-1", 0),
        ("ab", "ab-1", 0),
        ("", "ab-1", 0),
        ("only cd-2", "ab-1, cd-2", 0),
    ],
)
def test_a_reply_is_the_answer_or_wrong(reply: str, answer: str, right: float) -> None:
    """It may be a list in any notation, in its order; a prefix or a part is wrong."""
    assert strict(reply, answer) == right


def test_bad_shapes_are_refused() -> None:
    """An unknown task, placement or direction, no room, and impossible counts say so."""
    with pytest.raises(UnknownName, match="thread"):
        make("threads")
    with pytest.raises(UnknownName, match="clustered"):
        Haystack(placement="cluster")
    with pytest.raises(InputError, match="Make it longer"):
        make("multiple", Haystack(length=500))
    with pytest.raises(InputError, match="2 hops"):
        Haystack(hops=1)


PAIRS = '"a": "b",\n"b": "c",\n"x": ["y", "z"],\n"z": "w",\n"k*0*": "1",\n"q*0*r": "2"'
"""Pairs by hand: a thread a → b → c, a branched one x → z → w, and two marked keys."""


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ('What is the value of the key "a"?', ["b"]),
        ('What is the value of the key "c"?', []),
        ('What are the values of the keys "b", "a", in this order?', ["c, b"]),
        ('What are the values of the keys "b", "nowhere", in this order?', []),
        ('Start at the key "a"; each value is the next key. What is the last value?', ["c"]),
        ('Start at each of the keys "b", "z"; each value is the next key.', ["c, w"]),
        ('Start at the key "x"; each value may be the next key. What is the last value of the '
         "longest thread?", ["w"]),
        ("What are the values of all keys that contain *0*, in their order?", ["1, 2"]),
        ("What are the values of all keys that contain *1*, in their order?", []),
        ("What is this?", []),
    ],
)  # fmt: skip
def test_the_solver_by_hand(question: str, answers: list[str]) -> None:
    """Each kind of question on pairs that can be read at a glance."""
    assert solve(PAIRS, question) == answers


def test_a_circle_ends_where_it_would_begin_again() -> None:
    """A text put together wrongly cannot keep the solver running."""
    asked = 'Start at the key "a"; each value is the next key. What is the last value?'
    assert solve('"a": "b",\n"b": "a"', asked) == ["b"]


def test_the_longest_thread_may_have_several_ends() -> None:
    """Then the text allows several answers."""
    asked = 'Start at the key "x"; each value may be the next key. The longest thread?'
    assert solve('"x": ["y", "z"]', asked) == ["y", "z"]


@pytest.mark.parametrize("task", sorted(TASKS))
def test_depth_is_where_the_named_keys_stand(task: str) -> None:
    """The mean place of the keys in the question; a mark names none."""
    case = make(task, Haystack(questions=2))
    keys = list(pairs_of(case.context))
    for question in case.questions:
        named = [i / (len(keys) - 1) for i, key in enumerate(keys) if f'"{key}"' in question.text]
        if task == "conditional":
            assert question.depth is None
        else:
            assert question.depth == pytest.approx(sum(named) / len(named))


def test_a_perfect_answer_scores_and_a_wrong_one_does_not() -> None:
    """Every task's own scorer wants the answer and nothing else."""
    for task in TASKS:
        for question in make(task, Haystack(length=6000)).questions:
            assert question.score(question.answer, question.answer) == 1
            assert question.score(question.answer[:-1], question.answer) == 0
            assert question.score("", question.answer) == 0


def test_every_counted_thing_is_asked_for_as_often() -> None:
    """So many needles, threads and questions as the shape says."""
    shape = Haystack(needles=3, threads=2, questions=4, length=6000)
    for task, values in (("multiple", 3), ("conditional", 3), ("multi_threads", 2), ("thread", 1)):
        case = make(task, shape)
        assert len(case.questions) == 4
        assert all(len(q.answer.split(", ")) == values for q in case.questions)
