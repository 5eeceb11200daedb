"""The common form: splits that never change, orders that are fair, notes, files of data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.bench.datasets.form import (
    Benchmark,
    Question,
    Session,
    data_file,
    plain,
    read_json,
    read_lines,
    split_of,
    stratified,
    untitled,
)
from combray.core.errors import InputError
from tests.bench.datasets.data import Write


def asked(*kinds: str) -> list[Question]:
    """Questions of these kinds, numbered."""
    return [Question(id=f"q{i}", text="?", kind=kind, gold={}) for i, kind in enumerate(kinds)]


def test_splits_never_change() -> None:
    """They are a hash of names, the same on every machine and in every version."""
    names = [f"q{i}" for i in range(8)]
    splits = [split_of("small", name) for name in names]
    assert splits == ["dev", "dev", "dev", "dev", "test", "dev", "dev", "dev"]


def test_splits_are_halves_and_differ_by_set() -> None:
    """Of a thousand names about half are held out, and another set holds out others."""
    one = [split_of("one", str(i)) for i in range(1000)]
    other = [split_of("other", str(i)) for i in range(1000)]
    assert 450 < one.count("dev") < 550
    assert 400 < sum(a == b for a, b in zip(one, other, strict=True)) < 600


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40))
def test_every_beginning_holds_the_kinds_in_proportion(kinds: list[str]) -> None:
    """Up to one question of each kind; and the order does not depend on the one given."""
    questions = asked(*kinds)
    order = stratified(questions)
    assert sorted(q.id for q in order) == sorted(q.id for q in questions)
    assert stratified(questions[::-1]) == order
    whole = Counter(kinds)
    for n in range(1, len(order) + 1):
        part = Counter(q.kind for q in order[:n])
        for kind, count in whole.items():
            assert abs(part[kind] - n * count / len(kinds)) <= 1


def test_questions_of_a_kind_are_in_no_order_of_names() -> None:
    """A hash decides, so that the first hundred are not those of the first conversation."""
    order = [q.id for q in stratified(asked(*"a" * 50))]
    assert order != sorted(order)


def test_only_keeps_what_is_asked(small: Benchmark) -> None:
    """A split, a limit and the answerable questions; histories without a question are dropped."""
    assert [h.id for h in small.only("test").histories] == ["ann"]
    assert small.only("all").size == 4
    assert small.only("all", unanswerable=True).size == 6
    assert small.only("all", limit=1).size == 1
    assert len(small.only("all", limit=1).histories) == 1
    assert small.only("dev").histories[0].sessions == small.histories[1].sessions


def test_a_question_without_gold_is_not_answerable(small: Benchmark) -> None:
    """Empty gold at every level is left out, gold at one level is enough."""
    for gold, size in (({"turn": frozenset()}, 0), ({"turn": frozenset(), "s": {"1"}}, 1)):
        question = Question(id="x", text="?", kind="k", gold=gold, split="dev")  # type: ignore[arg-type]
        history = small.histories[0]
        made = Benchmark(
            name="n",
            histories=[type(history)(id="h", sessions=[], questions=[question])],
            levels=("turn",),
            shown=(),
        )
        assert made.only("dev").size == size


def test_plain_notes_stand_alone(small: Benchmark) -> None:
    """Each turn a session of its own, told with its speaker, at its time and with its units."""
    notes = plain(small)
    assert notes.name == "small-plain"
    assert notes.size == small.size
    first, *_ = notes.histories[0].sessions
    assert first.content == ['Ann said, "I adopted a grey cat called Misty."']
    assert first.units == [{"turn": "0:0", "session": "0"}]
    assert (first.id, first.timestamp) == (None, "2024-03-01T10:00:00Z")
    assert len(notes.histories[0].sessions) == 6


def test_texts_stay_texts_and_captions_are_told() -> None:
    """A text keeps its words and title; what a message shows is put into words."""
    session = Session(
        content=["A note.", {"role": "user", "content": "Look!", "metadata": {"caption": "a cat"}}],
        units=[{"turn": "1"}, {"turn": "2"}],
        metadata={"title": "Harbours"},
    )
    (history,) = plain(
        Benchmark(
            name="n",
            histories=[_history(session)],
            levels=("turn",),
            shown=(),
        )
    ).histories
    text, photo = history.sessions
    assert text.content == ["A note."]
    assert text.metadata == photo.metadata == {"title": "Harbours"}
    assert "Look!" in str(photo.content[0])
    assert "a cat" in str(photo.content[0])


@pytest.mark.parametrize(
    ("head", "text"), [("line", "Harbours\nA note."), ("heading", "# Harbours\n\nA note.")]
)
def test_passages_are_told_as_turns_that_begin_with_their_titles(head: str, text: str) -> None:
    """The title stands in the words and nowhere else; other metadata stay."""
    session = Session(
        content=["A note."], units=[{"turn": "1"}], metadata={"title": "Harbours", "page": 3}
    )
    made = Benchmark(name="n", histories=[_history(session)], levels=("turn",), shown=())
    told = untitled(made, head)
    assert told.name == f"n-{head}"
    assert told.histories[0].sessions[0].content == [{"role": "user", "content": text}]
    assert told.histories[0].sessions[0].metadata == {"page": 3}


def test_talk_has_no_titles_to_tell(small: Benchmark) -> None:
    """A set without passages is refused."""
    with pytest.raises(InputError, match="passages with titles"):
        untitled(small)


def _history(session: Session) -> object:
    from combray.bench.datasets.form import History

    return History(id="h", sessions=[session], questions=[])


def test_files_of_data_are_read(write: Write) -> None:
    """JSON and JSON lines, gzipped, by the parts of their path."""
    write("set/one.json.gz", {"a": ["é"]})
    write("set/two.jsonl.gz", [{"n": 1}, {"n": 2}])
    assert read_json("set", "one.json.gz") == {"a": ["é"]}
    assert list(read_lines("set", "two.jsonl.gz")) == [{"n": 1}, {"n": 2}]


def test_where_data_are_is_said_by_one_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not set, not there, and with the home folder's short name."""
    monkeypatch.delenv("COMBRAY_DATA", raising=False)
    with pytest.raises(InputError, match="export COMBRAY_DATA="):
        data_file("set", "x")
    monkeypatch.setenv("COMBRAY_DATA", "")
    with pytest.raises(InputError, match="is not set"):
        data_file("set", "x")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMBRAY_DATA", "~/data")
    with pytest.raises(InputError, match="does it hold this set"):
        data_file("x")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").touch()
    assert data_file("x") == tmp_path / "data" / "x"
